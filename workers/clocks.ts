// Clocks that stand until a day: when it has come they go on by themselves. And what a change of the calendar has left to count.
import { settleCalendar } from '../src/actions/change-calendar.js';
import { listDuePauses, resumeClock } from '../src/actions/resume-clock.js';
import type { System } from '../src/base/db.js';
import type { Lane, WorkerApp } from './lane.js';

const system: System = { kind: 'system', name: 'clock' };

export function clockLane(app: WorkerApp): Lane {
  return {
    name: 'clocks',
    queue: 'timers',
    everyMs: 10_000,
    mostWaiting: 300,
    async find() {
      await settleCalendar(app, system);
      const ids = await listDuePauses(app, system);
      return { jobs: ids.map((id) => ({ id: `clock-${id}`, ids: [id] })), more: false };
    },
    async run(ids) {
      for (const pauseId of ids) await resumeClock(app, system, { pauseId });
      return ids.length;
    },
  };
}
