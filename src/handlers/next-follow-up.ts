import type { Calendar } from '../base/calendar.js';
import { BadInput, optionalText, textOf, type InsideHandler } from './handler.js';

/** @throws RangeError when the dates cannot be counted */
export function nextFollowUp(calendar: Calendar, now: Date, from: Date, after: readonly string[], every: string): Date {
  let due = from;
  for (const period of after) {
    due = calendar.add(from, period);
    if (due > now) return due;
  }
  while (due <= now) {
    const next = calendar.add(due, every);
    if (next <= due) throw new BadInput('入力 every は期間です');
    due = next;
  }
  return due;
}

/**
 * Input `from` (ISO instant, null = now), `after` (periods from there on: `["P14D", "P1M"]`), `every` (the period after the last of
 * them). Hands back `followUpFrom` and `followUpAt`, the first of these moments that is still to come. However late a visit is made, the
 * next one is where it was meant to be; one that has been overtaken is left out.
 */
export const nextFollowUpDate: InsideHandler = {
  name: 'next_follow_up',
  kind: 'inside',
  async run(tx, context) {
    const said = optionalText(context, 'from');
    const from = said === null ? tx.now : new Date(said);
    const after = context.input['after'];
    if (!Array.isArray(after) || !after.every((period): period is string => typeof period === 'string')) throw new BadInput('入力 after が期間の一覧ではありません');
    return { followUpFrom: from.toISOString(), followUpAt: nextFollowUp(context.calendar, tx.now, from, after, textOf(context, 'every')).toISOString() };
  },
};
