// The folder in which bin/start keeps everything: database, mails, logs, passwords. Removing it starts afresh.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { canEnter, clusterUser } from './postgres.js';

export interface Secrets {
  adminPassword: string;
  appPassword: string;
  queuePassword: string;
  sessionSecret: string;
  attachmentKey: string;
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

const attachmentKey = (): string => randomBytes(32).toString('base64');

function readSecrets(file: string): Secrets {
  if (!existsSync(file)) {
    const random = (): string => randomBytes(18).toString('base64url');
    const made: Secrets = {
      adminPassword: random(),
      appPassword: random(),
      queuePassword: random(),
      sessionSecret: random(),
      attachmentKey: attachmentKey(),
    };
    writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  }
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Secrets;
  if (kept.attachmentKey) return kept;
  // a folder of a version that had no attachments
  const grown = { ...kept, attachmentKey: attachmentKey() };
  writeFileSync(file, `${JSON.stringify(grown, null, 2)}\n`, { mode: 0o600 });
  return grown;
}

/** Usually data/postgres. Root's own folders are closed to the user that runs Postgres: then a link leads outside. */
function postgresFolder(path: string): string {
  const inside = join(path, 'postgres');
  if (canEnter(path)) return owned(inside);
  const outside = join('/var/lib/tsunagi', createHash('sha256').update(path).digest('hex').slice(0, 12));
  mkdirSync(outside, { recursive: true, mode: 0o711 });
  const target = join(outside, 'postgres');
  const kind = kindOf(inside);
  if (kind === 'link') return owned(target);
  // without a link in data/ what lies outside belongs to a data/ that was removed, and nobody has its password
  rmSync(target, { recursive: true, force: true });
  if (kind === 'folder') {
    cpSync(inside, target, { recursive: true });
    rmSync(inside, { recursive: true });
  }
  symlinkSync(target, inside);
  return owned(target);
}

function kindOf(path: string): 'link' | 'folder' | 'none' {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return 'none';
  return found.isSymbolicLink() ? 'link' : 'folder';
}

/** A cluster that somebody else has run before (say, a person, and now root) is given to the user that runs it now. */
function owned(folder: string): string {
  const user = clusterUser();
  if (user && existsSync(folder) && statSync(folder).uid !== user.uid) {
    execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
  }
  return folder;
}
