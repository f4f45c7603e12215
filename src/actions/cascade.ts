// What a record sets off at once in the other processes of its case, in the transaction in which it is filed: a consent that is taken
// back is not only written down, the steps that rest on it are closed with it (casework.md §3.4: in one transaction).
//
// Other processes are other locks. So all of them are taken before the case, in the order of base/db.
import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import { asOutage, isRetryable, type Tx } from '../base/db.js';
import { errorFacts } from '../base/error-facts.js';
import { reach } from '../base/fault-points.js';
import { settleOutbox } from '../base/outbox.js';
import { Outage } from '../base/problem.js';
import { attempt } from '../base/savepoint.js';
import { lockCase } from '../domain/cases.js';
import { lockTreesOf, treesOf } from '../engine/clocks.js';
import { HandlerFailed, StepFailed } from '../engine/failure.js';
import type { Effect } from '../engine/finish.js';
import { openIncident } from '../engine/incidents.js';
import { deliverMessage } from '../engine/messages.js';
import { oldestOrder, takeTurn, type Order } from '../engine/steering.js';
import { carryOutNext } from './steer-processes.js';

/** A process that began between two looks at the case is looked at again; so many in a row are a sign of something else. */
const mostLooks = 20;

class Changed extends Error {}

/**
 * Locks the turn of the case's orders, everything that runs for the case, and the case itself, in that order.
 * @throws Error when ever more begins meanwhile
 */
export async function lockWithProcesses(tx: Tx, about: { caseId: string; caseNo: string }): Promise<void> {
  await takeTurn(tx, about.caseNo);
  for (let look = 1; look <= mostLooks; look += 1) {
    try {
      return await attempt(tx, () => lockOnce(tx, about));
    } catch (error) {
      if (!(error instanceof Changed)) throw error;
    }
  }
  throw new Error(`ever more begins for case ${about.caseId}`);
}

/** Nothing begins for a locked case. What began between the two locks is no longer left out: then all are let go and taken anew. */
async function lockOnce(tx: Tx, { caseId, caseNo }: { caseId: string; caseNo: string }): Promise<void> {
  const locked = new Set(await lockTreesOf(tx, caseNo));
  await lockCase(tx, caseId);
  if ((await treesOf(tx, caseNo)).some((id) => !locked.has(id))) throw new Changed();
}

/** What a record told, and what came of it. */
export interface Following {
  caseNo: string;
  effects: readonly Effect[];
  deferred: ReadonlySet<string>;
}

/**
 * Carries out in this transaction what was told to processes of this case and what they have ordered, in the order in which it was
 * left; older orders first. `lockWithProcesses` has gone before. Where a step cannot work the record stands all the same: a
 * person is asked, or the rest stays in the outbox for the relay.
 * @returns what is to be delivered after the commit
 * @throws Outage, HandlerFailed
 */
export async function carryOutWithin(app: App, tx: Tx, { caseNo, effects, deferred }: Following): Promise<Effect[]> {
  const ours = effects.filter(({ kind }) => kind === 'message.deliver');
  const rest = effects.filter(({ kind }) => kind !== 'message.deliver');
  const done = new Set<bigint>();
  try {
    for (;;) {
      const order = await oldestOrder(tx, caseNo);
      const [next] = ours;
      if (next && (!order || next.outboxId < order.outboxId)) rest.push(...(await tell(app, tx, ours.shift()!, caseNo, deferred)));
      else if (order) rest.push(...(await steer(app, tx, order, deferred, done)));
      else break;
      reach('withinCascade', app.env);
    }
  } catch (error) {
    if (error instanceof HandlerFailed || isRetryable(error) || asOutage(error) instanceof Outage) throw error;
    app.log.warn({ caseNo, ...errorFacts(error) }, 'left to the relay');
  }
  tx.left.splice(0, tx.left.length, ...tx.left.filter(({ id }) => !done.has(id)));
  return [...rest, ...ours];
}

/** One tree of an order, or its end. */
async function steer(app: App, tx: Tx, order: Order, deferred: ReadonlySet<string>, done: Set<bigint>): Promise<Effect[]> {
  const more = await carryOutNext(app, tx, order, deferred);
  if (more.over) done.add(order.outboxId);
  return more.effects;
}

/** A message for a catch of this case; for one elsewhere it stays in the outbox. */
async function tell(app: App, tx: Tx, effect: Effect, caseNo: string, deferred: ReadonlySet<string>): Promise<Effect[]> {
  try {
    const advanced = await attempt(tx, () => deliverMessage(tx, app.engine, effect.id, deferred, caseNo));
    if (!advanced) return [effect];
    await audit(tx, { action: 'message.deliver', resourceType: 'instance', resourceId: advanced.instanceId, basis: 'system:engine', outcome: 'done' });
    await settleOutbox(tx, [effect.outboxId]);
    return advanced.effects;
  } catch (error) {
    if (!(error instanceof StepFailed) || error.instanceId === null) throw error;
    await openIncident(tx, { instanceId: error.instanceId, kind: 'message', code: error.code, detail: error.message, elementId: error.elementId, executionId: effect.id });
    await settleOutbox(tx, [effect.outboxId]);
    return [];
  }
}
