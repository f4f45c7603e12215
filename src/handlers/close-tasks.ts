import type { InsideHandler } from './handler.js';
import { keysOf, orderOf } from './order.js';

/**
 * Input `caseId`, `reason`, `groups`, `only?`, `except?`, `unless?`. Tasks of the other processes of the case that lie with these groups alone, where
 * several were asked the same, are closed; the others go on without them. No groups: nothing is done.
 */
export const closeTasks: InsideHandler = {
  name: 'close_tasks',
  kind: 'inside',
  async run(tx, context) {
    const groups = keysOf(context, 'groups') ?? [];
    return groups.length === 0 ? {} : orderOf(tx, context, 'close', { groups });
  },
};
