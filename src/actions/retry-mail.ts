import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { enqueue } from '../base/outbox.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { act, type Ask } from './act.js';

export interface RetryMailInput extends Ask {
  mailId: string;
}

/**
 * Lets a parked mail be tried again, with all its attempts.
 * @throws Problem forbidden; not_found when there is no such mail or it is not parked
 */
export async function retryMail(app: App, person: Person, input: RetryMailInput): Promise<{ id: string; status: 'pending' }> {
  return act(app, person, {
    action: 'mail.retry',
    resource: { type: 'mail', id: input.mailId },
    ask: input,
    async work(tx) {
      const basis = authorize(person, 'mail.retry');
      const changed = await tx.db.$executeRawUnsafe(
        `update mail set status = 'pending', attempts = 0, next_attempt_at = $2::timestamptz, claimed_until = null where id = $1::uuid and status = 'parked'`,
        input.mailId,
        tx.now,
      );
      if (changed !== 1) throw new Problem('not_found');
      await enqueue(tx, [{ kind: 'mail.send', payload: { mailId: input.mailId } }]);
      return { answer: { id: input.mailId, status: 'pending' as const }, basis, fields: ['status'] };
    },
  });
}
