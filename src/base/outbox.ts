// What has to happen after a commit, written in the same transaction as its cause. Ids only: nothing here names a person.
// The relay (workers) empties it; where the process that wrote a row does the work at once, the row is settled with it.
import type { Json } from './json.js';
import type { Tx } from './db.js';

export type OutboxKind = 'message.deliver' | 'signal.deliver' | 'processes.steer' | 'case.attend' | 'job.run' | 'timer.nudge' | 'mail.send' | 'notify';

export interface OutboxEntry {
  kind: OutboxKind;
  payload: { [key: string]: Json };
}

export interface OutboxRow extends OutboxEntry {
  id: bigint;
  createdAt: Date;
}

/** Writes rows for the relay; returns their ids in the order given. */
export async function enqueue(tx: Tx, entries: readonly OutboxEntry[]): Promise<bigint[]> {
  if (entries.length === 0) return [];
  const rows = await tx.db.$queryRawUnsafe<{ id: bigint }[]>(
    `insert into outbox (kind, payload, created_at)
     select e.kind, e.payload, $2::timestamptz from jsonb_to_recordset($1::jsonb) as e(kind text, payload jsonb) returning id`,
    JSON.stringify(entries),
    tx.now,
  );
  tx.left.push(...rows.map(({ id }, index) => ({ id, kind: entries[index]!.kind })));
  return rows.map((row) => row.id);
}

/**
 * The oldest rows that nobody has relayed and no other relay holds; they stay locked until the transaction ends.
 * Mark them with `settleOutbox` in the same transaction.
 */
export async function takeOutbox(tx: Tx, limit: number): Promise<OutboxRow[]> {
  return tx.db.$queryRawUnsafe<OutboxRow[]>(
    `select id, kind, payload, created_at as "createdAt" from outbox where relayed_at is null order by id limit $1 for update skip locked`,
    limit,
  );
}

/** These rows are done: relayed, or carried out by the process that wrote them. */
export async function settleOutbox(tx: Tx, ids: readonly bigint[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.db.$executeRawUnsafe(
    `update outbox set relayed_at = $2::timestamptz where id = any($1::bigint[]) and relayed_at is null`,
    ids.map(String),
    tx.now,
  );
}

/** Removes rows relayed before `before`; returns how many. */
export async function pruneOutbox(tx: Tx, before: Date): Promise<number> {
  return tx.db.$executeRawUnsafe(`delete from outbox where relayed_at < $1::timestamptz`, before);
}
