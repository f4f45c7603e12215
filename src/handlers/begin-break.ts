import { lockCase } from '../domain/cases.js';
import { beginBreak } from '../domain/exits/exits.js';
import { optionalText, textOf, type InsideHandler } from './handler.js';

/** Input `caseId`, `kind` (`on_hold`, `interrupted`), `exitId?`, `until?` (ISO instant). The case rests; its status says so. */
export const beginBreakHandler: InsideHandler = {
  name: 'begin_break',
  kind: 'inside',
  async run(tx, context) {
    const kind = textOf(context, 'kind');
    if (kind !== 'on_hold' && kind !== 'interrupted') throw new Error('input kind is neither on_hold nor interrupted');
    const until = optionalText(context, 'until');
    const caseId = textOf(context, 'caseId');
    await lockCase(tx, caseId);
    await beginBreak(tx, { caseId, exitId: optionalText(context, 'exitId'), kind, untilAt: until === null ? null : new Date(until) });
    return {};
  },
};
