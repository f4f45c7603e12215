import type { App } from '../app.js';
import type { Actor } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { lockTree } from '../engine/instances.js';
import { endHolds, resumeTree } from '../engine/steering.js';
import { act } from './act.js';
import { mustHaveReason } from './reason.js';
import type { InstanceInput } from './suspend-instance.js';

/**
 * Lets a suspended call tree go on. Its tasks
 * have as much open time left as when it was stopped; appointments that passed are due now; messages and signals that came are
 * delivered. Whoever held it (handler `hold_processes`) holds it no longer.
 * @throws Problem not_found, forbidden, instance_not_active (it is not suspended), invalid (no reason)
 */
export async function resumeInstance(app: App, actor: Actor, input: InstanceInput): Promise<{ instanceIds: string[] }> {
  mustHaveReason(input.reason);
  return act(app, actor, {
    action: 'instance.resume',
    resource: { type: 'instance', id: input.instanceId },
    ask: input,
    request: { reason: input.reason },
    async work(tx, doing) {
      const basis = authorize(actor, 'instance.resume');
      const root = await lockTree(tx, input.instanceId);
      if (root.status !== 'suspended') throw new Problem('instance_not_active');
      const { instanceIds, effects } = await resumeTree(tx, app.engine, root.id, input.reason);
      await endHolds(tx, root.id);
      doing.after(effects);
      return { answer: { instanceIds }, basis, fields: ['status'] };
    },
  });
}
