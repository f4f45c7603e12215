// Tasks: steps that wait for a person. Everything about their life cycle except opening and closing, which a step does.
import type { Calendar } from '../base/calendar.js';
import type { Person, Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { prefixedInstanceColumns, takeInstance, type InstanceRow } from './instances.js';
import type { DeadlinePolicy, Json } from './model.js';
import { deadlineTimers } from './rows.js';

export interface TaskRow {
  id: string;
  instanceId: string;
  definitionId: string;
  processKey: string;
  executionId: string;
  elementId: string;
  name: string;
  businessKey: string | null;
  candidateGroups: string[];
  assigneeId: string | null;
  ownerId: string | null;
  delegateReason: string | null;
  status: 'open' | 'completed' | 'cancelled';
  formKey: string | null;
  item: Json;
  deadline: DeadlinePolicy | null;
  dueAt: Date | null;
  followUpAt: Date | null;
  pausedAt: Date | null;
  /** No pause of its own or of its case stops its clock. */
  neverPaused: boolean;
  urgent: boolean;
  priority: number;
  escalations: number;
  version: number;
  createdAt: Date;
  claimedAt: Date | null;
  endedAt: Date | null;
  endedById: string | null;
  endReason: string | null;
}

export const taskColumns = `t.id, t.instance_id as "instanceId", t.definition_id as "definitionId", t.process_key as "processKey", t.execution_id as "executionId",
  t.element_id as "elementId", t.name, t.business_key as "businessKey", t.candidate_groups as "candidateGroups", t.assignee_id as "assigneeId",
  t.owner_id as "ownerId", t.delegate_reason as "delegateReason", t.status, t.form_key as "formKey", t.item, t.deadline, t.due_at as "dueAt",
  t.follow_up_at as "followUpAt", t.paused_at as "pausedAt", t.never_paused as "neverPaused", t.urgent, t.priority, t.escalations, t.version, t.created_at as "createdAt", t.claimed_at as "claimedAt",
  t.ended_at as "endedAt", t.ended_by_id as "endedById", t.end_reason as "endReason"`;

/**
 * Locks the call tree, the instance and then the task, and reads both as they are after the wait for the locks.
 * @returns null when there is no such task
 */
export async function lockTask(tx: Tx, taskId: string): Promise<{ task: TaskRow; instance: InstanceRow } | null> {
  const [row] = await tx.db.$queryRawUnsafe<(TaskRow & Record<string, unknown>)[]>(
    `select ${taskColumns}, ${prefixedInstanceColumns} from task t join process_instance i on i.id = t.instance_id join process_instance r on r.id = i.root_id
     where t.id = $1::uuid for update of r, i, t`,
    taskId,
  );
  if (!row) return null;
  const instance = takeInstance(row);
  return { task: row, instance };
}

/**
 * Reads a task without a lock: for what does not change it (comments) and for looking. `hold`: it also stays as it is
 * until this transaction ends, for what must not outlive the open task (drafts).
 */
export async function readTask(tx: Pick<Tx, 'db'>, taskId: string, options: { hold?: boolean } = {}): Promise<TaskRow | null> {
  const [row] = await tx.db.$queryRawUnsafe<TaskRow[]>(`select ${taskColumns} from task t where t.id = $1::uuid${options.hold ? ' for share of t' : ''}`, taskId);
  return row ?? null;
}

/** Whether this person holds, handed on, or finds in one of their groups an open task of this business key. */
export async function seesOpenTask(tx: Pick<Tx, 'db'>, person: Person, businessKey: string): Promise<boolean> {
  const rows = await tx.db.$queryRawUnsafe<unknown[]>(
    `select 1 as seen from task where business_key = $1 and status = 'open' and (assignee_id = $2::uuid or owner_id = $2::uuid or candidate_groups && $3::text[]) limit 1`,
    businessKey,
    person.userId,
    person.groups,
  );
  return rows.length > 0;
}

/** Who last changed a task (null: the engine) and when, as the history has it. null: nothing of it is told. */
export async function lastChange(tx: Pick<Tx, 'db'>, task: Pick<TaskRow, 'instanceId' | 'executionId'>): Promise<{ byId: string | null; at: Date } | null> {
  const [row] = await tx.db.$queryRawUnsafe<{ byId: string | null; at: Date }[]>(
    `select actor_id as "byId", at from history_event where instance_id = $1::uuid and execution_id = $2 order by id desc limit 1`,
    task.instanceId,
    task.executionId,
  );
  return row ?? null;
}

/** What a change of a task's row may set. */
export interface TaskChange {
  assigneeId?: string | null;
  ownerId?: string | null;
  delegateReason?: string | null;
  claimedAt?: Date | null;
  followUpAt?: Date | null;
  dueAt?: Date | null;
  pausedAt?: Date | null;
}

const columnOf: Record<keyof TaskChange, [name: string, type: string]> = {
  assigneeId: ['assignee_id', 'uuid'],
  ownerId: ['owner_id', 'uuid'],
  delegateReason: ['delegate_reason', 'text'],
  claimedAt: ['claimed_at', 'timestamptz'],
  followUpAt: ['follow_up_at', 'timestamptz'],
  dueAt: ['due_at', 'timestamptz'],
  pausedAt: ['paused_at', 'timestamptz'],
};

/**
 * Changes a locked open task, raises its version and says so in the history.
 * @param event history type, e.g. `task_claimed`; `data`: ids and decisions only
 */
export async function changeTask(tx: Tx, task: TaskRow, change: TaskChange, event: { type: string; data?: Json }): Promise<TaskRow> {
  const params: unknown[] = [task.id, task.version, tx.now, event.type, tx.actor.kind === 'person' ? tx.actor.userId : null, JSON.stringify(event.data ?? null)];
  const sets = (Object.keys(change) as (keyof TaskChange)[]).map((key) => {
    const [name, type] = columnOf[key];
    return `${name} = $${params.push(change[key] ?? null)}::${type}`;
  });
  const [row] = await tx.db.$queryRawUnsafe<TaskRow[]>(
    `with t as (update task set ${[...sets, 'version = version + 1'].join(', ')} where id = $1::uuid and version = $2::int and status = 'open' returning *),
       h as (insert into history_event (instance_id, step_no, at, type, element_id, execution_id, actor_id, data)
         select t.instance_id, i.step_no, $3::timestamptz, $4, t.element_id, t.execution_id, $5::uuid, nullif($6::jsonb, 'null'::jsonb) from t join process_instance i on i.id = t.instance_id)
     select ${taskColumns} from t`,
    ...params,
  );
  if (!row) throw new Error(`task ${task.id} changed under its lock`);
  return row;
}

/**
 * Sets another due time (null: none) with its reason, and moves the reminders and escalations that are still to come.
 * Those given for the old due time stay given; for the new one they are due again.
 */
export async function changeDueAt(tx: Tx, calendar: Calendar, task: TaskRow, dueAt: Date | null, reason: string, byId: string | null): Promise<TaskRow> {
  const timers = task.deadline && dueAt ? deadlineTimers(task.deadline, task.id, task.elementId, dueAt, tx.now, calendar) : [];
  await tx.db.$executeRawUnsafe(`update timer set status = 'cancelled', claimed_until = null where task_id = $1::uuid and status = 'pending'`, task.id);
  await tx.db.$executeRawUnsafe(
    `with c as (insert into due_change (id, task_id, from_due_at, to_due_at, reason, by_id, at) values ($1::uuid, $2::uuid, $3::timestamptz, $4::timestamptz, $5, $6::uuid, $7::timestamptz))
     insert into timer (id, kind, instance_id, task_id, element_id, rule, due_at, created_at)
     select n.id, n.kind, $8::uuid, n.task_id, n.element_id, n.rule, n.due_at, $7::timestamptz
     from jsonb_to_recordset($9::jsonb) as n(id uuid, kind text, task_id uuid, element_id text, rule text, due_at timestamptz)`,
    newId(tx.now.getTime()),
    task.id,
    task.dueAt,
    dueAt,
    reason,
    byId,
    tx.now,
    task.instanceId,
    JSON.stringify(timers),
  );
  return changeTask(tx, task, { dueAt }, { type: 'task_due_changed', data: { from: task.dueAt?.toISOString() ?? null, to: dueAt?.toISOString() ?? null } });
}
