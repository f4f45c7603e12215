import { transact, type Actor, type Db } from '../base/db.js';
import { claimDueTimers as claimDueFlowTimers } from '../engine/timers.js';

export interface ClaimedTimer {
  id: string;
  /** Timers of one call tree (of the domain: of one case) are fired one after another, in due order. null: a reminder, which needs no order. */
  rootId: string | null;
  dueAt: Date;
}

/** A reminder that failed as often as this is left alone until somebody looks (`last_error` says why). */
export const mostNoticeAttempts = 5;

/**
 * Takes due timers for `leaseMs`, the oldest first: whoever took them and dies, or loses the queue, loses them to the
 * next. `notices`: reminders and escalations; `flow`: those that move a process; `domain`: what the domain waits for.
 */
export async function claimDueTimers(app: { db: Db }, actor: Actor, input: { kind: 'notices' | 'flow' | 'domain'; leaseMs: number }): Promise<ClaimedTimer[]> {
  return transact(app.db, actor, async (tx) => {
    if (input.kind === 'notices') {
      return tx.db.$queryRawUnsafe<ClaimedTimer[]>(
        `with due as materialized (
           select t.id from timer t
           where t.status = 'pending' and t.kind in ('reminder', 'escalation') and t.due_at <= $1::timestamptz
             and t.attempts < ${mostNoticeAttempts} and (t.claimed_until is null or t.claimed_until <= $1::timestamptz)
             and exists (select 1 from process_instance i where i.id = t.instance_id and i.status = 'active')
             and not exists (select 1 from task k where k.id = t.task_id and k.paused_at is not null)
           order by t.due_at, t.id limit 1000 for no key update of t skip locked),
         taken as (update timer t set claimed_until = $2::timestamptz from due where t.id = due.id returning t.id, null::text as "rootId", t.due_at as "dueAt")
         select * from taken order by "dueAt", id`,
        tx.now,
        new Date(tx.now.getTime() + input.leaseMs),
      );
    }
    if (input.kind === 'domain') {
      return tx.db.$queryRawUnsafe<ClaimedTimer[]>(
        `with due as materialized (
           select t.id from timer t where t.status = 'pending' and t.kind = 'domain' and t.due_at <= $1::timestamptz and (t.claimed_until is null or t.claimed_until <= $1::timestamptz)
           order by t.due_at, t.id limit 200 for update of t skip locked),
         taken as (update timer t set claimed_until = $2::timestamptz from due where t.id = due.id returning t.id, t.case_id::text as "rootId", t.due_at as "dueAt")
         select * from taken order by "dueAt", id`,
        tx.now,
        new Date(tx.now.getTime() + input.leaseMs),
      );
    }
    const taken = await claimDueFlowTimers(tx, { limit: 200, leaseMs: input.leaseMs });
    if (taken.length === 0) return [];
    const roots = await tx.db.$queryRawUnsafe<{ id: string; rootId: string }[]>(`select id, root_id as "rootId" from process_instance where id = any($1::uuid[])`, [...new Set(taken.map((timer) => timer.instanceId))]);
    const rootOf = new Map(roots.map((row) => [row.id, row.rootId]));
    return taken.map((timer) => ({ id: timer.id, rootId: rootOf.get(timer.instanceId) ?? timer.instanceId, dueAt: timer.dueAt }));
  });
}
