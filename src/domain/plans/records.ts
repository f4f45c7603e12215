// F05 多機関協働 プラン兼事業利用申込書, and what is decided and reported about it.
import type { Tx } from '../../base/db.js';
import { Problem, type PointedError } from '../../base/problem.js';
import { grantAccess, endAccess } from '../access.js';
import { agenciesBehind, agencyOfGroup, agencyOfSeat, partiesBehind } from '../agencies.js';
import { leavePart, nameCoordinator, partsNow } from '../case-roles.js';
import { dayAt, mustDayAt, refuseField, roughDayAt, rowsAt, startOf, textAt, textOf, textsAt } from '../records/answers.js';
import { cityClocks } from '../settings.js';
import type { Filed, RecordKind } from '../records/record.js';
import { decideSupport, extendPlan, keepDecision, supportDecisions, type SupportDecision } from './decisions.js';
import { draftPlan, mustBeInDraft, mustBeInForce, notePlan, signPlan, type PlanContent } from './plan.js';
import { reportRole } from './reports.js';
import { settlePlanAccess } from './team.js';

const choice = ['radio', 'select'];
const day = ['datetime'];
const words = ['textarea', 'textfield'];
const signatures = ['written', 'electronic', 'oral', 'proxy', 'not_signed'];

/** @throws Problem not_found where a record of a case is filed without one */
export function caseOf(filed: Filed): string {
  if (filed.caseId === null) throw new Problem('not_found');
  return filed.caseId;
}

const refuse = (errors: PointedError[]): never => {
  throw new Problem('form_invalid', { errors });
};

/** 担当コーディネーターの決定: from now on they reach the case, and so do those who decide about it. */
const coordinator: RecordKind = {
  key: 'F05.coordinator', title: '担当コーディネーターの決定', compartment: 'team',
  needs: [{ at: 'coordinatorGroup', types: choice, required: true }],
  async project(tx, filed) {
    const caseId = caseOf(filed);
    const groupKey = textOf(filed.answers, 'coordinatorGroup');
    const agency = (await agenciesBehind(tx, [groupKey])).get(groupKey);
    if (!agency) return refuse([{ pointer: '/answers/coordinatorGroup', detail: '活動中の機関の受け箱ではありません。' }]);
    const before = (await partsNow(tx, caseId)).find(({ role }) => role === 'coordinator');
    if (before && before.groupKey !== groupKey) await endAccess(tx, { caseId, basis: 'assignment', reader: before.groupKey }, 'reassigned');
    await nameCoordinator(tx, caseId, { agencyCode: agency.code, groupKey });
    const deciding = await tx.db.group.findMany({ where: { kind: { in: ['chair', 'director'] } }, select: { key: true } });
    for (const reader of [groupKey, ...deciding.map(({ key }) => key)]) await grantAccess(tx, { caseId, reader, level: 'content', basis: 'assignment', basisId: null });
    return {};
  },
};

/** 対象決定: that the case is one of the programme. */
const eligibility: RecordKind = {
  key: 'F05.eligibility', title: '対象決定', compartment: 'team',
  refuses: ['not_city_decision'], needs: [{ at: 'eligibility', types: choice, options: ['eligible', 'not_eligible'], required: true }, { at: 'reason', types: words, required: true }],
  async project(tx, filed) {
    await keepDecision(tx, filed.by, { caseId: caseOf(filed), kind: 'eligibility', decision: textOf(filed.answers, 'eligibility'), planId: null, submissionId: filed.submissionId });
    return {};
  },
};

