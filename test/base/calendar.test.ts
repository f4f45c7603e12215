import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isDuration, openCalendar, type CalendarData } from '../../src/base/calendar.js';

const data: CalendarData = { closesAt: '17:15', days: [] };
const calendar = openCalendar(data);
const jst = (text: string): Date => new Date(`${text}:00+09:00`);
const shown = (at: Date): string => new Date(at.getTime() + 9 * 3_600_000).toISOString().slice(0, 16);
const add = (from: string, duration: string): string => shown(calendar.add(jst(from), duration));
const subtract = (from: string, duration: string): string => shown(calendar.subtract(jst(from), duration));

describe('業務日の数え方', () => {
  it('a deadline of one business day is over at closing time of the next business day', () => {
    expect(add('2026-11-24T09:00', '1BD')).toBe('2026-11-25T17:15');
  });
  it('the hour of day at which a task opens does not move its business-day deadline', () => {
    for (const hour of ['00:00', '08:44', '12:00', '17:15', '17:16', '23:59']) expect(add(`2026-11-24T${hour}`, '5BD')).toBe('2026-12-01T17:15');
  });
  it('five business days over a weekend and a holiday skip both', () => {
    expect(add('2026-11-20T10:00', '1BD')).toBe('2026-11-24T17:15'); // Fri → (Sat, Sun, 勤労感謝の日 Mon) → Tue
  });
  it('a task that opens on a Saturday counts from Monday', () => {
    expect(add('2026-11-28T10:00', '1BD')).toBe('2026-11-30T17:15');
  });
  it('12月29日 to 1月3日 are closed: one business day after 12月28日 is the first open day of January', () => {
    expect(add('2026-12-28T16:00', '1BD')).toBe('2027-01-04T17:15');
    expect(add('2027-12-28T16:00', '1BD')).toBe('2028-01-04T17:15');
    expect(add('2025-12-26T16:00', '1BD')).toBe('2026-01-05T17:15'); // 12/29 is a Monday, 1/4 a Sunday
  });
  it('振替休日 is closed: 2026-05-06 stands for 憲法記念日 on a Sunday', () => {
    expect(calendar.isBusinessDay('2026-05-06')).toBe(false);
    expect(add('2026-05-01T09:00', '1BD')).toBe('2026-05-07T17:15');
    expect(calendar.isBusinessDay('2027-03-22')).toBe(false);
  });
  it('国民の休日 between two holidays is closed: 2026-09-22 and 2032-09-21', () => {
    expect(calendar.isBusinessDay('2026-09-22')).toBe(false);
    expect(calendar.isBusinessDay('2032-09-21')).toBe(false);
    expect(add('2026-09-18T09:00', '1BD')).toBe('2026-09-24T17:15');
    expect(add('2032-09-17T09:00', '1BD')).toBe('2032-09-23T17:15');
  });
  it('leap day is a day like others', () => {
    expect(add('2028-02-28T09:00', '1BD')).toBe('2028-02-29T17:15');
    expect(add('2028-02-29T09:00', '1BD')).toBe('2028-03-01T17:15');
    expect(add('2027-02-26T09:00', '1BD')).toBe('2027-03-01T17:15');
  });
  it('0BD is the next closing time', () => {
    expect(add('2026-11-24T09:00', '0BD')).toBe('2026-11-24T17:15');
    expect(add('2026-11-24T18:00', '0BD')).toBe('2026-11-25T17:15');
    expect(add('2026-11-28T09:00', '0BD')).toBe('2026-11-30T17:15');
  });
  it('midnight in Japan is the border of the day, not midnight in UTC', () => {
    expect(calendar.onDate(new Date('2026-11-24T14:59:59Z'))).toBe('2026-11-24');
    expect(calendar.onDate(new Date('2026-11-24T15:00:00Z'))).toBe('2026-11-25');
    expect(add('2026-11-25T00:30', '1BD')).toBe('2026-11-26T17:15');
  });
});

