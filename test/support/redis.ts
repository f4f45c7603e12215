import { Redis } from 'ioredis';
import { freePort } from '../../src/services/free-port.js';
import { startRedis } from '../../src/services/redis.js';
import { servers } from './run.js';

/** Whether this machine has a redis-server. Under CI bin/test fails without one, so that no half is left out unseen. */
export function hasRedis(): boolean {
  return servers().redisServer !== null;
}

export interface TestRedis {
  url: string;
  drop(): Promise<void>;
}

/**
 * An empty numbered database of the run's Redis.
 * @throws Error when the machine has no redis-server
 */
export async function freshRedis(): Promise<TestRedis> {
  const { redisUrl } = servers();
  if (!redisUrl) throw new Error('no redis-server on this machine');
  const counter = new Redis(redisUrl);
  const index = ((await counter.incr('test-databases')) % 1023) + 1;
  await counter.quit();
  const url = `${redisUrl}/${index}`;
  const flush = async (): Promise<void> => {
    const client = new Redis(url);
    await client.flushdb();
    await client.quit();
  };
  await flush();
  return { url, drop: flush };
}

export interface OwnRedis extends TestRedis {
  flush(): Promise<void>;
  /** Killed without warning; nothing was saved. */
  kill(): Promise<void>;
  /** Up again on the same port, empty. */
  start(): Promise<void>;
}

/**
 * A redis-server for one test alone, to be flushed and killed.
 * @throws Error when the machine has no redis-server
 */
export async function ownRedis(): Promise<OwnRedis> {
  const { redisServer } = servers();
  if (!redisServer) throw new Error('no redis-server on this machine');
  const port = await freePort();
  let running = await startRedis(redisServer, port);
  return {
    url: running.url,
    async flush() {
      const client = new Redis(running.url);
      await client.flushall();
      await client.quit();
    },
    kill: () => running.kill(),
    async start() {
      running = await startRedis(redisServer, port);
    },
    drop: () => running.stop(),
  };
}
