import { closeCase } from '../domain/cases.js';
import { endWithLead } from '../domain/evaluations/closures.js';
import { textOf, type InsideHandler } from './handler.js';

/** Input `caseId`, `reason`. Closes the case; from now on the time counts for which it is kept. */
export const registerClosure: InsideHandler = {
  name: 'register_closure',
  kind: 'inside',
  async run(tx, context) {
    const [caseId, reason] = [textOf(context, 'caseId'), textOf(context, 'reason')];
    await endWithLead(tx, caseId, reason);
    await closeCase(tx, caseId, reason);
    return {};
  },
};
