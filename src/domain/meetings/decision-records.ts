// 決定事項 (F09): given to their doers, carried out, or judged by whoever called the meeting when they cannot be. What is written about a
// decision of a 支援会議 is kept as confidential as the meeting, and flows into no other form.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { agencyOfSeat } from '../agencies.js';
import { caseOf, choiceAt, dayAt, mustDayAt, rowsAt, textAt, textOf, textsAt, variableText, wrongField } from '../records/answers.js';
import type { Filed, Placed, RecordKind } from '../records/record.js';
import { businessDaysTo, lockDecision, mayCarry, noteDecision, recordDecisions, tellCarriers, type DecisionRow, type NewDecision } from './decisions.js';
import { inItsSitting, sittingOf } from './place.js';
import { findSitting, mustBeTheCity, mustStand, openMeetingOf, type Sitting } from './sittings.js';

const choice = ['radio', 'select'];
const noInbox = '受け箱のない機関には仕事が届きません。受け箱のある機関を担当にして、その機関から連絡してください。';

/** Ids and decisions for the process of one decision: no word of it, and nobody it is about. */
function tellDoer(filed: Filed, sitting: Sitting, decisionId: string, { groupKey, dueOn }: NewDecision, now: Date): void {
  const { kind, urgency, meetingId, caseIds } = sitting;
  const coordinatorGroup = kind === 'confidential' ? null : variableText(filed, 'coordinatorGroup');
  filed.tell({
    kind: 'message', name: 'decision_assigned', about: decisionId,
    variables: { caseId: filed.caseId, caseIds, kind, urgency, meetingId, coordinatorGroup, decisionId, doerGroups: [groupKey], decisionDueIn: businessDaysTo(filed.calendar, now, dueOn) },
  });
}

/** T-P12-06: decisions become tasks, each with its doer and its day. */
const decisions: RecordKind = {
  key: 'F09.decisions',
  title: '決定事項と役割分担',
  compartment: 'team',
  refuses: ['consent_missing', 'pledge_missing', 'sitting_state'], needs: [{ at: 'decisionGroups', types: ['checklist', 'taglist'], required: true }, { at: 'roleSplit[].group', types: ['select'], required: true }, { at: 'roleSplit[].task', types: ['textfield'], required: true }, { at: 'roleSplit[].dueOn', types: ['textfield'], required: true }],
  place: inItsSitting(),
  async project(tx, filed) {
    const sitting = await sittingOf(tx, filed);
    mustStand(sitting, 'held', 'minutes_confirmed');
    const rows = rowsAt(filed.answers, 'roleSplit').map((row, index): NewDecision => ({ groupKey: textOf(row, 'group'), what: textOf(row, 'task'), dueOn: mustDayAt(row, 'dueOn', `roleSplit/${index}/dueOn`) }));
    const groups = [...new Set([...textsAt(filed.answers, 'decisionGroups'), ...rows.map(({ groupKey }) => groupKey)])];
    if (groups.some((key) => agencyOfSeat(key) !== null)) throw wrongField('decisionGroups', noInbox);
    if (!(await mayCarry(tx, sitting, groups))) throw wrongField('decisionGroups', '構成員でない機関に、決定事項は渡せません。');
    await tellCarriers(tx, sitting, rows.map(({ groupKey }) => groupKey));
    const decisionIds = await recordDecisions(tx, sitting, rows);
    rows.forEach((row, index) => tellDoer(filed, sitting, decisionIds[index]!, row, tx.now));
    return { decisionGroups: groups, decisionIds };
  },
};

async function decisionOf(tx: Tx, filed: Filed): Promise<{ decision: DecisionRow; sitting: Sitting }> {
  const decision = await lockDecision(tx, variableText(filed, 'decisionId') ?? '', caseOf(filed));
  return { decision, sitting: (await findSitting(tx, decision.sittingId))! };
}

