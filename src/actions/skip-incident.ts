import type { App } from '../app.js';
import type { Actor, Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { advance } from '../engine/advance.js';
import { resolveIncident } from '../engine/incidents.js';
import { lockJob } from '../engine/jobs.js';
import { dropMessage } from '../engine/messages.js';
import { lockTimer, skipTimer } from '../engine/timers.js';
import { onIncident, type IncidentInput } from './on-incident.js';
import { mustHaveReason } from './reason.js';

export interface SkipInput extends IncidentInput {
  reason: string;
}

/**
 * Goes on without what an incident is about, with the reason: a job counts as done without output, a boundary timer never
 * fires, a message or signal is dropped. What a person tried (kind `step`) is only closed.
 * @throws Problem not_found, forbidden, incident_closed, instance_not_active, step_failed; invalid without a reason, and for
 *   a timer that is itself what the process waits for
 */
export async function skipIncident(app: App, actor: Actor, input: SkipInput): Promise<{ id: string; resolution: 'skipped' }> {
  mustHaveReason(input.reason);
  return onIncident(app, actor, 'incident.skip', input, { reason: input.reason }, async ({ tx, incident, instance, doing }) => {
    await resolveIncident(tx, incident, 'skipped', input.reason);
    if (incident.timerId !== null) await skip(app, tx, incident.timerId);
    if (incident.kind === 'message' || incident.kind === 'signal') await dropMessage(tx, incident.executionId!);
    const found = incident.jobId === null ? null : await lockJob(tx, incident.jobId);
    if (found && (found.job.status === 'failed' || found.job.status === 'ready')) {
      const { executionId, handler } = found.job;
      const advanced = await advance(tx, app.engine, instance, { kind: 'complete', executionId }, { type: 'job_skipped', data: { handler, incidentId: incident.id } }, doing.deferred);
      doing.after(advanced.effects);
    }
    return { answer: { id: incident.id, resolution: 'skipped' as const } };
  });
}

async function skip(app: App, tx: Tx, timerId: string): Promise<void> {
  const found = await lockTimer(tx, timerId);
  if (!found || found.timer.status !== 'pending') return;
  const { compiled } = await app.definitions.byId(tx, found.instance.definitionId);
  const attachedToId = compiled.elements.get(found.timer.elementId ?? '')?.attachedToId ?? null;
  // without it nothing would be left that moves the instance on
  if (attachedToId === null) throw new Problem('invalid', { detail: 'この待ち時間はとばせません。変数を直して再実行するか、手続きを取り消してください。' });
  await skipTimer(tx, timerId);
}
