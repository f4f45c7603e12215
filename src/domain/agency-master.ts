// 機関マスタ (F90): what the city keeps of each agency. The city's files bring the agencies; what staff change here stays changed.
import type { Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { dayAt, refuseField, textAt } from './records/answers.js';
import type { Filed, RecordKind } from './records/record.js';

const kinds = ['city', 'contractor', 'subsidised', 'community'] as const;
const date = (day: string | null): Date | null => (day === null ? null : new Date(`${day}T00:00:00Z`));

async function write(tx: Tx, filed: Filed): Promise<{ agencyCode: string }> {
  const code = textAt(filed.answers, 'code')!;
  await tx.db.$queryRawUnsafe(`select code from agency where code = $1 for update`, code);
  const answers = { ...(await answersOf(tx, code)), ...Object.fromEntries(Object.entries(filed.answers).filter(([key]) => filed.sent.has(key))) };
  // the form asks for the contract of a contractor alone
  if (answers['isContractor'] !== 'yes') Object.assign(answers, { contractFrom: null, contractUntil: null });
  const [from, until] = [dayAt(answers, 'contractFrom'), dayAt(answers, 'contractUntil')];
  if (from !== null && until !== null && until < from) refuseField('contractUntil', '終わりの日は、始まりの日より後にしてください。');
  const active = answers['active'] === 'yes';
  if (!active) await mustNotLead(tx, code);
  const data = {
    name: textAt(answers, 'name')!, kind: textAt(answers, 'kind')!, category: textAt(answers, 'category'), field: textAt(answers, 'field'), area: textAt(answers, 'area'), isContractor: answers['isContractor'] === 'yes', contractFrom: date(from), contractUntil: date(until),
    pledged: answers['pledged'] === 'yes', contact: textAt(answers, 'contact'), canIntake: answers['canIntake'] === 'yes', canJoinConfidential: answers['canJoinConfidential'] === 'yes', active, editedAt: tx.now,
  };
  await tx.db.agency.upsert({ where: { code }, create: { code, ...data }, update: data });
  return { agencyCode: code };
}

/** What is kept of an agency now, as the form has it; null: no agency has this code. */
async function answersOf(tx: Pick<Tx, 'db'>, code: string): Promise<Record<string, Json> | null> {
  const found = await tx.db.agency.findUnique({ where: { code } });
  if (!found) return null;
  const said = (is: boolean): string => (is ? 'yes' : 'no');
  const day = (at: Date | null): string | null => at?.toISOString().slice(0, 10) ?? null;
  const { name, kind, category, field, area, contact } = found;
  return {
    code, name, kind, category, field, area, contact, isContractor: said(found.isContractor), contractFrom: day(found.contractFrom), contractUntil: day(found.contractUntil), pledged: said(found.pledged),
    canIntake: said(found.canIntake), canJoinConfidential: said(found.canJoinConfidential), active: said(found.active),
  };
}

/** @throws Problem lead_missing: an agency that leads a case does not stop before somebody follows it */
async function mustNotLead(tx: Tx, code: string): Promise<void> {
  if ((await tx.db.caseRole.count({ where: { agencyCode: code, role: 'lead', untilAt: null } })) > 0) throw new Problem('lead_missing');
}

export const agencyRecord: RecordKind = {
  key: 'F90', title: '機関マスタ', compartment: 'office', anytime: { roles: ['admin', 'policyEditor'] },
  refuses: ['lead_missing'], needs: [
    { at: 'code', types: ['textfield'], required: true }, { at: 'name', types: ['textfield'], required: true }, { at: 'kind', types: ['select'], options: kinds, required: true }, { at: 'category', types: ['select'], required: true },
    { at: 'isContractor', types: ['radio'], required: true }, { at: 'canIntake', types: ['radio'], required: true }, { at: 'canJoinConfidential', types: ['radio'], required: true }, { at: 'active', types: ['radio'], required: true },
  ],
  project: write,
  current: answersOf,
};

export interface AgencyDetail {
  code: string;
  name: string;
  kind: string;
  category: string | null;
  field: string | null;
  area: string | null;
  isContractor: boolean;
  contractFrom: string | null;
  contractUntil: string | null;
  pledged: boolean;
  contact: string | null;
  canIntake: boolean;
  canJoinConfidential: boolean;
  active: boolean;
}

export async function listAgencyDetails(tx: Tx): Promise<AgencyDetail[]> {
  return tx.db.$queryRawUnsafe<AgencyDetail[]>(
    `select code, name, kind, category, field, area, is_contractor as "isContractor", contract_from::text as "contractFrom", contract_until::text as "contractUntil", pledged, contact, can_intake as "canIntake", can_join_confidential as "canJoinConfidential", active from agency order by code`);
}
