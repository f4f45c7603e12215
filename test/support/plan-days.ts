// The days of a plan as seen from a test's own clock.
import { openCalendar } from '../../src/base/calendar.js';

const calendar = openCalendar({ closesAt: '17:15', days: [] });

/** A plan of so many months from today on: looked at after one, evaluated in its last. */
export function planDaysFrom(now: Date, months = 6): Record<'planStart' | 'planEnd' | 'nextMonitorOn' | 'evaluateOn', string> {
  const after = (n: number): string => calendar.onDate(n === 0 ? now : calendar.add(now, `P${n}M`));
  return { planStart: after(0), planEnd: after(months), nextMonitorOn: after(1), evaluateOn: after(months - 1) };
}