const plan: RecordKind = {
  key: 'F05', title: '多機関協働 プラン兼事業利用申込書', compartment: 'team',
  happened: ['signedOn'],
  needs: [
    { at: 'planKind', types: choice, options: ['initial', 'replan'], required: true }, { at: 'leadGroup', types: choice, required: true }, { at: 'roleGroups', types: ['checklist', 'taglist'], required: true },
    { at: 'longGoal', types: words, required: true }, { at: 'wishes', types: words, required: true }, { at: 'watchRules', types: words, required: true },
    { at: 'planGoals', types: ['dynamiclist'] }, { at: 'planGoals[].goal', types: words, required: true }, { at: 'planGoals[].criterion', types: words, required: true }, { at: 'planGoals[].dueOn', types: day, required: true },
    { at: 'roles', types: ['dynamiclist'] }, { at: 'roles[].agency', types: choice, required: true }, { at: 'roles[].issue', types: words, required: true }, { at: 'roles[].what', types: words, required: true }, { at: 'roles[].frequency', types: words, required: true },
    { at: 'useOutreach', types: choice, options: ['yes', 'no'], required: true }, { at: 'useParticipation', types: choice, options: ['yes', 'no'], required: true },
    { at: 'monitorEvery', types: choice, options: ['P1M', 'P2M', 'P3M'], required: true },
    ...['planStart', 'planEnd', 'nextMonitorOn', 'evaluateOn'].map((at) => ({ at, types: day, required: true })),
  ],
  async project(tx, filed) {
    const caseId = caseOf(filed);
    const content = await contentOf(tx, filed);
    const { plan: drafted } = await draftPlan(tx, caseId, content, filed.submissionId);
    if (textOf(filed.answers, 'planKind') !== drafted.kind) return refuse([{ pointer: '/answers/planKind', detail: drafted.kind === 'initial' ? 'このケースの初めてのプランです。' : 'このケースには前のプランがあります。再プランです。' }]);
    if (textOf(filed.answers, 'signature') !== '') await signPlan(tx, drafted, signatureOf(filed), filed.submissionId);
    return { planId: drafted.id };
  },
};

/** @throws Problem form_invalid where agencies, goals or days do not fit together */
async function contentOf(tx: Tx, filed: Filed): Promise<PlanContent> {
  const { answers } = filed;
  const [leadGroup, roleGroups, roles, goals] = [textOf(answers, 'leadGroup'), textsAt(answers, 'roleGroups'), rowsAt(answers, 'roles'), rowsAt(answers, 'planGoals')];
  const agencies = new Map([...(await partiesBehind(tx, roles.map((row) => textOf(row, 'agency')))), ...(await agenciesBehind(tx, [leadGroup, ...roleGroups]))]);
  const { longestMonths } = (await cityClocks(tx)).plans;
  const errors = misfits(answers, agencies, { months: longestMonths, lastDay: (start) => filed.calendar.onDate(filed.calendar.add(startOf(start), `P${longestMonths}M`)) });
  if (errors.length > 0) return refuse(errors);
  const coordinating = (await partsNow(tx, caseOf(filed))).find(({ role }) => role === 'coordinator');
  return {
    leadGroup, leadAgency: agencies.get(leadGroup)!.code, secondaryGroups: textsAt(answers, 'subGroups'), coordinatorGroup: coordinating?.groupKey ?? null,
    householdSummary: textOf(answers, 'householdSummary'), background: textOf(answers, 'background'), longGoal: textOf(answers, 'longGoal'), wishes: textOf(answers, 'wishes'), watchRules: textOf(answers, 'watchRules'),
    useOutreach: answers['useOutreach'] === 'yes', useParticipation: answers['useParticipation'] === 'yes',
    startsOn: mustDayAt(answers, 'planStart'), endsOn: mustDayAt(answers, 'planEnd'), monitorEvery: textOf(answers, 'monitorEvery'), nextMonitorOn: mustDayAt(answers, 'nextMonitorOn'), evaluateOn: mustDayAt(answers, 'evaluateOn'),
    goals: goals.map((row, line) => ({ goal: textOf(row, 'goal'), criterion: textOf(row, 'criterion'), dueOn: mustDayAt(row, 'dueOn', `planGoals/${line}/dueOn`) })),
    issues: rowsAt(answers, 'priorityIssues').map((row) => ({ issue: textOf(row, 'issue'), owner: textOf(row, 'owner') })),
    roles: roles.map((row) => ({
      agencyCode: agencies.get(textOf(row, 'agency'))!.code, groupKey: textOf(row, 'agency'), issue: textOf(row, 'issue'), what: textOf(row, 'what'), staff: textAt(row, 'staff'),
      starts: roughDayAt(row, 'startOn'), ends: roughDayAt(row, 'endOn'), frequency: textOf(row, 'frequency'), resource: textAt(row, 'resource'),
    })),
  };
}

