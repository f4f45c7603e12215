// Clocks that stand. A deadline is a list of intervals: what it was given when it opened, less the times for which its clock
// stood. A pause covers one task, one call tree (while it is suspended) or all tasks of a business key; pauses may overlap, and a
// task's clock goes on when the last one that covers it ends. Then its due time, and what is still to come of its reminders,
// escalations and of the timers drawn on it, move by the open office hours for which it stood.
//
// A task whose diagram says `neverPaused` has a clock that the law or a life sets: neither a pause of its case nor one of its own
// stops it. Only the suspension of its whole process does, in which nobody can work on it.
//
// What was late before its clock stopped stays late. A timer that is drawn on no task is an appointment and stays where it is.
import type { Calendar } from '../base/calendar.js';
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import type { DefinitionCache } from './definitions.js';
import { readTask, taskColumns, type TaskRow } from './tasks.js';

/** Why a clock may stand: 本人・家族の返答待ち, 他機関の回答待ち, 入院・入所中, 長期不在, 他の手続の結果待ち, 災害. */
export const pauseReasons = ['awaiting_person', 'awaiting_agency', 'in_hospital', 'long_absence', 'other_procedure', 'disaster'] as const;
export type PauseReason = (typeof pauseReasons)[number];

export interface Scope {
  businessKey: string | null;
  taskId?: string;
  rootId?: string;
}

export interface PauseRow {
  id: string;
  businessKey: string | null;
  taskId: string | null;
  rootId: string | null;
  reason: PauseReason | 'suspended';
  pausedAt: Date;
  resumeAt: Date | null;
  endedAt: Date | null;
}

/** What a task is moved with: the calendar, and which timers are drawn on it. */
export interface ClockDeps {
  calendar: Calendar;
  definitions: DefinitionCache;
}

const pauseColumns = `p.id, p.business_key as "businessKey", p.task_id as "taskId", p.root_id as "rootId", p.reason, p.paused_at as "pausedAt", p.resume_at as "resumeAt", p.ended_at as "endedAt"`;
/** Whether the pause `p` covers the task `t` of the instance `i`. */
const covers = `(p.task_id = t.id or p.root_id = i.root_id or (p.task_id is null and p.root_id is null and p.business_key = t.business_key and not t.never_paused))`;

/** The running call trees of a business key: its own, and others that have a task about it. */
const treesOfKey = `select id from process_instance where (business_key = $1 and parent_id is null or id in (select i.root_id from task t join process_instance i on i.id = t.instance_id where t.business_key = $1 and t.status = 'open'))
  and status in ('active', 'suspended') order by id`;

/** Locks all running call trees of a business key, in one order, so that two who do it wait for each other. @returns their roots */
export async function lockTreesOf(tx: Tx, businessKey: string): Promise<string[]> {
  return (await tx.db.$queryRawUnsafe<{ id: string }[]>(`${treesOfKey} for update`, businessKey)).map(({ id }) => id);
}

/** The same trees, as they are now. */
export async function treesOf(tx: Tx, businessKey: string): Promise<string[]> {
  return (await tx.db.$queryRawUnsafe<{ id: string }[]>(treesOfKey, businessKey)).map(({ id }) => id);
}

/**
 * Stops the clocks that the scope covers; the trees of its open tasks are locked. `until`: the day on which they go on by
 * themselves and its opening time; null for a suspended tree.
 * @returns the pause; null when a clock of this very scope stands already
 */
export async function stopClock(tx: Tx, deps: ClockDeps, scope: Scope, reason: PauseRow['reason'], until: { onDate: string; at: Date } | null): Promise<string | null> {
  const id = newId(tx.now.getTime());
  const by = tx.actor.kind === 'person' ? tx.actor.userId : null;
  const made = await tx.db.$executeRawUnsafe(
    `with made as (insert into clock_pause (id, business_key, task_id, root_id, reason, resume_on, resume_at, paused_by_id, paused_at)
       values ($1::uuid, $2, $3::uuid, $4::uuid, $5, $6::date, $7::timestamptz, $8::uuid, $9::timestamptz) on conflict do nothing returning id)
     insert into clock_event (id, pause_id, kind, task_id, by_id, at) select gen_random_uuid(), id, 'paused', $3::uuid, $8::uuid, $9::timestamptz from made`,
    id,
    scope.businessKey,
    scope.taskId ?? null,
    scope.rootId ?? null,
    reason,
    until?.onDate ?? null,
    until?.at ?? null,
    by,
    tx.now,
  );
  if (made === 0) return null;
  for (const task of await coveredTasks(tx, { taskId: scope.taskId ?? null, rootId: scope.rootId ?? null, businessKey: scope.businessKey })) {
    if (task.pausedAt === null) await tx.db.$executeRawUnsafe(`update task set paused_at = $2::timestamptz where id = $1::uuid`, task.id, tx.now);
    await tx.db.$executeRawUnsafe(`update timer set paused = true where instance_id = $1::uuid and kind = 'bpmn' and status = 'pending' and element_id = any($2::text[])`, task.instanceId, await drawnOn(tx, deps, task));
  }
  return id;
}

