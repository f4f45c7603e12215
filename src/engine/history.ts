// What happened to an instance. Append-only: a trigger refuses everything else. Ids and decisions only, and why those who
// keep the processes intervened (`intervention`), in their words: only overseers read it.
import type { Tx } from '../base/db.js';
import type { Json } from './model.js';

export interface HistoryEvent {
  id: bigint;
  instanceId: string;
  stepNo: number;
  at: Date;
  type: string;
  elementId: string | null;
  executionId: string | null;
  actorId: string | null;
  data: Json;
}

/** Says of each of these instances what was done to it from outside, and why. */
export async function noteIntervention(tx: Tx, instanceIds: readonly string[], action: string, reason: string): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into history_event (instance_id, step_no, at, type, actor_id, data)
     select id, step_no, $2::timestamptz, 'intervention', $3::uuid, $4::jsonb from process_instance where id = any($1::uuid[]) order by id`,
    instanceIds,
    tx.now,
    tx.actor.kind === 'person' ? tx.actor.userId : null,
    JSON.stringify({ action, reason }),
  );
}

/** Events of an instance in the order in which they happened. `after`: the last id seen. */
export async function readHistory(tx: Pick<Tx, 'db'>, instanceId: string, page: { after?: bigint | null; limit: number }): Promise<HistoryEvent[]> {
  return tx.db.$queryRawUnsafe<HistoryEvent[]>(
    `select id, instance_id as "instanceId", step_no as "stepNo", at, type, element_id as "elementId", execution_id as "executionId", actor_id as "actorId", data
     from history_event where instance_id = $1::uuid and id > $2::bigint order by id limit $3`,
    instanceId,
    String(page.after ?? 0),
    page.limit,
  );
}
