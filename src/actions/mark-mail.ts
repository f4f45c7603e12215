import { audit } from '../base/audit.js';
import { transact, type Actor, type Db } from '../base/db.js';

/** The mail server was away so often (over about eight hours): somebody has to look. */
export const mostMailAttempts = 12;
const firstRestMs = 30_000;
const longestRestMs = 3_600_000;

/** How long to rest after the n-th failed attempt: 30 s, 1 min, 2 min … at most an hour. */
const restMs = (attempts: number): number => Math.min(firstRestMs * 2 ** (attempts - 1), longestRestMs);

export type MailOutcome = { result: 'sent' } | { result: 'refused' | 'away'; error: string };

/**
 * What came of sending a mail. `refused`: the server will never take it, so it is parked at once; `away`: it is tried
 * again later, and parked after the last attempt. Parked mails are listed by domain/notifications `parkedMails`.
 * @returns the status that the mail has now
 */
export async function markMail(app: { db: Db }, actor: Actor, input: { mailId: string } & MailOutcome): Promise<'sent' | 'pending' | 'parked' | 'gone'> {
  return transact(app.db, actor, async (tx) => {
    const [mail] = await tx.db.$queryRawUnsafe<{ attempts: number }[]>(`select attempts from mail where id = $1::uuid and status = 'pending' for update`, input.mailId);
    if (!mail) return 'gone';
    if (input.result === 'sent') {
      await tx.db.$executeRawUnsafe(`update mail set status = 'sent', sent_at = $2::timestamptz, claimed_until = null, last_error = null where id = $1::uuid`, input.mailId, tx.now);
      return 'sent';
    }
    const parked = input.result === 'refused' || mail.attempts >= mostMailAttempts;
    await tx.db.$executeRawUnsafe(
      `update mail set status = $2, last_error = $3, next_attempt_at = $4::timestamptz, claimed_until = null where id = $1::uuid`,
      input.mailId,
      parked ? 'parked' : 'pending',
      input.error,
      new Date(tx.now.getTime() + restMs(mail.attempts)),
    );
    if (parked) await audit(tx, { action: 'mail.park', resourceType: 'mail', resourceId: input.mailId, basis: 'system', outcome: 'refused', reason: input.error });
    return parked ? 'parked' : 'pending';
  });
}
