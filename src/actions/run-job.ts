import type { App } from '../app.js';
import { transact, type Actor } from '../base/db.js';
import { errorFacts, errorLine } from '../base/error-facts.js';
import { Outage } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { advance } from '../engine/advance.js';
import { HandlerFailed, StepFailed } from '../engine/failure.js';
import { openIncident } from '../engine/incidents.js';
import { failAttempt, lockJob, takeJob, type JobRow } from '../engine/jobs.js';
import type { Action, Variables } from '../engine/model.js';
import { restMs } from '../engine/timers.js';
import { BadInput, BpmnError } from '../handlers/handler.js';
import { act } from './act.js';

export interface RanJob {
  /** idle: nothing to do (done, called off, held by another worker, or its time has not come). */
  outcome: 'done' | 'idle' | 'retry' | 'failed';
}

/** A handler that takes longer may be started a second time elsewhere. */
const leaseMs = 5 * 60_000;

type Outcome = { variables: Variables } | { bpmnError: string; message: string };

/**
 * Runs the handler of a job and takes its result into the instance. A handler that throws is tried again, three times in
 * all; then the job stands as failed with an incident until a person retries or skips it. Doing it again changes nothing.
 * @throws Outage when the database is away
 */
export async function runJob(app: App, actor: Actor, input: { jobId: string }): Promise<RanJob> {
  authorize(actor, 'job.run');
  const job = await transact(app.db, actor, (tx) => takeJob(tx, input.jobId, leaseMs));
  if (!job) return { outcome: 'idle' };
  const handler = app.handlers.get(job.handler);
  if (!handler) return keepFailure(app, actor, job, new Error(`no handler ${job.handler}`), 'handler_unknown');
  try {
    // an inside handler works in the transaction of the step, an outside one before it
    const outcome = handler.kind === 'outside' ? await runOutside(app, job) : null;
    return await finishJob(app, actor, job, outcome);
  } catch (error) {
    if (error instanceof Outage) throw error;
    app.log.warn({ jobId: job.id, handler: job.handler, ...errorFacts(error instanceof HandlerFailed ? error.cause : error) }, 'job failed');
    return keepFailure(app, actor, job, error instanceof HandlerFailed ? error.cause : error, error instanceof StepFailed ? error.code : 'handler');
  }
}

async function runOutside(app: App, job: JobRow & { businessKey: string | null }): Promise<Outcome> {
  const handler = app.handlers.get(job.handler);
  if (handler?.kind !== 'outside') throw new Error(`${job.handler} is not a handler of kind outside`);
  try {
    return { variables: await handler.run({ ...contextOf(job), calendar: app.calendar, now: app.clock.now() }) };
  } catch (error) {
    if (error instanceof BpmnError) return { bpmnError: error.code, message: error.message };
    throw error;
  }
}

const contextOf = (job: JobRow & { businessKey: string | null }) => ({
  instanceId: job.instanceId,
  businessKey: job.businessKey,
  elementId: job.elementId,
  jobId: `${job.instanceId}:${job.executionId}`, // as it was for a first attempt inside a step, before there was a row
  input: job.input,
});

async function finishJob(app: App, actor: Actor, job: JobRow & { businessKey: string | null }, outside: Outcome | null): Promise<RanJob> {
  return act<RanJob>(app, actor, {
    action: 'job.run',
    resource: { type: 'job', id: job.id },
    ask: {},
    async work(tx, doing) {
      const found = await lockJob(tx, job.id);
      if (!found || found.job.status !== 'ready' || found.instance.status !== 'active') return { answer: { outcome: 'idle' }, basis: 'system' };
      const outcome = outside ?? (await app.engine.jobs.runInside(tx, job.handler, contextOf(job)));
      const { executionId, handler } = job;
      const action: Action = 'variables' in outcome ? { kind: 'complete', executionId, variables: outcome.variables } : { kind: 'fail', executionId, code: outcome.bpmnError, ...(outcome.message === undefined ? {} : { message: outcome.message }) };
      const cause = 'variables' in outcome ? { type: 'job_done', data: { handler } } : { type: 'job_failed', data: { handler, error: outcome.bpmnError } };
      const advanced = await advance(tx, app.engine, found.instance, action, cause, doing.deferred);
      doing.after(advanced.effects);
      return { answer: { outcome: 'done' }, basis: 'system' };
    },
  });
}

async function keepFailure(app: App, actor: Actor, job: JobRow, error: unknown, code: string): Promise<RanJob> {
  return transact(app.db, actor, async (tx) => {
    const found = await lockJob(tx, job.id);
    if (!found || found.job.status !== 'ready') return { outcome: 'idle' };
    const attempt = 4 - found.job.retriesLeft;
    // a handler that is not there, and a step that cannot work, will not be better in a minute
    const hopeless = code === 'handler_unknown' || error instanceof StepFailed;
    const state = hopeless ? { ...found.job, retriesLeft: 1 } : found.job;
    const left = await failAttempt(tx, state, new Date(tx.now.getTime() + restMs(attempt)), errorLine(error));
    if (left > 0) return { outcome: 'retry' };
    const isOurs = error instanceof StepFailed || code === 'handler_unknown';
    const detail = isOurs ? (error as Error).message : error instanceof BadInput ? `${job.handler}: ${error.message}` : `${job.handler}: ${errorLine(error)}`;
    const elementId = error instanceof StepFailed ? (error.elementId ?? job.elementId) : job.elementId;
    await openIncident(tx, { instanceId: job.instanceId, kind: 'job', code, detail, elementId, executionId: job.executionId, jobId: job.id });
    return { outcome: 'failed' };
  });
}
