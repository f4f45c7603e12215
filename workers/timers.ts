// Due timers. Reminders and escalations go a hundred at a time; those that move a process go one call tree at a time, those of the
// domain (a consent's last day) one case at a time, in due order. Late is not lost: whatever is overdue fires once, oldest first.
import { claimDueTimers, type ClaimedTimer } from '../src/actions/claim-due-timers.js';
import { fireDomainTimer } from '../src/actions/fire-domain-timer.js';
import { fireReminder } from '../src/actions/fire-reminder.js';
import { fireTimer } from '../src/actions/fire-timer.js';
import { restReminder } from '../src/actions/rest-reminder.js';
import type { System } from '../src/base/db.js';
import { errorFacts, errorLine } from '../src/base/error-facts.js';
import { reach } from '../src/base/fault-points.js';
import { Outage } from '../src/base/problem.js';
import type { Figures } from './figures.js';
import type { Lane, WorkerApp } from './lane.js';

const system: System = { kind: 'system', name: 'clock' };
/** How long claimed timers may wait in the queue and run. When a queue is emptied they are freed sooner (reconcile). */
const leaseMs = 60_000;
const batchSize = 100;

/** Reminders and escalations. */
export function noticeLane(app: WorkerApp, figures: Figures): Lane {
  const give = async (ids: string[]): Promise<number> => {
    const result = await fireReminder(app, system, { timerIds: ids });
    if (result.unheard.length > 0) {
      figures.unheard.inc(result.unheard.length);
      app.log.error({ tasks: result.unheard.slice(0, 10), count: result.unheard.length }, 'nobody to tell');
    }
    return result.fired;
  };
  return {
    name: 'notices',
    queue: 'notices',
    everyMs: 1_000,
    mostWaiting: 20,
    async find() {
      const claimed = await claimDueTimers(app, system, { kind: 'notices', leaseMs });
      const jobs = [];
      for (let from = 0; from < claimed.length; from += batchSize) {
        const ids = claimed.slice(from, from + batchSize).map((timer) => timer.id);
        jobs.push({ id: `timer-${ids[0]}`, ids });
      }
      return { jobs, more: claimed.length >= 1_000 };
    },
    async run(ids) {
      try {
        return await give(ids);
      } catch (error) {
        if (error instanceof Outage) throw error;
        app.log.warn({ count: ids.length, error: errorFacts(error) }, 'a batch of reminders failed: one by one');
      }
      let done = 0;
      for (const id of ids) {
        try {
          done += await give([id]);
        } catch (error) {
          if (error instanceof Outage) throw error;
          figures.failures.inc({ lane: 'notices' });
          await restReminder(app, system, { timerId: id, error: errorLine(error) });
        }
      }
      return done;
    },
  };
}

/** Claimed timers that belong together, in due order, as one queue job each. */
const together = (claimed: readonly ClaimedTimer[]): { id: string; ids: string[] }[] => {
  const groups = new Map<string, string[]>();
  for (const timer of claimed) {
    const root = timer.rootId ?? timer.id;
    groups.set(root, [...(groups.get(root) ?? []), timer.id]);
  }
  return [...groups.values()].map((ids) => ({ id: `timer-${ids[0]}`, ids }));
};

/** Fires them one after another, an older one of the same tree or case first, whoever claimed it. @returns how many were fired */
async function inOrder(app: WorkerApp, ids: readonly string[], fire: (timerId: string) => Promise<{ outcome: string; again: boolean }>): Promise<number> {
  let done = 0;
  for (const timerId of ids) {
    for (let again = true; again; ) {
      const result = await fire(timerId);
      if (result.outcome === 'fired') done += 1;
      reach('afterTimerFired', app.env);
      again = result.again;
    }
  }
  return done;
}

/** Timers that move a process. */
export function flowLane(app: WorkerApp): Lane {
  return {
    name: 'timers',
    queue: 'timers',
    everyMs: 1_000,
    mostWaiting: 300,
    async find() {
      const claimed = await claimDueTimers(app, system, { kind: 'flow', leaseMs });
      return { jobs: together(claimed), more: claimed.length >= 200 };
    },
    run: (ids) => inOrder(app, ids, (timerId) => fireTimer(app, system, { timerId })),
  };
}

/** What the domain waits for. */
export function domainLane(app: WorkerApp, figures: Figures): Lane {
  return {
    name: 'domain',
    queue: 'timers',
    everyMs: 1_000,
    mostWaiting: 300,
    async find() {
      const claimed = await claimDueTimers(app, system, { kind: 'domain', leaseMs });
      return { jobs: together(claimed), more: claimed.length >= 200 };
    },
    run: (ids) => inOrder(app, ids, async (timerId) => {
      const fired = await fireDomainTimer(app, system, { timerId });
      if (fired.outcome === 'resting' || fired.outcome === 'parked') figures.failures.inc({ lane: 'domain' });
      if (fired.outcome === 'parked') app.log.error({ timerId }, 'a moment of the domain failed too often: somebody must look');
      return fired;
    }),
  };
}
