import { audit } from '../base/audit.js';
import { transact, type Actor, type Db } from '../base/db.js';
import { restMs, restTimer } from '../engine/timers.js';
import { openIncident } from '../engine/incidents.js';
import { mostNoticeAttempts } from './claim-due-timers.js';

/**
 * A reminder or escalation could not be given: it rests and is tried again; after the last attempt it stays as it is,
 * with an incident that tells somebody to look. It is never lost.
 */
export async function restReminder(app: { db: Db }, actor: Actor, input: { timerId: string; error: string }): Promise<'resting' | 'parked' | 'gone'> {
  return transact(app.db, actor, async (tx) => {
    const timer = await tx.db.timer.findFirst({ where: { id: input.timerId, status: 'pending' } });
    if (!timer) return 'gone';
    const attempts = timer.attempts + 1;
    await restTimer(tx, timer.id, new Date(tx.now.getTime() + restMs(attempts)), input.error);
    if (attempts < mostNoticeAttempts || timer.instanceId === null) return 'resting';
    await openIncident(tx, { instanceId: timer.instanceId, kind: 'timer', code: 'reminder', detail: input.error, elementId: timer.elementId, timerId: timer.id });
    await audit(tx, { action: 'timer.park', resourceType: 'timer', resourceId: timer.id, basis: 'system', outcome: 'refused', reason: input.error });
    return 'parked';
  });
}
