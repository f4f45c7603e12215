import { setStatus, statuses, type CaseStatus } from '../domain/cases.js';
import { BadInput, optionalFlag, textOf, type InsideHandler } from './handler.js';

/** Input `caseId`, `status`, `urgent?`. Sets the status (and urgency) of a case; a closed one is open again. */
export const setCaseStatus: InsideHandler = {
  name: 'set_case_status',
  kind: 'inside',
  async run(tx, context) {
    const status = textOf(context, 'status');
    const known = statuses.find((s): s is CaseStatus => s === status);
    if (!known || known === 'closed') throw new BadInput('入力 status が設定できる状態ではありません');
    await setStatus(tx, textOf(context, 'caseId'), known, optionalFlag(context, 'urgent'));
    return {};
  },
};
