import type { App } from '../app.js';
import { openCalendar, type CalendarData } from '../base/calendar.js';
import { transact, type Actor, type Person, type Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { countAgain, moveDueTimes, type Change, type Moved } from '../engine/due-times.js';
import { act, type Ask } from './act.js';
import { mustHaveReason } from './reason.js';

export interface CalendarDayInput {
  /** `YYYY-MM-DD` in Japan. */
  onDate: string;
  open: boolean;
  name: string;
}

export interface CalendarInput {
  days: readonly CalendarDayInput[];
}

export interface CalendarEffect {
  /** The revision that was looked at, or made. */
  revision: number;
  moved: Moved[];
}

const furthestDays = 2 * 366;
const dayMs = 86_400_000;
/** Longer than any transaction may take, and than anybody may count with the calendar before. */
const settleMs = 30_000;

/** @throws Problem invalid: a day that has passed, that lies too far ahead, or that is there twice */
function mustBeDays(app: App, tx: Tx, days: readonly CalendarDayInput[]): void {
  const today = app.calendar.onDate(tx.now);
  const errors = days.flatMap(({ onDate }, index) => {
    const ahead = (Date.parse(onDate) - Date.parse(today)) / dayMs;
    const pointer = `/days/${index}/onDate`;
    if (!(ahead >= 0 && ahead <= furthestDays)) return [{ pointer, detail: '今日から2年以内の日にしてください。' }];
    return days.findIndex((other) => other.onDate === onDate) === index ? [] : [{ pointer, detail: '同じ日が2つあります。' }];
  });
  if (errors.length > 0) throw new Problem('invalid', { errors });
}

async function work(app: App, tx: Tx, { days }: CalendarInput): Promise<Change> {
  mustBeDays(app, tx, days);
  const changed = new Map(days.map(({ onDate, open }) => [onDate, open]));
  const { data } = app.calendar;
  const next: CalendarData = { ...data, days: [...data.days.filter(({ onDate }) => !changed.has(onDate)), ...[...changed].map(([onDate, open]) => ({ onDate, open }))] };
  try {
    return await countAgain(tx, app.calendar, next);
  } catch (error) {
    if (error instanceof RangeError) throw new Problem('invalid', { errors: [{ pointer: '/days', detail: 'この変更では開庁日がなくなります。' }], cause: error });
    throw error;
  }
}

const revisionOf = async (tx: Tx): Promise<number> => (await tx.db.calendarRevision.findUniqueOrThrow({ where: { id: 1 } })).revision;

/**
 * What a change of the calendar would do: the open tasks that nobody has begun and whose due time would move. Changes nothing.
 * @throws Problem forbidden, invalid
 */
export async function previewCalendar(app: App, person: Person, input: Ask & CalendarInput): Promise<CalendarEffect> {
  return act(app, person, {
    action: 'calendar.change',
    resource: { type: 'calendar', id: null },
    ask: {},
    async work(tx) {
      const basis = authorize(person, 'calendar.change');
      const { moved } = await work(app, tx, input);
      return { answer: { revision: await revisionOf(tx), moved }, basis, reason: 'preview' };
    },
  });
}

/**
 * Closes or opens days against the rule, and counts the due times of tasks that nobody has begun again, with what is still to come
 * of their reminders and escalations. All of it in one transaction; every process counts with the new calendar within a second,
 * and what was counted with the old one in that second is counted again after it (`settleCalendar`).
 * @param input.revision the one that was previewed
 * @throws Problem forbidden, invalid, version_conflict (somebody changed the calendar since)
 */
export async function changeCalendar(app: App, person: Person, input: Ask & CalendarInput & { revision: number; reason: string }): Promise<CalendarEffect> {
  mustHaveReason(input.reason);
  const { days, revision, reason } = input;
  return act(app, person, {
    action: 'calendar.change',
    resource: { type: 'calendar', id: null },
    ask: input,
    request: { days, revision, reason },
    async work(tx) {
      const basis = authorize(person, 'calendar.change');
      const [found] = await tx.db.$queryRawUnsafe<{ revision: number }[]>(`select revision from calendar_revision where id = 1 for update`);
      if (found?.revision !== revision) throw new Problem('version_conflict', { extra: { version: found?.revision ?? null } });
      await app.db.refresh?.(tx.db); // what was previewed here may have been changed elsewhere a moment before
      const before = app.calendar.data.days;
      const change = await work(app, tx, input);
      for (const { onDate, open, name } of days) {
        await tx.db.$executeRawUnsafe(
          `insert into calendar_day (on_date, open, name, changed_at) values ($1::date, $2, $3, $4::timestamptz) on conflict (on_date) do update set open = excluded.open, name = excluded.name, changed_at = excluded.changed_at`,
          onDate, open, name, tx.now,
        );
      }
      await moveDueTimes(tx, change, `開庁日の変更: ${reason}`, person.userId);
      await tx.db.$executeRawUnsafe(
        `with r as (update calendar_revision set revision = revision + 1, before = $7::jsonb, settle_at = $8::timestamptz where id = 1 returning revision)
         insert into calendar_change (id, revision, days, reason, moved, by_id, at) select $1::uuid, revision, $2::jsonb, $3, $4::int, $5::uuid, $6::timestamptz from r`,
        newId(tx.now.getTime()), JSON.stringify(days), reason, change.moved.length, person.userId, tx.now, JSON.stringify(before), new Date(tx.now.getTime() + settleMs),
      );
      tx.afterCommit(() => void (app.db.refreshedAtMs = Number.NEGATIVE_INFINITY));
      return { answer: { revision: revision + 1, moved: change.moved }, basis, fields: ['days'] };
    },
  });
}

/**
 * Some time after a change of the calendar: counts again what opened while somebody still counted with the one before.
 * @returns how many tasks moved
 */
export async function settleCalendar(app: App, actor: Actor): Promise<number> {
  return transact(app.db, actor, async (tx) => {
    const [row] = await tx.db.$queryRawUnsafe<{ before: CalendarData['days'] }[]>(`select before from calendar_revision where id = 1 and settle_at <= $1::timestamptz for update skip locked`, tx.now);
    if (!row) return 0;
    await app.db.refresh?.(tx.db);
    const { data } = app.calendar;
    const change = await countAgain(tx, openCalendar({ ...data, days: row.before }), data);
    await moveDueTimes(tx, change, '開庁日の変更', null);
    await tx.db.$executeRawUnsafe(`update calendar_revision set settle_at = null where id = 1`);
    return change.moved.length;
  });
}
