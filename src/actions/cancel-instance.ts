import type { App } from '../app.js';
import type { Actor } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { noteIntervention } from '../engine/history.js';
import { cancelInstances, lockTree } from '../engine/instances.js';
import { endHolds } from '../engine/steering.js';
import { act } from './act.js';
import { mustHaveReason } from './reason.js';
import type { InstanceInput } from './suspend-instance.js';

/**
 * Ends a whole call tree, running or suspended, without completing it. Its tasks, timers, jobs and catches are closed.
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
      return { answer: { instanceIds }, basis, fields: ['status'] };
    },
  });
}
