import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import { transact, type System, type Tx } from '../base/db.js';
import { reach } from '../base/fault-points.js';
import { settleOutbox } from '../base/outbox.js';
import { attempt } from '../base/savepoint.js';
import { HandlerFailed, StepFailed } from '../engine/failure.js';
import { leaveUnattended, leftBy, type Effect } from '../engine/finish.js';
import { openIncident } from '../engine/incidents.js';
import { keyOfOrder, leaveOut, nextTree, oldestOrder, steerTree, takeTurn, type Order } from '../engine/steering.js';

const engineActor: System = { kind: 'system', name: 'engine' };
const actions = { hold: 'instance.suspend', resume: 'instance.resume', stop: 'instance.cancel', close: 'task.close' } as const;
const mostDeferrals = 20;

/**
 * Carries out what a process has ordered of the others of its case, one call tree in one transaction, after all that was ordered
 * before it. Killed at any point it goes on where it was; done twice it changes nothing.
 * @returns what follows from it (messages that waited for what goes on again)
 * @throws Outage when the database is away
 */
export async function steerProcesses(app: App, outboxId: bigint): Promise<Effect[]> {
  reach('beforeOrder', app.env);
  const effects: Effect[] = [];
  const deferred = new Set<string>();
  for (;;) {
    const more = await transact(app.db, engineActor, (tx) => steerOnce(app, tx, outboxId, deferred)).catch((error: unknown) => leaveToWorkers(error, deferred));
    if (more === null) return effects;
    effects.push(...more);
    reach('amidOrder', app.env);
  }
}

/** Once more, with the handler that failed left to the workers. */
function leaveToWorkers(error: unknown, deferred: Set<string>): Effect[] {
  if (!(error instanceof HandlerFailed) || deferred.has(error.handler) || deferred.size >= mostDeferrals) throw error;
  deferred.add(error.handler);
  return [];
}

/** One tree, or the end of one order. null: this order has been carried out. */
async function steerOnce(app: App, tx: Tx, outboxId: bigint, deferred: ReadonlySet<string>): Promise<Effect[] | null> {
  const businessKey = await keyOfOrder(tx, outboxId);
  if (businessKey === null) return null;
  await takeTurn(tx, businessKey);
  const order = await oldestOrder(tx, businessKey);
  if (!order || order.outboxId > outboxId) return null;
  const { effects } = await carryOutNext(app, tx, order, deferred);
  return [...effects, ...leftBy(tx)];
}

/**
 * Carries an order out on one more tree; where there is none, it is over. The turn of its case has been taken. A closed task that led
 * into a step that cannot work: that tree is as it was, a person is asked, and the order goes on with the others.
 * @returns what is to be delivered
 */
export async function carryOutNext(app: App, tx: Tx, order: Order, deferred: ReadonlySet<string>): Promise<{ over: boolean; effects: Effect[] }> {
  const rootId = await nextTree(tx, order);
  if (rootId === null) {
    await settleOutbox(tx, [order.outboxId]);
    await leaveUnattended(tx, app.engine, [order.businessKey]);
    return { over: true, effects: [] };
  }
  try {
    const effects = await attempt(tx, () => steerTree(tx, app.engine, order, rootId, deferred));
    await audit(tx, { action: actions[order.do], resourceType: 'instance', resourceId: rootId, basis: 'system:engine', outcome: 'done', reason: order.reason });
    return { over: false, effects };
  } catch (error) {
    if (!(error instanceof StepFailed) || error.instanceId === null) throw error;
    await openIncident(tx, { instanceId: error.instanceId, kind: 'step', code: error.code, detail: error.message, elementId: error.elementId });
    await leaveOut(tx, order, rootId);
    return { over: false, effects: [] };
  }
}
