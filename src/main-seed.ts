// npm run seed -- --households 200 [--seed 1] [--days 240]: an invented caseload into the database of the bin/start that runs here,
// or into the one that DATABASE_URL names. `--first` (bin/start): only where no case was ever opened.
import { parseArgs } from 'node:util';
import { hasCases } from './actions/town-work.js';
import { openApp } from './app.js';
import { offsetClock } from './base/clock.js';
import { givenSettings, readEnv } from './base/env.js';
import { findRunning } from './services/running.js';
import { makeTown } from './services/town/town.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function numberOf(text: string | undefined, usual: number, name: string): number {
  const number = text === undefined ? usual : Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 100_000) throw new Error(`--${name} は1から100000までの整数で指定してください。`);
  return number;
}

/** Whoever goes on without it would be overtaken by the workers; what is there is whole. */
function onLost(error: Error): void {
  process.stderr.write(`データベースとの接続が切れたため、途中でやめました（${error.message}）。入れたところまでは、そのまま使えます。\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { households: { type: 'string' }, seed: { type: 'string' }, days: { type: 'string' }, seconds: { type: 'string' }, first: { type: 'boolean', default: false } } });
  const households = numberOf(values.households, 60, 'households');
  const given = givenSettings();
  const running = given['DATABASE_URL'] ? null : findRunning(given['TSUNAGI_DATA'] ?? 'data');
  if (!given['DATABASE_URL'] && !running?.settings['DATABASE_URL']) throw new Error('つなぎが起動していません。bin/start で起動するか、DATABASE_URL を指定してください。');
  const env = readEnv({ ...running?.settings, LOG_LEVEL: 'error', ...given });
  const endsAt = offsetClock(env.CLOCK_OFFSET_MS).now();
  let at = endsAt;
  const clock = { now: () => at, set: (next: Date) => void (at = next) };
  const app = await openApp(env, 'seed', { clock });
  try {
    if (!app.city.invented) throw new Error('架空の世帯は、架空の市（city/people.json の invented: true）にだけ入れられます。');
    if (values.first && (await hasCases(app, { kind: 'system', name: 'seed' }))) return;
    const startedAtMs = performance.now();
    let shown = 0;
    const tell = (share: number): void => {
      const tenth = Math.floor(share * 10);
      if (tenth > shown) say(`  ${(shown = tenth) * 10}%`);
    };
    at = new Date(0); // the first household sets it
    const made = await makeTown(app, clock, { households, seed: numberOf(values.seed, 1, 'seed'), days: numberOf(values.days, 240, 'days'), endsAt, budgetMs: numberOf(values.seconds, 86_400, 'seconds') * 1_000, tell, onLost });
    say(`架空の ${made.cases} 世帯を入れました（${made.steps} 工程、${Math.round((performance.now() - startedAtMs) / 1000)} 秒）。すべて作り話です。`);
    if (made.stuck.length > 0) say(`  進められなかった工程（そのケースはそこで待っています）: ${made.stuck.length}`);
    for (const { caseNo, step, because } of made.stuck) say(`    ${caseNo ?? '（ケースなし）'} ${step}: ${because.join('; ')}`);
  } finally {
    await app.close();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
