// How every action runs: one transaction, the audit in it, the answer kept under its Idempotency-Key; and after the commit
// what it has to tell other call trees, each in a transaction of its own. What fails there stays in the outbox.
import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import { transact, type Actor, type System, type Tx } from '../base/db.js';
import { errorFacts } from '../base/error-facts.js';
import { findAnswer, hashRequest, storeAnswer } from '../base/idempotency.js';
import { settleOutbox } from '../base/outbox.js';
import { Problem, type ProblemCode } from '../base/problem.js';
import type { ActionName } from '../domain/authorize.js';
import { HandlerFailed, StepFailed } from '../engine/failure.js';
import { leftBy, type Effect } from '../engine/finish.js';
import { openIncident, type IncidentKind } from '../engine/incidents.js';
import { deliverMessage, deliverSignal } from '../engine/messages.js';
import { attendCase } from './attend-case.js';
import { steerProcesses } from './steer-processes.js';

/** What comes with every request. */
export interface Ask {
  idempotencyKey?: string | null | undefined;
  requestId?: string | null | undefined;
}

/** What the work of an action may need and hand back besides its answer. */
export interface Doing {
  /** Handlers that failed before in this action: left to the workers. */
  deferred: ReadonlySet<string>;
  /** Notes what has to be delivered after the commit. */
  after(effects: readonly Effect[]): void;
}

export interface Done<T> {
  answer: T;
  /** Why it was allowed. */
  basis: string;
  resourceId?: string | null;
  /** A code for the audit; never what somebody typed (that stands with the thing itself). */
  reason?: string | null;
  /** Names of what was changed; never values. */
  fields?: readonly string[];
}

export interface Deed<T> {
  action: ActionName;
  resource: { type: string; id: string | null };
  ask: Ask;
  /** Everything that makes this request the one it is; compared under the same Idempotency-Key. */
  request?: unknown;
  /** For what takes longer than other actions may. */
  timeoutMs?: number;
  work(tx: Tx, doing: Doing): Promise<Done<T>>;
}

/** The answer of a request that was carried out before. Rolls back what the repetition did. */
class AnsweredBefore extends Error {}

const mostDeferrals = 20;
/** Deliveries that may follow from one action before the rest is left to the relay. */
const mostDeliveries = 100;
export const engineActor: System = { kind: 'system', name: 'engine' };

/** Refusals that tell something of what the person may not see: that it is there, or that it is not. */
const audited: ReadonlySet<ProblemCode> = new Set(['not_found', 'forbidden', 'possible_duplicates']);

/**
 * Carries out an action.
 * @throws Problem (also step_failed, with `incidentId`), Outage; StepFailed only when a system acts
 */
export async function act<T>(app: App, actor: Actor, deed: Deed<T>): Promise<T> {
  const effects: Effect[] = [];
  let done: { answer: T; replayed: boolean };
  try {
    done = await perform(app, actor, deed, effects);
  } catch (error) {
    if (error instanceof StepFailed && actor.kind === 'person') throw await stepProblem(app, error);
    if (error instanceof Problem && actor.kind === 'person' && audited.has(error.code)) await auditRefusal(app, actor, deed, error);
    throw error;
  }
  if (!done.replayed) {
    await carryOut(app, effects);
    app.committed();
  }
  return done.answer;
}

async function perform<T>(app: App, actor: Actor, deed: Deed<T>, effects: Effect[]): Promise<{ answer: T; replayed: boolean }> {
  const key = actor.kind === 'person' ? (deed.ask.idempotencyKey ?? null) : null;
  const hash = key === null ? '' : hashRequest(`${deed.action} ${deed.resource.id ?? ''}`, deed.request ?? null);
  const replay = async (): Promise<{ answer: T; replayed: boolean } | null> => {
    if (key === null || actor.kind !== 'person') return null;
    const found = await transact(app.db, actor, (tx) => findAnswer(tx, actor.userId, key, hash), deed.ask.requestId ?? null);
    return found ? { answer: found.body as T, replayed: true } : null;
  };
  try {
    const answer = await withDeferral(app, (deferred) =>
      transact(app.db, actor, async (tx) => {
        effects.length = 0;
        const done = await deed.work(tx, { deferred, after: (more) => void effects.push(...more) });
        effects.push(...leftBy(tx));
        await audit(tx, { action: deed.action, resourceType: deed.resource.type, resourceId: done.resourceId ?? deed.resource.id, basis: done.basis, outcome: 'done', reason: done.reason ?? null, fields: done.fields ?? [] });
        if (key !== null && actor.kind === 'person' && !(await storeAnswer(tx, actor.userId, key, hash, done.answer))) throw new AnsweredBefore();
        return done.answer;
      }, deed.ask.requestId ?? null, deed.timeoutMs),
    );
    return { answer, replayed: false };
  } catch (error) {
    // The first request with this key may be what stands in the way: then its answer is ours too.
    if (error instanceof Problem || error instanceof AnsweredBefore) {
      const found = await replay();
      if (found) return found;
    }
    throw error;
  }
}

