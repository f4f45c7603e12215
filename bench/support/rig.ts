// What a bench stands on: a Postgres of its own that flushes to disk (as in real use), the city, and as many API and
// worker processes as asked for. Everything stops when the bench does, however it ends.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { asRole, ensureDatabase, migrate, setRolePassword } from '../../prisma/prepare.js';
import { seedCity } from '../../prisma/seed.js';
import { systemClock } from '../../src/base/clock.js';
import { readEnv, type Env } from '../../src/base/env.js';
import { freePort } from '../../src/services/free-port.js';
import { startPostgres } from '../../src/services/postgres.js';
import { tether, type Tethered } from '../../src/services/tether.js';

export const password = 'bench-password';

export interface Rig {
  ownerUrl: string;
  env: Env;
  /** Starts one API process; resolves with its address once it answers. */
  api(): Promise<string>;
  worker(): void;
  /** One statement as the owner. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '../..');

/** @param more settings of the API and worker processes beside the rig's own */
export async function openRig(more: Record<string, string> = {}): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'tsunagi-bench-'));
  chmodSync(folder, 0o755);
  const running: Tethered[] = [];
  const postgres = await startPostgres({ folder: join(folder, 'postgres'), port: await freePort(), password: 'bench' });
  const url = new URL(postgres.url);
  url.pathname = '/bench';
  const ownerUrl = url.href;
  await ensureDatabase(ownerUrl);
  await migrate(ownerUrl);
  const appUrl = asRole(ownerUrl, 'tsunagi_app', 'bench');
  const queueUrl = asRole(ownerUrl, 'tsunagi_queue', 'bench');
  for (const roleUrl of [appUrl, queueUrl]) await setRolePassword(ownerUrl, roleUrl);
  await seedCity({ ownerUrl, cityDir: join(root, 'city'), now: systemClock.now(), demoPassword: password, hashing: { memoryCost: 1024, timeCost: 1 } });
  const settings = { NODE_ENV: 'development', DATABASE_URL: appUrl, APP_DATABASE_URL: appUrl, QUEUE_DATABASE_URL: queueUrl, LOG_LEVEL: 'warn', CITY_DIR: join(root, 'city'), ...more };
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 8 });

  const program = (entry: string, own: Record<string, string>): Tethered => {
    const kept = tether(process.execPath, ['--no-warnings', '--import', 'tsx', join(root, entry)], {
      cwd: root,
      env: { PATH: '/usr/bin:/bin', HOME: tmpdir(), TZ: 'Asia/Tokyo', ...settings, ...own },
      stopSignal: 'TERM',
      onOutput: (text) => void process.stderr.write(text),
    });
    running.push(kept);
    return kept;
  };
  return {
    ownerUrl,
    env: readEnv(settings),
    async api() {
      const port = await freePort();
      program('src/main-api.ts', { PORT: `${port}` });
      const address = `http://127.0.0.1:${port}`;
      await untilAnswering(address);
      return address;
    },
    worker: () => void program('workers/main.ts', {}),
    sql: async (text, values) => (await pool.query(text, values)).rows,
    async stop() {
      await Promise.all(running.map((each) => each.stop()));
      await pool.end();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilAnswering(address: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  for (;;) {
    const answer = await fetch(`${address}/health/live`, { signal }).catch(() => null);
    if (answer?.ok) return;
    if (signal.aborted) throw new Error(`${address} does not answer`);
    await new Promise((done) => void setTimeout(done, 100));
  }
}

/** What every bench prints first: the machine, so that figures are read as ratios. */
export function printMachine(title: string): void {
  const [cpu] = cpus();
  process.stdout.write(`# ${title}\n${cpus().length} × ${cpu?.model ?? 'unknown'}, node ${process.version}; shared machine: compare figures of one run only\n\n`);
}
