import { transact, type Actor, type Db, type Tx } from '../base/db.js';
import { settleOutbox } from '../base/outbox.js';
import type { Json } from '../base/json.js';

export interface OutboxWork {
  id: string;
  kind: string;
  payload: { [key: string]: Json };
}

/** After so many failures a row is tried once an hour, and shows in the figures as stuck. It is never dropped. */
const calmAttempts = 8;
const longestRestMs = 3_600_000;
/** The process that wrote a row does the work itself right after its commit; the relay leaves it that long. */
const graceMs = 1_000;

export type RelayStep =
  | { do: 'claim'; leaseMs: number }
  | { do: 'read'; ids: readonly string[] }
  | { do: 'settle'; ids: readonly string[] }
  | { do: 'rest'; id: string; error: string };

/**
 * What the relay does with the outbox. `claim` takes waiting rows for `leaseMs`, the oldest first; `read` gives rows
 * that are still to be done; `settle` says that they were done; `rest` that one failed and for what.
 */
export async function relayOutbox(app: { db: Db }, actor: Actor, input: RelayStep): Promise<OutboxWork[]> {
  return transact(app.db, actor, async (tx) => {
    if (input.do === 'claim') return claim(tx, input.leaseMs);
    if (input.do === 'read') {
      return tx.db.$queryRawUnsafe<OutboxWork[]>(`select id::text as id, kind, payload from outbox where id = any($1::bigint[]) and relayed_at is null order by outbox.id`, input.ids);
    }
    if (input.do === 'settle') await settleOutbox(tx, input.ids.map(BigInt));
    else await rest(tx, input.id, input.error);
    return [];
  });
}

async function claim(tx: Tx, leaseMs: number): Promise<OutboxWork[]> {
  return tx.db.$queryRawUnsafe<OutboxWork[]>(
    `with due as materialized (select id from outbox where relayed_at is null and created_at <= $1::timestamptz and (claimed_until is null or claimed_until <= $2::timestamptz)
       order by id limit 500 for update skip locked),
     taken as (update outbox o set claimed_until = $3::timestamptz from due where o.id = due.id returning o.id, o.kind, o.payload)
     select id::text as id, kind, payload from taken order by taken.id`,
    new Date(tx.now.getTime() - graceMs),
    tx.now,
    new Date(tx.now.getTime() + leaseMs),
  );
}

async function rest(tx: Tx, id: string, error: string): Promise<void> {
  const [row] = await tx.db.$queryRawUnsafe<{ attempts: number }[]>(`select attempts from outbox where id = $1::bigint for update`, id);
  const attempts = (row?.attempts ?? 0) + 1;
  const restMs = attempts >= calmAttempts ? longestRestMs : Math.min(2 ** attempts * 1_000, longestRestMs);
  await tx.db.$executeRawUnsafe(
    `update outbox set attempts = $2, last_error = $3, claimed_until = $4::timestamptz where id = $1::bigint and relayed_at is null`,
    id,
    attempts,
    error,
    new Date(tx.now.getTime() + restMs),
  );
}
