// Orders that one process gives to the others of its business key: hold, resume, stop, close tasks. Each is carried out tree by tree, in the
// order in which they were given: each tree in a transaction of its own (another tree is another lock), or all in the
// transaction that gave them, where that one has locked every tree of the case before (actions/cascade).
//
// A hold is a row. Two processes may hold the same tree; it goes on when the last of them lets go, and only if it was a hold
// that stopped it (a tree that a person suspended stays so).
import type { Tx } from '../base/db.js';
import { endPauseOfTree, pauseOfTree, startClock, stopClock, type ClockDeps } from './clocks.js';
import { newId } from '../base/id.js';
import { enqueue } from '../base/outbox.js';
import { advance } from './advance.js';
import type { Effect } from './finish.js';
import { noteIntervention } from './history.js';
import { cancelInstances, lockTree, readInstance, setTreeStatus } from './instances.js';
import { deliverHeld } from './messages.js';
import type { EngineDeps } from './run.js';

export interface Order {
  outboxId: bigint;
  do: 'hold' | 'resume' | 'stop' | 'close';
  businessKey: string;
  /** Root of the call tree that gave it; this tree is always left alone. */
  holderId: string;
  /** Keys of processes; null: all. */
  only: string[] | null;
  except: string[];
  /** Trees whose variables say one of these of themselves are left alone. */
  unless: Record<string, string>;
  /** `close`: the inboxes whose tasks are closed, and items (`agency:clinic`) for which somebody else was asked. */
  groups: string[];
  reason: string;
  at: Date;
  /** The trees that ran when it was given; null: given before this was written down, then those that had begun `at` that time. */
  among: string[] | null;
  /** Trees in which it could not be carried out: a person has been asked. */
  failed: string[];
}

/** Locks out whoever else carries out orders of this business key. Taken before any instance is locked. */
export async function takeTurn(tx: Tx, businessKey: string): Promise<void> {
  await tx.db.$executeRawUnsafe(`select pg_advisory_xact_lock(hashtextextended('steer ' || $1, 0))`, businessKey);
}

/** The oldest order of this business key that is still to be carried out. */
export async function oldestOrder(tx: Tx, businessKey: string): Promise<Order | null> {
  const [row] = await tx.db.$queryRawUnsafe<Order[]>(
    `select o.id as "outboxId", o.payload->>'do' as "do", o.payload->>'businessKey' as "businessKey", i.root_id as "holderId", o.payload->>'reason' as reason, o.created_at as at,
       case when jsonb_typeof(o.payload->'only') = 'array' then array(select jsonb_array_elements_text(o.payload->'only')) end as only,
       array(select jsonb_array_elements_text(o.payload->'except')) as except, array(select jsonb_array_elements_text(coalesce(o.payload->'groups', '[]'::jsonb))) as groups, coalesce(o.payload->'unless', '{}'::jsonb) as unless,
       case when jsonb_typeof(o.payload->'among') = 'array' then array(select jsonb_array_elements_text(o.payload->'among')) end as among, array(select jsonb_array_elements_text(coalesce(o.payload->'failed', '[]'::jsonb))) as failed
     from outbox o join process_instance i on i.id = (o.payload->>'instanceId')::uuid
     where o.kind = 'processes.steer' and o.relayed_at is null and o.payload->>'businessKey' = $1 order by o.id limit 1`,
    businessKey,
  );
  return row ?? null;
}

/** The business key that an order in the outbox is about; null: it has been carried out. */
export async function keyOfOrder(tx: Tx, outboxId: bigint): Promise<string | null> {
  const [row] = await tx.db.$queryRawUnsafe<{ key: string }[]>(`select payload->>'businessKey' as key from outbox where id = $1::bigint and relayed_at is null`, String(outboxId));
  return row?.key ?? null;
}

/** The order goes on without this tree: it cannot be carried out there. */
export async function leaveOut(tx: Tx, order: Pick<Order, 'outboxId'>, rootId: string): Promise<void> {
  await tx.db.$executeRawUnsafe(`update outbox set payload = jsonb_set(payload, '{failed}', coalesce(payload->'failed', '[]'::jsonb) || to_jsonb($2::text)) where id = $1::bigint`, String(order.outboxId), rootId);
}