/** Of a 支援会議 nobody writes who has not sat there and pledged for it, however long ago its papers closed. @throws Problem pledge_missing */
async function besideItsSitting(tx: Tx, filed: Filed): Promise<Placed> {
  const { decision, sitting } = await decisionOf(tx, filed);
  if (sitting.kind !== 'confidential') return { compartment: 'team', sittingId: sitting.id };
  const [row] = await tx.db.$queryRawUnsafe<{ shown: boolean }[]>(`select decision_shown($1::uuid, $2) as shown`, sitting.id, decision.groupKey);
  if (!row?.shown) throw new Problem('pledge_missing', { detail: 'この回の支援会議の構成員として守秘義務を誓約した人が記録します。' });
  return { compartment: 'confidential', sittingId: sitting.id };
}

const results = ['done', 'impossible', 'to_meeting'] as const;

/** T-P12-08: the doer says what came of it. */
const report: RecordKind = {
  key: 'F09.decisionReport',
  title: '決定事項の実施報告',
  compartment: 'team',
  refuses: ['pledge_missing'], needs: [{ at: 'decisionResult', types: choice, options: results, required: true }, { at: 'doneOn', types: ['textfield'], required: true }, { at: 'did', types: ['textarea'], required: true }, { at: 'reason', types: ['textarea'], required: true }],
  place: besideItsSitting,
  async project(tx, filed): Promise<Record<string, Json>> {
    const { decision } = await decisionOf(tx, filed);
    const done = choiceAt(filed.answers, 'decisionResult', results) === 'done';
    if (done && (dayAt(filed.answers, 'doneOn') ?? '') > filed.calendar.onDate(tx.now)) throw wrongField('doneOn', '今日までの日を入力してください。');
    await noteDecision(tx, decision.id, filed.submissionId, done ? { state: 'done', doneById: filed.by.userId } : {});
    return {};
  },
};

const nexts = ['reassign', 'meeting', 'drop'] as const;

/** T-P12-09: whoever called the meeting decides what becomes of a decision that cannot be carried out. */
const change: RecordKind = {
  key: 'F09.decisionChange',
  title: '決定事項の見直し',
  compartment: 'team',
  refuses: ['city_alone', 'consent_missing', 'pledge_missing'], needs: [{ at: 'decisionNext', types: choice, options: nexts, required: true }, { at: 'doerGroup', types: choice, required: true }, { at: 'newDueOn', types: ['textfield'], required: true }, { at: 'reason', types: ['textarea'], required: true }],
  place: besideItsSitting,
  async project(tx, filed): Promise<Record<string, Json>> {
    const { decision, sitting } = await decisionOf(tx, filed);
    if (sitting.kind === 'confidential') await mustBeTheCity(tx, filed.by.agencyCode);
    const next = choiceAt(filed.answers, 'decisionNext', nexts);
    if (next === 'reassign') return reassign(tx, filed, decision, sitting);
    if (next === 'meeting' && sitting.kind !== 'confidential' && (await openMeetingOf(tx, caseOf(filed), sitting.kind)) !== null) throw wrongField('decisionNext', 'この事案の会議が進んでいます。その会議で諮るか、担当・期日を変えてください。');
    await noteDecision(tx, decision.id, filed.submissionId, { state: next === 'meeting' ? 'returned' : 'dropped' });
    return {};
  },
};

async function reassign(tx: Tx, filed: Filed, decision: DecisionRow, sitting: Sitting): Promise<Record<string, Json>> {
  const groupKey = textAt(filed.answers, 'doerGroup') ?? '';
  const dueOn = mustDayAt(filed.answers, 'newDueOn');
  if (dueOn < filed.calendar.onDate(tx.now)) throw wrongField('newDueOn', '今日より後の日を入力してください。');
  if (agencyOfSeat(groupKey) !== null) throw wrongField('doerGroup', noInbox);
  if (!(await mayCarry(tx, sitting, [groupKey]))) throw wrongField('doerGroup', '構成員でない機関に、決定事項は渡せません。');
  await tellCarriers(tx, sitting, [groupKey]);
  await noteDecision(tx, decision.id, filed.submissionId, { groupKey, dueOn });
  return { doerGroups: [groupKey], decisionDueIn: businessDaysTo(filed.calendar, tx.now, dueOn) };
}

export const decisionRecords: readonly RecordKind[] = [decisions, report, change];
