import type { App } from '../app.js';
import type { Actor } from '../base/db.js';
import { authorize } from '../domain/authorize.js';
import { lockTree, mustBeActive } from '../engine/instances.js';
import { suspendTree } from '../engine/steering.js';
import { act, type Ask } from './act.js';
import { mustHaveReason } from './reason.js';

export interface InstanceInput extends Ask {
  instanceId: string;
  reason: string;
}

/**
 * Stops a whole call tree for the time being: its tasks cannot be worked on, its timers, jobs and messages wait.
 * @returns the instances that were stopped
 * @throws Problem not_found, forbidden, instance_not_active, invalid (no reason)
 */
export async function suspendInstance(app: App, actor: Actor, input: InstanceInput): Promise<{ instanceIds: string[] }> {
  mustHaveReason(input.reason);
  return act(app, actor, {
    action: 'instance.suspend',
    resource: { type: 'instance', id: input.instanceId },
    ask: input,
    request: { reason: input.reason },
    async work(tx) {
      const basis = authorize(actor, 'instance.suspend');
      const root = await lockTree(tx, input.instanceId);
      mustBeActive(root);
      const instanceIds = await suspendTree(tx, app.engine, root, input.reason);
      return { answer: { instanceIds }, basis, fields: ['status'] };
    },
  });
}