/** A task that lies with these inboxes ($6) alone, or with others in the stead of whom it names (`agency:clinic`), one of several that the same step asked: the others go on without it. */
const theirs = `t.status = 'open' and jsonb_typeof(t.item) <> 'null' and (cardinality(t.candidate_groups) > 0 and t.candidate_groups <@ $6::text[] or t.item #>> '{}' like 'agency:%' and t.item #>> '{}' = any($6::text[]))`;

/** What the order still has to be done to, by what it is about. */
const meant: Record<Order['do'], string> = {
  hold: `r.status in ('active', 'suspended') and not exists (select 1 from process_hold h where h.root_id = r.id and h.holder_id = $2::uuid and h.released_at is null)`,
  // also what is held by a process that has ended without letting go
  resume: `r.status = 'suspended' and exists (select 1 from process_hold h join process_instance o on o.id = h.holder_id
    where h.root_id = r.id and h.released_at is null and (h.holder_id = $2::uuid or o.status in ('ended', 'cancelled')))`,
  stop: `r.status in ('active', 'suspended')`,
  close: `r.status in ('active', 'suspended') and exists (select 1 from task t join process_instance x on x.id = t.instance_id where x.root_id = r.id and ${theirs})`,
};

/**
 * The next tree that the order is about. Not: the tree that gave it and what was started after it; nor what this tree itself has
 * started by messages, unless the order names it (`only`) and it ran before.
 */
export async function nextTree(tx: Tx, order: Order): Promise<string | null> {
  const [row] = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `with recursive own as (
       select $2::uuid as root_id
       union select m.correlated_instance_id from own join process_instance i on i.root_id = own.root_id
         join message m on m.from_instance_id = i.id join history_event b on b.instance_id = m.correlated_instance_id
           and b.type = 'instance_started' and b.data->>'messageId' = m.id::text)
     select r.id from process_instance r join process_definition d on d.id = r.definition_id
     where r.business_key = $1 and r.parent_id is null and r.id <> $2::uuid and r.id <> all($9::uuid[])
       and case when $8::uuid[] is null then r.started_at <= $3::timestamptz and (r.id not in (select root_id from own) or ($4::text[] is not null and r.started_at < $3::timestamptz))
         else r.id = any($8::uuid[]) and (r.id not in (select root_id from own) or $4::text[] is not null) end
       and ($4::text[] is null or d.key = any($4::text[])) and d.key <> all($5::text[]) and $6::text[] is not null
       and not exists (select 1 from jsonb_each_text($7::jsonb) u where r.variables->>u.key = u.value) and ${meant[order.do]}
     order by r.id limit 1`,
    order.businessKey,
    order.holderId,
    order.at,
    order.only,
    order.except,
    order.groups,
    JSON.stringify(order.unless),
    order.among,
    order.failed,
  );
  return row?.id ?? null;
}

/**
 * Carries the order out on one tree.
 * @returns what is to be delivered because of it
 * @throws StepFailed, HandlerFailed, Problem when closing a task leads into a step that cannot work
 */
export async function steerTree(tx: Tx, deps: EngineDeps, order: Order, rootId: string, deferred?: ReadonlySet<string>): Promise<Effect[]> {
  const root = await lockTree(tx, rootId);
  if (root.status === 'ended' || root.status === 'cancelled') return [];
  if (order.do === 'close') return closeTasks(tx, deps, order, rootId, deferred);
  if (order.do === 'hold') await hold(tx, deps, order, rootId);
  else if (order.do === 'stop') await stop(tx, order, rootId);
  else return letGo(tx, deps, rootId, order.holderId, order.reason);
  return [];
}

async function hold(tx: Tx, deps: ClockDeps, order: Order, rootId: string): Promise<void> {
  const stopped = await suspendTree(tx, deps, { id: rootId, businessKey: order.businessKey }, order.reason);
  await tx.db.$executeRawUnsafe(
    `insert into process_hold (id, root_id, holder_id, reason, suspends, held_at)
     select $1::uuid, $2::uuid, $3::uuid, $4, $5 or exists (select 1 from process_hold h where h.root_id = $2::uuid and h.released_at is null and h.suspends), $6::timestamptz`,
    newId(tx.now.getTime()),
    rootId,
    order.holderId,
    order.reason,
    stopped.length > 0,
    tx.now,
  );
}

async function stop(tx: Tx, order: Order, rootId: string): Promise<void> {
  const instanceIds = await cancelInstances(tx, [rootId], order.reason);
  await noteIntervention(tx, instanceIds, 'instance.cancel', order.reason);
  await endHolds(tx, rootId);
}

