import type { App } from '../app.js';
import type { Actor, Tx } from '../base/db.js';
import { enqueue } from '../base/outbox.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { caseIdOf, lockCase } from '../domain/cases.js';
import { processRuns } from '../domain/closing.js';
import { endExits } from '../domain/exits/exits.js';
import { leaveUnattended } from '../engine/finish.js';
import { noteIntervention } from '../engine/history.js';
import { cancelInstances, lockTree } from '../engine/instances.js';
import { endHolds, holdsOthers } from '../engine/steering.js';
import { act } from './act.js';
import { mustHaveReason } from './reason.js';
import type { InstanceInput } from './suspend-instance.js';

/**
 * Ends a whole call tree, running or suspended, without completing it. Its tasks, timers, jobs and catches are closed; what it held
 * goes on; a rest of the case that it kept is over. Was it the last that moved an open case, somebody is asked for the next step.
 * @throws Problem not_found, forbidden, instance_not_active (it has ended), invalid (no reason)
 */
export async function cancelInstance(app: App, actor: Actor, input: InstanceInput): Promise<{ instanceIds: string[] }> {
  mustHaveReason(input.reason);
  return act(app, actor, {
    action: 'instance.cancel',
    resource: { type: 'instance', id: input.instanceId },
    ask: input,
    request: { reason: input.reason },
    async work(tx) {
      const basis = authorize(actor, 'instance.cancel');
      const root = await lockTree(tx, input.instanceId);
      if (root.status !== 'active' && root.status !== 'suspended') throw new Problem('instance_not_active');
      const instanceIds = await cancelInstances(tx, [root.id], 'cancelled');
      await noteIntervention(tx, instanceIds, 'instance.cancel', input.reason);
      await endHolds(tx, root.id);
      if (root.businessKey !== null) await letOthersGoOn(app, tx, root.id, root.businessKey);
      return { answer: { instanceIds }, basis, fields: ['status'] };
    },
  });
}

async function letOthersGoOn(app: App, tx: Tx, rootId: string, businessKey: string): Promise<void> {
  const caseId = await caseIdOf(tx, businessKey);
  if (caseId !== null && !(await processRuns(tx, caseId, 'interruption'))) {
    await lockCase(tx, caseId);
    await endExits(tx, caseId);
  }
  if (await holdsOthers(tx, rootId)) await enqueue(tx, [{ kind: 'processes.steer', payload: { businessKey, do: 'resume', reason: 'holder_cancelled', instanceId: rootId, only: null, except: [] } }]);
  await leaveUnattended(tx, app.engine, [businessKey]);
}
