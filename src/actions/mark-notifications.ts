import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { authorize } from '../domain/authorize.js';
import { act, type Ask } from './act.js';

export interface MarkInput extends Ask {
  /** Which of one's own notices; all unread ones when nothing is said. Those of others are passed over. */
  ids?: readonly string[] | undefined;
}

/** Marks notices as read. @returns how many were unread until now */
export async function markNotifications(app: App, person: Person, input: MarkInput): Promise<{ marked: number }> {
  const { ids = null } = input;
  return act(app, person, {
    action: 'notification.mark',
    resource: { type: 'notification', id: null },
    ask: input,
    request: { ids },
    async work(tx) {
      const basis = authorize(person, 'notification.mark');
      const marked = await tx.db.$executeRawUnsafe(
        `update notification set read_at = $3::timestamptz where user_id = $1::uuid and read_at is null and ($2::uuid[] is null or id = any($2::uuid[]))`,
        person.userId,
        ids,
        tx.now,
      );
      return { answer: { marked }, basis, fields: ['readAt'] };
    },
  });
}
