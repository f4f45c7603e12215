// When a timer is due. Reckoned once, when it is armed; what the row then says is the truth.
import { howCounted } from '../../base/calendar.js';
import type { Armed, Frame, Rearm } from './elements.js';
import type { EventSpec } from './graph.js';
import { fail, type Host } from './host.js';
import { guarded, resolve, scopeOf } from './scope.js';

type TimerSpec = Extract<EventSpec, { kind: 'timer' }>;

/** Whatever the dates say, a cycle is not wound forward further than this. */
const mostMissed = 10_000;

/** Arms a timer: its due time, and for cycles how many are left and how far apart. Repetitions do not drift. */
export function armTimer(host: Host, nodeId: string, spec: TimerSpec, frame: Frame | null, rearm: Rearm | undefined): Armed {
  if (rearm?.interval !== undefined && rearm.previousDueAt !== undefined) {
    const dueAt = add(host, nodeId, new Date(rearm.previousDueAt), rearm.interval);
    return { ...due(dueAt), interval: rearm.interval, ...(rearm.repeat !== undefined && { repeat: rearm.repeat }) };
  }
  host.reckoned.clear();
  const value = resolve(host, nodeId, spec.value, () => scopeOf(host, frame));
  if (typeof value !== 'string' || value.trim() === '') return fail(host, 'expression', nodeId, `タイマーには P3D のような文字が要ります。いまの値は ${JSON.stringify(value)} です`);
  const text = value.trim();
  if (spec.timer === 'date') return due(host.reckoned.get(text) ?? parseDate(host, nodeId, text));
  if (spec.timer === 'duration') return due(add(host, nodeId, host.now, text));
  return armCycle(host, nodeId, text);
}

function armCycle(host: Host, nodeId: string, text: string): Armed {
  const match = /^R(\d*)\/(?:([^/]+)\/)?([^/]+)$/.exec(text);
  if (!match) return fail(host, 'expression', nodeId, `R3/PT1H のような繰り返しではありません: ${text}`);
  let repeat = match[1] === '' ? -1 : Number(match[1]);
  const interval = match[3]!;
  if (match[2] === undefined) return { ...due(add(host, nodeId, host.now, interval)), repeat, interval };
  let next = parseDate(host, nodeId, match[2]);
  for (let missed = 0; next <= host.now && repeat !== 1 && missed < mostMissed; missed++) {
    // from the bare instant: a long way back need not be told step by step
    next = add(host, nodeId, new Date(next), interval);
    if (repeat > 1) repeat--;
  }
  return { ...due(next), repeat, interval };
}

/** The due time, and how it was counted where that hangs on the calendar. */
function due(at: Date): Pick<Armed, 'dueAt' | 'counted'> {
  const counted = howCounted(at);
  return { dueAt: at.toISOString(), ...(counted && { counted }) };
}

/** What the next round of a non-interrupting timer needs to know; null when it was the last. */
export function nextRound(armed: Armed): Rearm | null {
  if (armed.repeat === undefined || armed.interval === undefined || armed.dueAt === undefined) return null;
  if (armed.repeat !== -1 && armed.repeat <= 1) return null;
  return { previousDueAt: armed.dueAt, interval: armed.interval, repeat: armed.repeat === -1 ? -1 : armed.repeat - 1 };
}

function add(host: Host, nodeId: string, from: Date, duration: string): Date {
  return guarded(host, nodeId, () => host.calendar.add(from, duration));
}

/** A date without an hour is that day's midnight in the zone of the process (Asia/Tokyo). */
function parseDate(host: Host, nodeId: string, text: string): Date {
  const date = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00` : text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(date.getTime())) return fail(host, 'expression', nodeId, `日時ではありません: ${text}`);
  return date;
}
