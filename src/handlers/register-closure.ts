import { closeCase } from '../domain/cases.js';
import { endWithLead } from '../domain/evaluations/closures.js';
import { endRunningServices } from '../domain/participation/end-services.js';
import { textOf, type InsideHandler } from './handler.js';

/** Input `caseId`, `reason`. Closes the case; from now on the time counts for which it is kept. Services that still run for it end. */
export const registerClosure: InsideHandler = {
  name: 'register_closure',
  kind: 'inside',
  async run(tx, context) {
    const [caseId, reason] = [textOf(context, 'caseId'), textOf(context, 'reason')];
    await endWithLead(tx, caseId, reason);
    await closeCase(tx, caseId, reason);
    await endRunningServices(tx, caseId, context.calendar.onDate(tx.now));
    return {};
  },
};
