import type { Calendar } from '../base/calendar.js';
import { transact, type Actor, type Db } from '../base/db.js';
import { quietUntil } from '../domain/notifications.js';

export interface MailTask {
  businessKey: string | null;
  /** The step; null where the reader is told of a task that they may not open (an escalation). */
  name: string | null;
  dueAt: Date | null;
  /** Told of because it is late (an escalation), not because it will be due. */
  escalated: boolean;
}

/** Everything that a mail is made of. The address is read when it is sent and stands nowhere else. */
export interface MailToSend {
  id: string;
  kind: string;
  messageId: string;
  to: string;
  attempts: number;
  /** How many tasks wait; at most `listed` of them follow. */
  count: number;
  tasks: MailTask[];
  /** Unread notices that no task lies behind, each once; a case number of null: about no case. */
  notices: { businessKey: string | null; rule: string }[];
}

const listed = 50;
/** What may be sent now; `$2`: it is a quiet hour, in which only emergencies go out, however late the others are. */
const sendable = `status = 'pending' and next_attempt_at <= $1::timestamptz and (claimed_until is null or claimed_until <= $1::timestamptz)
  and (not $2::boolean or payload @> '{"emergency": true}')`;

/** Ids of mails that are due and that nobody is sending, the oldest first. */
export async function listDueMails(app: { db: Db; calendar: Calendar }, actor: Actor): Promise<string[]> {
  return transact(app.db, actor, async (tx) => {
    const rows = await tx.db.$queryRawUnsafe<{ id: string }[]>(
      `select id from mail where ${sendable} order by next_attempt_at, id limit 200`,
      tx.now,
      quietUntil(app.calendar, tx.now) !== null,
    );
    return rows.map((row) => row.id);
  });
}

/**
 * Takes one mail for sending, for `leaseMs`, and reads what it is about: the tasks behind its notices that are still
 * open in a running instance, and notices without a task. A mail about nothing any more, or to somebody who has left, is dropped.
 * @returns null when there is nothing to send: it was sent, dropped or parked, is not due, or another worker has it
 */
export async function claimMails(app: { db: Db; calendar: Calendar }, actor: Actor, input: { mailId: string; leaseMs: number }): Promise<MailToSend | null> {
  return transact(app.db, actor, async (tx) => {
    const [mail] = await tx.db.$queryRawUnsafe<{ id: string; kind: string; messageId: string; attempts: number; to: string; active: boolean }[]>(
      `with taken as (update mail set claimed_until = $4::timestamptz, attempts = attempts + 1 where id = $3::uuid and ${sendable} returning *)
       select t.id, t.kind, t.message_id as "messageId", t.attempts, u.email as "to", u.active from taken t join app_user u on u.id = t.user_id`,
      tx.now,
      quietUntil(app.calendar, tx.now) !== null,
      input.mailId,
      new Date(tx.now.getTime() + input.leaseMs),
    );
    if (!mail) return null;
    const tasks = await tx.db.$queryRawUnsafe<(MailTask & { count: number })[]>(
      `select k.business_key as "businessKey", k.due_at as "dueAt",
         case when k.assignee_id = n.user_id or k.owner_id = n.user_id or exists (select 1 from membership m where m.user_id = n.user_id and m.group_key = any(k.candidate_groups)) then k.name end as name, bool_or(n.kind = 'escalation') as escalated, (count(*) over ())::int as count
       from notification n join task k on k.id = n.task_id and k.status = 'open' join process_instance i on i.id = k.instance_id and i.status = 'active'
       where n.mail_id = $1::uuid group by k.id, n.user_id order by k.urgent desc, k.due_at nulls last, k.id limit ${listed}`,
      mail.id,
    );
    const notices = await tx.db.notification.findMany({ where: { mailId: mail.id, taskId: null, readAt: null }, orderBy: { createdAt: 'asc' }, take: listed, distinct: ['businessKey', 'rule'], select: { businessKey: true, rule: true } });
    if (!mail.active || tasks.length + notices.length === 0) {
      await tx.db.$executeRawUnsafe(`update mail set status = 'dropped', claimed_until = null where id = $1::uuid`, mail.id);
      return null;
    }
    const { active: _, ...rest } = mail;
    return { ...rest, count: tasks[0]?.count ?? 0, tasks: tasks.map(({ count: __, ...task }) => task), notices };
  });
}
