import type { App } from '../app.js';
import type { Actor } from '../base/db.js';
import { authorize } from '../domain/authorize.js';
import { mustBeStorable } from '../engine/failure.js';
import { broadcastSignal as broadcast } from '../engine/messages.js';
import type { Variables } from '../engine/model.js';
import { mustBePlain } from '../engine/plain-values.js';
import { act, type Ask } from './act.js';

export interface SignalInput extends Ask {
  name: string;
  variables?: Variables | undefined;
}

/**
 * Sends a signal to every instance that waits for it now.
 * @returns how many instances it was sent to
 * @throws Problem forbidden, too_many_variables, invalid (free text)
 */
export async function broadcastSignal(app: App, actor: Actor, input: SignalInput): Promise<{ instances: number }> {
  const { name, variables = {} } = input;
  mustBeStorable(variables);
  if (actor.kind === 'person') mustBePlain(variables, { '/name': name });
  return act(app, actor, {
    action: 'signal.broadcast',
    resource: { type: 'signal', id: name },
    ask: input,
    request: { name, variables },
    async work(tx, doing) {
      const basis = authorize(actor, 'signal.broadcast');
      const effects = await broadcast(tx, name, variables);
      doing.after(effects);
      return { answer: { instances: effects.length }, basis };
    },
  });
}
