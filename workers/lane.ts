// A lane: one kind of work that stands in Postgres, found by asking every second, spread over the worker processes by a
// queue, and done by whoever gets it. When the queue is away the process that found the work does it itself.
import { setTimeout as pause } from 'node:timers/promises';
import type { App } from '../src/app.js';
import { errorFacts } from '../src/base/error-facts.js';
import { reach } from '../src/base/fault-points.js';
import { watchMovingIn } from '../src/base/moving-in.js';
import { Outage } from '../src/base/problem.js';
import type { Figures } from './figures.js';
import type { QueueName, Queues } from './queues.js';

export type WorkerApp = App;

export interface Lane {
  name: string;
  queue: QueueName;
  everyMs: number;
  /** Nothing more is looked for while so many queue jobs wait. */
  mostWaiting: number;
  /** Work that is due, as queue jobs of ids. `more`: there is probably more right behind it. */
  find(): Promise<{ jobs: { id: string; ids: string[] }[]; more: boolean }>;
  /** Does the work with these ids and returns how many of them were done here. Repeatable; keeps failures in Postgres. */
  run(ids: string[]): Promise<number>;
}

export interface Looping {
  /** Look now rather than at the next tick. */
  poke(): void;
  /** Resolves when the round that is under way has ended. */
  stop(): Promise<void>;
}

/** One question for all lanes of a process. */
const watched = new WeakMap<WorkerApp, () => Promise<boolean>>();
function movingInOf(app: WorkerApp): () => Promise<boolean> {
  const watch = watched.get(app) ?? watchMovingIn(app.db);
  watched.set(app, watch);
  return watch;
}

/** Many commits in a row are one reason to look. */
const pokeGapMs = 200;

/**
 * Runs `round` every `everyMs`, at once when the last one said that there is more, and soon after a poke; never twice at
 * a time, and not while a town is moving in. A round that throws is logged and counted.
 */
export function loop(app: WorkerApp, name: string, everyMs: number, figures: Figures, round: () => Promise<boolean>): Looping {
  const waits = movingInOf(app);
  let stopped = false;
  let poked = false;
  let wake: (() => void) | null = null;
  const rest = async (ms: number): Promise<void> => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    wake = null;
  };
  const run = async (): Promise<void> => {
    while (!stopped) {
      poked = false;
      let more = false;
      try {
        more = !(await waits()) && (await round());
      } catch (error) {
        figures.failures.inc({ lane: name });
        app.log[error instanceof Outage ? 'warn' : 'error']({ lane: name, error: errorFacts(error) }, 'round failed');
      }
      if (stopped || more) continue;
      await pause(Math.min(pokeGapMs, everyMs));
      if (!stopped && !poked && everyMs > pokeGapMs) await rest(everyMs - pokeGapMs);
    }
  };
  const running = run();
  return {
    poke() {
      poked = true;
      wake?.();
    },
    async stop() {
      stopped = true;
      wake?.();
      await running;
    },
  };
}

/** While the database is away a piece of work waits here instead of being counted as failed. */
async function throughOutages(app: WorkerApp, isStopping: () => boolean, work: () => Promise<number>): Promise<number> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Outage) || isStopping()) throw error;
      app.log.warn({ error: errorFacts(error) }, 'waiting for the database');
      await pause(1_000);
    }
  }
}

export interface RunningLane extends Looping {
  /** What the queue calls. Never throws. */
  work(ids: string[]): Promise<void>;
}

/** Starts looking for a lane's work. */
export function startLane(app: WorkerApp, lane: Lane, queues: Queues, figures: Figures): RunningLane {
  let stopping = false;
  let hungry = false;
  const work = async (ids: string[]): Promise<void> => {
    try {
      const done = await throughOutages(app, () => stopping, () => lane.run(ids));
      figures.done.inc({ lane: lane.name }, done);
    } catch (error) {
      figures.failures.inc({ lane: lane.name });
      app.log.error({ lane: lane.name, ids: ids.slice(0, 3), error: errorFacts(error) }, 'work failed');
    }
    if (hungry && !stopping) looping.poke();
  };
  const round = async (): Promise<boolean> => {
    const waiting = await queues.waiting(lane.queue);
    hungry = waiting !== null && waiting >= lane.mostWaiting;
    if (hungry) return false;
    const { jobs, more } = await lane.find();
    if (jobs.length === 0) return false;
    reach('afterClaim', app.env);
    if (await queues.add(lane.queue, jobs.map((job) => ({ ...job, lane: lane.name })))) return more;
    figures.queueAway.inc();
    for (const job of jobs) {
      if (stopping) return false;
      await work(job.ids);
    }
    return more;
  };
  const looping = loop(app, lane.name, lane.everyMs, figures, round);
  return {
    poke: looping.poke,
    work,
    async stop() {
      stopping = true;
      await looping.stop();
    },
  };
}
