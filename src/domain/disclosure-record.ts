// 提供記録: somebody told an agency something about the person, under their consent or where the law allows it without.
import type { Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { dayAt, refuse, textAt, textsAt } from './records/answers.js';
import { consentTypes, scopeItems, type ConsentType, type ScopeItem } from './consents/consents.js';
import { mustBeOwnCase } from './consents/record.js';
import { lockCase } from './cases.js';
import { recordDisclosure, shareUnderConsent } from './disclosures.js';
import type { Filed, RecordKind } from './records/record.js';

const choice = ['radio', 'select'];
/** Grounds that a person may name here. 106-6 holds inside a 支援会議 alone, 76 is the answer to a request (F18). */
const grounds = ['69-2-1', '69-2-2', '69-2-3', '69-2-4', '27-1', '66-2', 'abuse_notice', 'imminent_danger'];

/** What the ground asks of giver and receiver (domain.md §3.1). */
async function mustFit(tx: Tx, ground: string, from: string, to: string): Promise<void> {
  const agencies = new Map((await tx.db.agency.findMany({ where: { code: { in: [from, to] } }, select: { code: true, kind: true, isContractor: true } })).map((one) => [one.code, one]));
  const giver = agencies.get(from);
  const receiver = agencies.get(to) ?? refuse(['toAgency', '機関マスタにない機関です。']);
  const isCity = giver?.kind === 'city';
  if (ground === '69-2-2' && !(isCity && receiver.kind === 'city')) refuse(['legalBasis', '内部での利用（69条2項2号）は、市の課どうしに限ります。']);
  if ((ground === '69-2-3' || ground === '69-2-4') && !isCity) refuse(['legalBasis', '69条2項は市が提供するときの根拠です。']);
  if (ground === '27-1' && isCity) refuse(['legalBasis', '27条は民間の機関が提供するときの根拠です。']);
  if (ground === '66-2' && !(isCity && receiver.isContractor)) refuse(['legalBasis', '委託先への提供は、市から受託者に限ります。']);
}

async function project(tx: Tx, filed: Filed): Promise<Record<string, Json>> {
  const { answers, caseId, submissionId, by } = filed;
  if (caseId === null) return refuse(['toAgency', 'ケースについての帳票です。']);
  await mustBeOwnCase(tx, filed, caseId);
  if ((dayAt(answers, 'disclosedOn') ?? '') > filed.calendar.onDate(tx.now)) refuse(['disclosedOn', '今日までの日を入力してください。']);
  const to = textAt(answers, 'toAgency') ?? refuse(['toAgency', '提供先を選んでください。']);
  if (to === by.agencyCode) refuse(['toAgency', '自分の機関です。']);
  const items = textsAt<ScopeItem>(answers, 'items');
  if (items.length === 0) refuse(['items', '提供した情報を選んでください。']);
  const legalBasis = textAt(answers, 'legalBasis') ?? '';
  const purpose = textAt(answers, 'purpose') ?? 'share';
  if (!grounds.includes(legalBasis)) refuse(['legalBasis', 'この根拠では提供できません。']);
  if (legalBasis === '69-2-1') return { disclosureId: (await shareUnderConsent(tx, { caseId, agencyCode: to, purpose: purpose as ConsentType, items, submissionId })).disclosureId };
  if (textAt(answers, 'reason') === null) refuse(['reason', '同意によらないときは、必要性と相当の理由を記録してください。']);
  await mustFit(tx, legalBasis, by.agencyCode, to);
  await lockCase(tx, caseId);
  const disclosureId = await recordDisclosure(tx, { caseId, to: { kind: legalBasis === 'abuse_notice' ? 'authority' : 'agency', code: to }, purpose, items, legalBasis, consentId: null, meetingId: null, submissionId });
  return { disclosureId };
}

export const disclosureRecord: RecordKind = {
  key: 'F10.provided',
  title: '提供記録',
  compartment: 'team',
  anytime: 'case',
  needs: [
    { at: 'toAgency', types: choice, required: true },
    { at: 'disclosedOn', types: ['textfield'], required: true },
    { at: 'purpose', types: choice, options: consentTypes, required: true },
    { at: 'items', types: ['checklist', 'taglist'], options: scopeItems, required: true },
    { at: 'legalBasis', types: choice, options: grounds, required: true },
    { at: 'reason', types: ['textarea'], required: true },
  ],
  project,
};
