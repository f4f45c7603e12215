// How bin/start tells the other commands on this machine what it runs: one file in its data folder.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandOf } from './process-table.js';

export interface Running {
  pid: number;
  /** Settings of its API and workers; empty while it is still starting. */
  settings: Record<string, string | undefined>;
  /** Login that owns the schema, where the database is its own. */
  ownerUrl: string | null;
}

const fileIn = (dataPath: string): string => join(dataPath, 'running.json');

/** The bin/start that runs on this data folder, or null. */
export function findRunning(dataPath: string): Running | null {
  try {
    const running = JSON.parse(readFileSync(fileIn(dataPath), 'utf8')) as Running;
    return commandOf(running.pid).includes('main-start') ? running : null;
  } catch {
    return null;
  }
}

export function markRunning(dataPath: string, running: Running): void {
  writeFileSync(fileIn(dataPath), JSON.stringify(running), { mode: 0o600 });
}

export function unmarkRunning(dataPath: string): void {
  rmSync(fileIn(dataPath), { force: true });
}
