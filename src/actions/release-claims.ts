import { transact, type Actor, type Db } from '../base/db.js';

/**
 * Sets free what was claimed and has not failed: the queue that it was handed to is gone. What is being done this moment
 * may be claimed a second time, which does nothing.
 * @returns how many rows were set free
 */
export async function releaseClaims(app: { db: Db }, actor: Actor): Promise<number> {
  return transact(app.db, actor, async (tx) => {
    const timers = await tx.db.$executeRawUnsafe(
      `update timer set claimed_until = null where id in (select id from timer where status = 'pending' and attempts = 0 and claimed_until > $1::timestamptz and due_at <= $1::timestamptz for update skip locked)`,
      tx.now,
    );
    const outbox = await tx.db.$executeRawUnsafe(
      `update outbox set claimed_until = null where id in (select id from outbox where relayed_at is null and attempts = 0 and claimed_until > $1::timestamptz for update skip locked)`,
      tx.now,
    );
    return timers + outbox;
  });
}
