import { mainLineWaits } from '../domain/closing.js';
import { textOf, type InsideHandler } from './handler.js';

/** Input `caseId`. Hands back `mainLineWaits`: whether a process of the case waits for what becomes of its plan (message `replan_requested`), or none does any more. */
export const findMainLine: InsideHandler = {
  name: 'find_main_line',
  kind: 'inside',
  run: async (tx, context) => ({ mainLineWaits: await mainLineWaits(tx, textOf(context, 'caseId')) }),
};
