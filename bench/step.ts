// How many durable completions a second, beside a bare script that writes the same rows to the same Postgres; where the
// time goes; and what the engine alone costs. Run: npm run bench:step
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { deployDefinition } from '../src/actions/deploy-definition.js';
import { openApp } from '../src/app.js';
import { newId } from '../src/base/id.js';
import { measureColdStep } from './cold-step.js';
import { signIn, type Client } from './support/client.js';
import { taskRow } from './support/diagrams.js';
import { median, percentile, table } from './support/figures.js';
import { openRig, password, printMachine, type Rig } from './support/rig.js';

const tasks = 12;
const secondsEach = 10;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Task {
  id: string;
  version: number;
}

/** One person who works through instance after instance; times each completion. */
async function work(client: Client, starter: Client, until: number, latencies: number[]): Promise<void> {
  while (performance.now() < until) {
    const businessKey = `bench-${newId()}`;
    await starter.must('POST', '/api/messages', { name: 'bench_twelve_started', businessKey });
    const { tasks: [first] } = await client.must<{ tasks: Task[] }>('GET', `/api/tasks?view=group&limit=1&case=${businessKey}`);
    for (let next: Task | undefined = first; next && performance.now() < until; ) {
      const startedAt = performance.now();
      const answer: { next: Task[] } = await client.must('POST', `/api/tasks/${next.id}/complete`, { version: next.version });
      latencies.push(performance.now() - startedAt);
      next = answer.next[0];
    }
  }
}

/** Seconds spent in each part so far, statements sent, and the CPU seconds of the API process and of Postgres. */
async function partTimes(rig: Rig, address: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const found = new Map<string, number>();
  for (const [, part, value] of text.matchAll(/^tsunagi_part_seconds_total\{part="(\w+)"\} (\S+)$/gm)) found.set(part!, Number(value));
  found.set('statements', Number(/^tsunagi_part_total\{part="sql"\} (\S+)/m.exec(text)?.[1] ?? Number.NaN) / 1000);
  found.set('cpu', Number(/^process_cpu_seconds_total (\S+)/m.exec(text)?.[1] ?? Number.NaN));
  found.set('cpu pg', await postgresCpu(rig));
  return found;
}

/** CPU seconds of all processes of the rig's Postgres so far, from /proc (Linux; elsewhere NaN). */
async function postgresCpu(rig: Rig): Promise<number> {
  const pids = await rig.sql<{ pid: number }>('select pid from pg_stat_activity');
  try {
    const ticks = pids.map(({ pid }) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')).map((fields) => Number(fields[11]) + Number(fields[12]));
    return ticks.reduce((sum, each) => sum + each, 0) / 100;
  } catch {
    return Number.NaN;
  }
}

const parts = ['http', 'access', 'load', 'act', 'save', 'commit', 'sql', 'statements', 'cpu', 'cpu pg'];

async function measureApi(rig: Rig, address: string, keeper: Client): Promise<number> {
  const rows: (string | number)[][] = [];
  let best = 0;
  const first = await signIn(address, 'sato.h', password);
  for (const clients of [1, 2, 4, 8, 16]) {
    const people = Array.from({ length: clients }, () => first.another());
    await Promise.all(people.map((p) => work(p, keeper, performance.now() + 2000, [])));
    const before = await partTimes(rig, address);
    const latencies: number[] = [];
    const startedAt = performance.now();
    await Promise.all(people.map((p) => work(p, keeper, performance.now() + secondsEach * 1000, latencies)));
    const rate = latencies.length / ((performance.now() - startedAt) / 1000);
    const after = await partTimes(rig, address);
    const each = parts.map((part) => (((after.get(part) ?? 0) - (before.get(part) ?? 0)) * 1000) / latencies.length);
    best = Math.max(best, rate);
    rows.push([clients, rate, median(latencies), percentile(latencies, 0.95), percentile(latencies, 0.99), ...each]);
    people.forEach((p) => p.close());
  }
  say(table(['clients', 'completions/s', 'p50 ms', 'p95 ms', 'p99 ms', ...parts], rows));
  say('\nThe last columns: ms per completion that requests spent in that part (waiting included); sql lies across the others: all statements, and how many; then CPU ms of the API process and of Postgres. Every twelfth completion also bears the start of its instance and one look into the inbox.');
  const [size] = await rig.sql<{ avg: number; max: number }>(`select avg(octet_length(state))::int as avg, max(octet_length(state))::int as max from process_instance where state is not null`);
  say(`State: ${size?.avg} bytes on average, ${size?.max} at most.\n`);
  return best;
}

const bareRows = `with t as (insert into bare_row (instance_id, kind)
    select $1, k from unnest(array['task', 'inbox', 'timer', 'timer', 'timer', 'audit', 'history', 'history', 'history', 'history']) k returning 1)
  update bare_row set done = true where id in (select id from bare_row where instance_id = $1 and not done limit 5)`;

/** What a completion writes, without anything that decides: one transaction of plain statements. */
async function bareWrites(url: string, clients: number, ms: number): Promise<number> {
  const state = 'x'.repeat(6000);
  const until = performance.now() + ms;
  let done = 0;
  const one = async (): Promise<void> => {
    const c = new pg.Client(url);
    await c.connect();
    const id = newId();
    await c.query('insert into bare_instance values ($1, $2, 0)', [id, state]);
    while (performance.now() < until) {
      await c.query('begin');
      await c.query({ name: 'l', text: 'select state from bare_instance where id = $1 for update', values: [id] });
      await c.query({ name: 'u', text: 'update bare_instance set state = $2, step_no = step_no + 1 where id = $1', values: [id, state] });
      await c.query({ name: 't', text: bareRows, values: [id] });
      await c.query('commit');
      done += 1;
    }
    await c.end();
  };
  await Promise.all(Array.from({ length: clients }, one));
  return done / (ms / 1000);
}

async function measureBare(rig: Rig): Promise<number> {
  await rig.sql('create table bare_instance (id uuid primary key, state text, step_no int)');
  await rig.sql('create table bare_row (id bigint generated always as identity primary key, instance_id uuid, kind text, done boolean default false)');
  await rig.sql('create index on bare_row (instance_id) where not done');
  const rows: [number, number][] = [];
  for (const clients of [1, 4, 8]) rows.push([clients, await bareWrites(rig.ownerUrl, clients, 5000)]);
  say(table(['clients', 'bare transactions/s'], rows));
  return Math.max(...rows.map(([, rate]) => rate));
}

/** As whoever has the machine does. */
async function bring(rig: Rig, xml: string): Promise<void> {
  const app = await openApp(rig.env, 'bench');
  try {
    await deployDefinition(app, { kind: 'system', name: 'bench' }, { xml });
  } finally {
    await app.close();
  }
}

printMachine('bench/step');
await measureColdStep();
const rig = await openRig();
try {
  await bring(rig, taskRow('bench_twelve', tasks, 'grp.coordinator.city'));
  const address = await rig.api();
  const policy = await signIn(address, 'kato.m', password);
  const best = await measureApi(rig, address, policy);
  const bare = await measureBare(rig);
  say(`\nbest ${best.toFixed(0)} completions/s (aim ≥ 120, p95 < 80 ms); bare ${bare.toFixed(0)}/s; ratio ${(best / bare).toFixed(2)}`);
} finally {
  await rig.stop();
}
