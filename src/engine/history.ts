// What happened to an instance. Append-only: a trigger refuses everything else. Ids and decisions only.
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

/** Adds one line that is not part of a step (a step writes its own). */
export async function note(tx: Tx, instanceId: string, event: { type: string; elementId?: string | null; data?: Json }): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into history_event (instance_id, step_no, at, type, element_id, actor_id, data)
     select id, step_no, $2::timestamptz, $3, $4, $5::uuid, nullif($6::jsonb, 'null'::jsonb) from process_instance where id = $1::uuid`,
    instanceId,
    tx.now,
    event.type,
    event.elementId ?? null,
    tx.actor.kind === 'person' ? tx.actor.userId : null,
    JSON.stringify(event.data ?? null),
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
