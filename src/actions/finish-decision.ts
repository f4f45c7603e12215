import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { authorize } from '../domain/authorize.js';
import { finishDecision } from '../domain/meetings/decisions.js';
import { act, type Ask } from './act.js';

/**
 * Somebody of the group that carries a decision from before decisions were tasks says that it is done.
 * @throws Problem not_found when it is not theirs, decision_by_task when it is closed by its task
 */
export async function reportDecision(app: App, person: Person, input: Ask & { decisionId: string }): Promise<{ decisionId: string }> {
  const { decisionId } = input;
  return act(app, person, {
    action: 'meeting.reply',
    resource: { type: 'decision', id: decisionId },
    ask: input,
    request: { decisionId },
    async work(tx) {
      const basis = authorize(person, 'meeting.reply');
      await finishDecision(tx, person, decisionId);
      return { answer: { decisionId }, basis };
    },
  });
}
