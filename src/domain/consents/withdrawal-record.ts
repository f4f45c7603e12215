// F17 同意撤回届 and what the office does about it (P10). Filed by whoever hears it, also when it was only said; its effect is at once.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { intakeGroupFor } from '../agencies.js';
import { reopenClosed } from '../closing.js';
import { postponeUncovered } from '../meetings/cover-lost.js';
import { settleAssignedAccess } from '../outreach/assigned.js';
import { mustHaveAttachments } from '../people/attachments.js';
import { keepDecision } from '../plans/decisions.js';
import { ownGroup, promise } from '../promises.js';
import { caseOf, dayAt, refuse, textAt, textOf, textsAt } from '../records/answers.js';
import type { Filed, RecordKind } from '../records/record.js';
import { consentTypes, scopeItems } from './consents.js';
import { addEvidence } from './give.js';
import { memberIn } from './members.js';
import { withdrawConsent } from './withdraw.js';

const choice = ['radio', 'select'];
const many = ['checklist', 'taglist'];
const proofs = ['paper', 'electronic', 'oral_note', 'recording', 'proxy_proof'];

/** Groups of whoever heard it; they complete the record. Nobody's group: the coordinators'. */
const hearersOf = (filed: Filed): string[] | null => (filed.by.groups.length > 0 ? [...filed.by.groups] : null);

async function tellProcess(tx: Tx, filed: Filed, caseId: string, withdrawalScope: string): Promise<void> {
  const found = await tx.db.case.findUniqueOrThrow({ where: { id: caseId }, select: { field: true, agencyCode: true } });
  const intakeGroup = await intakeGroupFor(tx, found.agencyCode, found.field);
  filed.tell({ kind: 'message', name: 'consent_withdrawal_recorded', variables: { caseId, withdrawalScope, withdrawalId: filed.submissionId, hearerGroups: hearersOf(filed), ...found, intakeGroup } });
}

async function projectWithdrawal(tx: Tx, filed: Filed): Promise<Record<string, Json>> {
  const { answers, submissionId, caseId } = filed;
  if (caseId === null) return refuse(['withdrawnScope', 'ケースについての帳票です。']);
  if ((dayAt(answers, 'withdrawnOn') ?? '') > filed.calendar.onDate(tx.now)) refuse(['withdrawnOn', '今日までの日を入力してください。']);
  await mustHaveAttachments(tx, filed, ['fileAttachment']);
  const member = textAt(answers, 'subject') === 'member';
  const who = member ? await memberIn(tx, caseId, answers, { id: 'memberId', name: 'memberName' }, { id: 'memberId', name: 'memberName' }) : { memberId: null, memberName: null };
  const part = textAt(answers, 'withdrawnScope') === 'all' ? null : { agencies: textsAt(answers, 'withdrawnAgencies'), items: textsAt(answers, 'withdrawnItems'), types: textsAt(answers, 'withdrawnTypes') };
  if (part && part.agencies.length + part.items.length + part.types.length === 0) refuse(['withdrawnScope', '撤回する機関、情報または目的を選んでください。']);
  const { scope, consentIds, referralIds } = await withdrawConsent(tx, { caseId, submissionId, subject: member ? 'member' : 'self', ...who, part, evidence: textAt(answers, 'evidence') });
  // what a member of the household takes back concerns that member alone: the case itself goes on, with less
  await reopenClosed(tx, caseId);
  // before the office's own process begins, which holds the others: a meeting that is held has gone back to its arranging by then
  await postponeUncovered(tx, filed, caseId);
  await tellProcess(tx, filed, caseId, member ? 'partial' : scope);
  for (const referralId of referralIds) filed.tell({ kind: 'message', name: 'referral_cancelled', about: referralId, variables: { referralId } });
  return { withdrawalId: submissionId, withdrawalScope: scope, consentIds };
}

