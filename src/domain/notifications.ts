// Who is told what, and when a mail may go out. An in-app notice is the truth; a mail only says that there is one.
import type { Calendar } from '../base/calendar.js';
import type { Tx } from '../base/db.js';

/** A reminder or a rung of an escalation ladder whose time has come. */
export interface Notice {
  taskId: string;
  /** As in the timer and the ledger: `due-1BD`, `escalate:1BD>manager`. */
  rule: string;
  kind: 'reminder' | 'escalation';
  scheduledFor: Date;
}

/** Whether this person was told that the task is late. */
export async function wasTold(tx: Pick<Tx, 'db'>, taskId: string, userId: string): Promise<boolean> {
  return (await tx.db.notification.findFirst({ where: { taskId, userId, kind: 'escalation' }, select: { id: true } })) !== null;
}

/** Mails go out from eight to eight on days that are worked. */
const firstHour = 8;
const lastHour = 20;

/** To whom an escalation goes: `manager` or a group key; null for a reminder. */
export function escalationTarget(rule: string): string | null {
  const arrow = rule.indexOf('>');
  return arrow < 0 ? null : rule.slice(arrow + 1);
}

/** Until when a mail written `at` waits: null = it may go at once. */
export function quietUntil(calendar: Calendar, at: Date): Date | null {
  const hour = (at.getUTCHours() + 9) % 24; // Japan
  if (calendar.isBusinessDay(calendar.onDate(at)) && hour >= firstHour && hour < lastHour) return null;
  return calendar.nextOpening(at);
}

/** Right-hand side of all our Message-IDs: the host that people know the system by. */
export function mailHost(publicUrl: string): string {
  return URL.canParse(publicUrl) ? new URL(publicUrl).hostname : 'localhost';
}

// Who reads a notice: the holder of the task, or all of its group while nobody holds it; an escalation goes to the
// managers of the agency with which the task lies, or to the named group. Whoever has left does not count; where that
// leaves nobody, the group of the task is told rather than no one.
const readers = `
  given as materialized (
    select g.*, k.business_key, k.urgent, k.assignee_id, k.candidate_groups,
      -- an urgent task whose time allowed is counted in clock hours runs through the night, and so do its mails
      k.urgent and coalesce(k.deadline->>'dueIn', '') ~ '^(\\d+h|P.*T.*)$' as emergency
    from jsonb_to_recordset($1::jsonb) as g(task_id uuid, rule text, kind text, target text, scheduled_for timestamptz)
    join task k on k.id = g.task_id),
  at_agency as (
    select t.task_id, t.rule, u.agency_code from given t join app_user u on u.id = t.assignee_id where t.target = 'manager'
    union select t.task_id, t.rule, w.agency_code from given t join work_group w on w.key = any(t.candidate_groups) where t.target = 'manager' and t.assignee_id is null),
  meant as (
    select task_id, rule, assignee_id as user_id from given where target is null and assignee_id is not null
    union select t.task_id, t.rule, m.user_id from given t join membership m on m.group_key = any(t.candidate_groups) where t.target is null and t.assignee_id is null
    union select a.task_id, a.rule, m.user_id from at_agency a join work_group w on w.kind = 'manager' and w.agency_code = a.agency_code join membership m on m.group_key = w.key
    union select t.task_id, t.rule, m.user_id from given t join membership m on m.group_key = t.target where t.target <> 'manager'),
  present as materialized (select m.* from meant m join app_user u on u.id = m.user_id and u.active),
  reader as materialized (
    select task_id, rule, user_id from present
    union select t.task_id, t.rule, u.id from given t
      join app_user u on u.active and (u.id = t.assignee_id or u.id in (select m.user_id from membership m where m.group_key = any(t.candidate_groups)))
      where not exists (select 1 from present p where p.task_id = t.task_id and p.rule = t.rule))`;

/**
 * Gives these notices to everyone whom they concern. The caller has written the ledger, so each is given once; a rule
 * that comes again for a new due date is raised again. Urgent ones also get a mail, held through the night unless the
 * task itself runs through it.
 * @returns how many were given, and which tasks have nobody left to tell
 */
