// 決定事項: who does what by when. Each is a task of its doer (processes/meeting_decision), who sees it without the minutes. Its text stays
// in the table: the process knows the id.
import type { Calendar } from '../../base/calendar.js';
import type { Person, Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { coveringConsent } from '../consents/consents.js';
import { shareUnderConsent } from '../disclosures.js';
import { seatsOf } from './seats.js';
import type { Sitting } from './sittings.js';

/** assigned: a task of its doer; returned: to be brought before a meeting again; open: from before decisions were tasks. */
export type DecisionState = 'open' | 'assigned' | 'done' | 'dropped' | 'returned';

export interface NewDecision {
  groupKey: string;
  what: string;
  /** `YYYY-MM-DD`. */
  dueOn: string;
}

const dayColumn = (day: string): Date => new Date(`${day}T00:00:00Z`);

/** @returns their ids, in order */
export async function recordDecisions(tx: Tx, sitting: Sitting, decisions: readonly NewDecision[]): Promise<string[]> {
  const rows = decisions.map(({ groupKey, what, dueOn }) => ({ id: newId(tx.now.getTime()), sittingId: sitting.id, groupKey, what, dueOn: dayColumn(dueOn), decidedAt: tx.now, state: 'assigned' }));
  await tx.db.sittingDecision.createMany({ data: rows });
  return rows.map(({ id }) => id);
}

/**
 * The business days that are left until the closing time of a day (of the last open one before it, where the office is closed then), as
 * a task's deadline is written: `12BD`; `0BD` where the day has come. A day too far off to count is the last that can be.
 */
export function businessDaysTo(calendar: Calendar, now: Date, dueOn: string): string {
  let days = 0;
  while (days < 2500 && calendar.onDate(calendar.add(now, `${days + 1}BD`)) <= dueOn) days += 1;
  return `${days}BD`;
}

/**
 * Whether these groups may carry what this sitting decided: whoever carries it learns of the case. A member may; in a 重層的支援会議 also an
 * agency that the consent of every case lets be told what was said in the meeting.
 */
export async function mayCarry(tx: Tx, sitting: Sitting, groupKeys: readonly string[]): Promise<boolean> {
  const others = await withoutSeat(tx, sitting, groupKeys);
  if (others.length === 0) return true;
  if (sitting.kind === 'confidential') return false;
  const agencies = await agenciesOf(tx, others);
  for (const code of agencies) {
    for (const caseId of sitting.caseIds) if (code === null || !(await coveringConsent(tx, caseId, code, 'conference'))?.items.includes('meeting')) return false;
  }
  return agencies.length === others.length;
}

/** Whoever carries a decision without having sat there is told by it: a line of the 提供記録 each. @throws Problem consent_missing */
export async function tellCarriers(tx: Tx, sitting: Sitting, groupKeys: readonly string[]): Promise<void> {
  const codes = new Set((await agenciesOf(tx, await withoutSeat(tx, sitting, groupKeys))).filter((code) => code !== null));
  for (const agencyCode of codes) for (const caseId of sitting.caseIds) await shareUnderConsent(tx, { caseId, agencyCode, purpose: 'conference', items: ['meeting'], meetingId: sitting.meetingId });
}

async function withoutSeat(tx: Tx, sitting: Sitting, groupKeys: readonly string[]): Promise<string[]> {
  const seated = (await seatsOf(tx, sitting.id)).map(({ groupKey }) => groupKey);
  return [...new Set(groupKeys)].filter((key) => !seated.includes(key));
}

async function agenciesOf(tx: Tx, groupKeys: readonly string[]): Promise<(string | null)[]> {
  return (await tx.db.group.findMany({ where: { key: { in: [...groupKeys] } }, select: { agencyCode: true }, orderBy: { key: 'asc' } })).map(({ agencyCode }) => agencyCode);
}

export interface DecisionRow {
  id: string;
  sittingId: string;
  groupKey: string;
  state: DecisionState;
}

/** A decision about this case that is being carried out; locked until the transaction ends. @throws Problem not_found */
export async function lockDecision(tx: Tx, decisionId: string, caseId: string): Promise<DecisionRow> {
  const [row] = await tx.db.$queryRawUnsafe<DecisionRow[]>(
    `select d.id, d.sitting_id as "sittingId", d.group_key as "groupKey", d.state from sitting_decision d join sitting s on s.id = d.sitting_id join meeting_case c on c.meeting_id = s.meeting_id and c.case_id = $2::uuid
     where d.id::text = $1 and d.state = 'assigned' for update of d`,
    decisionId,
    caseId,
  );
  if (!row) throw new Problem('not_found');
  return row;
}

/** Notes how a decision stands. @param reportId the submission that says so */
export async function noteDecision(tx: Tx, id: string, reportId: string, change: { state?: DecisionState; doneById?: string; groupKey?: string; dueOn?: string }): Promise<void> {
  const { state, doneById, groupKey, dueOn } = change;
  await tx.db.sittingDecision.update({
    where: { id },
    data: { reportId, ...(state ? { state } : {}), ...(state === 'done' ? { doneAt: tx.now, doneById: doneById ?? null } : {}), ...(groupKey ? { groupKey } : {}), ...(dueOn ? { dueOn: dayColumn(dueOn) } : {}) },
  });
}

/** What the actor may be told of the decision that this task is about; null where it is about none, or they may not. */
export async function decisionOfTask(tx: Pick<Tx, 'db'>, taskId: string): Promise<{ what: string; dueOn: string | null; reason: string | null } | null> {
  const [row] = await tx.db.$queryRawUnsafe<{ what: string; dueOn: string | null; reason: string | null }[]>(`select what, due_on as "dueOn", reason from carried_decision($1::uuid)`, taskId);
  return row ?? null;
}

export interface Decision {
  id: string;
  groupKey: string;
  groupName: string;
  what: string;
  dueOn: string | null;
  state: DecisionState;
  doneAt: Date | null;
}

const columns = `d.id, d.group_key as "groupKey", g.name as "groupName", d.what, to_char(d.due_on, 'YYYY-MM-DD') as "dueOn", d.state, d.done_at as "doneAt"
     from sitting_decision d join work_group g on g.key = d.group_key`;

/** The decisions of a sitting that whoever reads may see: all of them inside, one's own outside. Also those of earlier sittings that are not done. */
export async function decisionsOf(tx: Pick<Tx, 'db'>, sittingId: string): Promise<Decision[]> {
  return tx.db.$queryRawUnsafe<Decision[]>(
    `select ${columns} join sitting s on s.id = d.sitting_id where d.sitting_id = $1::uuid or (s.meeting_id = (select o.meeting_id from sitting o where o.id = $1::uuid) and d.state not in ('done', 'dropped'))
     order by d.due_on nulls last, d.id`,
    sittingId,
  );
}

/** The decisions that were made in this very sitting. */
export async function madeIn(tx: Pick<Tx, 'db'>, sittingId: string): Promise<Pick<Decision, 'id' | 'groupKey'>[]> {
  return tx.db.sittingDecision.findMany({ where: { sittingId }, select: { id: true, groupKey: true }, orderBy: { id: 'asc' } });
}

/** What whoever reads has been given to do, by any meeting: what is not done first, then the soonest. */
export async function decisionsToDo(tx: Pick<Tx, 'db'>): Promise<Decision[]> {
  return tx.db.$queryRawUnsafe<Decision[]>(`select ${columns} where d.group_key = any(app_groups()) order by d.state not in ('open', 'assigned'), d.due_on nulls last, d.id limit 200`);
}

/**
 * A decision from before decisions were tasks is carried out.
 * @throws Problem not_found when it is not theirs, decision_by_task when it is a task; one that is done stays as it is
 */
export async function finishDecision(tx: Tx, person: Person, id: string): Promise<void> {
  const [found] = await tx.db.$queryRawUnsafe<{ state: DecisionState }[]>(`select state from sitting_decision where id = $1::uuid and group_key = any($2::text[]) and decision_shown(sitting_id, group_key) for update`, id, person.groups);
  if (!found) throw new Problem('not_found');
  if (found.state === 'assigned') throw new Problem('decision_by_task');
  if (found.state === 'open') await tx.db.sittingDecision.update({ where: { id }, data: { state: 'done', doneAt: tx.now, doneById: person.userId } });
}