const withdrawal: RecordKind = {
  key: 'F17',
  title: '同意撤回届',
  compartment: 'team',
  anytime: 'case',
  // whoever hears it (P10): also an agency with a slip that it has not answered, and one that accompanies without a consent
  reach: 'exists',
  withProcesses: true,
  refuses: ['consent_missing'], needs: [
    { at: 'withdrawnOn', types: ['textfield'], required: true },
    { at: 'subject', types: choice, options: ['self', 'member'], required: true },
    { at: 'memberName', types: ['textfield'], required: true },
    { at: 'withdrawnScope', types: choice, options: ['all', 'part'], required: true },
    { at: 'withdrawnAgencies', types: many },
    { at: 'withdrawnItems', types: many, options: scopeItems },
    { at: 'withdrawnTypes', types: many, options: consentTypes },
    { at: 'evidence', types: choice, options: proofs, required: true },
  ],
  project: projectWithdrawal,
};

/** T-P10-01: the paper or the note of what was said joins the proof of the consents that were taken back. */
const written: RecordKind = {
  key: 'F17.written',
  title: '同意撤回届（申出の記録）',
  compartment: 'team',
  needs: [{ at: 'evidence', types: choice, options: proofs, required: true }],
  async project(tx, filed) {
    const { caseId, submissionId } = filed;
    await mustHaveAttachments(tx, filed, ['fileAttachment']);
    const withdrawalId = filed.variables['withdrawalId'];
    if (caseId === null || typeof withdrawalId !== 'string') return {};
    const ended = await tx.db.consentEnd.findMany({ where: { caseId, submissionId: withdrawalId, kind: { in: ['withdrawn', 'narrowed'] } }, select: { consentId: true }, orderBy: { id: 'asc' } });
    for (const { consentId } of ended) await addEvidence(tx, { consentId, caseId, kind: textAt(filed.answers, 'evidence') ?? 'oral_note', about: 'withdrawal', submissionId });
    return {};
  },
};

const continuations = ['limited', 'serious_risk', 'declined', 'narrowed'];
const judging: RecordKind['needs'] = [{ at: 'continuation', types: choice, options: continuations, required: true }, { at: 'legalBasis', types: choice, required: true }];

/** T-P10-04b: whoever coordinates has proposed; the city decides (domain.md §3.5), and whoever carries a support sees the case again where it goes on. @throws Problem not_city_decision */
const judgement: RecordKind = {
  key: 'F17.judgement', title: '撤回後の支援の判断', compartment: 'team', refuses: ['not_city_decision'], needs: judging,
  async project(tx, filed) {
    const caseId = caseOf(filed);
    await keepDecision(tx, filed.by, { caseId, kind: 'continuation', decision: textOf(filed.answers, 'continuation'), planId: null, submissionId: filed.submissionId });
    await settleAssignedAccess(tx, caseId, 'judged', filed.submissionId);
    return {};
  },
};

/** T-P10-03: one for each agency that was told something. Where it still has to hand back what it holds, the day is watched. */
const notice: RecordKind = {
  key: 'F17.notice', title: '共有先への停止の通知', compartment: 'team',
  needs: [{ at: 'notifiedOn', types: ['textfield'], required: true }, { at: 'returned', types: choice, required: true }, { at: 'returnDueOn', types: ['textfield'], required: true }],
  async project(tx, filed) {
    const onDay = dayAt(filed.answers, 'returnDueOn');
    if (filed.caseId === null || textAt(filed.answers, 'returned') !== 'waiting') return {};
    if (onDay === null) return refuse(['returnDueOn', '返却の期限の日を入力してください。']);
    await promise(tx, filed, { caseId: filed.caseId, kind: 'return_due', onDay, groupKey: await ownGroup(tx, filed, filed.caseId), at: 'returnDueOn' });
    return {};
  },
};

const step = (key: string, title: string, needs: RecordKind['needs']): RecordKind => ({ key, title, compartment: 'team', needs });

export const withdrawalRecords: readonly RecordKind[] = [
  withdrawal,
  written,
  step('F17.stopped', '共有停止の確認', [{ at: 'stopped', types: many, required: true }]),
  notice,
  step('F17.proposal', '撤回後の支援の案', judging),
  judgement,
  step('F17.explained', '撤回後の説明の記録', [{ at: 'explainedOn', types: ['textfield'], required: true }]),
];
