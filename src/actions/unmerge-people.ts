import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { findMerge, unmergeClients } from '../domain/people/merge.js';
import { mustReachClients } from '../domain/people/reach.js';
import { act, type Ask } from './act.js';
import { mustHaveReason } from './reason.js';

export interface UnmergeInput extends Ask {
  mergeId: string;
  reason: string;
}

/**
 * Takes a merge back: the two are two people again, each with what it had.
 * @throws Problem forbidden, not_found, merge_undone; invalid without a reason
 */
export async function unmergePeople(app: App, person: Person, input: UnmergeInput): Promise<{ mergeId: string; keptId: string; mergedId: string }> {
  const { mergeId, reason } = input;
  mustHaveReason(reason);
  return act(app, person, {
    action: 'people.merge',
    resource: { type: 'merge', id: mergeId },
    ask: input,
    request: { reason },
    async work(tx) {
      const basis = authorize(person, 'people.merge');
      const found = await findMerge(tx, mergeId);
      if (!found) throw new Problem('not_found');
      await mustReachClients(tx, person, [found.keptId, found.mergedId]);
      await unmergeClients(tx, mergeId, reason);
      return { answer: { mergeId, keptId: found.keptId, mergedId: found.mergedId }, basis, fields: ['rootId'] };
    },
  });
}
