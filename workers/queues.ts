// The only file that knows where BullMQ keeps its queues: in Redis when REDIS_URL is set, else in tables of its own in
// Postgres. Either may be emptied any night. What has to be done stands in our own tables; a queue only spreads it over
// the worker processes, so a queue job holds ids and nothing else, and nothing depends on one being there.
import { createPostgresBackend, createRedisBackend, Queue, runMigrations, Worker, type BackendFactory, type ConnectionOptions, type IQueueBackend, type Job } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { errorFacts } from '../src/base/error-facts.js';
import type { Env } from '../src/base/env.js';
import type { Logger } from '../src/base/log.js';

export const queueNames = ['notices', 'timers', 'work', 'mail'] as const;
export type QueueName = (typeof queueNames)[number];

/** One piece of work: what to do (a lane's name) and with which rows. */
export interface QueueJob {
  /** While a job of this id waits or runs, adding it again does nothing. Not an integer, no colon. */
  id: string;
  lane: string;
  ids: readonly string[];
}

export interface Queues {
  /** false: the backend is away (nothing thrown, nothing waits longer than two seconds). */
  add(name: QueueName, jobs: readonly QueueJob[]): Promise<boolean>;
  /** How many jobs wait; null: the backend is away. */
  waiting(name: QueueName): Promise<number | null>;
  /** Runs jobs as they come, `concurrency` at a time. `run` must not throw. Starts when the backend can be reached. */
  consume(name: QueueName, concurrency: number, run: (lane: string, ids: string[]) => Promise<void>): void;
  /** Whether the backend still has what was put into it: `lost` once after it was emptied, `new` the first time. */
  look(): Promise<'kept' | 'lost' | 'new' | 'away'>;
  /** Finishes what runs, then closes. */
  close(): Promise<void>;
}

const addPatienceMs = 2_000;
const closePatienceMs = 10_000;
const sentinel = { name: 'notices', id: 'sentinel', delayMs: 366 * 86_400_000 } as const;
type AnyQueue = Queue<{ ids: readonly string[] }, void, string, { ids: readonly string[] }, void, string, IQueueBackend>;
type AnyWorker = Worker<{ ids: string[] }, void, string, IQueueBackend>;
/** The truth is elsewhere: nothing is kept, so that the same id can be added again. */
const jobOptions = { removeOnComplete: true, removeOnFail: true, attempts: 1 };

interface Backend {
  /** Connection for producers, and one for workers. */
  producer: ConnectionOptions;
  consumer: ConnectionOptions;
  factory: BackendFactory;
  prefix: string;
  queueName(name: QueueName): string;
  /** Makes the tables where there are any. Repeatable. @throws while the backend is away */
  prepare(): Promise<void>;
  close(): Promise<void>;
}

const retryStrategy = (times: number): number => Math.min(times * 100, 2_000);

function redisBackend(url: string, prefix: string): Backend {
  // fails at once while Redis is away; BullMQ's own default would wait without end
  const producer = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, retryStrategy });
  producer.on('error', () => {}); // each failed command tells; ioredis would print this one
  return {
    producer,
    consumer: { url, maxRetriesPerRequest: null, retryStrategy },
    factory: createRedisBackend,
    prefix,
    queueName: (name) => name,
    prepare: async () => void (await producer.ping()),
    close: async () => producer.disconnect(),
  };
}

function postgresBackend(env: Env): Backend {
  const own = env.QUEUE_DATABASE_URL !== undefined;
  const schema = 'bullmq'; // BullMQ's default: the one name it uses with a pool that it has not built itself
  const pool = new pg.Pool({
    connectionString: env.QUEUE_DATABASE_URL ?? env.DATABASE_URL,
    options: `-c search_path=${schema}${own ? '' : ' -c role=tsunagi_queue'}`,
    max: queueNames.length + 6, // each worker listens on a connection of its own
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    application_name: 'tsunagi-queue',
  });
  pool.setMaxListeners(50);
  pool.on('error', () => {}); // an idle connection broke: the next query tells
  return {
    producer: pool,
    consumer: pool,
    // BullMQ's types expect Redis options unless a class is bound to a backend; which one it is stays in this file
    factory: createPostgresBackend as unknown as BackendFactory,
    prefix: '',
    // BullMQ's tables have no prefix: the name of the queue carries it
    queueName: (name) => `${env.QUEUE_PREFIX}-${name}`,
    async prepare() {
      const client = await pool.connect();
      try {
        // The schema is made by our migrations; asking for it again needs a right on the whole database.
        const query = (text: string, values?: unknown[]): unknown => (text.startsWith('CREATE SCHEMA') ? { rows: [] } : client.query(text, values));
        await runMigrations({ query } as Parameters<typeof runMigrations>[0], schema);
      } finally {
        client.release();
      }
    },
    close: () => pool.end(),
  };
}

