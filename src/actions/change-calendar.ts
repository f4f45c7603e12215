import type { App } from '../app.js';
import type { CalendarData } from '../base/calendar.js';
import { transact, type Actor, type Person, type Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { act, type Ask } from './act.js';
import { applyEffect, findEffect, type Effect, type Found } from './calendar-effect.js';
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

export interface CalendarEffect extends Effect {
  /** The revision that was looked at, or made. */
  revision: number;
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

async function work(app: App, tx: Tx, { days }: CalendarInput, lock: boolean): Promise<Found> {
  mustBeDays(app, tx, days);
  const changed = new Map(days.map(({ onDate, open }) => [onDate, open]));
  const before = app.calendar.data;
  const after: CalendarData = { ...before, days: [...before.days.filter(({ onDate }) => !changed.has(onDate)), ...[...changed].map(([onDate, open]) => ({ onDate, open }))] };
  try {
    return await findEffect(app, tx, { before, after, firstDay: [...changed.keys()].toSorted()[0] ?? '' }, lock);
  } catch (error) {
    if (error instanceof RangeError) throw new Problem('invalid', { errors: [{ pointer: '/days', detail: 'この変更では開庁日がなくなります。' }], cause: error });
    throw error;
  }
}

const revisionOf = async (tx: Tx): Promise<number> => (await tx.db.calendarRevision.findUniqueOrThrow({ where: { id: 1 } })).revision;

/**
 * What a change of the calendar would do: whatever was counted with it and would move, claimed or not, and what stays and why. Changes
 * nothing; whoever changes the calendar after it says `digest`, and gets exactly this or is asked to look again.
 * @throws Problem forbidden, invalid
 */
export async function previewCalendar(app: App, person: Person, input: Ask & CalendarInput): Promise<CalendarEffect> {
  return act(app, person, {
    action: 'calendar.change',
    resource: { type: 'calendar', id: null },
    ask: {},
    async work(tx) {
      const basis = authorize(person, 'calendar.change');
      const { effect } = await work(app, tx, input, false);
      return { answer: { revision: await revisionOf(tx), ...effect }, basis, reason: 'preview' };
    },
  });
}

/**
 * Closes or opens days against the rule, and counts again what was counted with the calendar: due times of open tasks with what is still to
 * come of their reminders and escalations, drawn timers, moments that the domain waits for. What is overdue stays, nothing becomes so.
 * All of it in one transaction; every process counts with the new calendar within a second, and what was counted with the old one in
 * that second is counted again after it (`settleCalendar`).
 * @param input.revision the one that was previewed
 * @param input.digest of what was previewed
 * @throws Problem forbidden, invalid, version_conflict (somebody changed the calendar since), preview_stale (something else would move now)
 */
export async function changeCalendar(app: App, person: Person, input: Ask & CalendarInput & { revision: number; digest: string; reason: string }): Promise<CalendarEffect> {
  mustHaveReason(input.reason);
  const { days, revision, digest, reason } = input;
  return act(app, person, {
    action: 'calendar.change',
    resource: { type: 'calendar', id: null },
    ask: input,
    request: { days, revision, digest, reason },
    async work(tx) {
      const basis = authorize(person, 'calendar.change');
      const [current] = await tx.db.$queryRawUnsafe<{ revision: number }[]>(`select revision from calendar_revision where id = 1 for update`);
      if (current?.revision !== revision) throw new Problem('version_conflict', { extra: { version: current?.revision ?? null } });
      await app.db.refresh?.(tx.db); // what was previewed here may have been changed elsewhere a moment before
      const before = app.calendar.data.days;
      const found = await work(app, tx, input, true);
      const { effect } = found;
      if (effect.digest !== digest) throw new Problem('preview_stale', { extra: { digest: effect.digest } });
      for (const { onDate, open, name } of days) {
        await tx.db.$executeRawUnsafe(
          `insert into calendar_day (on_date, open, name, changed_at) values ($1::date, $2, $3, $4::timestamptz) on conflict (on_date) do update set open = excluded.open, name = excluded.name, changed_at = excluded.changed_at`,
          onDate, open, name, tx.now,
        );
      }
      await applyEffect(tx, found, `開庁日の変更: ${reason}`, person.userId);
      await tx.db.$executeRawUnsafe(
        `with r as (update calendar_revision set revision = revision + 1, before = $7::jsonb, settle_at = $8::timestamptz where id = 1 returning revision)
         insert into calendar_change (id, revision, days, reason, moved, by_id, at, kinds, left_alone) select $1::uuid, revision, $2::jsonb, $3, $4::int, $5::uuid, $6::timestamptz, $9::jsonb, $10::jsonb from r`,
        newId(tx.now.getTime()), JSON.stringify(days), reason, effect.moved.length, person.userId, tx.now, JSON.stringify(before), new Date(tx.now.getTime() + settleMs),
        JSON.stringify(effect.kinds), JSON.stringify(effect.left),
      );
      tx.afterCommit(() => void (app.db.refreshedAtMs = Number.NEGATIVE_INFINITY));
      return { answer: { revision: revision + 1, ...effect }, basis, fields: ['days'] };
    },
  });
}

/**
 * Some time after a change of the calendar: counts again what opened while somebody still counted with the one before.
 * @returns how many due times and timers moved
 */
export async function settleCalendar(app: App, actor: Actor): Promise<number> {
  return transact(app.db, actor, async (tx) => {
    const [row] = await tx.db.$queryRawUnsafe<{ before: CalendarData['days'] }[]>(`select before from calendar_revision where id = 1 and settle_at <= $1::timestamptz for update skip locked`, tx.now);
    if (!row) return 0;
    await app.db.refresh?.(tx.db);
    const { data } = app.calendar;
    const found = await findEffect(app, tx, { before: { ...data, days: row.before }, after: data, firstDay: '' }, true);
    await applyEffect(tx, found, '開庁日の変更', null);
    await tx.db.$executeRawUnsafe(`update calendar_revision set settle_at = null where id = 1`);
    return found.effect.moved.length + found.effect.timers.length + found.effect.watched.length;
  });
}
