import type { App } from '../app.js';
import type { Actor } from '../base/db.js';
import { enqueue } from '../base/outbox.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { noteIntervention } from '../engine/history.js';
import { lockTree, setTreeStatus } from '../engine/instances.js';
import { deliverHeld } from '../engine/messages.js';
import { act } from './act.js';
import { mustHaveReason } from './reason.js';
import type { InstanceInput } from './suspend-instance.js';

/**
 * Lets a suspended call tree go on. Timers that became due meanwhile are due now; messages and signals that came are
 * delivered.
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
      const instanceIds = await setTreeStatus(tx, root.id, 'suspended', 'active', 'instance_resumed');
      doing.after(await deliverHeld(tx, instanceIds));
      await enqueue(tx, [{ kind: 'timer.nudge', payload: {} }]);
      await noteIntervention(tx, instanceIds, 'instance.resume', input.reason);
      return { answer: { instanceIds }, basis, fields: ['status'] };
    },
  });
}
