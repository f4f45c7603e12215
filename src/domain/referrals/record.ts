// F12 関係機関つなぎ・紹介状: the slip, the answer to it, and what came of it.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { caseOf, choiceAt, mustDayAt, refuseField, roughDayAt, textAt, textsAt, variableText } from '../records/answers.js';
import type { FieldNeed, Filed, RecordKind } from '../records/record.js';
import { mustBeOwnCase } from '../consents/record.js';
import { tellOnBasis } from './basis.js';
import { answerReferral, findReferral, sendReferral, settleReferral, type ReferralAnswer, type ReferralRow } from './referrals.js';

const choice = ['radio', 'select'];
const slipNeeds: readonly FieldNeed[] = [
  { at: 'sentOn', types: ['datetime'], required: true },
  { at: 'reason', types: ['textarea'], required: true },
  { at: 'consent', types: choice, options: ['consented', 'without_consent'], required: true },
  { at: 'legalBasis', types: ['select'] },
  { at: 'legalReason', types: ['textarea'] },
  { at: 'replyDue', types: ['datetime'], required: true },
  { at: 'accompany', types: choice, options: ['yes', 'no'], required: true },
];

async function send(tx: Tx, filed: Filed, toGroups: readonly string[]): Promise<ReferralRow> {
  const { answers, by } = filed;
  if (toGroups.length === 0) refuseField('receivingGroup', 'つなぎ先を選んでください。');
  const sentOn = mustDayAt(answers, 'sentOn');
  const replyDueOn = mustDayAt(answers, 'replyDue');
  if (replyDueOn < sentOn) refuseField('replyDue', '回答の期限は、つなぐ日より後の日にしてください。');
  const caseId = caseOf(filed);
  await mustBeOwnCase(tx, filed, caseId);
  const basis = await tellOnBasis(tx, filed, toGroups);
  return sendReferral(tx, { caseId, submissionId: filed.submissionId, from: by, toGroups, ...basis, replyDueOn, accompany: answers['accompany'] === 'yes' });
}

async function sendToOne(tx: Tx, filed: Filed): Promise<{ referral: ReferralRow; ids: Record<string, Json> }> {
  const receivingGroup = textAt(filed.answers, 'receivingGroup')!;
  const referral = await send(tx, filed, [receivingGroup]);
  return { referral, ids: { referralId: referral.id, receivingGroup, senderGroup: referral.fromGroup } };
}

/** To one agency. The process that it starts keeps it until it is answered (processes/referral). */
const slip: RecordKind = {
  key: 'F12', title: '関係機関つなぎ・紹介状', compartment: 'team', anytime: 'case',
  refuses: ['consent_missing'], needs: [{ at: 'receivingGroup', types: ['select'], required: true }, ...slipNeeds],
  async project(tx, filed) {
    const { referral, ids } = await sendToOne(tx, filed);
    filed.tell({ kind: 'message', name: 'referral_sent', variables: { caseId: referral.caseId, agencyCode: referral.fromAgency, ...ids } });
    return ids;
  },
};

/** The same where the process that asks for it also waits for the answer. */
const asked: RecordKind = { key: 'F12.asked', title: slip.title, compartment: slip.compartment, refuses: ['consent_missing'], needs: slip.needs, project: async (tx, filed) => (await sendToOne(tx, filed)).ids };

/** Out of an outreach (T-P05-06): to an agency a slip like any other, whose answer the outreach waits for; to a place or people of the neighbourhood none. */
const outOfOutreach: RecordKind = {
  key: 'F12.outreach', title: slip.title, compartment: slip.compartment,
  refuses: ['consent_missing'], needs: [{ at: 'handToKind', types: choice, options: ['agency', 'community'], required: true }, ...slip.needs],
  // no slip: a sheet of the outreach, which stays with the agency that goes there
  keptAs: ({ handToKind }) => (handToKind === 'community' ? { key: 'F06.handTo', compartment: 'agency' } : { key: 'F12.outreach', compartment: 'team' }),
  async project(tx, filed): Promise<Record<string, Json>> {
    if (filed.answers['handToKind'] === 'community') return {};
    const { referral, ids } = await sendToOne(tx, filed);
    return { ...ids, senderAgency: referral.fromAgency };
  },
};

/** To the coordinators (P01 → P02). */
const toCoordination: RecordKind = {
  key: 'F12.coordination', title: '多機関協働へのつなぎ', compartment: 'team',
  refuses: ['consent_missing'], needs: [{ at: 'receivingGroups', types: ['checklist', 'taglist'], required: true }, ...slipNeeds],
  project: async (tx, filed) => ({ referralId: (await send(tx, filed, textsAt(filed.answers, 'receivingGroups'))).id }),
};

