import { orderOf } from './order.js';
import type { InsideHandler } from './handler.js';

/** Input `caseId`, `reason`, `only?`, `except?`, `unless?`. The other processes of the case end; their open tasks are closed with the reason. */
export const stopProcesses: InsideHandler = { name: 'stop_processes', kind: 'inside', run: (tx, context) => orderOf(tx, context, 'stop') };
