import { orderOf } from './order.js';
import type { InsideHandler } from './handler.js';

/** Input `caseId`, `reason`, `only?`, `except?`. What this process holds goes on where it stood. */
export const resumeProcesses: InsideHandler = { name: 'resume_processes', kind: 'inside', run: (tx, context) => orderOf(tx, context, 'resume') };
