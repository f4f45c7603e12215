// A change of the office calendar, as it bears on one instant that was counted with it: where it goes, or why it stays.
import type { Calendar } from './calendar.js';

export interface Recount {
  before: Calendar;
  after: Calendar;
  now: Date;
  /** The first day that changes, `YYYY-MM-DD`: what is due before it hangs on none of them. */
  firstDay: string;
}

/**
 * Why an instant stays where it is although the calendar changes. `overdue`: it has passed. `would_pass`: it would have passed. `by_hand`:
 * it is not what was counted (a person set it, or an earlier change left it). `said_day`: a day that somebody named. `unknown`: an
 * earlier version did not write down how it was counted.
 */
export const leftReasons = ['overdue', 'would_pass', 'by_hand', 'said_day', 'unknown'] as const;
export type LeftReason = (typeof leftReasons)[number];

/**
 * What becomes of an instant that the calendar counted. null: the change does not bear on it.
 * @param count counts it with a calendar; throws RangeError where that never opens
 */
export function recount({ before, after, now }: Recount, dueAt: Date, count: (calendar: Calendar) => Date): { to: Date } | { left: LeftReason } | null {
  const [was, is] = [count(before), count(after)];
  if (was.getTime() === is.getTime()) return null;
  if (was.getTime() !== dueAt.getTime()) return { left: 'by_hand' };
  if (dueAt <= now) return { left: 'overdue' };
  return is <= now ? { left: 'would_pass' } : { to: is };
}

/** Whether it could hang on a day that changes, for all that is known. */
export const mayHang = ({ firstDay, before }: Recount, dueAt: Date): boolean => before.onDate(dueAt) >= firstDay;
