// Due times counted again with another calendar: of open tasks, whoever has begun them, with their reminders and escalations that are
// still to come. A due time that somebody set by hand stays, and what is overdue stays overdue.
import type { Calendar } from '../base/calendar.js';
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { recount, type LeftReason, type Recount } from '../base/recount.js';
import type { DeadlinePolicy } from './model.js';
import { deadlineTimers } from './rows.js';

export interface Moved {
  taskId: string;
  name: string;
  caseNo: string | null;
  fromDueAt: Date;
  toDueAt: Date;
}

/** Something that stays where it is although the calendar changes. */
export interface Left {
  /** What it is called in the diagram. */
  name: string;
  reason: LeftReason;
}

interface OpenTask {
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

interface Rung {
  task_id: string;
  rule: string;
  due_at: string;
}

export interface TaskChange {
  moved: Moved[];
  left: Left[];
  /** Reminders and escalations, also of tasks whose due time stays. */
  rungs: Rung[];
}

/**
 * Says which open tasks move, and which stay. Changes nothing.
 * @param lock keep the tasks as they are until the transaction ends
 * @throws RangeError when the office would never open with it
 */
export async function recountTasks(tx: Tx, change: Recount, lock: boolean): Promise<TaskChange> {
  const found: TaskChange = { moved: [], left: [], rungs: [] };
  for (const task of await openTasks(tx, lock)) {
    const verdict = recount(change, task.dueAt, (calendar) => calendar.addOpenMs(calendar.add(task.createdAt, task.deadline.dueIn), task.stoodMs));
    const toDueAt = verdict && 'to' in verdict ? verdict.to : task.dueAt;
    if (verdict && 'left' in verdict) found.left.push({ name: task.name, reason: verdict.left });
    else if (verdict) found.moved.push({ taskId: task.id, name: task.name, caseNo: task.caseNo, fromDueAt: task.dueAt, toDueAt });
    found.rungs.push(...rungsOf(change, task, toDueAt));
  }
  found.moved.sort((a, b) => a.fromDueAt.getTime() - b.fromDueAt.getTime());
  return found;
}

const longAgo = new Date(0);

/** Where the rungs of its ladder go: with the due time, and with the days between. What is late to be told is told at once, not before it is late. */
function rungsOf({ before, after, now }: Recount, task: OpenTask, toDueAt: Date): Rung[] {
  const ladder = (dueAt: Date, calendar: Calendar): Map<string, string> => new Map(deadlineTimers(task.deadline, task.id, task.elementId, dueAt, longAgo, calendar).map(({ rule, due_at: at }) => [rule!, at]));
  const was = ladder(task.dueAt, before);
  return [...ladder(toDueAt, after)].flatMap(([rule, at]) => (was.get(rule) === at || (task.dueAt <= now && Date.parse(at) <= now.getTime()) ? [] : [{ task_id: task.id, rule, due_at: at }]));
}

async function openTasks(tx: Tx, lock: boolean): Promise<OpenTask[]> {
  return tx.db.$queryRawUnsafe<OpenTask[]>(
    `select t.id, t.name, t.business_key as "caseNo", t.element_id as "elementId", t.deadline, t.due_at as "dueAt", t.created_at as "createdAt",
       coalesce((select sum(e.moved_ms) from clock_event e where e.task_id = t.id and e.kind = 'moved'), 0)::float8 as "stoodMs"
     from task t where t.status = 'open' and t.due_at is not null and jsonb_typeof(t.deadline) = 'object' order by t.id ${lock ? 'for no key update of t' : ''}`,
  );
}

/** Writes what `recountTasks` found, in the same transaction. */
export async function moveTasks(tx: Tx, change: Pick<TaskChange, 'moved' | 'rungs'>, reason: string, byId: string | null): Promise<void> {
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
    JSON.stringify(change.rungs),
  );
}