/** Open tasks that a pause covers, whether or not others cover them too. */
async function coveredTasks(tx: Tx, { taskId, rootId, businessKey }: Pick<PauseRow, 'taskId' | 'rootId' | 'businessKey'>): Promise<TaskRow[]> {
  const [condition, value] = taskId !== null ? ['t.id = $1::uuid', taskId] : rootId !== null ? ['t.instance_id in (select id from process_instance where root_id = $1::uuid)', rootId] : ['t.business_key = $1 and not t.never_paused', businessKey];
  return tx.db.$queryRawUnsafe<TaskRow[]>(`select ${taskColumns} from task t where t.status = 'open' and ${condition} order by t.id`, value);
}

/** Elements of the timers that are drawn on a task. */
async function drawnOn(tx: Tx, deps: ClockDeps, task: Pick<TaskRow, 'definitionId' | 'elementId'>): Promise<string[]> {
  const { compiled } = await deps.definitions.byId(tx, task.definitionId);
  return [...compiled.elements.values()].filter((one) => one.attachedToId === task.elementId && one.timer).map(({ id }) => id);
}

/** Whether a timer is drawn on a task whose clock stands; it is marked then, so that nobody takes it until the clock goes on. */
export async function restsWithTask(tx: Tx, deps: ClockDeps, timer: { id: string; instanceId: string; elementId: string | null }, definitionId: string): Promise<boolean> {
  const { compiled } = await deps.definitions.byId(tx, definitionId);
  const host = timer.elementId === null ? null : (compiled.elements.get(timer.elementId)?.attachedToId ?? null);
  if (host === null) return false;
  const marked = await tx.db.$executeRawUnsafe(
    `update timer set paused = true, claimed_until = null where id = $1::uuid and exists (select 1 from task t where t.instance_id = $2::uuid and t.element_id = $3 and t.status = 'open' and t.paused_at is not null)`,
    timer.id,
    timer.instanceId,
    host,
  );
  return marked === 1;
}

/** Reads a pause and keeps it as it is until the transaction ends. Last in the lock order, after the trees. */
export async function lockPause(tx: Tx, pauseId: string): Promise<PauseRow | null> {
  const [row] = await tx.db.$queryRawUnsafe<PauseRow[]>(`select ${pauseColumns} from clock_pause p where p.id = $1::uuid for update`, pauseId);
  return row ?? null;
}

/** Reads a pause without a lock. */
export async function readPause(tx: Pick<Tx, 'db'>, pauseId: string): Promise<PauseRow | null> {
  const [row] = await tx.db.$queryRawUnsafe<PauseRow[]>(`select ${pauseColumns} from clock_pause p where p.id = $1::uuid`, pauseId);
  return row ?? null;
}

/** Pauses whose day has come. */
export async function duePauses(tx: Tx, limit: number): Promise<string[]> {
  const rows = await tx.db.$queryRawUnsafe<{ id: string }[]>(`select id from clock_pause where ended_at is null and resume_at <= $1::timestamptz order by resume_at, id limit $2`, tx.now, limit);
  return rows.map(({ id }) => id);
}

/** Lets the clocks of a locked pause go on; the trees are locked. Those that another pause covers stand on. @returns the tasks that moved */
export async function startClock(tx: Tx, deps: ClockDeps, pause: PauseRow): Promise<string[]> {
  const by = tx.actor.kind === 'person' ? tx.actor.userId : null;
  const covered = await coveredTasks(tx, pause);
  await tx.db.$executeRawUnsafe(
    `with ended as (update clock_pause set ended_at = $2::timestamptz, ended_by_id = $3::uuid where id = $1::uuid returning id, task_id)
     insert into clock_event (id, pause_id, kind, task_id, by_id, at) select gen_random_uuid(), id, 'resumed', task_id, $3::uuid, $2::timestamptz from ended`,
    pause.id,
    tx.now,
    by,
  );
  const moved: string[] = [];
  for (const task of covered) {
    const [still] = await tx.db.$queryRawUnsafe<unknown[]>(
      `select 1 as stands from clock_pause p, task t join process_instance i on i.id = t.instance_id where t.id = $1::uuid and p.ended_at is null and ${covers} limit 1`,
      task.id,
    );
    if (still || task.pausedAt === null) continue;
    await goOn(tx, deps, task, task.pausedAt, pause, by);
    moved.push(task.id);
  }
  return moved;
}