/** The slip that a step is about. null: the case came this way before slips were kept, or was opened again without one. */
const slipOf = (tx: Tx, filed: Filed): Promise<ReferralRow | null> => findReferral(tx, caseOf(filed), { id: variableText(filed, 'referralId'), groups: filed.by.groups });

async function answer(tx: Tx, filed: Filed, said: ReferralAnswer): Promise<Record<string, Json>> {
  if (said !== 'accepted' && textAt(filed.answers, 'replyReason') === null && textAt(filed.answers, 'conditions') === null) refuseField('replyReason', '理由（条件）を書いてください。');
  const referral = await slipOf(tx, filed);
  if (referral) await answerReferral(tx, referral, { answer: said, submissionId: filed.submissionId, by: filed.by });
  return {};
}

const answers = { accepted: 'accepted', accepted_with_conditions: 'conditional', returned: 'returned', out_of_scope: 'out_of_scope' } as const;
const reply: RecordKind = {
  key: 'F12.reply', title: 'つなぎへの回答', compartment: 'team',
  refuses: ['consent_missing', 'referral_answered', 'referral_cancelled'], needs: [{ at: 'referralAnswer', types: choice, options: Object.keys(answers), required: true }, { at: 'replyReason', types: ['textarea'] }],
  project: (tx, filed) => answer(tx, filed, answers[choiceAt(filed.answers, 'referralAnswer', ['accepted', 'accepted_with_conditions', 'returned', 'out_of_scope'])!]),
};

const decided = ['accept', 'accept_conditionally', 'return', 'not_eligible'] as const;
/** The coordinators' answer. A slip that lacks something is not answered no: it stays open while the sender completes it. */
const decision: RecordKind = {
  key: 'F12.decision', title: '多機関協働へのつなぎへの回答', compartment: 'team',
  refuses: ['consent_missing', 'referral_answered', 'referral_cancelled'], needs: [{ at: 'referralDecision', types: choice, options: [...decided], required: true }, { at: 'replyReason', types: ['textarea'] }, { at: 'conditions', types: ['textarea'] }],
  async project(tx, filed) {
    const said = choiceAt(filed.answers, 'referralDecision', decided)!;
    if (said === 'accept') return answer(tx, filed, 'accepted');
    if (said === 'accept_conditionally') return answer(tx, filed, 'conditional');
    if (said === 'not_eligible') return answer(tx, filed, 'out_of_scope');
    if (textAt(filed.answers, 'replyReason') === null) refuseField('replyReason', '足りない情報を書いてください。');
    return {};
  },
};

/** Given back after all (対象外): to whoever sent it, with the reason and who else may help. */
const returned: RecordKind = {
  key: 'F12.returned', title: 'つなぎ先への差戻し', compartment: 'team',
  refuses: ['consent_missing', 'referral_answered', 'referral_cancelled'], needs: [{ at: 'replyReason', types: ['textarea'], required: true }, { at: 'alternative', types: ['textarea'], required: true }],
  async project(tx, filed) {
    const referral = await slipOf(tx, filed);
    if (referral && referral.status !== 'out_of_scope' && referral.status !== 'returned') await answerReferral(tx, referral, { answer: 'out_of_scope', submissionId: filed.submissionId, by: filed.by });
    return {};
  },
};

/** What came of it, by whoever sent it: asked by a step, or filed with the number of the slip. */
const result: RecordKind = {
  key: 'F12.result', title: 'つなぎの結果', compartment: 'team', anytime: 'case',
  refuses: ['referral_unanswered'], needs: [{ at: 'referralResult', types: choice, options: ['connected', 'not_connected'], required: true }, { at: 'resultOn', types: ['textfield', 'datetime'], required: true }],
  happened: ['resultOn'],
  async project(tx, filed) {
    const id = textAt(filed.answers, 'referralId') ?? variableText(filed, 'referralId');
    const referral = id === null ? null : await findReferral(tx, caseOf(filed), { id, groups: [] });
    if (!referral) refuseField('referralId', 'このケースのつなぎの番号を入れてください。');
    if (referral.fromAgency !== filed.by.agencyCode) throw new Problem('forbidden');
    await settleReferral(tx, referral, choiceAt(filed.answers, 'referralResult', ['connected', 'not_connected'])!, roughDayAt(filed.answers, 'resultOn')!);
    return { referralId: referral.id };
  },
};

export const referralRecords: readonly RecordKind[] = [slip, asked, outOfOutreach, toCoordination, reply, decision, returned, result];
