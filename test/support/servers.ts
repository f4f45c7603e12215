// What one test run stands on: a Postgres of its own without flushing, a Redis of its own where the machine has one,
// and a migrated template database. Started once per run (global-setup.mjs).
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { deploy, migrationFiles } from '../../prisma/engine.mjs';
import { freePort } from '../../src/services/free-port.js';
import { startPostgres } from '../../src/services/postgres.js';
import { findRedisServer, startRedis } from '../../src/services/redis.js';
import type { Tethered } from '../../src/services/tether.js';
import { publishServers } from './run.js';

const prefix = 'tsunagi-test-';

/**
 * Starts both, and stops what it started if anything fails. The servers are tethered to this process: they stop by
 * themselves when it is killed.
 */
export async function startServers(): Promise<{ stop(): Promise<void> }> {
  removeStale();
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  chmodSync(folder, 0o755); // the user that runs Postgres must be able to enter
  const running: Tethered[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const password = randomBytes(12).toString('hex');
    const postgres = await startPostgres({
      folder: join(folder, 'postgres'),
      port: await freePort(),
      password,
      throwaway: true,
      settings: { max_connections: '400' },
    });
    running.push(postgres);
    const redisServer = findRedisServer(process.env['PATH'] ?? '');
    const redis = redisServer ? await startRedis(redisServer, await freePort()) : null;
    if (redis) running.push(redis);
    publishServers({
      adminUrl: postgres.url,
      template: await makeTemplate(postgres.url, password),
      password,
      redisUrl: redis?.url ?? null,
      redisServer,
    });
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A database with every migration applied; its name says which. Its roles may sign in with `password`. */
async function makeTemplate(adminUrl: string, password: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of migrationFiles()) hash.update(readFileSync(file));
  const template = `template_${hash.digest('hex').slice(0, 12)}`;
  const admin = new pg.Client(adminUrl);
  await admin.connect();
  try {
    await admin.query(`CREATE DATABASE ${template}`);
    const url = new URL(adminUrl);
    url.pathname = `/${template}`;
    await deploy(url.href);
    await admin.query(`ALTER ROLE tsunagi_app LOGIN PASSWORD '${password}'`);
    await admin.query(`ALTER ROLE tsunagi_queue LOGIN PASSWORD '${password}'`);
    await admin.query(`ALTER DATABASE ${template} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`);
  } finally {
    await admin.end();
  }
  return template;
}

/** Folders of runs that were killed. */
function removeStale(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
