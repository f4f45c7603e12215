// The folder in which bin/start keeps everything: database, mails, logs, passwords. Removing it starts afresh.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canEnter } from './postgres.js';

export interface Secrets {
  adminPassword: string;
  appPassword: string;
  queuePassword: string;
  sessionSecret: string;
}

export interface DataFolder {
  path: string;
  secrets: Secrets;
  /** Where the cluster of the database is. */
  postgres: string;
  mails: string;
  logFile(name: string): string;
}

/** Opens it; makes it, with new passwords, when it is not there. */
export function openDataFolder(path: string): DataFolder {
  // the user that runs Postgres must get through to its own part; everything else inside is closed to others
  mkdirSync(path, { recursive: true, mode: 0o711 });
  const logs = join(path, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  return {
    path,
    secrets: readSecrets(join(path, 'secrets.json')),
    postgres: postgresFolder(path),
    mails: join(path, 'mails'),
    logFile: (name) => join(logs, `${name}.log`),
  };
}

function readSecrets(file: string): Secrets {
  if (!existsSync(file)) {
    const random = (): string => randomBytes(18).toString('base64url');
    const made: Secrets = {
      adminPassword: random(),
      appPassword: random(),
      queuePassword: random(),
      sessionSecret: random(),
    };
    writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
}

/** Usually data/postgres. Root's own folders are closed to the user that runs Postgres: then a link leads outside. */
function postgresFolder(path: string): string {
  const inside = join(path, 'postgres');
  if (existsSync(join(inside, 'PG_VERSION')) && canEnter(inside)) return inside;
  if (canEnter(path)) return inside;
  const name = createHash('sha256').update(path).digest('hex').slice(0, 12);
  const outside = join('/var/lib/tsunagi', name);
  mkdirSync(outside, { recursive: true, mode: 0o711 });
  const target = join(outside, 'postgres');
  if (!isLinkTo(inside, target)) {
    rmSync(inside, { force: true });
    // without the link in data/ the cluster is one that lost its passwords: it belongs to a folder that was removed
    rmSync(target, { recursive: true, force: true });
    symlinkSync(target, inside);
  }
  return target;
}

function isLinkTo(link: string, target: string): boolean {
  try {
    return readlinkSync(link) === target;
  } catch {
    return false;
  }
}