/** `work` or, after `ms`, null; a failure is null too. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([work, late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}

/**
 * Opens the queues. Never fails and never waits for the backend: it may be away, and come back.
 */
export function openQueues(env: Env, log: Logger): Queues {
  const backend = env.REDIS_URL ? redisBackend(env.REDIS_URL, env.QUEUE_PREFIX) : postgresBackend(env);
  const queues = new Map<QueueName, AnyQueue>();
  const workers: AnyWorker[] = [];
  let ready: Promise<void> | null = null;
  let seen = false;
  let closing = false;
  const prepared = (): Promise<void> => {
    ready ??= backend.prepare().catch((error: unknown) => {
      ready = null;
      throw error;
    });
    return ready;
  };
  const queue = async (name: QueueName): Promise<AnyQueue> => {
    await prepared();
    const known = queues.get(name);
    if (known) return known;
    const made: AnyQueue = new Queue(backend.queueName(name), { connection: backend.producer, ...prefixed(backend), defaultJobOptions: jobOptions, skipWaitingForReady: true, skipMetasUpdate: true }, backend.factory);
    made.on('error', () => {}); // the call that fails tells
    queues.set(name, made);
    return made;
  };
  const start = async (name: QueueName, concurrency: number, run: (lane: string, ids: string[]) => Promise<void>): Promise<void> => {
    while (!closing) {
      if (await within(addPatienceMs, prepared().then(() => true))) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    if (!closing) workers.push(startWorker(backend, name, concurrency, run, log));
  };
  return {
    async add(name, jobs) {
      if (jobs.length === 0) return true;
      const entries = jobs.map(({ id, lane, ids }) => ({ name: lane, data: { ids }, opts: { jobId: id } }));
      return (await within(addPatienceMs, queue(name).then((q) => q.addBulk(entries)))) !== null;
    },
    waiting: (name) => within(addPatienceMs, queue(name).then((q) => q.getWaitingCount())),
    consume: (name, concurrency, run) => void start(name, concurrency, run),
    async look() {
      const found = await within(addPatienceMs, queue(sentinel.name).then(async (q) => ((await q.getJob(sentinel.id)) ? 'kept' : 'gone')));
      if (found === null) return 'away';
      const before = seen;
      seen = true;
      if (found === 'kept') return 'kept';
      await within(addPatienceMs, queue(sentinel.name).then((q) => q.add('sentinel', { ids: [] }, { jobId: sentinel.id, delay: sentinel.delayMs })));
      return before ? 'lost' : 'new';
    },
    async close() {
      closing = true;
      await within(closePatienceMs, Promise.all(workers.map((worker) => worker.close())));
      await within(closePatienceMs, Promise.all([...queues.values()].map((q) => q.close())));
      await within(closePatienceMs, backend.close());
    },
  };
}

const prefixed = (backend: Backend): { prefix?: string } => (backend.prefix ? { prefix: backend.prefix } : {});

/** More errors than this within one rest, and the worker pauses: BullMQ's loop knows no pause of its own. */
const mostErrors = 10;
const restMs = 1_000;

function startWorker(backend: Backend, name: QueueName, concurrency: number, run: (lane: string, ids: string[]) => Promise<void>, log: Logger): AnyWorker {
  const process = async (job: Job<{ ids: string[] }>): Promise<void> => run(job.name, job.data.ids);
  // long-running jobs keep their lock by renewal; a job of a dead process is given to another after `lockDuration`
  const options = { connection: backend.consumer, ...prefixed(backend), concurrency, lockDuration: 15_000, stalledInterval: 5_000, maxStalledCount: 100, drainDelay: 5, runRetryDelay: 1_000 };
  const worker: AnyWorker = new Worker(backend.queueName(name), process, options, backend.factory);
  let errors = 0;
  worker.on('error', (error) => {
    errors += 1;
    if (errors === 1) log.warn({ queue: name, error: errorFacts(error) }, 'queue error');
    if (errors > mostErrors && !worker.isPaused()) void worker.pause(true);
  });
  const calm = setInterval(() => {
    if (errors > 1) log.warn({ queue: name, errors }, 'queue errors');
    errors = 0;
    if (worker.isPaused()) void worker.resume();
  }, restMs);
  calm.unref();
  worker.on('closing', () => clearInterval(calm));
  return worker;
}