/** @param lastDay of a plan that begins on that day, at the longest */
function misfits(answers: Filed['answers'], agencies: ReadonlyMap<string, unknown>, longest: { months: number; lastDay: (start: string) => string }): PointedError[] {
  const errors: PointedError[] = [];
  const say = (at: string, detail: string): void => void errors.push({ pointer: `/answers/${at}`, detail });
  const [leadGroup, roleGroups, roles] = [textOf(answers, 'leadGroup'), textsAt(answers, 'roleGroups'), rowsAt(answers, 'roles').map((row) => textOf(row, 'agency'))];
  if (rowsAt(answers, 'planGoals').length === 0) say('planGoals', '達成目標を1つ以上書いてください。');
  if (!agencies.has(leadGroup)) say('leadGroup', '活動中の機関ではありません。');
  // what an agency without an inbox does stands in the plan; nothing is asked of it here, and it leads nothing
  for (const [at, keys] of [['leadGroup', [leadGroup]], ['roleGroups', roleGroups]] as const) if (keys.some((key) => agencyOfSeat(key) !== null)) say(at, '受け箱のない機関には仕事が届きません。役割分担の表にだけ書いてください。');
  roles.forEach((key, at) => {
    if (!agencies.has(key)) say(`roles/${at}/agency`, '活動中の機関ではありません。');
    else if (agencyOfSeat(key) === null && !roleGroups.includes(key)) say(`roles/${at}/agency`, '「役割を担う機関」にない機関です。');
  });
  const without = roleGroups.filter((key) => !roles.includes(key));
  if (without.length > 0) say('roles', `役割分担がない機関があります: ${without.join('、')}`);
  if (!roleGroups.includes(leadGroup)) say('roleGroups', '主担当機関も役割を担う機関に入れてください。');
  const [start, end] = [textOf(answers, 'planStart'), textOf(answers, 'planEnd')];
  if (end < start) say('planEnd', '終了日は開始日より後にしてください。');
  else if (end > longest.lastDay(start)) say('planEnd', `プランの期間は${longest.months}か月までです。`);
  else for (const [at, what] of [['nextMonitorOn', '次のモニタリング'], ['evaluateOn', '評価の予定日']] as const) if (textOf(answers, at) < start || textOf(answers, at) > end) say(at, `${what}は、プランの期間のうちの日にしてください。`);
  return errors;
}

const signatureOf = ({ answers }: Filed): Parameters<typeof signPlan>[2] => ({
  signature: textOf(answers, 'signature'), signedBy: textAt(answers, 'signedBy'), signedOn: dayAt(answers, 'signedOn'), noSignatureReason: textAt(answers, 'noSignatureReason'),
});

/** 本人への説明と署名. */
const signature: RecordKind = {
  key: 'F05.signature', title: 'プランの説明と本人の署名（利用申込）', compartment: 'team',
  happened: ['signedOn', 'explainedOn', 'copyGivenOn'],
  refuses: ['plan_decided', 'plan_missing'], needs: [{ at: 'signature', types: choice, options: signatures, required: true }, { at: 'signedOn', types: day }, { at: 'noSignatureReason', types: words, required: true }, { at: 'explainedOn', types: day, required: true }],
  async project(tx, filed) {
    const draft = await mustBeInDraft(tx, caseOf(filed));
    await signPlan(tx, draft, signatureOf(filed), filed.submissionId);
    return { planId: draft.id };
  },
};

/** 支援決定. */
const decision: RecordKind = {
  key: 'F05.decision', title: '支援決定', compartment: 'team',
  refuses: ['lead_missing', 'not_city_decision', 'own_plan', 'plan_consent_missing', 'plan_decided', 'plan_missing', 'plan_not_signed'], needs: [{ at: 'supportDecision', types: choice, options: [...supportDecisions], required: true }],
  async project(tx, filed) {
    const met = filed.variables['meetingResult'];
    const decided = await decideSupport(tx, {
      caseId: caseOf(filed), person: filed.by, decision: textOf(filed.answers, 'supportDecision') as SupportDecision,
      meetingDecision: typeof met === 'string' ? met : textAt(filed.answers, 'meetingDecision'), submissionId: filed.submissionId,
    });
    return { planId: decided.id };
  },
};

