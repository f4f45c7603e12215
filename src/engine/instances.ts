// Process instances as rows: finding, locking, suspending, cancelling. What a step changes is written by write.ts.
//
// All instances of one call tree are locked through the row of its root, always before anything that belongs to them.
import type { Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import type { Variables } from './model.js';

export type InstanceStatus = 'active' | 'suspended' | 'ended' | 'cancelled';

export interface InstanceRow {
  id: string;
  definitionId: string;
  rootId: string;
  parentId: string | null;
  parentExecutionId: string | null;
  businessKey: string | null;
  status: InstanceStatus;
  state: string | null;
  variables: Variables;
  stepNo: number;
  executorVersion: string;
}

/** The columns of `i` as the members of an InstanceRow. */
export const instanceColumns = `i.id, i.definition_id as "definitionId", i.root_id as "rootId", i.parent_id as "parentId",
  i.parent_execution_id as "parentExecutionId", i.business_key as "businessKey", i.status, i.state, i.variables,
  i.step_no as "stepNo", i.executor_version as "executorVersion"`;

const members = ['id', 'definitionId', 'rootId', 'parentId', 'parentExecutionId', 'businessKey', 'status', 'state', 'variables', 'stepNo', 'executorVersion'] as const;

/** The same columns with `i_` before their names, for statements that read an instance beside something else. */
export const prefixedInstanceColumns = members.map((name) => `i.${name.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)} as "i_${name}"`).join(', ');

/** Takes the columns of `prefixedInstanceColumns` out of a row. */
export function takeInstance(row: Record<string, unknown>): InstanceRow {
  const instance: Record<string, unknown> = {};
  for (const name of members) {
    instance[name] = row[`i_${name}`];
    delete row[`i_${name}`];
  }
  return instance as unknown as InstanceRow; // the columns are those of the type, by the list above
}

/**
 * Locks the call tree of an instance (its root, then itself) and reads the instance as it is after the wait for the lock.
 * @returns null when there is none
 */
export async function lockInstance(tx: Tx, id: string): Promise<InstanceRow | null> {
  const [row] = await tx.db.$queryRawUnsafe<InstanceRow[]>(
    `select ${instanceColumns} from process_instance i join process_instance r on r.id = i.root_id where i.id = $1::uuid for update of r, i`,
    id,
  );
  return row ?? null;
}

/** Reads an instance of a tree that is locked already. */
export async function readInstance(tx: Tx, id: string): Promise<InstanceRow | null> {
  const [row] = await tx.db.$queryRawUnsafe<InstanceRow[]>(`select ${instanceColumns} from process_instance i where i.id = $1::uuid`, id);
  return row ?? null;
}

/** Reads an instance that runs by itself, and keeps it as it is until the transaction ends. */
export async function lockRoot(tx: Tx, id: string): Promise<InstanceRow | null> {
  const [row] = await tx.db.$queryRawUnsafe<InstanceRow[]>(`select ${instanceColumns} from process_instance i where i.id = $1::uuid for update`, id);
  return row ?? null;
}

/** Makes a locked instance that ran by itself, with all that it has called, part of the tree of a process that calls it. */
export async function adopt(tx: Tx, id: string, call: { parentId: string; rootId: string; executionId: string; elementId: string; variables: Variables }): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `with tree as (update process_instance set root_id = $3::uuid where root_id = $1::uuid and id <> $1::uuid),
       said as (insert into history_event (instance_id, step_no, at, type, element_id, execution_id, actor_id, data)
         select i.id, i.step_no, $6::timestamptz, 'instance_called', null, null, null, jsonb_build_object('calledFrom', $7::text, 'parentId', $2::text) from process_instance i where i.id = $1::uuid)
     update process_instance set parent_id = $2::uuid, root_id = $3::uuid, parent_execution_id = $4, variables = variables || $5::jsonb where id = $1::uuid`,
    id, call.parentId, call.rootId, call.executionId, JSON.stringify(call.variables), tx.now, call.elementId,
  );
}

/** @throws Problem instance_not_active */
export function mustBeActive(instance: Pick<InstanceRow, 'status'>): void {
  if (instance.status !== 'active') throw new Problem('instance_not_active');
}

/**
 * Locks the tree that an instance belongs to, by its root, and returns the root.
 * @throws Problem not_found
 */
export async function lockTree(tx: Tx, instanceId: string): Promise<InstanceRow> {
  const [row] = await tx.db.$queryRawUnsafe<InstanceRow[]>(
    `select ${instanceColumns} from process_instance i where i.id = (select root_id from process_instance where id = $1::uuid) for update of i`,
    instanceId,
  );
  if (!row) throw new Problem('not_found');
  return row;
}

/** Sets the status of every running instance of a locked tree and says so in the history of each. Returns their ids. */
export async function setTreeStatus(tx: Tx, rootId: string, from: InstanceStatus, to: 'active' | 'suspended', historyType: string): Promise<string[]> {
  const rows = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `with changed as (update process_instance set status = $3 where root_id = $1::uuid and status = $2 returning id, step_no),
       said as (insert into history_event (instance_id, step_no, at, type, actor_id) select id, step_no, $4::timestamptz, $5, $6::uuid from changed)
     select id from changed`,
    rootId,
    from,
    to,
    tx.now,
    historyType,
    tx.actor.kind === 'person' ? tx.actor.userId : null,
  );
  return rows.map((row) => row.id);
}

/**
 * Ends these instances of a locked tree and everything below them without another step: their tasks, timers, jobs,
 * catches and open incidents are closed. Ended ones stay as they are.
 * @returns the ids of the instances that were cancelled
 */
export async function cancelInstances(tx: Tx, ids: readonly string[], endReason: string): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `with recursive tree as (
       select id from process_instance where id = any($1::uuid[])
       union all select c.id from process_instance c join tree p on c.parent_id = p.id),
     gone as (update process_instance set status = 'cancelled', state = null, ended_at = $2::timestamptz, end_reason = $3, step_no = step_no + 1
       where id in (select id from tree) and status in ('active', 'suspended') returning id, step_no),
     t as (update task set status = 'cancelled', ended_at = $2::timestamptz, ended_by_id = $4::uuid, end_reason = $3, version = version + 1
       where instance_id in (select id from gone) and status = 'open'),
     ti as (update timer set status = 'cancelled' where instance_id in (select id from gone) and status = 'pending'),
     s as (delete from subscription where instance_id in (select id from gone)),
     j as (update job set status = 'cancelled', ended_at = $2::timestamptz where instance_id in (select id from gone) and status in ('ready', 'failed')),
     x as (update incident set resolved_at = $2::timestamptz, resolution = 'cancelled' where instance_id in (select id from gone) and resolved_at is null),
     h as (insert into history_event (instance_id, step_no, at, type, actor_id) select id, step_no, $2::timestamptz, 'instance_cancelled', $4::uuid from gone)
     select id from gone`,
    ids,
    tx.now,
    endReason,
    tx.actor.kind === 'person' ? tx.actor.userId : null,
  );
  return rows.map((row) => row.id);
}
