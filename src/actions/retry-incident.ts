import type { App } from '../app.js';
import type { Actor } from '../base/db.js';
import { enqueue, type OutboxEntry } from '../base/outbox.js';
import { resolveIncident, type IncidentRow } from '../engine/incidents.js';
import { wakeJob } from '../engine/jobs.js';
import { wakeTimer } from '../engine/timers.js';
import type { Effect } from '../engine/finish.js';
import { onIncident, type IncidentInput } from './on-incident.js';

/**
 * Tries again what an incident is about: the job with all its attempts, the timer, the message. What a person tried (kind
 * `step`) is only closed: they try it again themselves.
 * @throws Problem not_found, forbidden, incident_closed, instance_not_active
 */
export async function retryIncident(app: App, actor: Actor, input: IncidentInput): Promise<{ id: string; resolution: 'retried' }> {
  return onIncident(app, actor, 'incident.retry', input, {}, async ({ tx, incident, doing }) => {
    if (incident.jobId !== null) await wakeJob(tx, incident.jobId);
    if (incident.timerId !== null) await wakeTimer(tx, incident.timerId);
    await resolveIncident(tx, incident, 'retried', null);
    const entry = entryFor(incident);
    if (entry) {
      const [outboxId] = await enqueue(tx, [entry]);
      if (entry.kind === 'message.deliver' || entry.kind === 'signal.deliver') doing.after([{ outboxId: outboxId!, kind: entry.kind, id: incident.executionId! } satisfies Effect]);
    }
    return { answer: { id: incident.id, resolution: 'retried' as const } };
  });
}

/** For a message or a signal, `executionId` is its own id. */
function entryFor(incident: IncidentRow): OutboxEntry | null {
  const { kind, jobId, executionId, instanceId } = incident;
  if (kind === 'job') return { kind: 'job.run', payload: { jobId } };
  if (kind === 'timer') return { kind: 'timer.nudge', payload: {} };
  if (kind === 'message') return { kind: 'message.deliver', payload: { messageId: executionId } };
  if (kind === 'signal') return { kind: 'signal.deliver', payload: { signalId: executionId, instanceId } };
  return null;
}
