// bin/doctor: looks at the bin/start that runs here, or at what the settings name.
import { basename, dirname } from 'node:path';
import { migrationFiles } from '../prisma/engine.mjs';
import { systemClock } from './base/clock.js';
import { givenSettings, readEnv } from './base/env.js';
import { examine } from './services/doctor.js';
import { findRunning } from './services/running.js';

const marks = { good: '○', warning: '△', bad: '×' };

async function main(): Promise<number> {
  const given = givenSettings();
  const running = given['DATABASE_URL'] ? null : findRunning(given['TSUNAGI_DATA'] ?? 'data');
  if (!given['DATABASE_URL'] && !running?.settings['DATABASE_URL']) {
    process.stdout.write('× つなぎが起動していません。bin/start で起動するか、DATABASE_URL を指定してください。\n');
    return 1;
  }
  const findings = await examine({
    env: readEnv({ ...running?.settings, ...given }),
    ownerUrl: running?.ownerUrl ?? given['DATABASE_URL'] ?? null,
    migrations: migrationFiles().map((file) => basename(dirname(file))),
    nodeVersion: process.versions.node,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    now: () => systemClock.now(),
  });
  for (const { name, state, text } of findings) process.stdout.write(`${marks[state]} ${name}: ${text}\n`);
  return findings.some(({ state }) => state === 'bad') ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stdout.write(`× ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
