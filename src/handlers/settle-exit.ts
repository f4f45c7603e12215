import { lockCase } from '../domain/cases.js';
import { endBreak, settleExit, type ExitOutcome } from '../domain/exits/exits.js';
import { optionalText, textOf, type InsideHandler } from './handler.js';

const outcomes: readonly ExitOutcome[] = ['returned', 'interrupted', 'resumed', 'handed_over', 'closed'];

/** Input `caseId`, `exitId?`, `outcome`. The exit has come to that; a case that rests has again the status that it had. */
export const settleExitHandler: InsideHandler = {
  name: 'settle_exit',
  kind: 'inside',
  async run(tx, context) {
    const said = textOf(context, 'outcome');
    const outcome = outcomes.find((one) => one === said);
    if (!outcome) throw new Error('input outcome is none');
    const caseId = textOf(context, 'caseId');
    const exitId = optionalText(context, 'exitId');
    await lockCase(tx, caseId);
    await endBreak(tx, caseId, outcome);
    if (exitId !== null) await settleExit(tx, exitId, outcome);
    return {};
  },
};
