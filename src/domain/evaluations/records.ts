// F08 評価シート, in the hands of the coordinator, the agencies and the person; F20 引継書; and the closure that follows.
import type { Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import { agenciesBehind } from '../agencies.js';
import { consentStateOf } from '../consents/consents.js';
import { planDays } from '../plans/clock.js';
import { mustHavePart, reportRole } from '../plans/reports.js';
import { caseOf, mustDayAt, refuseField, textAt, textOf } from '../records/answers.js';
import type { FieldNeed, Filed, RecordKind } from '../records/record.js';
import { checkStability, decideClosure, handOver, handoverKinds } from './closures.js';
import { goalResults, keepEvaluation, type EvalType } from './evaluations.js';

const choice = ['radio', 'select'];
const many = ['checklist', 'taglist'];
const day = ['datetime'];
const words = ['textarea', 'textfield'];

const goals: readonly FieldNeed[] = [
  { at: 'goalResults', types: ['dynamiclist'], required: true }, { at: 'goalResults[].goal', types: words, required: true }, { at: 'goalResults[].result', types: choice, options: [...goalResults], required: true },
];
const sheet: readonly FieldNeed[] = [
  { at: 'evaluatedOn', types: day, required: true }, ...goals, { at: 'changes', types: many }, { at: 'remaining', types: words, required: true },
  { at: 'networkCheck', types: choice, options: ['yes', 'partly', 'no'], required: true }, { at: 'prospect', types: choice, options: ['yes', 'partly', 'no'], required: true },
];
const judged: readonly FieldNeed[] = [
  { at: 'meetingJudge', types: choice, options: ['close', 'replan', 'continue', 'interrupt'], required: true }, { at: 'leadAfter', types: choice, required: true },
  { at: 'closureReason', types: choice, required: true }, { at: 'resumePolicy', types: words, required: true },
];

function evaluation(key: string, title: string, needs: readonly FieldNeed[], evalType: EvalType | null, more: Partial<RecordKind> = {}): RecordKind {
  return {
    key, title, compartment: 'team', refuses: ['plan_missing'], needs, happened: ['evaluatedOn'], ...more,
    project: async (tx, filed) => ({ evaluationId: await keepEvaluation(tx, filed, { evalType: evalType ?? (textOf(filed.answers, 'evalType') as EvalType), agencyCode: filed.by.agencyCode }) }),
  };
}

const typed = (...options: EvalType[]): FieldNeed => ({ at: 'evalType', types: choice, options, required: true });

/** What a monitoring may find so that the plan goes on, and is monitored again. */
const goesOn: readonly string[] = ['on_track', 'minor_change', 'emergency'];

/**
 * The day of the next monitoring, if one was named: to come, and not after the plan. Where the support does not go on as planned none counts.
 * @throws Problem form_invalid
 */
async function nextMonitoring(tx: Tx, filed: Filed): Promise<string | null> {
  const day = textAt(filed.answers, 'nextMonitorOn');
  if (day === null || !goesOn.includes(textOf(filed.answers, 'monitoringResult'))) return null;
  if (day <= filed.calendar.onDate(tx.now)) refuseField('nextMonitorOn', '次のモニタリングは、明日からの日にしてください。');
  const days = await planDays(tx, caseOf(filed));
  if (days && day > days.endsOn) refuseField('nextMonitorOn', `次のモニタリングは、プランの終了日（${days.endsOn}）までの日にしてください。`);
  return day;
}

/** T-P07-02: the next monitoring is on the day that it names. */
const monitoring: RecordKind = {
  key: 'F08.monitoring', title: '評価シート（モニタリング）', compartment: 'team', happened: ['evaluatedOn'], refuses: ['plan_missing'], needs: [{ at: 'monitoringResult', types: choice, required: true }, { at: 'nextMonitorOn', types: day }, ...sheet],
  async project(tx, filed) {
    const nextMonitorOn = await nextMonitoring(tx, filed);
    return { evaluationId: await keepEvaluation(tx, filed, { evalType: 'monitoring', agencyCode: filed.by.agencyCode, result: textAt(filed.answers, 'monitoringResult'), nextMonitorOn }) };
  },
};

/** 各機関の評価: by each agency that has a part in the plan, for its own. */
const agency: RecordKind = {
  key: 'F08.agency', title: '評価（機関ごと）', compartment: 'team', happened: ['evaluatedOn'], refuses: ['plan_missing'], needs: [{ at: 'evaluatedOn', types: day, required: true }, ...goals],
  async project(tx, filed) {
    const { agencyCode } = await mustHavePart(tx, filed);
    return { evaluationId: await keepEvaluation(tx, filed, { evalType: 'agency', agencyCode }) };
  },
};

const status: RecordKind = {
  key: 'F08.status', title: '支援状況の報告（機関ごと）', compartment: 'team',
  happened: ['reportedOn'],
  refuses: ['plan_missing'], needs: [{ at: 'reportedOn', types: day, required: true }, { at: 'roleStatus', types: choice, options: ['on_track', 'late', 'changed', 'stopped', 'done'], required: true }],
  project: (tx, filed) => reportRole(tx, filed, { kind: 'status', status: textOf(filed.answers, 'roleStatus'), on: { said: mustDayAt(filed.answers, 'reportedOn'), day: mustDayAt(filed.answers, 'reportedOn') } }),
};

const handover: RecordKind = {
  key: 'F20', title: '引継書', compartment: 'team', happened: ['handedOn'],
  needs: [{ at: 'handoverKind', types: choice, options: [...handoverKinds], required: true }, { at: 'toGroup', types: choice, required: true }, { at: 'toName', types: words, required: true }, { at: 'handedOn', types: day, required: true }],
  project: async (tx, filed) => ({ handoverId: await handOver(tx, filed) }),
};

const closure: RecordKind = {
  key: 'F08.decision', title: '終結の決定', compartment: 'team',
  refuses: ['closure_unaccompanied', 'lead_missing', 'not_city_decision'], needs: [{ at: 'closureReason', types: choice, required: true }, { at: 'leadAfter', types: choice, required: true }, { at: 'followUp', types: choice, options: ['yes', 'no'], required: true }],
  async project(tx, filed) {
    if (filed.caseId === null) throw new Problem('not_found');
    const leadGroup = textAt(filed.answers, 'leadAfter');
    const closed = await decideClosure(tx, {
      caseId: filed.caseId, person: filed.by, reason: textOf(filed.answers, 'closureReason'), leadGroup, followUp: filed.answers['followUp'] === 'yes', submissionId: filed.submissionId,
      lead: leadGroup === null ? null : ((await agenciesBehind(tx, [leadGroup])).get(leadGroup)?.code ?? null),
    });
    return { closureId: closed.id, ...(closed.leadGroup === null ? {} : { leadGroup: closed.leadGroup }) };
  },
};

const followUp: RecordKind = {
  key: 'F08.followUp', title: '終結後の安定の確認', compartment: 'team',
  refuses: ['closure_unaccompanied'], needs: [{ at: 'stability', types: choice, options: ['stable', 'needs_support'], required: true }],
  project: (tx, filed) => checkStability(tx, filed),
};

/** T-P08-09: no closure meeting may sit. A new consent is written down before a meeting is called on it. */
const withoutMeeting: RecordKind = {
  key: 'F08.withoutMeeting', title: '会議を開けないときの進め方', compartment: 'team',
  refuses: ['consent_missing'], needs: [{ at: 'withoutMeeting', types: choice, options: ['consent', 'replan', 'confidential', 'close'], required: true }, { at: 'reason', types: words, required: true }],
  async project(tx, filed) {
    if (filed.caseId === null) throw new Problem('not_found');
    const { state } = await consentStateOf(tx, filed.caseId);
    const held = state === 'full' || state === 'partial';
    if (filed.answers['withoutMeeting'] === 'consent' && !held) throw new Problem('consent_missing', { detail: '先に同意書（F10）を記録してください。有効な同意がないと会議は開けません。' });
    return held ? { consentState: state } : {};
  },
};

const explained: RecordKind = { key: 'F08.explanation', title: '本人への終結の説明', compartment: 'team', needs: [{ at: 'explainedOn', types: day, required: true }, { at: 'content', types: words, required: true }] };

export const evaluationRecords: readonly RecordKind[] = [
  evaluation('F08', '評価シート', [typed('monitoring', 'interim', 'closing', 'replan', 'interruption'), ...sheet, ...judged], null, { anytime: 'case' }),
  monitoring,
  evaluation('F08.preparation', '評価の準備（中間・終結）', [typed('interim', 'closing', 'replan', 'interruption'), ...sheet], null),
  evaluation('F08.opinion', '本人の意向', [{ at: 'evaluatedOn', types: day, required: true }, { at: 'opinionSelf', types: choice, options: ['continue', 'close', 'undecided'], required: true }], 'opinion'),
  evaluation('F08.closure', '評価シート（会議に諮る）', [typed('closing', 'replan', 'interruption'), ...sheet, ...judged], null),
  agency, status, handover, explained, closure, followUp, withoutMeeting,
];
