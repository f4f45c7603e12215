import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import { transact, type System, type Tx } from '../base/db.js';
import { reach } from '../base/fault-points.js';
import { settleOutbox } from '../base/outbox.js';
import { StepFailed } from '../engine/failure.js';
import { leaveUnattended, leftBy, type Effect } from '../engine/finish.js';
import { openIncident } from '../engine/incidents.js';
import { keyOfOrder, oldestOrder, steerNext, takeTurn } from '../engine/steering.js';

const engineActor: System = { kind: 'system', name: 'engine' };
const actions = { hold: 'instance.suspend', resume: 'instance.resume', stop: 'instance.cancel', close: 'task.close' } as const;

/**
 * Carries out what a process has ordered of the others of its case, one call tree in one transaction, after all that was ordered
 * before it. Killed at any point it goes on where it was; done twice it changes nothing.
 * @returns what follows from it (messages that waited for what goes on again)
 * @throws Outage when the database is away
 */
export async function steerProcesses(app: App, outboxId: bigint): Promise<Effect[]> {
  reach('beforeOrder', app.env);
  const effects: Effect[] = [];
  for (;;) {
    const more = await transact(app.db, engineActor, (tx) => steerOnce(app, tx, outboxId)).catch((error: unknown) => giveUp(app, outboxId, error));
    if (more === null) return effects;
    effects.push(...more);
    reach('amidOrder', app.env);
  }
}

/** One tree, or the end of one order. null: this order has been carried out. */
async function steerOnce(app: App, tx: Tx, outboxId: bigint): Promise<Effect[] | null> {
  const businessKey = await keyOfOrder(tx, outboxId);
  if (businessKey === null) return null;
  await takeTurn(tx, businessKey);
  const order = await oldestOrder(tx, businessKey);
  if (!order || order.outboxId > outboxId) return null;
  const done = await steerNext(tx, app.engine, order);
  if (done) await audit(tx, { action: actions[order.do], resourceType: 'instance', resourceId: done.rootId, basis: 'system:engine', outcome: 'done', reason: order.reason });
  else {
    await settleOutbox(tx, [order.outboxId]);
    await leaveUnattended(tx, app.engine, [businessKey]);
  }
  return [...(done?.effects ?? []), ...leftBy(tx)];
}

/** A closed task led into a step that cannot work: a person is asked, and what was ordered after it goes on. */
async function giveUp(app: App, outboxId: bigint, error: unknown): Promise<Effect[]> {
  if (!(error instanceof StepFailed) || error.instanceId === null) throw error;
  const { instanceId, code, message, elementId } = error;
  await transact(app.db, engineActor, async (tx) => {
    const businessKey = await keyOfOrder(tx, outboxId);
    if (businessKey === null) return;
    await takeTurn(tx, businessKey);
    const failed = await oldestOrder(tx, businessKey);
    if (failed?.do !== 'close') return;
    await openIncident(tx, { instanceId, kind: 'step', code, detail: message, elementId });
    await settleOutbox(tx, [failed.outboxId]);
  });
  return [];
}
