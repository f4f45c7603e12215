// The office calendar: which days are worked, and when an amount of time is over. Pure: made from data, asks no clock.
//
// All days are days in Japan (Asia/Tokyo). Japan has kept UTC+9 without summer time since 1952, so a day is exactly
// 24 hours and the arithmetic below needs no time-zone table.
//
// Three units that are not each other: `5BD` = business days, `48h` = hours on the clock, `3d` = days in the calendar.
// ISO 8601 durations (`P1M`, `PT2H`) count calendar time. Jmix once counted `P1D` as 24 *business hours*; hence the names.
import holidayJp from '@holiday-jp/holiday_jp';

/** Opening hours and the days that differ from the rule. */
export interface CalendarData {
  /** End of a business day, JST, e.g. `17:15`. A business-day deadline is over then. */
  closesAt: string;
  /** Start of a business day, JST; `08:45` if absent. */
  opensAt?: string;
  /** Days (`YYYY-MM-DD`) that the city opens or closes against the rule. */
  days: readonly { onDate: string; open: boolean }[];
}

export interface Calendar {
  readonly data: CalendarData;
  isBusinessDay(onDate: string): boolean;
  /**
   * The instant at which `duration` after `from` is over. `nBD`: closing time of the n-th business day after from's day
   * (`0BD`: the next closing time). @throws RangeError when the duration cannot be read
   */
  add(from: Date, duration: string): Date;
  /**
   * The instant `duration` before `from`. `nBD`: opening time of the n-th business day before from's day, so that who
   * is reminded one day ahead has that day and the last one. @throws RangeError when the duration cannot be read
   */
  subtract(from: Date, duration: string): Date;
  /** The first opening time at or after `from`. */
  nextOpening(from: Date): Date;
  /** Opening time of a day in Japan (`YYYY-MM-DD`), or of the first open day after it. */
  openingOf(onDate: string): Date;
  /** How long the office was open between two instants, ms; 0 when `to` is not after `from`. */
  openMs(from: Date, to: Date): number;
  /** The instant at which the office has been open for `ms` more after `from`. */
  addOpenMs(from: Date, ms: number): Date;
  /** The day in Japan, `YYYY-MM-DD`. */
  onDate(at: Date): string;
}

/**
 * How an instant was counted, so that it can be counted again with another calendar: from an instant or from what was counted before,
 * by one of the calendar's own means. `on`: the opening of a day (`YYYY-MM-DD`).
 */
export type Counted =
  | { from: string | Counted; by: 'add' | 'subtract'; duration: string }
  | { from: string | Counted; by: 'open'; ms: number }
  | { from: string | Counted; by: 'opening' }
  | { on: string };

/** Of the instants that some calendar has handed out: how each was counted. What hangs on no calendar is not here. */
const ways = new WeakMap<Date, Counted>();

/** How this very instant (the object that a calendar handed out) was counted; null: it hangs on no calendar. */
export const howCounted = (at: Date): Counted | null => ways.get(at) ?? null;

function noted(at: Date, from: Date | null, way: (from: string | Counted) => Counted): Date {
  if (from === null || at !== from) ways.set(at, way(from === null ? '' : (ways.get(from) ?? from.toISOString())));
  return at;
}

/** Counts again what was counted before. @throws RangeError when the office would never open */
export function countAgain(calendar: Calendar, counted: Counted): Date {
  if ('on' in counted) return calendar.openingOf(counted.on);
  const from = typeof counted.from === 'string' ? new Date(counted.from) : countAgain(calendar, counted.from);
  if (counted.by === 'open') return calendar.addOpenMs(from, counted.ms);
  return counted.by === 'opening' ? calendar.nextOpening(from) : calendar[counted.by](from, counted.duration);
}

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
const jstMs = 9 * hourMs;
/** A calendar without an open day in so many days is a mistake in the data, not a deadline. */
const longestClosureDays = 400;
const longestBusinessDays = 5000;

/** Days since 1970-01-01 in Japan. */
const dayNumber = (at: Date): number => Math.floor((at.getTime() + jstMs) / dayMs);
const dayText = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);

/** The instant `msOfDay` after midnight of a day in Japan. */
const at = (day: number, msOfDay: number): Date => new Date(day * dayMs - jstMs + msOfDay);

/** @throws RangeError unless `HH:MM` */
function minutesOfDay(text: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (!match) throw new RangeError(`not a time of day: ${text}`);
  return Number(match[1]) * 60 + Number(match[2]);
}

