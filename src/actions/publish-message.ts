import type { App } from '../app.js';
import type { Actor } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { messageTtlMs } from '../engine/advance.js';
import { publishMessage as publish } from '../engine/messages.js';
import type { Variables } from '../engine/model.js';
import { act, type Ask } from './act.js';

export interface PublishInput extends Ask {
  name: string;
  correlationKey?: string | null | undefined;
  /** Business key of the instance that it may start. */
  businessKey?: string | null | undefined;
  variables?: Variables | undefined;
  /** How long it waits for its catcher, seconds; 0: not at all. A week when nothing is said. */
  ttlS?: number | undefined;
}

export interface PublishedMessage {
  messageId: string;
  outcome: 'started' | 'correlated' | 'buffered';
  instanceId: string | null;
}

/**
 * Publishes a message: it starts an instance, or goes to the oldest catch that waits for its name and key, or waits itself.
 * @throws Problem no_catcher (time to live of zero and nobody waits), too_many_variables, step_failed, forbidden
 */
export async function publishMessage(app: App, actor: Actor, input: PublishInput): Promise<PublishedMessage> {
  const { name, correlationKey = null, businessKey = null, variables = {}, ttlS = messageTtlMs / 1000 } = input;
  return act(app, actor, {
    action: 'message.publish',
    resource: { type: 'message', id: null },
    ask: input,
    request: { name, correlationKey, businessKey, variables, ttlS },
    async work(tx, doing) {
      const basis = authorize(actor, 'message.publish');
      const published = await publish(tx, app.engine, { name, correlationKey, businessKey, variables, expiresAt: new Date(tx.now.getTime() + ttlS * 1000) }, doing.deferred);
      if (published.outcome === 'buffered' && ttlS === 0) throw new Problem('no_catcher');
      doing.after(published.effects);
      const { messageId, outcome, instanceId } = published;
      return { answer: { messageId, outcome, instanceId }, basis, resourceId: messageId };
    },
  });
}
