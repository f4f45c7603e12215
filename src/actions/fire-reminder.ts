import { audit } from '../base/audit.js';
import { transact, type Actor, type Db, type Tx } from '../base/db.js';
import type { Calendar } from '../base/calendar.js';
import type { Env } from '../base/env.js';
import { mailHost, notify, type Notice } from '../domain/notifications.js';

/** What these actions need of the App. */
export interface ReminderApp {
  db: Db;
  env: Env;
  calendar: Calendar;
}

export interface FiredReminders {
  fired: number;
  notices: number;
  /** Tasks of which nobody could be told. */
  unheard: string[];
}

interface DueNotice {
  id: string;
  taskId: string;
  rule: string | null;
  kind: 'reminder' | 'escalation';
  dueAt: Date;
  taskOpen: boolean;
}

/**
 * Gives the reminders and escalations of these timers, a hundred at a time in one transaction. Whatever has been fired,
 * called off or belongs to a closed task does nothing; the ledger (task, rule, instant) makes each notice one. A task
 * that somebody is working on this moment is left for the next round. Nothing is ever closed by an escalation.
 */
export async function fireReminder(app: ReminderApp, actor: Actor, input: { timerIds: readonly string[] }): Promise<FiredReminders> {
  return transact(app.db, actor, async (tx) => {
    const due = await lockDue(tx, input.timerIds);
    const open = due.filter((timer) => timer.taskOpen && timer.rule !== null);
    const given = await enterLedger(tx, open);
    const { given: notices, unheard } = await notify(tx, given, { calendar: app.calendar, mailHost: mailHost(app.env.PUBLIC_URL) });
    await settle(tx, open, due.filter((timer) => !open.includes(timer)), given);
    await release(tx, input.timerIds);
    if (given.length > 0) await audit(tx, { action: 'timer.remind', resourceType: 'timer', resourceId: null, basis: 'system', outcome: 'done', reason: `${given.length}` });
    return { fired: given.length, notices, unheard };
  });
}

/**
 * Locks instances first, then tasks, then timers, as everyone does; never waits for one of the first two, so it can be in
 * nobody's way for long. What else is due for these tasks comes along, whoever claimed it, so that the notices of one
 * task keep their order. A suspended instance, and a task whose clock stands, keeps its
 * notices, also those claimed before, until it goes on.
 */
async function lockDue(tx: Tx, timerIds: readonly string[]): Promise<DueNotice[]> {
  return tx.db.$queryRawUnsafe<DueNotice[]>(
    `with meant as materialized (select k.id, k.instance_id from task k where k.id in (select task_id from timer where id = any($1::uuid[]) and status = 'pending')),
     going as materialized (select i.id from process_instance i where i.id in (select instance_id from meant) and i.status <> 'suspended'
       order by i.id for share skip locked),
     free as materialized (select k.id, k.status from task k where k.id in (select m.id from meant m join going g on g.id = m.instance_id) and k.paused_at is null
       order by k.id for no key update skip locked)
     select t.id, t.task_id as "taskId", t.rule, t.kind, t.due_at as "dueAt", f.status = 'open' as "taskOpen"
     from timer t join free f on f.id = t.task_id
     where t.status = 'pending' and t.kind in ('reminder', 'escalation') and t.due_at <= $2::timestamptz and (t.id = any($1::uuid[]) or t.attempts = 0)
     order by t.due_at, t.id for update of t`,
    timerIds,
    tx.now,
  );
}

/** Each notice once: what the ledger has is left out. */
async function enterLedger(tx: Tx, open: readonly DueNotice[]): Promise<Notice[]> {
  if (open.length === 0) return [];
  const rows = open.map((timer) => ({ task_id: timer.taskId, rule: timer.rule, scheduled_for: timer.dueAt }));
  const entered = await tx.db.$queryRawUnsafe<{ taskId: string; rule: string }[]>(
    `insert into reminder_ledger (task_id, rule, scheduled_for, at)
     select n.task_id, n.rule, n.scheduled_for, $2::timestamptz from jsonb_to_recordset($1::jsonb) as n(task_id uuid, rule text, scheduled_for timestamptz)
     on conflict do nothing returning task_id as "taskId", rule`,
    JSON.stringify(rows),
    tx.now,
  );
  const isNew = new Set(entered.map((row) => `${row.taskId} ${row.rule}`));
  return open.flatMap((timer) => {
    const rule = timer.rule ?? '';
    return isNew.has(`${timer.taskId} ${rule}`) ? [{ taskId: timer.taskId, rule, kind: timer.kind, scheduledFor: timer.dueAt }] : [];
  });
}

async function settle(tx: Tx, fired: readonly DueNotice[], idle: readonly DueNotice[], given: readonly Notice[]): Promise<void> {
  const escalated = given.filter((notice) => notice.kind === 'escalation').map((notice) => notice.taskId);
  await tx.db.$executeRawUnsafe(
    `with flag as (update task k set escalations = k.escalations + n.rungs from (select id, count(*)::int as rungs from unnest($3::uuid[]) as e(id) group by id) n where k.id = n.id),
       off as (update timer set status = 'cancelled', claimed_until = null where id = any($2::uuid[]))
     update timer set status = 'fired', fired_at = $4::timestamptz, claimed_until = null where id = any($1::uuid[])`,
    fired.map((timer) => timer.id),
    idle.map((timer) => timer.id),
    escalated,
    tx.now,
  );
}

/** What was left (its task was locked) may be claimed again at once. */
async function release(tx: Tx, timerIds: readonly string[]): Promise<void> {
  await tx.db.$executeRawUnsafe(`update timer set claimed_until = null where id in (select id from timer where id = any($1::uuid[]) and status = 'pending' for update skip locked)`, timerIds);
}