describe('the city may differ from the rule', () => {
  it('a closure on a working day moves the deadline on, an opening on a Saturday brings it forward', () => {
    const city = openCalendar({ closesAt: '17:30', days: [{ onDate: '2026-11-25', open: false }, { onDate: '2026-11-28', open: true }, { onDate: '2026-12-29', open: true }, { onDate: '2026-11-23', open: true }] });
    expect(shown(city.add(jst('2026-11-24T09:00'), '1BD'))).toBe('2026-11-26T17:30');
    expect(shown(city.add(jst('2026-11-27T09:00'), '1BD'))).toBe('2026-11-28T17:30');
    expect(city.isBusinessDay('2026-12-29')).toBe(true);
    expect(city.isBusinessDay('2026-11-23')).toBe(true);
  });
  it('a calendar that can never open, or with hours or days that cannot be read, is refused', () => {
    const days = Array.from({ length: 3000 }, (_, i) => ({ onDate: new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10), open: false }));
    expect(() => openCalendar({ closesAt: '17:15', days }).add(jst('2026-11-24T09:00'), '1BD')).toThrow(/no open day/);
    expect(() => openCalendar({ closesAt: '25:00', days: [] })).toThrow(RangeError);
    expect(() => openCalendar({ closesAt: '08:00', days: [] })).toThrow(RangeError);
    expect(() => openCalendar({ closesAt: '17:15', days: [{ onDate: '2026-13-01', open: false }] })).toThrow(RangeError);
  });
});

describe('reminders and escalation ladders', () => {
  it('a reminder one business day before a Monday deadline comes on Friday morning', () => {
    expect(subtract('2026-11-30T17:15', '1BD')).toBe('2026-11-27T08:45');
  });
  it('a reminder three business days before the first open day of the year comes in December', () => {
    expect(subtract('2027-01-04T17:15', '3BD')).toBe('2026-12-24T08:45');
  });
  it('getprobo 1591: a ladder of 1, 2 and 3 business days after a Friday fires on three working days, not over the weekend', () => {
    expect(['1BD', '2BD', '3BD'].map((rung) => add('2026-11-27T17:15', rung))).toEqual(['2026-11-30T17:15', '2026-12-01T17:15', '2026-12-02T17:15']);
  });
});

describe('units that are not each other', () => {
  it('jmix 790: a day is not 24 business hours, 24 hours are not a business day', () => {
    expect(add('2026-11-27T10:00', '1d')).toBe('2026-11-28T10:00');
    expect(add('2026-11-27T10:00', 'P1D')).toBe('2026-11-28T10:00');
    expect(add('2026-11-27T10:00', '24h')).toBe('2026-11-28T10:00');
    expect(add('2026-11-27T10:00', '1BD')).toBe('2026-11-30T17:15');
  });
  it('48 hours for an emergency run through the night and the holidays', () => {
    expect(add('2026-12-30T22:10', '48h')).toBe('2027-01-01T22:10');
    expect(subtract('2027-01-01T22:10', 'PT48H')).toBe('2026-12-30T22:10');
  });
  it('jbpm 1830: before opening time and after closing time the same business day is counted', () => {
    expect(add('2026-11-24T06:00', '1BD')).toBe(add('2026-11-24T20:00', '1BD'));
  });
  it('jbpm 233: a holiday is never counted', () => {
    expect(add('2026-11-02T09:00', '1BD')).toBe('2026-11-04T17:15'); // 文化の日 on Tuesday
  });
  it('a month is a month in Japan and ends on its last day', () => {
    expect(add('2027-01-31T09:00', 'P1M')).toBe('2027-02-28T09:00');
    expect(add('2028-02-29T09:00', 'P1Y')).toBe('2029-02-28T09:00');
    expect(add('2026-12-01T03:00', 'P1M')).toBe('2027-01-01T03:00'); // still November in UTC
    expect(subtract('2027-03-31T09:00', 'P1M')).toBe('2027-02-28T09:00');
    expect(add('2026-11-24T09:00', 'P1Y2M1W3DT4H5M6.5S')).toBe('2028-02-03T13:05');
  });
  it('a duration that cannot be read is refused', () => {
    for (const text of ['', 'P', 'PT', 'P1', '1 BD', '-1BD', '1.5BD', 'BD', '5bd', 'P-1D', 'R3/PT1H', '1w', '5001BD', 'P1DT', '=1', '１BD']) {
      expect({ text, read: isDuration(text) }).toEqual({ text, read: false });
      expect(() => calendar.add(jst('2026-11-24T09:00'), text)).toThrow(RangeError);
    }
  });
  it('the answer is the same wherever the machine stands', () => {
    const zone = process.env['TZ'];
    const answers = ['Asia/Tokyo', 'UTC', 'America/New_York'].map((name) => {
      process.env['TZ'] = name;
      return ['1BD', '36h', 'P1M', '2d'].map((d) => openCalendar(data).add(new Date('2026-10-31T15:30:00Z'), d).toISOString());
    });
    process.env['TZ'] = zone;
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });
});

