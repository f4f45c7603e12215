// 提供記録: somebody told an agency something about the person, under their consent or where the law allows it without.
import type { Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { dayAt, refuse, textAt, textsAt } from './records/answers.js';
import { consentTypes, scopeItems, type ConsentType, type ScopeItem } from './consents/consents.js';
import { mustBeOwnCase } from './consents/record.js';
import { lockCase } from './cases.js';
import { recordDisclosure, shareUnderConsent } from './disclosures.js';
import { whyGroundFails } from './grounds.js';
import type { Filed, RecordKind } from './records/record.js';

const choice = ['radio', 'select'];
/** Grounds that a person may name here. 106-6 holds inside a 支援会議 alone, 76 is the answer to a request (F18). */
const grounds = ['69-2-1', '69-2-2', '69-2-3', '69-2-4', '27-1', '66-2', 'abuse_notice', 'imminent_danger'];

/** @throws Problem form_invalid where the ground does not fit giver and receiver */
async function mustFit(tx: Tx, ground: string, from: string, to: string): Promise<void> {
  if ((await tx.db.agency.count({ where: { code: to } })) === 0) refuse(['toAgency', '機関マスタにない機関です。']);
  const why = await whyGroundFails(tx, { ground, from, to });
  if (why !== null) refuse(['legalBasis', why]);
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
  refuses: ['consent_missing'], needs: [
    { at: 'toAgency', types: choice, required: true },
    { at: 'disclosedOn', types: ['textfield'], required: true },
    { at: 'purpose', types: choice, options: consentTypes, required: true },
    { at: 'items', types: ['checklist', 'taglist'], options: scopeItems, required: true },
    { at: 'legalBasis', types: choice, options: grounds, required: true },
    { at: 'reason', types: ['textarea'], required: true },
  ],
  project,
};