async function goOn(tx: Tx, deps: ClockDeps, task: TaskRow, stoodFrom: Date, pause: PauseRow, by: string | null): Promise<void> {
  const { calendar } = deps;
  const stoodMs = calendar.openMs(stoodFrom, tx.now);
  const after = (at: Date): Date => (at > stoodFrom ? calendar.addOpenMs(at, stoodMs) : at);
  const dueAt = task.dueAt === null ? null : after(task.dueAt);
  const timers = await tx.db.$queryRawUnsafe<{ id: string; dueAt: Date }[]>(
    `select id, due_at as "dueAt" from timer where status = 'pending' and (task_id = $1::uuid or (instance_id = $2::uuid and kind = 'bpmn' and element_id = any($3::text[])))`,
    task.id,
    task.instanceId,
    await drawnOn(tx, deps, task),
  );
  await tx.db.$executeRawUnsafe(
    `with due as (update task set due_at = $2::timestamptz, paused_at = null where id = $1::uuid),
       moved as (update timer t set due_at = n.due_at, paused = false, claimed_until = null,
           counted = case when n.due_at <> t.due_at and t.counted is not null then jsonb_build_object('from', t.counted, 'by', 'open', 'ms', $5::bigint) else t.counted end
         from jsonb_to_recordset($3::jsonb) as n(id uuid, due_at timestamptz) where t.id = n.id),
       said as (insert into clock_event (id, pause_id, kind, task_id, moved_ms, by_id, at) values (gen_random_uuid(), $4::uuid, 'moved', $1::uuid, $5::bigint, $6::uuid, $7::timestamptz)),
       told as (insert into history_event (instance_id, step_no, at, type, element_id, execution_id, actor_id, data)
         select i.id, i.step_no, $7::timestamptz, 'task_due_changed', $8, $9, $6::uuid, $10::jsonb from process_instance i where i.id = $11::uuid)
     select 1`,
    task.id,
    dueAt,
    JSON.stringify(timers.map(({ id, dueAt: at }) => ({ id, due_at: after(at).toISOString() }))),
    pause.id,
    String(stoodMs),
    by,
    tx.now,
    task.elementId,
    task.executionId,
    JSON.stringify({ from: task.dueAt?.toISOString() ?? null, to: dueAt?.toISOString() ?? null, pauseId: pause.id }),
    task.instanceId,
  );
}

/** The pause of a suspended tree; null when its clocks run. */
export async function pauseOfTree(tx: Tx, rootId: string): Promise<PauseRow | null> {
  const [row] = await tx.db.$queryRawUnsafe<PauseRow[]>(`select ${pauseColumns} from clock_pause p where p.root_id = $1::uuid and p.ended_at is null for update`, rootId);
  return row ?? null;
}

/** A suspended tree has ended: its clocks have nothing to go on with. */
export async function endPauseOfTree(tx: Tx, rootId: string): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `with ended as (update clock_pause set ended_at = $2::timestamptz, ended_by_id = $3::uuid where root_id = $1::uuid and ended_at is null returning id)
     insert into clock_event (id, pause_id, kind, by_id, at) select gen_random_uuid(), id, 'resumed', $3::uuid, $2::timestamptz from ended`,
    rootId,
    tx.now,
    tx.actor.kind === 'person' ? tx.actor.userId : null,
  );
}

export interface ClockLine {
  id: string;
  taskId: string | null;
  rootId: string | null;
  taskName: string | null;
  reason: string;
  resumeOn: Date | null;
  pausedAt: Date;
  pausedByName: string | null;
  endedAt: Date | null;
  endedByName: string | null;
  /** Open office hours by which due times moved, ms. */
  movedMs: number | null;
}

/** Every pause of a case, or those that cover one task, the newest first: what the reader may see of them. */
export async function readLedger(tx: Pick<Tx, 'db'>, of: { businessKey: string; taskId?: string }): Promise<ClockLine[]> {
  const task = of.taskId === undefined ? null : await readTask(tx, of.taskId);
  return tx.db.$queryRawUnsafe<ClockLine[]>(
    `select p.id, p.task_id as "taskId", p.root_id as "rootId", t.name as "taskName", p.reason, p.resume_on as "resumeOn", p.paused_at as "pausedAt", a.name as "pausedByName",
       p.ended_at as "endedAt", b.name as "endedByName",
       (select sum(e.moved_ms)::float8 from clock_event e where e.pause_id = p.id and e.kind = 'moved' and ($2::uuid is null or e.task_id = $2::uuid)) as "movedMs"
     from clock_pause p left join task t on t.id = p.task_id left join app_user a on a.id = p.paused_by_id left join app_user b on b.id = p.ended_by_id
     where p.business_key = $1 and ($2::uuid is null or p.task_id = $2::uuid or p.root_id = (select i.root_id from process_instance i where i.id = $3::uuid) or (p.task_id is null and p.root_id is null and not $5::boolean))
       and ($4::timestamptz is null or p.ended_at is null or p.ended_at > $4::timestamptz)
     order by p.paused_at desc, p.id desc limit 200`,
    of.businessKey,
    of.taskId ?? null,
    task?.instanceId ?? null,
    task?.createdAt ?? null,
    task?.neverPaused ?? false,
  );
}