/** Closes the tasks of these inboxes in a locked tree, one after another: what waits for all that were asked goes on without them. */
async function closeTasks(tx: Tx, deps: EngineDeps, order: Order, rootId: string, deferred?: ReadonlySet<string>): Promise<Effect[]> {
  const effects: Effect[] = [];
  for (;;) {
    const [next] = await tx.db.$queryRawUnsafe<{ id: string; executionId: string; instanceId: string }[]>(
      `select t.id, t.execution_id as "executionId", t.instance_id as "instanceId" from task t join process_instance x on x.id = t.instance_id where x.root_id = $1::uuid and ${theirs.replaceAll('$6', '$2')} order by t.id limit 1`,
      rootId,
      order.groups,
    );
    if (!next) return effects;
    const instance = await readInstance(tx, next.instanceId);
    if (!instance) throw new Error(`no instance ${next.instanceId}`);
    const advanced = await advance(tx, deps, instance, { kind: 'complete', executionId: next.executionId, variables: {} }, { type: 'task_closed', data: { taskId: next.id, reason: order.reason } }, deferred);
    await tx.db.$executeRawUnsafe(`update task set status = 'cancelled', end_reason = $2, ended_by_id = null where id = $1::uuid`, next.id, order.reason);
    effects.push(...advanced.effects);
  }
}

/** One holder (and those who have ended) lets go of a locked tree; the last one lets it go on. */
async function letGo(tx: Tx, deps: ClockDeps, rootId: string, holderId: string, reason: string): Promise<Effect[]> {
  const [row] = await tx.db.$queryRawUnsafe<{ goesOn: boolean }[]>(
    `with gone as (update process_hold h set released_at = $3::timestamptz from process_instance o
       where o.id = h.holder_id and h.root_id = $1::uuid and h.released_at is null and (h.holder_id = $2::uuid or o.status in ('ended', 'cancelled')) returning h.id, h.suspends)
     select coalesce(bool_or(g.suspends), false) and not exists (select 1 from process_hold h where h.root_id = $1::uuid and h.released_at is null and h.id not in (select id from gone)) as "goesOn" from gone g`,
    rootId,
    holderId,
    tx.now,
  );
  return row?.goesOn ? resumeTree(tx, deps, rootId, reason).then(({ effects }) => effects) : [];
}

/** Stops a locked, running tree for the time being, and the clocks of its tasks. @returns the instances that were stopped */
export async function suspendTree(tx: Tx, deps: ClockDeps, root: { id: string; businessKey: string | null }, reason: string): Promise<string[]> {
  const instanceIds = await setTreeStatus(tx, root.id, 'active', 'suspended', 'instance_suspended');
  if (instanceIds.length === 0) return [];
  await stopClock(tx, deps, { businessKey: root.businessKey, rootId: root.id }, 'suspended', null);
  await noteIntervention(tx, instanceIds, 'instance.suspend', reason);
  return instanceIds;
}

/** Lets a locked, suspended tree go on: its clocks run again, appointments that passed are due now, what came meanwhile is delivered. */
export async function resumeTree(tx: Tx, deps: ClockDeps, rootId: string, reason: string): Promise<{ instanceIds: string[]; effects: Effect[] }> {
  const instanceIds = await setTreeStatus(tx, rootId, 'suspended', 'active', 'instance_resumed');
  const pause = await pauseOfTree(tx, rootId);
  if (pause) await startClock(tx, deps, pause);
  const effects = await deliverHeld(tx, instanceIds);
  await enqueue(tx, [{ kind: 'timer.nudge', payload: {} }]);
  await noteIntervention(tx, instanceIds, 'instance.resume', reason);
  return { instanceIds, effects };
}

/** Nobody holds this tree any more: it has ended, or a person let it go on. */
export async function endHolds(tx: Tx, rootId: string): Promise<void> {
  await tx.db.$executeRawUnsafe(`update process_hold set released_at = $2::timestamptz where root_id = $1::uuid and released_at is null`, rootId, tx.now);
  await endPauseOfTree(tx, rootId);
}

/** Whether this tree, running or not, keeps others from going on. */
export async function holdsOthers(tx: Tx, rootId: string): Promise<boolean> {
  const rows = await tx.db.$queryRawUnsafe<unknown[]>(`select 1 as holds from process_hold where holder_id = $1::uuid and released_at is null limit 1`, rootId);
  return rows.length > 0;
}