/** 決定の共有: the copy for the person, and for the agencies of the plan. */
const copy: RecordKind = {
  key: 'F05.copy', title: '決定の共有（本人への交付）', compartment: 'team',
  happened: ['copyGivenOn'],
  refuses: ['plan_missing'], needs: [{ at: 'copyGivenOn', types: day, required: true }],
  async project(tx, filed) {
    const held = await mustBeInForce(tx, caseOf(filed));
    const on = mustDayAt(filed.answers, 'copyGivenOn');
    // what was handed over before is the copy of the draft
    if (held.decidedAt && on < filed.calendar.onDate(held.decidedAt)) refuseField('copyGivenOn', '支援決定の日より前です。決定したプランを本人に渡した日を入力してください（案の写しを渡した日ではありません）。');
    await notePlan(tx, { planId: held.id, kind: 'shared', submissionId: filed.submissionId, data: { on } });
    return {};
  },
};

/** 着手報告, one an agency. */
const role: RecordKind = {
  key: 'F05.role', title: '主担当の確定と着手の報告', compartment: 'team',
  refuses: ['plan_missing'], needs: [{ at: 'startedOn', types: ['textfield', ...day], required: true }, { at: 'roleStatus', types: choice, options: ['preparing', 'started', 'cannot'], required: true }],
  project: (tx, filed) => reportRole(tx, filed, { kind: 'started', status: textOf(filed.answers, 'roleStatus'), on: roughDayAt(filed.answers, 'startedOn')! }),
};

/** 軽微な変更: how a role is done, or that one has ended. What was agreed with the person stays in the plan. */
const change: RecordKind = {
  key: 'F05.change', title: 'プランの軽微な変更', compartment: 'team',
  refuses: ['lead_missing', 'plan_missing'], needs: [{ at: 'changed', types: words, required: true }, { at: 'endedRoles', types: ['dynamiclist'] }, { at: 'endedRoles[].agency', types: choice, required: true }, { at: 'newLead', types: choice }],
  async project(tx, filed) {
    const caseId = caseOf(filed);
    const held = await mustBeInForce(tx, caseId);
    const ended = rowsAt(filed.answers, 'endedRoles').map((row) => textOf(row, 'agency'));
    for (const [at, key] of ended.entries()) {
      const agencyCode = await agencyOfGroup(tx, key); // also of one that has stopped: its part ends all the same
      if (agencyCode === null || !(await partsNow(tx, caseId)).some((part) => part.agencyCode === agencyCode && part.planId === held.id)) return refuse([{ pointer: `/answers/endedRoles/${at}/agency`, detail: 'このプランで役割を担っている機関ではありません。' }]);
      await leavePart(tx, { caseId, agencyCode, reason: 'role_ended', successorGroup: textAt(filed.answers, 'newLead') });
    }
    await notePlan(tx, { planId: held.id, kind: 'changed', submissionId: filed.submissionId, data: { ended } });
    await settlePlanAccess(tx, caseId, 'role_ended', filed.submissionId);
    const parts = (await partsNow(tx, caseId)).filter((part) => part.planId === held.id);
    return { roleGroups: parts.map(({ groupKey }) => groupKey), leadGroup: parts.find((part) => part.role === 'lead')!.groupKey };
  },
};

/** 満了の扱い. */
const planEnd: RecordKind = {
  key: 'F05.extension', title: 'プラン満了の扱い（評価・延長）', compartment: 'team',
  refuses: ['not_city_decision', 'plan_missing', 'plan_not_extendable'], needs: [{ at: 'planEndDecision', types: choice, options: ['evaluate', 'extend'], required: true }, { at: 'extensionPeriod', types: choice, options: ['P1M', 'P2M', 'P3M'] }],
  async project(tx, filed) {
    const caseId = caseOf(filed);
    if (textOf(filed.answers, 'planEndDecision') === 'extend') {
      await extendPlan(tx, { caseId, person: filed.by, period: textOf(filed.answers, 'extensionPeriod'), submissionId: filed.submissionId });
      return {};
    }
    const held = await mustBeInForce(tx, caseId);
    await keepDecision(tx, filed.by, { caseId, kind: 'plan_end', decision: 'evaluate', planId: held.id, submissionId: filed.submissionId });
    return {};
  },
};

export const planRecords: readonly RecordKind[] = [coordinator, eligibility, plan, signature, decision, copy, role, change, planEnd];