export async function notify(tx: Tx, notices: readonly Notice[], options: { calendar: Calendar; mailHost: string }): Promise<{ given: number; unheard: string[] }> {
  if (notices.length === 0) return { given: 0, unheard: [] };
  const rows = notices.map((n) => ({ task_id: n.taskId, rule: n.rule, kind: n.kind, target: escalationTarget(n.rule), scheduled_for: n.scheduledFor }));
  const [row] = await tx.db.$queryRawUnsafe<{ given: number; unheard: string[] }[]>(
    `with ${readers},
      letter as materialized (select gen_random_uuid() as id, r.user_id, t.emergency from reader r join given t using (task_id, rule) where t.urgent group by r.user_id, t.emergency),
      mails as (insert into mail (id, user_id, kind, dedupe_key, message_id, payload, next_attempt_at, created_at)
        select id, user_id, 'urgent', 'urgent:' || id, 'mail-' || id || '@' || $4, jsonb_build_object('emergency', emergency), case when emergency then $2::timestamptz else $3::timestamptz end, $2::timestamptz from letter),
      notices as (insert into notification (id, user_id, task_id, business_key, kind, rule, urgent, created_at, scheduled_for, mail_id)
        select gen_random_uuid(), r.user_id, r.task_id, t.business_key, t.kind, r.rule, t.urgent, $2::timestamptz, t.scheduled_for, l.id
        from reader r join given t using (task_id, rule) left join letter l on t.urgent and l.user_id = r.user_id and l.emergency = t.emergency
        order by r.user_id, r.task_id, r.rule
        on conflict (user_id, task_id, rule) do update set created_at = excluded.created_at, scheduled_for = excluded.scheduled_for,
          urgent = excluded.urgent, mail_id = excluded.mail_id, read_at = null
        returning 1)
     select (select count(*)::int from notices) as given,
       coalesce((select array_agg(distinct t.task_id) from given t where not exists (select 1 from reader r where r.task_id = t.task_id and r.rule = t.rule)), '{}') as unheard`,
    JSON.stringify(rows),
    tx.now,
    quietUntil(options.calendar, tx.now) ?? tx.now,
    options.mailHost,
  );
  return row ?? { given: 0, unheard: [] };
}

/**
 * Writes a mail for urgent notices that a process gave and that have neither been read nor mailed: one to each person.
 * @returns how many were written
 */
export async function writeUrgentMails(tx: Tx, options: { calendar: Calendar; mailHost: string }): Promise<number> {
  return tx.db.$executeRawUnsafe(
    `with due as materialized (
       select gen_random_uuid() as id, n.user_id, array_agg(n.id) as notices from notification n join app_user u on u.id = n.user_id and u.active
       where n.urgent and n.task_id is null and n.mail_id is null and n.read_at is null group by n.user_id),
     held as (select x.id from notification x where x.id in (select unnest(notices) from due) for update skip locked),
     told as (update notification n set mail_id = d.id from due d where n.id = any(d.notices) and n.id in (select id from held) and n.mail_id is null returning d.id)
     insert into mail (id, user_id, kind, dedupe_key, message_id, payload, next_attempt_at, created_at)
     select id, user_id, 'urgent', 'urgent:' || id, 'mail-' || id || '@' || $3, '{}', $2::timestamptz, $1::timestamptz from due where id in (select id from told)`,
    tx.now,
    quietUntil(options.calendar, tx.now) ?? tx.now,
    options.mailHost,
  );
}

/**
 * Writes today's digests: one mail to each person who has notices scheduled until this morning's opening that were
 * neither read nor mailed, and whose task (if they are about one) is still open in a running instance.
 * @returns how many were written; 0 before opening time, at night and on closed days
 */
export async function writeDigests(tx: Tx, options: { calendar: Calendar; mailHost: string }): Promise<number> {
  const { calendar } = options;
  const onDate = calendar.onDate(tx.now);
  if (quietUntil(calendar, tx.now)) return 0;
  const opening = calendar.nextOpening(new Date(`${onDate}T00:00:00+09:00`));
  if (tx.now < opening) return 0;
  return tx.db.$executeRawUnsafe(
    `with due as materialized (
       select gen_random_uuid() as id, n.user_id, array_agg(n.id) as notices
       from notification n join app_user u on u.id = n.user_id and u.active left join task k on k.id = n.task_id left join process_instance i on i.id = k.instance_id
       where n.mail_id is null and n.read_at is null and (n.task_id is null or (k.status = 'open' and i.status = 'active')) and coalesce(n.scheduled_for, n.created_at) <= $1::timestamptz
         and not exists (select 1 from mail m where m.dedupe_key = 'digest:' || n.user_id || ':' || $3)
       group by n.user_id),
     written as (insert into mail (id, user_id, kind, dedupe_key, message_id, payload, next_attempt_at, created_at)
       select id, user_id, 'digest', 'digest:' || user_id || ':' || $3, 'mail-' || id || '@' || $4, '{}', $2::timestamptz, $2::timestamptz from due
       order by user_id on conflict (dedupe_key) do nothing returning id),
     told as (update notification n set mail_id = d.id from due d join written w on w.id = d.id where n.id = any(d.notices))
     select id from written`,
    opening,
    tx.now,
    onDate,
    options.mailHost,
  );
}

/** A mail that will not be tried again by itself. */
export interface ParkedMail {
  id: string;
  userId: string;
  kind: string;
  attempts: number;
  /** Code of the last failure; never an address. */
  lastError: string | null;
  createdAt: Date;
}

/** Mails that could not be delivered and wait for somebody to look: the newest first. */
export async function parkedMails(tx: Tx, limit = 100): Promise<ParkedMail[]> {
  return tx.db.mail.findMany({
    where: { status: 'parked' },
    orderBy: { createdAt: 'desc' },
    take: limit,
    select: { id: true, userId: true, kind: true, attempts: true, lastError: true, createdAt: true },
  });
}
