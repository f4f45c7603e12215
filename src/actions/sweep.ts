import { transact, type Actor, type Db } from '../base/db.js';
import { pruneOutbox } from '../base/outbox.js';
import { expireMessages } from '../engine/messages.js';

const dayMs = 86_400_000;

/**
 * Housekeeping: messages whose time to live is over expire; outbox rows done a week ago, answers kept for repeated
 * requests for three days and sessions that have ended are removed.
 */
export async function sweep(app: { db: Db }, actor: Actor): Promise<{ expired: number; removed: number }> {
  return transact(app.db, actor, async (tx) => {
    const expired = await expireMessages(tx);
    const outbox = await pruneOutbox(tx, new Date(tx.now.getTime() - 7 * dayMs));
    const keys = await tx.db.$executeRawUnsafe(`delete from idempotency_key where created_at < $1::timestamptz`, new Date(tx.now.getTime() - 3 * dayMs));
    // sessions live in the machine's time (http/who.ts), in the zone of whoever wrote them: a day is more than any zone
    const sessions = await tx.db.$executeRawUnsafe(`delete from session where expire < localtimestamp - interval '1 day'`);
    return { expired, removed: outbox + keys + sessions };
  });
}