/** Runs again with each handler that failed inside left to the workers: a person's work is not lost to it. */
async function withDeferral<T>(app: App, run: (deferred: ReadonlySet<string>) => Promise<T>): Promise<T> {
  const deferred = new Set<string>();
  for (;;) {
    try {
      return await run(deferred);
    } catch (error) {
      if (!(error instanceof HandlerFailed) || deferred.has(error.handler) || deferred.size >= mostDeferrals) throw error;
      app.log.warn({ handler: error.handler, ...errorFacts(error.cause) }, 'handler failed inside a step; left to the workers');
      deferred.add(error.handler);
    }
  }
}

async function stepProblem(app: App, failed: StepFailed): Promise<Problem> {
  const incidentId = failed.instanceId === null ? null : await recordFailure(app, failed, { kind: 'step' });
  return new Problem('step_failed', { cause: failed, extra: { incidentId, code: failed.code, elementId: failed.elementId } });
}

/** Opens an incident for a failed step, in a transaction of its own (the step's was rolled back). */
export async function recordFailure(app: App, failed: StepFailed, of: { kind: IncidentKind; executionId?: string | null; jobId?: string | null; timerId?: string | null }): Promise<string | null> {
  const { instanceId } = failed;
  if (instanceId === null) return null;
  return transact(app.db, engineActor, (tx) => openIncident(tx, { instanceId, code: failed.code, detail: failed.message, elementId: failed.elementId, ...of }));
}

async function auditRefusal(app: App, actor: Actor, deed: Pick<Deed<unknown>, 'action' | 'resource' | 'ask'>, problem: Problem): Promise<void> {
  await transact(app.db, actor, (tx) => audit(tx, { action: deed.action, resourceType: deed.resource.type, resourceId: deed.resource.id, basis: null, outcome: 'refused', reason: problem.code }), deed.ask.requestId ?? null);
}

/**
 * Delivers messages and signals to other call trees, and what follows from that. Never throws: what cannot be delivered
 * now stays in the outbox for the relay, or has become an incident.
 */
export async function carryOut(app: App, effects: readonly Effect[]): Promise<void> {
  const queue = effects.toSorted((a, b) => Number(a.outboxId - b.outboxId));
  for (let count = 0; queue.length > 0 && count < mostDeliveries; count += 1) {
    const effect = queue.shift()!;
    try {
      queue.push(...(await deliver(app, effect)));
    } catch (error) {
      app.log.warn({ outboxId: String(effect.outboxId), kind: effect.kind, ...errorFacts(error) }, 'left to the relay');
    }
  }
}

/**
 * One delivery in one transaction. A step that fails by it becomes an incident of the instance, which keeps its state.
 * @returns what follows from it
 */
export async function deliver(app: App, effect: Pick<Effect, 'kind' | 'id'> & { outboxId: bigint | null }): Promise<readonly Effect[]> {
  if (effect.kind === 'processes.steer') return effect.outboxId === null ? [] : steerProcesses(app, effect.outboxId);
  if (effect.kind === 'case.attend') return effect.outboxId === null ? [] : attendCase(app, effect.outboxId);
  const run = effect.kind === 'message.deliver' ? deliverMessage : deliverSignal;
  const settle = async (tx: Tx): Promise<void> => settleOutbox(tx, effect.outboxId === null ? [] : [effect.outboxId]);
  try {
    return await withDeferral(app, (deferred) =>
      transact(app.db, engineActor, async (tx) => {
        const advanced = await run(tx, app.engine, effect.id, deferred);
        if (advanced) await audit(tx, { action: effect.kind, resourceType: 'instance', resourceId: advanced.instanceId, basis: 'system:engine', outcome: 'done' });
        await settle(tx);
        return [...(advanced?.effects ?? []), ...leftBy(tx)];
      }),
    );
  } catch (error) {
    if (!(error instanceof StepFailed) || error.instanceId === null) throw error;
    const { instanceId } = error;
    await transact(app.db, engineActor, async (tx) => {
      await openIncident(tx, { instanceId, kind: effect.kind === 'message.deliver' ? 'message' : 'signal', code: error.code, detail: error.message, elementId: error.elementId, executionId: effect.id });
      await settle(tx);
    });
    return [];
  }
}
