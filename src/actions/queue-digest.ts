import type { Calendar } from '../base/calendar.js';
import { transact, type Actor, type Db } from '../base/db.js';
import type { Env } from '../base/env.js';
import { mailHost, writeDigests, writeUrgentMails } from '../domain/notifications.js';

/** How long the digest waits for reminders that are due this morning and not yet given. */
const patienceMs = 30 * 60_000;

/**
 * Writes the mails that nobody has written yet: for urgent notices at once; and today's digests, one for each person and
 * business day, at opening time or as soon after it as a worker runs. They wait until this morning's reminders have been
 * given, so that those are in them.
 * @returns how many were written
 */
export async function queueDigest(app: { db: Db; env: Env; calendar: Calendar }, actor: Actor): Promise<number> {
  return transact(app.db, actor, async (tx) => {
    const options = { calendar: app.calendar, mailHost: mailHost(app.env.PUBLIC_URL) };
    const urgent = await writeUrgentMails(tx, options);
    const opening = app.calendar.nextOpening(new Date(`${app.calendar.onDate(tx.now)}T00:00:00+09:00`));
    if (tx.now < opening) return urgent;
    if (tx.now.getTime() < opening.getTime() + patienceMs) {
      const [row] = await tx.db.$queryRawUnsafe<{ waiting: boolean }[]>(
        `select exists (select 1 from timer t join process_instance i on i.id = t.instance_id and i.status = 'active'
           where t.status = 'pending' and t.kind in ('reminder', 'escalation') and t.due_at <= $1::timestamptz and t.attempts = 0
             and not exists (select 1 from task k where k.id = t.task_id and k.paused_at is not null)) as waiting`,
        opening,
      );
      if (row?.waiting) return urgent;
    }
    return urgent + (await writeDigests(tx, options));
  });
}
