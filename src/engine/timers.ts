// Timers that move a process (kind `bpmn`). Reminders and escalations are given by actions/fire-reminder.
import type { Tx } from '../base/db.js';
import { prefixedInstanceColumns, takeInstance, type InstanceRow } from './instances.js';

export interface TimerRow {
  id: string;
  kind: 'bpmn' | 'reminder' | 'escalation' | 'domain';
  instanceId: string;
  executionId: string;
  elementId: string | null;
  dueAt: Date;
  status: 'pending' | 'fired' | 'cancelled';
  attempts: number;
}

export interface DueTimer {
  id: string;
  instanceId: string;
  dueAt: Date;
}

/**
 * Locks the call tree, the instance and the timer, and reads them as they are after the wait for the locks.
 * @returns null when there is no such timer
 */
export async function lockTimer(tx: Tx, timerId: string): Promise<{ timer: TimerRow; instance: InstanceRow } | null> {
  const [row] = await tx.db.$queryRawUnsafe<(TimerRow & Record<string, unknown>)[]>(
    `select t.id, t.kind, t.instance_id as "instanceId", t.execution_id as "executionId", t.element_id as "elementId", t.due_at as "dueAt", t.status, t.attempts,
       ${prefixedInstanceColumns}
     from timer t join process_instance i on i.id = t.instance_id join process_instance r on r.id = i.root_id where t.id = $1::uuid for update of r, i, t`,
    timerId,
  );
  if (!row) return null;
  const instance = takeInstance(row);
  return { timer: row, instance };
}

/**
 * Takes the timers that are due, the oldest first, for `leaseMs`: whoever took them and is killed loses them to the next.
 * Timers of suspended instances wait, and those drawn on a task whose clock stands. The rows are not locked afterwards.
 */
export async function claimDueTimers(tx: Tx, options: { limit: number; leaseMs: number }): Promise<DueTimer[]> {
  return tx.db.$queryRawUnsafe<DueTimer[]>(
    `with due as materialized (
       select t.id from timer t where t.status = 'pending' and t.kind = 'bpmn' and not t.paused and t.due_at <= $1::timestamptz
         and (t.claimed_until is null or t.claimed_until <= $1::timestamptz)
         and exists (select 1 from process_instance i where i.id = t.instance_id and i.status = 'active')
       order by t.due_at, t.id limit $2 for update of t skip locked),
     taken as (update timer t set claimed_until = $3::timestamptz from due where t.id = due.id returning t.id, t.instance_id as "instanceId", t.due_at as "dueAt")
     select * from taken order by "dueAt", id`,
    tx.now,
    options.limit,
    new Date(tx.now.getTime() + options.leaseMs),
  );
}

/** A timer that cannot fire and about which a person is asked: nobody takes it meanwhile. */
export const parkedUntil = new Date('9999-12-31T00:00:00Z');

/** Counts a failed attempt and lets the timer rest until `until`. */
export async function restTimer(tx: Tx, timerId: string, until: Date, error: string): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `update timer set attempts = attempts + 1, claimed_until = $2::timestamptz, last_error = $3 where id = $1::uuid and status = 'pending'`,
    timerId,
    until,
    error,
  );
}

/** Lets a parked timer be taken again, with all its attempts. */
export async function wakeTimer(tx: Tx, timerId: string): Promise<void> {
  await tx.db.$executeRawUnsafe(`update timer set attempts = 0, claimed_until = null where id = $1::uuid and status = 'pending'`, timerId);
}

/** A person decided that this timer shall never fire; what it is attached to goes on without it. */
export async function skipTimer(tx: Tx, timerId: string): Promise<void> {
  await tx.db.$executeRawUnsafe(`update timer set status = 'cancelled', rule = 'skipped', claimed_until = null where id = $1::uuid and status = 'pending'`, timerId);
}

/** How long to rest after the `attempts`-th failure: 10 s, 40 s, 90 s … at most an hour. */
export const restMs = (attempts: number): number => Math.min(10_000 * attempts * attempts, 3_600_000);
