import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { authorize } from '../domain/authorize.js';
import { mergeClients } from '../domain/people/merge.js';
import { mustReachClients } from '../domain/people/reach.js';
import { act, type Ask } from './act.js';
import { mustHaveReason } from './reason.js';

export interface MergeInput extends Ask {
  /** Whom the two count as from now on. */
  keptId: string;
  mergedId: string;
  reason: string;
}

/**
 * Says that two registrations are one person. Nothing of either is lost, and it can be taken back.
 * @throws Problem forbidden, not_found (who merges reaches both), already_merged; invalid without a reason or for one and the same
 */
export async function mergePeople(app: App, person: Person, input: MergeInput): Promise<{ mergeId: string; keptId: string; mergedId: string }> {
  const { keptId, mergedId, reason } = input;
  mustHaveReason(reason);
  return act(app, person, {
    action: 'people.merge',
    resource: { type: 'person', id: keptId },
    ask: input,
    request: { keptId, mergedId, reason },
    async work(tx) {
      const basis = authorize(person, 'people.merge');
      await mustReachClients(tx, person, [keptId, mergedId]);
      const mergeId = await mergeClients(tx, keptId, mergedId, reason);
      return { answer: { mergeId, keptId, mergedId }, basis, fields: ['rootId'] };
    },
  });
}
