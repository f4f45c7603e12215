import { orderOf } from './order.js';
import type { InsideHandler } from './handler.js';

/**
 * Input `caseId`, `reason`, `only?`, `except?`, `unless?`. The other processes of the case stop where they are, until `resume_processes` in
 * this one; what is due of them meanwhile waits.
 */
export const holdProcesses: InsideHandler = { name: 'hold_processes', kind: 'inside', run: (tx, context) => orderOf(tx, context, 'hold') };