describe('opening hours', () => {
  it('the next opening is this morning, tomorrow, or the first morning after the holidays', () => {
    expect(shown(calendar.nextOpening(jst('2026-11-24T07:00')))).toBe('2026-11-24T08:45');
    expect(shown(calendar.nextOpening(jst('2026-11-24T08:45')))).toBe('2026-11-24T08:45');
    expect(shown(calendar.nextOpening(jst('2026-11-24T08:46')))).toBe('2026-11-25T08:45');
    expect(shown(calendar.nextOpening(jst('2026-12-28T20:00')))).toBe('2027-01-04T08:45');
  });
});

describe('what holds for every calendar', () => {
  const dayMs = 86_400_000;
  const instant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2034, 0, 1) }).map((ms) => new Date(ms));
  const anyData = fc.record({
    closesAt: fc.constantFrom('17:00', '17:15', '17:30', '20:00'),
    days: fc.array(fc.record({ onDate: fc.integer({ min: 0, max: 3650 }).map((d) => new Date(Date.UTC(2024, 0, 1) + d * dayMs).toISOString().slice(0, 10)), open: fc.boolean() }), { maxLength: 60 }),
  });
  const count = fc.integer({ min: 1, max: 60 });

  it('n business days later there are exactly n business days between, and the last is one', () => {
    fc.assert(fc.property(anyData, instant, count, (d, from, n) => {
      const c = openCalendar(d);
      const end = c.add(from, `${n}BD`);
      let counted = 0;
      for (let day = c.onDate(from); day < c.onDate(end); ) {
        day = new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10);
        if (c.isBusinessDay(day)) counted += 1;
      }
      expect(counted).toBe(n);
      expect(c.isBusinessDay(c.onDate(end))).toBe(true);
      expect(shown(end).slice(11)).toBe(d.closesAt);
      expect(end > from).toBe(true);
    }), { numRuns: 300 });
  });
  it('a and then b business days are a + b', () => {
    fc.assert(fc.property(anyData, instant, count, count, (d, from, a, b) => {
      const c = openCalendar(d);
      expect(c.add(c.add(from, `${a}BD`), `${b}BD`)).toEqual(c.add(from, `${a + b}BD`));
    }), { numRuns: 300 });
  });
  it('going back n business days from an open day and forth again comes to the same day', () => {
    fc.assert(fc.property(anyData, instant, count, (d, from, n) => {
      const c = openCalendar(d);
      const due = c.add(from, '1BD');
      const reminder = c.subtract(due, `${n}BD`);
      expect(reminder < due).toBe(true);
      expect(c.isBusinessDay(c.onDate(reminder))).toBe(true);
      expect(c.onDate(c.add(reminder, `${n}BD`))).toBe(c.onDate(due));
    }), { numRuns: 300 });
  });
  it('later starts never give earlier deadlines', () => {
    fc.assert(fc.property(anyData, instant, instant, fc.constantFrom('0BD', '1BD', '7BD', '3d', '5h', 'P1M', 'PT90M'), (d, x, y, duration) => {
      const [early, late] = x <= y ? [x, y] : [y, x];
      const c = openCalendar(d);
      expect(c.add(early, duration) <= c.add(late, duration)).toBe(true);
      expect(c.subtract(early, duration) <= c.subtract(late, duration)).toBe(true);
    }), { numRuns: 300 });
  });
  it('the next opening is on a business day and not before', () => {
    fc.assert(fc.property(anyData, instant, (d, from) => {
      const c = openCalendar(d);
      const next = c.nextOpening(from);
      expect(next >= from).toBe(true);
      expect(c.isBusinessDay(c.onDate(next))).toBe(true);
    }), { numRuns: 300 });
  });
});
