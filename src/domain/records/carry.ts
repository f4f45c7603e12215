// What was filled in once is never asked again: answers of earlier forms of the same case, by record and field.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import type { Compartment } from './record.js';
import type { Records } from './registry.js';

/** Where a field takes its answer from, first match first. `at`: key or path. */
export interface Wanted {
  at: string;
  from: readonly { record: string; at: string }[];
}

interface Answered {
  record: string;
  answers: Json;
  compartment: Compartment;
}

/** The sheets that a person is registered by; what the register says now goes before what was written on them. */
const intakeSheets: ReadonlySet<string> = new Set(['F01', 'F02']);
/** Sources that are no sheets: the case itself, and whoever fills in the form. */
const facts: ReadonlySet<string> = new Set(['case', 'me']);

function at(answers: Json, path: string): Json | undefined {
  let value: Json | undefined = answers;
  for (const part of path.split('.')) value = value !== null && typeof value === 'object' && !Array.isArray(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value;
}

const isSaid = (value: Json | undefined): value is Json => value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

const jstMs = 9 * 3_600_000;
/** As a form takes an instant: the minute on the clock in Japan. */
const minute = (instant: Date): string => new Date(instant.getTime() + jstMs).toISOString().slice(0, 16);

const dayOf = (day: Date | null): string | null => day?.toISOString().slice(0, 10) ?? null;

/** Facts of the case itself, under the name `case`; of one that ran already when it was imported, what was said of it then. */
async function caseFacts(tx: Pick<Tx, 'db'>, caseId: string): Promise<Json> {
  const found = await tx.db.case.findUnique({ where: { id: caseId }, select: { caseNo: true, field: true, channel: true, agencyCode: true, openedAt: true } });
  if (!found) return {};
  const taken = await tx.db.importedCase.findUnique({ where: { caseId }, select: { oldCaseNo: true, supportBeganOn: true, nextAction: true, nextActionOn: true } });
  return { ...found, openedAt: minute(found.openedAt), ...(taken ? { ...taken, supportBeganOn: dayOf(taken.supportBeganOn), nextActionOn: dayOf(taken.nextActionOn) } : {}) };
}

/** What is said of the 本人 now; a correction of an identity reaches every form that carries it. */
async function currentIdentity(tx: Pick<Tx, 'db'>, caseId: string): Promise<Record<string, Json>> {
  const [row] = await tx.db.$queryRawUnsafe<{ identity: Record<string, Json> }[]>(`select identity from carried_identity($1::uuid)`, caseId);
  return row?.identity ?? {};
}

async function sheets(tx: Pick<Tx, 'db'>, records: Records, caseId: string, into: string | null, named: readonly string[]): Promise<Answered[]> {
  const confidential = into !== null && records.get(into)?.compartment === 'confidential';
  const open = named.filter((key) => !facts.has(key) && (confidential || records.get(key)?.compartment !== 'confidential'));
  const rows = await tx.db.$queryRawUnsafe<Answered[]>(`select record, answers, compartment from carried_submissions($1::uuid, $2::text[])`, caseId, open);
  const seen = rows.filter(({ compartment }) => confidential || compartment !== 'confidential');
  if (!seen.some(({ record }) => intakeSheets.has(record))) return seen;
  const identity = await currentIdentity(tx, caseId);
  return seen.map((row) => (intakeSheets.has(row.record) ? { ...row, answers: { ...(row.answers as Record<string, Json>), ...identity } } : row));
}

/**
 * The newest earlier answer to each wanted field. Nothing ever flows from a confidential record into a form of another
 * compartment (社会福祉法106条の6; domain.md §3.5), and between confidential ones only before the eyes of somebody who sits inside the
 * sitting that it was written for (Postgres sees to it).
 * @param into the record of the form that asks; null: a form that is kept as none
 * @returns by `at`; a field that nobody answered before is not there
 */
export async function carryAnswers(tx: Pick<Tx, 'db' | 'actor'>, records: Records, caseId: string | null, into: string | null, wanted: readonly Wanted[]): Promise<Record<string, Json>> {
  if (wanted.length === 0) return {};
  const named = [...new Set(wanted.flatMap(({ from }) => from.map(({ record }) => record)))];
  const answered: Pick<Answered, 'record' | 'answers'>[] = caseId === null ? [] : await sheets(tx, records, caseId, into, named);
  if (caseId !== null && named.includes('case')) answered.push({ record: 'case', answers: await caseFacts(tx, caseId) });
  if (tx.actor.kind === 'person') answered.push({ record: 'me', answers: { name: tx.actor.name, agencyCode: tx.actor.agencyCode } });
  const carried: Record<string, Json> = {};
  for (const want of wanted) {
    const found = want.from.map((source) => answered.filter(({ record }) => record === source.record).map(({ answers }) => at(answers, source.at)).find(isSaid)).find(isSaid);
    if (found !== undefined) carried[want.at] = found;
  }
  return carried;
}