/** What every day is before the city says otherwise: weekends, national holidays and 12/29–1/3 are closed. */
function isOpenByRule(day: number, text: string): boolean {
  const weekday = (((day + 4) % 7) + 7) % 7; // 1970-01-01 was a Thursday; 0 = Sunday
  if (weekday === 0 || weekday === 6) return false;
  const monthDay = text.slice(5);
  if (monthDay >= '12-29' || monthDay <= '01-03') return false;
  return !Object.hasOwn(holidayJp.holidays, text);
}

type Duration = { unit: 'BD'; amount: number } | { unit: 'time'; months: number; ms: number };

const isoPattern = /^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const known = new Map<string, Duration>();

/**
 * Reads `5BD`, `48h`, `3d` or an ISO 8601 duration. Never negative.
 * @throws RangeError
 */
function parseDuration(text: string): Duration {
  const cached = known.get(text);
  if (cached) return cached;
  const parsed = readDuration(text);
  if (known.size < 1000) known.set(text, parsed);
  return parsed;
}

function readDuration(text: string): Duration {
  const own = /^(\d{1,6})(BD|h|d)$/.exec(text);
  if (own) {
    const amount = Number(own[1]);
    if (own[2] !== 'BD') return { unit: 'time', months: 0, ms: amount * (own[2] === 'h' ? hourMs : dayMs) };
    if (amount > longestBusinessDays) throw new RangeError(`more than ${longestBusinessDays} business days: ${text}`);
    return { unit: 'BD', amount };
  }
  const iso = isoPattern.exec(text);
  if (!iso) throw new RangeError(`not a duration: ${text.slice(0, 40)}`);
  const [years, months, weeks, days, hours, minutes, seconds] = iso.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number, number, number, number];
  const ms = (weeks * 7 + days) * dayMs + hours * hourMs + minutes * minuteMs + Math.round(seconds * 1000);
  return { unit: 'time', months: years * 12 + months, ms };
}

/** True when `text` is a duration that the calendar can count. */
export function isDuration(text: string): boolean {
  try {
    parseDuration(text);
    return true;
  } catch {
    return false;
  }
}

/** Same day of another month at the same time in Japan; the last of the month where it has no such day (1/31 + P1M = 2/28). */
function addMonths(from: Date, months: number): Date {
  if (months === 0) return from;
  const local = new Date(from.getTime() + jstMs);
  const dayOfMonth = local.getUTCDate();
  local.setUTCDate(1);
  local.setUTCMonth(local.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0)).getUTCDate();
  local.setUTCDate(Math.min(dayOfMonth, lastDay));
  return new Date(local.getTime() - jstMs);
}

function checked(at: Date, duration: string): Date {
  if (Number.isNaN(at.getTime())) throw new RangeError(`out of range: ${duration.slice(0, 40)}`);
  return at;
}

interface Days {
  isOpen(day: number): boolean;
  nthOpen(day: number, n: number, step: 1 | -1): number;
  opensMs: number;
  closesMs: number;
}

/** What is counted in hours in which the office is open. */
function openHours({ isOpen, nthOpen, opensMs, closesMs }: Days): Pick<Calendar, 'openingOf' | 'openMs' | 'addOpenMs'> {
  return {
    openingOf(onDate) {
      const day = Date.parse(`${onDate}T00:00:00Z`) / dayMs;
      return noted(at(isOpen(day) ? day : nthOpen(day, 1, 1), opensMs), null, () => ({ on: onDate }));
    },
    openMs(from, to) {
      let sum = 0;
      for (let day = dayNumber(from); day <= dayNumber(to); day += 1) {
        if (isOpen(day)) sum += Math.max(0, Math.min(to.getTime(), at(day, closesMs).getTime()) - Math.max(from.getTime(), at(day, opensMs).getTime()));
      }
      return sum;
    },
    addOpenMs(from, ms) {
      if (ms <= 0) return from;
      let left = ms;
      for (let day = dayNumber(from); ; day = nthOpen(day, 1, 1)) {
        const start = Math.max(from.getTime(), at(day, opensMs).getTime());
        const open = isOpen(day) ? Math.max(0, at(day, closesMs).getTime() - start) : 0;
        if (left <= open) return noted(new Date(start + left), from, (since) => ({ from: since, by: 'open', ms }));
        left -= open;
      }
    },
  };
}

