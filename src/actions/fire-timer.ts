import type { App } from '../app.js';
import { transact, type Actor, type Tx } from '../base/db.js';
import { errorLine } from '../base/error-facts.js';
import { Outage } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { advance } from '../engine/advance.js';
import { restsWithTask } from '../engine/clocks.js';
import { StepFailed } from '../engine/failure.js';
import { openIncident } from '../engine/incidents.js';
import { lockTimer, parkedUntil, restMs, restTimer, type TimerRow } from '../engine/timers.js';
import { act, engineActor, type Done, type Doing } from './act.js';

/** So many failures, and a person is asked. */
const mostAttempts = 5;

export interface FiredTimer {
  /** idle: nothing to do (it has fired, was called off, is not due, or its instance does not run). */
  outcome: 'fired' | 'idle' | 'resting' | 'parked';
  /** An older timer of the same call tree went first: ask again for this one. */
  again: boolean;
}

/**
 * Fires a due timer that moves a process, in one transaction with all that follows. Timers of one call tree fire in due
 * order: where an older one is due, that one is fired instead. Doing it again changes nothing. What fails rests and is
 * tried again; a step that cannot work, or the last attempt, makes an incident, and the timer waits for a person.
 * @throws Outage when the database is away
 */
export async function fireTimer(app: App, actor: Actor, input: { timerId: string }): Promise<FiredTimer> {
  const { timerId } = input;
  const basis = authorize(actor, 'timer.fire');
  let chosen: TimerRow | null = null;
  const work = async (tx: Tx, doing: Doing): Promise<Done<FiredTimer>> => {
    const found = await lockOldest(tx, timerId);
    chosen = found?.timer ?? null;
    if (!found || found.instance.status !== 'active') {
      if (found) await tx.db.timer.updateMany({ where: { id: found.timer.id, status: 'pending' }, data: { claimedUntil: null } });
      return { answer: { outcome: 'idle', again: false }, basis, reason: 'idle' };
    }
    const { timer, instance } = found;
    if (await restsWithTask(tx, app.engine, timer, instance.definitionId)) return { answer: { outcome: 'idle', again: timer.id !== timerId }, basis, resourceId: timer.id, reason: 'paused' };
    const advanced = await advance(tx, app.engine, instance, { kind: 'fire', executionId: timer.executionId }, { type: 'timer_fired', data: { timerId: timer.id, dueAt: timer.dueAt.toISOString() } }, doing.deferred);
    doing.after(advanced.effects);
    return { answer: { outcome: 'fired', again: timer.id !== timerId }, basis, resourceId: timer.id };
  };
  try {
    return await act(app, actor, { action: 'timer.fire', resource: { type: 'timer', id: timerId }, ask: {}, work });
  } catch (error) {
    const failed = chosen as TimerRow | null;
    if (error instanceof Outage || !failed) throw error;
    const outcome = await keepFailure(app, failed, error);
    return { outcome, again: failed.id !== timerId };
  }
}

/** The oldest due timer of the tree of `timerId` that is not resting after a failure; locked. null: nothing to do. */
async function lockOldest(tx: Tx, timerId: string): Promise<Awaited<ReturnType<typeof lockTimer>>> {
  const asked = await lockTimer(tx, timerId);
  if (!asked || asked.timer.kind !== 'bpmn' || asked.timer.status !== 'pending' || asked.timer.dueAt > tx.now) return null;
  const [oldest] = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select t.id from timer t join process_instance i on i.id = t.instance_id
     where i.root_id = $1::uuid and i.status = 'active' and t.kind = 'bpmn' and t.status = 'pending' and not t.paused and t.due_at <= $2::timestamptz
       and (t.attempts = 0 or t.claimed_until is null or t.claimed_until <= $2::timestamptz or t.id = $3::uuid)
     order by t.due_at, t.id limit 1`,
    asked.instance.rootId,
    tx.now,
    timerId,
  );
  return !oldest || oldest.id === timerId ? asked : lockTimer(tx, oldest.id);
}

async function keepFailure(app: App, timer: TimerRow, error: unknown): Promise<'resting' | 'parked' | 'idle'> {
  return transact(app.db, engineActor, async (tx) => {
    const now = await lockTimer(tx, timer.id);
    if (!now || now.timer.status !== 'pending') return 'idle';
    const attempts = now.timer.attempts + 1;
    // a step depends on nothing but the instance and the clock: what cannot work now will not work in a minute
    const parked = error instanceof StepFailed || attempts >= mostAttempts;
    await restTimer(tx, timer.id, parked ? parkedUntil : new Date(tx.now.getTime() + restMs(attempts)), errorLine(error));
    if (!parked) return 'resting';
    const failed = error instanceof StepFailed ? error : null;
    await openIncident(tx, {
      instanceId: timer.instanceId,
      kind: 'timer',
      code: failed?.code ?? 'timer',
      detail: failed?.message ?? errorLine(error),
      elementId: failed?.elementId ?? timer.elementId,
      executionId: timer.executionId,
      timerId: timer.id,
    });
    return 'parked';
  });
}
