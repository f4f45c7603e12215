import type { App } from '../app.js';
import type { Actor } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { advance } from '../engine/advance.js';
import { mustBeStorable } from '../engine/failure.js';
import { noteIntervention } from '../engine/history.js';
import { lockInstance, mustBeActive } from '../engine/instances.js';
import type { Variables } from '../engine/model.js';
import { mustBePlain } from '../engine/plain-values.js';
import { act } from './act.js';
import { mustHaveReason } from './reason.js';
import type { InstanceInput } from './suspend-instance.js';

export interface EditInput extends InstanceInput {
  /** Set to these values; others stay. null is a value. */
  variables: Variables;
}

/**
 * Changes variables of one instance, with the reason: how a diagram's dead end is repaired. Conditional events look again.
 * @returns the names that were set
 * @throws Problem not_found, forbidden, instance_not_active, too_many_variables, step_failed, invalid (no reason, free text)
 */
export async function editVariables(app: App, actor: Actor, input: EditInput): Promise<{ names: string[] }> {
  mustHaveReason(input.reason);
  mustBeStorable(input.variables);
  if (actor.kind === 'person') mustBePlain(input.variables);
  const names = Object.keys(input.variables).toSorted();
  return act(app, actor, {
    action: 'variables.edit',
    resource: { type: 'instance', id: input.instanceId },
    ask: input,
    request: { variables: input.variables, reason: input.reason },
    async work(tx, doing) {
      const basis = authorize(actor, 'variables.edit');
      const instance = await lockInstance(tx, input.instanceId);
      if (!instance) throw new Problem('not_found');
      mustBeActive(instance);
      const advanced = await advance(tx, app.engine, instance, { kind: 'variables', variables: input.variables }, { type: 'variables_edited', data: { names } }, doing.deferred);
      doing.after(advanced.effects);
      await noteIntervention(tx, [instance.id], 'variables.edit', input.reason);
      return { answer: { names }, basis, fields: names };
    },
  });
}