/**
 * The calendar that `data` describes. Answers are remembered, so keep one and ask it often.
 * @throws RangeError when an hour or a date in `data` cannot be read, or the office would never open
 */
export function openCalendar(data: CalendarData): Calendar {
  const closesMs = minutesOfDay(data.closesAt) * minuteMs;
  const opensMs = minutesOfDay(data.opensAt ?? '08:45') * minuteMs;
  if (opensMs >= closesMs) throw new RangeError('the office closes before it opens');
  const exceptions = new Map<string, boolean>();
  for (const { onDate, open } of data.days) {
    if (Number.isNaN(Date.parse(`${onDate}T00:00:00Z`)) || onDate.length !== 10) throw new RangeError(`not a date: ${onDate}`);
    exceptions.set(onDate, open);
  }
  const remembered = new Map<number, boolean>();

  const isOpen = (day: number): boolean => {
    const answer = remembered.get(day);
    if (answer !== undefined) return answer;
    const text = dayText(day);
    const open = exceptions.get(text) ?? isOpenByRule(day, text);
    remembered.set(day, open);
    return open;
  };
  /** The n-th open day after (step 1) or before (step -1) `day`; n ≥ 1. */
  const nthOpen = (day: number, n: number, step: 1 | -1): number => {
    let current = day;
    let closed = 0;
    for (let left = n; left > 0; ) {
      current += step;
      closed = isOpen(current) ? 0 : closed + 1;
      if (closed === 0) left -= 1;
      if (closed > longestClosureDays) throw new RangeError('the calendar has no open day');
    }
    return current;
  };

  return {
    data,
    isBusinessDay: (onDate) => isOpen(Date.parse(`${onDate}T00:00:00Z`) / dayMs),
    onDate: (instant) => dayText(dayNumber(instant)),
    ...durations({ isOpen, nthOpen, opensMs, closesMs }),
    ...openHours({ isOpen, nthOpen, opensMs, closesMs }),
    nextOpening(from) {
      const day = dayNumber(from);
      const today = at(day, opensMs);
      return noted(isOpen(day) && today >= from ? today : at(nthOpen(day, 1, 1), opensMs), from, (since) => ({ from: since, by: 'opening' }));
    },
  };
}

/** What is counted in durations: business days, hours on the clock, days and months. */
function durations({ isOpen, nthOpen, opensMs, closesMs }: Days): Pick<Calendar, 'add' | 'subtract'> {
  /** Business days forth (step 1, to a closing time) or back (step -1, to an opening time). */
  const business = (from: Date, amount: number, step: 1 | -1): Date => {
    const day = dayNumber(from);
    const msOfDay = step === 1 ? closesMs : opensMs;
    if (amount > 0) return at(nthOpen(day, amount, step), msOfDay);
    const today = at(day, msOfDay);
    return isOpen(day) && (step === 1 ? today >= from : today <= from) ? today : at(nthOpen(day, 1, step), msOfDay);
  };
  const count = (from: Date, text: string, by: 'add' | 'subtract'): Date => {
    const duration = parseDuration(text);
    if (duration.unit === 'BD') return noted(business(from, duration.amount, by === 'add' ? 1 : -1), from, (since) => ({ from: since, by, duration: text }));
    const to = checked(by === 'add' ? new Date(addMonths(from, duration.months).getTime() + duration.ms) : addMonths(new Date(from.getTime() - duration.ms), -duration.months), text);
    // hangs on the calendar only as far as what it is counted from does
    return ways.has(from) ? noted(to, from, (since) => ({ from: since, by, duration: text })) : to;
  };
  return { add: (from, text) => count(from, text, 'add'), subtract: (from, text) => count(from, text, 'subtract') };
}

/** A calendar that can be changed while everybody holds on to it. */
export function followCalendar(data: CalendarData): Calendar & { follow(data: CalendarData): void } {
  let current = openCalendar(data);
  return {
    get data() {
      return current.data;
    },
    isBusinessDay: (onDate) => current.isBusinessDay(onDate),
    add: (from, duration) => current.add(from, duration),
    subtract: (from, duration) => current.subtract(from, duration),
    nextOpening: (from) => current.nextOpening(from),
    openingOf: (onDate) => current.openingOf(onDate),
    openMs: (from, to) => current.openMs(from, to),
    addOpenMs: (from, ms) => current.addOpenMs(from, ms),
    onDate: (at) => current.onDate(at),
    follow: (next) => void (current = openCalendar(next)),
  };
}
