// Due times counted again with another calendar: of open tasks that nobody has begun (not claimed, no draft), with their reminders
// and escalations that are still to come. A due time that somebody set by hand is left as it is.
import { openCalendar, type Calendar, type CalendarData } from '../base/calendar.js';
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import type { DeadlinePolicy } from './model.js';
import { deadlineTimers } from './rows.js';

export interface Moved {
  taskId: string;
  name: string;
  caseNo: string | null;
  fromDueAt: Date;
  toDueAt: Date;
}

interface Untouched {
  id: string;
  name: string;
  caseNo: string | null;
  elementId: string;
  deadline: DeadlinePolicy;
  dueAt: Date;
  createdAt: Date;
  /** Open office hours for which its clock has stood. */
  stoodMs: number;
}

export interface Change {
  moved: Moved[];
  timers: { task_id: string; rule: string; due_at: string }[];
}

/** Locks the tasks that nobody has begun and says which of them move. @throws RangeError when the office would never open with it */
export async function countAgain(tx: Tx, before: Calendar, data: CalendarData): Promise<Change> {
  const after = openCalendar(data);
  const change: Change = { moved: [], timers: [] };
  for (const task of await untouched(tx)) {
    const count = (calendar: Calendar): Date => calendar.addOpenMs(calendar.add(task.createdAt, task.deadline.dueIn), task.stoodMs);
    if (count(before).getTime() !== task.dueAt.getTime()) continue; // by hand
    const toDueAt = count(after);
    // a calendar makes nothing late that was not
    if (toDueAt <= tx.now) continue;
    const long = new Date(0);
    for (const { rule, due_at: dueAt } of deadlineTimers(task.deadline, task.id, task.elementId, toDueAt, long, after)) change.timers.push({ task_id: task.id, rule: rule!, due_at: dueAt });
    if (toDueAt.getTime() !== task.dueAt.getTime()) change.moved.push({ taskId: task.id, name: task.name, caseNo: task.caseNo, fromDueAt: task.dueAt, toDueAt });
  }
  change.moved.sort((a, b) => a.fromDueAt.getTime() - b.fromDueAt.getTime());
  return change;
}

async function untouched(tx: Tx): Promise<Untouched[]> {
  return tx.db.$queryRawUnsafe<Untouched[]>(
    `select t.id, t.name, t.business_key as "caseNo", t.element_id as "elementId", t.deadline, t.due_at as "dueAt", t.created_at as "createdAt",
       coalesce((select sum(e.moved_ms) from clock_event e where e.task_id = t.id and e.kind = 'moved'), 0)::float8 as "stoodMs"
     from task t where t.status = 'open' and t.assignee_id is null and t.due_at > $1::timestamptz and jsonb_typeof(t.deadline) = 'object'
       and not exists (select 1 from draft d where d.task_id = t.id)
     order by t.id for no key update of t`,
    tx.now,
  );
}

/** Writes what `countAgain` found, in the same transaction. */
export async function moveDueTimes(tx: Tx, change: Change, reason: string, byId: string | null): Promise<void> {
  const moved = change.moved.map((one) => ({ id: newId(tx.now.getTime()), task_id: one.taskId, from_due_at: one.fromDueAt, to_due_at: one.toDueAt }));
  await tx.db.$executeRawUnsafe(
    `with n as (select * from jsonb_to_recordset($1::jsonb) as n(id uuid, task_id uuid, from_due_at timestamptz, to_due_at timestamptz)),
       c as (insert into due_change (id, task_id, from_due_at, to_due_at, reason, by_id, at) select id, task_id, from_due_at, to_due_at, $2, $3::uuid, $4::timestamptz from n),
       h as (insert into history_event (instance_id, step_no, at, type, element_id, execution_id, actor_id, data)
         select t.instance_id, i.step_no, $4::timestamptz, 'task_due_changed', t.element_id, t.execution_id, $3::uuid, jsonb_build_object('from', n.from_due_at, 'to', n.to_due_at, 'calendar', true)
         from n join task t on t.id = n.task_id join process_instance i on i.id = t.instance_id)
     update task t set due_at = n.to_due_at, version = t.version + 1 from n where t.id = n.task_id`,
    JSON.stringify(moved),
    reason,
    byId,
    tx.now,
  );
  await tx.db.$executeRawUnsafe(
    `update timer t set due_at = n.due_at, claimed_until = null from jsonb_to_recordset($1::jsonb) as n(task_id uuid, rule text, due_at timestamptz)
     where t.task_id = n.task_id and t.rule = n.rule and t.status = 'pending' and t.due_at <> n.due_at`,
    JSON.stringify(change.timers),
  );
}
