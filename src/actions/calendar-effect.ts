// What a change of the office calendar does to everything that was counted with it: tasks, drawn timers, moments that the domain waits
// for. Found and written apart, so that a preview and the change itself are the same thing.
import { createHash } from 'node:crypto';
import type { App } from '../app.js';
import { openCalendar, type CalendarData } from '../base/calendar.js';
import type { Tx } from '../base/db.js';
import type { LeftReason, Recount } from '../base/recount.js';
import { moveMoments, recountMoments, toldMoments, type MovedMoment } from '../domain/counted.js';
import { moveDrawn, recountDrawn, type DrawnChange, type MovedTimer } from '../engine/drawn-times.js';
import { moveTasks, recountTasks, type Moved, type TaskChange } from '../engine/due-times.js';

/** A task, a timer drawn in a diagram, or a moment that is watched (a promised day, a day of the law that is near). */
export const timeKinds = ['task', 'timer', 'watched'] as const;
export type TimeKind = (typeof timeKinds)[number];

/** So many of a kind and a name. Of what is watched the name is the rule. */
export interface Counting {
  kind: TimeKind;
  name: string;
  count: number;
}

export interface Effect {
  moved: Moved[];
  timers: MovedTimer[];
  watched: MovedMoment[];
  /** Reminders and escalations that move with them, or with the days between. */
  rungs: number;
  kinds: Counting[];
  left: (Counting & { reason: LeftReason })[];
  /** Of what moves, from when to when: the same effect has the same. */
  digest: string;
}

export interface Found {
  effect: Effect;
  tasks: TaskChange;
  drawn: DrawnChange;
}

function tally<T extends { kind: TimeKind; name: string }>(all: readonly T[]): (T & { count: number })[] {
  const sums = new Map<string, T & { count: number }>();
  for (const one of all) {
    const key = JSON.stringify(one);
    sums.set(key, { ...one, count: (sums.get(key)?.count ?? 0) + 1 });
  }
  return [...sums.values()].toSorted((a, b) => timeKinds.indexOf(a.kind) - timeKinds.indexOf(b.kind) || b.count - a.count || a.name.localeCompare(b.name));
}

/**
 * What would move, and what stays and why. Changes nothing.
 * @param days those that change; @param lock keep what was found until the transaction ends
 * @throws RangeError when the office would never open
 */
export async function findEffect(app: App, tx: Tx, days: { before: CalendarData; after: CalendarData; firstDay: string }, lock: boolean): Promise<Found> {
  const change: Recount = { before: openCalendar(days.before), after: openCalendar(days.after), now: tx.now, firstDay: days.firstDay };
  const tasks = await recountTasks(tx, change, lock);
  const drawn = await recountDrawn(tx, { definitions: app.definitions, toldMoments }, change, lock);
  const moments = await recountMoments(tx, change, lock);
  const times = [...tasks.moved.map((one) => ({ id: one.taskId, ...one })), ...drawn.moved.map((one) => ({ id: one.timerId, ...one })), ...moments.moved.map((one) => ({ id: one.timerId, ...one }))];
  const digest = createHash('sha256').update(JSON.stringify(times.map(({ id, fromDueAt, toDueAt }) => [id, fromDueAt, toDueAt]).toSorted((a, b) => String(a[0]).localeCompare(String(b[0]))))).digest('hex');
  const kinds = tally([
    ...tasks.moved.map(({ name }) => ({ kind: 'task' as const, name })), ...drawn.moved.map(({ name }) => ({ kind: 'timer' as const, name })), ...moments.moved.map(({ rule }) => ({ kind: 'watched' as const, name: rule })),
  ]);
  const left = tally([
    ...tasks.left.map(({ name, reason }) => ({ kind: 'task' as const, name, reason })), ...drawn.left.map(({ name, reason }) => ({ kind: 'timer' as const, name, reason })),
    ...moments.left.map(({ rule, reason }) => ({ kind: 'watched' as const, name: rule, reason })),
  ]);
  const timers = drawn.moved.map(({ timerId, name, caseNo, fromDueAt, toDueAt }) => ({ timerId, name, caseNo, fromDueAt, toDueAt }));
  return { effect: { moved: tasks.moved, timers, watched: moments.moved, rungs: tasks.rungs.length, kinds, left, digest }, tasks, drawn };
}

/** Writes what was found, in the same transaction. */
export async function applyEffect(tx: Tx, { effect, tasks, drawn }: Found, reason: string, byId: string | null): Promise<void> {
  await moveTasks(tx, tasks, reason, byId);
  await moveDrawn(tx, drawn);
  await moveMoments(tx, { moved: effect.watched });
}
