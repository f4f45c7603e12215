// When the yearly evaluation and the quarterly figures are due (P09): on the first working day of a month, for a year or a quarter.
// Pure: asks no clock but the one that it is given.
import type { Calendar } from '../../base/calendar.js';
import { fiscalYear } from '../cases.js';

/** 年度末, 中間; the figures of the first three quarters. */
export const annualRuns = ['year_end', 'mid_year', 'q1', 'q2', 'q3'] as const;
export type AnnualRun = (typeof annualRuns)[number];

export interface AnnualRules {
  /** A whole second run in October, instead of that quarter's figures alone. */
  secondRun: boolean;
  /** Figures are entered each quarter too. */
  quarters: boolean;
}

export interface DueRun {
  /** The year that it is about: `R8`. */
  fiscalYear: string;
  run: AnnualRun;
  /** A day in Japan. */
  dueOn: string;
}

const dayMs = 86_400_000;
/** What was due longer ago than this belongs to a time before the system was there. */
const backDays = 60;

function firstWorkingDay(calendar: Calendar, month: string): string {
  for (let day = Date.parse(`${month}-01T00:00:00Z`); ; day += dayMs) {
    const onDate = new Date(day).toISOString().slice(0, 10);
    if (calendar.isBusinessDay(onDate)) return onDate;
  }
}

/** The runs that have come due in the last days, oldest first; which of them have begun is for the database to say. */
export function dueRuns(calendar: Calendar, now: Date, rules: AnnualRules): DueRun[] {
  const today = calendar.onDate(now);
  const thisYear = Number(today.slice(0, 4));
  const runs = [thisYear - 1, thisYear].flatMap((year) => {
    const run = (month: string, about: string, what: AnnualRun): DueRun => ({ fiscalYear: fiscalYear(about), run: what, dueOn: firstWorkingDay(calendar, `${year}-${month}`) });
    return [
      ...(rules.quarters ? [run('01', `${year}-01-01`, 'q3')] : []),
      run('04', `${year}-03-31`, 'year_end'),
      ...(rules.quarters ? [run('07', `${year}-07-01`, 'q1')] : []),
      ...(rules.secondRun ? [run('10', `${year}-10-01`, 'mid_year')] : rules.quarters ? [run('10', `${year}-10-01`, 'q2')] : []),
    ];
  });
  const since = new Date(now.getTime() - backDays * dayMs);
  return runs.filter(({ dueOn }) => dueOn <= today && dueOn >= calendar.onDate(since)).toSorted((a, b) => (a.dueOn < b.dueOn ? -1 : 1));
}
