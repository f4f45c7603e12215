// The pathway on real input while processes are being killed: README's own walk, typed into a shell, against two APIs of which
// one or the other is always just dying, with the workers dying too, over the hundred days in between.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { deployPaths } from '../../src/services/deploy.js';
import { testApp } from '../support/app.js';
import { seedTestCity, testPassword } from '../support/city.js';
import { freshDatabase, query, type TestDatabase } from '../support/database.js';
import { follow, readmeWalk } from '../support/readme.js';
import { hasRedis, ownRedis, type OwnRedis } from '../support/redis.js';
import { testSmtp, type TestSmtp } from '../support/smtp.js';
import { waitFor } from '../support/wait-for.js';
import { isUp, openApi, openWorker, type Api, type OfficeOptions, type Program } from './office.js';

// Stands before the real curl: asks the one API or the other until one of them answers, under one key, as a browser would that
// sends again. What it prints is what curl printed.
const shim = `#!/usr/bin/env bash
key=()
for word in "$@"; do [ "$word" = -d ] && key=(-H "idempotency-key: walk-$$-$RANDOM-$RANDOM"); done
kept=$(mktemp); trap 'rm -f "$kept"' EXIT
for ((try = 1; try <= 240; try++)); do
  if ((try % 2)); then at=$FIRST; else at=$SECOND; fi
  code=$("$CURL" --max-time 20 -o "$kept" -w '%{http_code}' "\${key[@]}" "\${@//$B/$at}" 2>/dev/null) || code=000
  case "$code" in 000 | 5*) sleep 0.25 ;; *) cat "$kept"; exit 0 ;; esac
done
exit 7
`;

let database: TestDatabase;
let smtp: TestSmtp;
let redis: OwnRedis | null = null;
let apis: Api[];
let workers: Program[];
const folder = mkdtempSync(join(tmpdir(), 'tsunagi-walk-'));

beforeAll(async () => {
  writeFileSync(join(folder, 'curl'), shim);
  chmodSync(join(folder, 'curl'), 0o755);
  database = await freshDatabase();
  await seedTestCity(database.ownerUrl);
  const app = await testApp({ database });
  for (const { path, refusals } of await deployPaths(app, ['processes'])) expect([path, refusals]).toEqual([path, []]);
  await app.close();
  smtp = await testSmtp();
  redis = hasRedis() ? await ownRedis() : null;
  const options: OfficeOptions = { database, redisUrl: redis?.url ?? null, smtpUrl: smtp.url, onOutput: () => {} };
  apis = await Promise.all([openApi(options), openApi(options)]);
  workers = [openWorker(options), openWorker(options)];
}, 180_000);

afterAll(async () => {
  await Promise.all([...apis, ...workers].map((program) => program.stop()));
  await redis?.drop();
  await smtp?.stop();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
}, 180_000);

/** Kills one of the four again and again until the walk is over; the other API answers meanwhile. */
async function whileDying<T>(walk: Promise<T>): Promise<T> {
  let over = false;
  void walk.finally(() => (over = true)).catch(() => undefined);
  const all: Program[] = [...apis, ...workers];
  for (let turn = 0; !over; turn += 1) {
    const victim = all[turn % all.length]!;
    const other = apis.find((api) => api !== victim);
    if (apis.includes(victim as Api) && other) await waitFor('the other API is up', () => isUp(other.address), { timeoutMs: 60_000 });
    await victim.crash();
    if (turn === 5) await redis?.flush();
    // a dozen one after the other, then with time to get some work done between two (a start costs two seconds of a processor)
    await pause(turn < 12 ? 700 : 10_000);
  }
  return walk;
}

const sql = <Row extends Record<string, unknown>>(text: string): Promise<Row[]> => query<Row>(database.ownerUrl, text);

it('each route of the README comes to its end, with every reminder and escalation of a hundred days, each once', async () => {
  const { before, after } = readmeWalk();
  const environment = { PATH: `${folder}:${process.env['PATH']}`, CURL: '/usr/bin/curl', B: 'http://office.invalid', FIRST: apis[0]!.address, SECOND: apis[1]!.address };
  const asTyped = (blocks: readonly string[]): string[] => blocks.map((block) => block.replaceAll('tsunagi-demo', testPassword));
  const today = await whileDying(follow(asTyped([...before, 'echo "CONSENTED=$CONSENTED REFUSED=$REFUSED"']), environment));
  expect(today.split('\n').filter((line) => line.includes('×'))).toEqual([]);

  const later = { CLOCK_OFFSET_MS: `${100 * 86_400_000}` };
  for (const program of [...apis, ...workers]) await program.crash(later);
  await Promise.all(apis.map((api) => waitFor('an API is up', () => isUp(api.address), { timeoutMs: 60_000 })));
  const cases = today.trim().split('\n').at(-1)!;
  const end = await whileDying(follow(asTyped([before[0]!, before[2]!, cases, ...after]), environment));
  expect(end.split('\n').filter((line) => line.includes('×'))).toEqual([]);
  // what an API had committed and not yet delivered when it died is delivered by the relay, a little later
  await waitFor('every process of every case has ended', async () => (await sql(`select 1 from process_instance where status in ('active', 'suspended') and business_key like 'R%' limit 1`)).length === 0, { timeoutMs: 60_000, everyMs: 500 });
  expect([...apis, ...workers].reduce((sum, program) => sum + program.crashes, 0)).toBeGreaterThanOrEqual(20);

  await waitFor('all that was due has been given', async () => {
    const [left] = await sql<{ n: string }>(`select (select count(*) from timer where status = 'pending' and due_at < now() + interval '100 days') + (select count(*) from outbox where relayed_at is null) as n`);
    return Number(left!.n) === 0;
  }, { timeoutMs: 120_000, everyMs: 500 });
  const [given] = await sql<{ ledger: number; fired: number; kinds: number }>(`select (select count(*)::int from reminder_ledger) as ledger,
    (select count(*)::int from timer where kind in ('reminder', 'escalation') and status = 'fired') as fired, (select count(distinct kind)::int from notification where kind in ('reminder', 'escalation')) as kinds`);
  expect(given!.ledger).toBeGreaterThan(0);
  expect(given).toEqual({ ledger: given!.ledger, fired: given!.ledger, kinds: 2 });
  expect(await sql(`select data->>'taskId' from history_event where type = 'task_completed' group by 1 having count(*) > 1`)).toEqual([]);
  expect(await sql(`select kind, code, detail from incident where resolved_at is null`)).toEqual([]);
}, 420_000);
