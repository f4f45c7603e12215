import type { App } from '../app.js';
import type { Actor } from '../base/db.js';
import { advance } from '../engine/advance.js';
import { resolveIncident } from '../engine/incidents.js';
import { lockJob } from '../engine/jobs.js';
import { dropMessage } from '../engine/messages.js';
import { skipTimer } from '../engine/timers.js';
import { onIncident, type IncidentInput } from './on-incident.js';
import { mustHaveReason } from './reason.js';

export interface SkipInput extends IncidentInput {
  reason: string;
}

/**
 * Goes on without what an incident is about, with the reason: a job counts as done without output, a timer never fires, a
 * message or signal is dropped. What a person tried (kind `step`) is only closed.
 * @throws Problem not_found, forbidden, incident_closed, instance_not_active, invalid (no reason), step_failed
 */
export async function skipIncident(app: App, actor: Actor, input: SkipInput): Promise<{ id: string; resolution: 'skipped' }> {
  mustHaveReason(input.reason);
  return onIncident(app, actor, 'incident.skip', input, { reason: input.reason }, async ({ tx, incident, instance, doing }) => {
    await resolveIncident(tx, incident, 'skipped', input.reason);
    if (incident.timerId !== null) await skipTimer(tx, incident.timerId);
    if (incident.kind === 'message' || incident.kind === 'signal') await dropMessage(tx, incident.executionId!);
    const found = incident.jobId === null ? null : await lockJob(tx, incident.jobId);
    if (found && (found.job.status === 'failed' || found.job.status === 'ready')) {
      const { executionId, handler } = found.job;
      const advanced = await advance(tx, app.engine, instance, { kind: 'complete', executionId }, { type: 'job_skipped', data: { handler, incidentId: incident.id } }, doing.deferred);
      doing.after(advanced.effects);
    }
    return { answer: { id: incident.id, resolution: 'skipped' as const }, reason: input.reason };
  });
}
