import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import { transact, type System, type Tx } from '../base/db.js';
import { reach } from '../base/fault-points.js';
import { settleOutbox } from '../base/outbox.js';
import type { Effect } from '../engine/finish.js';
import { keyOfOrder, oldestOrder, steerNext, takeTurn } from '../engine/steering.js';

const engineActor: System = { kind: 'system', name: 'engine' };
const actions = { hold: 'instance.suspend', resume: 'instance.resume', stop: 'instance.cancel' } as const;

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
    const more = await transact(app.db, engineActor, (tx) => steerOnce(tx, outboxId));
    if (more === null) return effects;
    effects.push(...more);
    reach('amidOrder', app.env);
  }
}

/** One tree, or the end of one order. null: this order has been carried out. */
async function steerOnce(tx: Tx, outboxId: bigint): Promise<Effect[] | null> {
  const businessKey = await keyOfOrder(tx, outboxId);
  if (businessKey === null) return null;
  await takeTurn(tx, businessKey);
  const order = await oldestOrder(tx, businessKey);
  if (!order || order.outboxId > outboxId) return null;
  const done = await steerNext(tx, order);
  if (done) await audit(tx, { action: actions[order.do], resourceType: 'instance', resourceId: done.rootId, basis: 'system:engine', outcome: 'done', reason: order.reason });
  else await settleOutbox(tx, [order.outboxId]);
  return done?.effects ?? [];
}
