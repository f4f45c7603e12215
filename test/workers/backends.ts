import { describe } from '@jest/globals';
import { freshRedis, hasRedis } from '../support/redis.js';
import type { Backend } from './scene.js';

export interface Queued {
  settings: Record<string, string>;
  drop(): Promise<void>;
}

/**
 * Runs the tests on both of BullMQ's backends. Without a redis-server the Redis half says so and, under CI, fails.
 */
export function onBothBackends(title: string, tests: (open: () => Promise<Queued>, backend: Backend) => void): void {
  describe(`${title}, queue in Postgres`, () => tests(async () => ({ settings: {}, drop: async () => {} }), 'postgres'));
  if (hasRedis()) {
    describe(`${title}, queue in Redis`, () =>
      tests(async () => {
        const redis = await freshRedis();
        return { settings: { REDIS_URL: redis.url }, drop: () => redis.drop() };
      }, 'redis'));
    return;
  }
  process.stderr.write(`\nNo redis-server on this machine: "${title}, queue in Redis" was not run.\n`);
  if (process.env['CI'] === 'true') throw new Error('CI must run the Redis half: install redis-server');
}
