// A hundred thousand timers due within one minute: how fast workers get through them, and what a person who works
// meanwhile feels of it. On the queue in Postgres, and on Redis where there is a redis-server. Prints, never asserts.
// `npm run bench:timers -- [timers] [part that moves processes] [workers] [idle seconds] [due within seconds]`
import { setTimeout as pause } from 'node:timers/promises';
import { deployDefinition } from '../src/actions/deploy-definition.js';
import { publishMessage } from '../src/actions/publish-message.js';
import { openApp } from '../src/app.js';
import type { System } from '../src/base/db.js';
import { freePort } from '../src/services/free-port.js';
import { findRedisServer, startRedis } from '../src/services/redis.js';
import { signIn, type Client } from './support/client.js';
import { seedPeople, seedPerson, writeTasks } from './support/crowd.js';
import { taskRow } from './support/diagrams.js';
import { median, percentile, table } from './support/figures.js';
import { openRig, password, printMachine, type Rig } from './support/rig.js';

const [timers = 100_000, moving = 0.05, workers = 1, idleS = 20, withinS = 60] = process.argv.slice(2).map(Number);
const groups = 400;
const reader = 'bench-fixed';
const system: System = { kind: 'system', name: 'bench' };
/** A person clicks a few times a second at most. */
const thinkMs = 100;
/** Reading the diagram and the first statements are not what is measured. */
const warmUp = 30;

/** One real instance at its first task; the others are its copies. */
async function startOne(rig: Rig): Promise<string> {
  const app = await openApp(rig.env, 'bench');
  try {
    await deployDefinition(app, system, { xml: taskRow('bench_timers', 3, 'grp.bench.0001') });
    const { instanceId } = await publishMessage(app, system, { name: 'bench_timers_started', businessKey: 'R8-000000' });
    return instanceId!;
  } finally {
    await app.close();
  }
}

/** A case with one open task for each timer; five hundred of the tasks lie with the reader, 70 in 100 are held. */
async function seedCases(rig: Rig, instanceId: string): Promise<void> {
  await writeTasks(rig, async (client) => {
    await client.query(
      `with copy as (
         insert into process_instance (id, definition_id, root_id, business_key, status, state, variables, step_no, executor_version, started_at)
         select c.id, i.definition_id, c.id, 'R8-' || lpad(c.n::text, 6, '0'), 'active', i.state, i.variables, i.step_no, i.executor_version, i.started_at
         from process_instance i, (select uuidv7() as id, n from generate_series(1, $2::int) n) c where i.id = $1::uuid returning id, definition_id, business_key),
       numbered as (select *, row_number() over () as n, 1 + floor(random() * ${groups})::int as g, random() as r1, random() as r2, random() as r3 from copy)
       insert into task (id, instance_id, definition_id, process_key, execution_id, element_id, name, business_key, candidate_groups, assignee_id, status, deadline, due_at, created_at)
       select uuidv7(), c.id, c.definition_id, t.process_key, t.execution_id, t.element_id, t.name, c.business_key,
         array[case when c.n <= 500 then 'grp.${reader}.' || (1 + c.n % 3) else 'grp.bench.' || lpad(c.g::text, 4, '0') end],
         case when c.r1 < 0.7 then (select id from app_user where login = case when c.n <= 500 then '${reader}' else format('bench.%s.%s', c.g, 1 + floor(c.r2 * 3)::int) end) end,
         'open', t.deadline, now() + c.r3 * interval '30 days', now()
       from numbered c, task t where t.instance_id = $1::uuid and t.status = 'open'`,
      [instanceId, Math.ceil(timers * (1 - moving))],
    );
  });
}

/** Nine in ten of the notices remind, one escalates to the managers; the rest move processes. All due within a minute. */
async function seedTimers(rig: Rig, instanceId: string): Promise<Date> {
  const [times] = await rig.sql<{ from: Date }>(`select now() + $1 * interval '1 second' as from`, [idleS + 10]);
  const common = `$2::timestamptz + random() * interval '${withinS} seconds', now()`;
  await rig.sql(
    `insert into timer (id, kind, instance_id, task_id, rule, due_at, created_at)
     select uuidv7(), case when r < 0.1 then 'escalation' else 'reminder' end, instance_id, id, case when r < 0.1 then 'escalate:1BD>manager' else 'due-1BD' end, ${common}
     from (select id, instance_id, random() as r from task where instance_id <> $1::uuid) k`,
    [instanceId, times!.from],
  );
  await rig.sql(
    `insert into timer (id, kind, instance_id, execution_id, element_id, due_at, created_at)
     select uuidv7(), 'bpmn', i.id, t.execution_id, t.element_id, ${common}
     from timer t, (select id from process_instance where id <> $1::uuid order by id limit $3::int) i where t.instance_id = $1::uuid and t.kind = 'bpmn'`,
    [instanceId, times!.from, Math.floor(timers * moving)],
  );
  await rig.sql('vacuum analyze timer');
  return times!.from;
}

const asked = { page: '/api/tasks?view=all&limit=50', 'page, filtered': '/api/tasks?view=all&limit=50&elementId=task_1&urgent=false&text=R8', counts: '/api/tasks/counts' };
type Times = Record<keyof typeof asked, number[]>;

async function work(client: Client, until: () => boolean): Promise<Times> {
  const times: Times = { page: [], 'page, filtered': [], counts: [] };
  while (!until()) {
    for (const name of Object.keys(asked) as (keyof typeof asked)[]) {
      const startedAt = performance.now();
      await client.must('GET', asked[name]);
      times[name].push(performance.now() - startedAt);
      await pause(thinkMs);
    }
  }
  return times;
}

async function drained(rig: Rig): Promise<void> {
  for (;;) {
    const [row] = await rig.sql<{ left: number }>(`select count(*)::int as left from timer where status = 'pending' and kind in ('reminder', 'escalation', 'bpmn') and due_at < now() + interval '10 minutes'`);
    process.stderr.write(`${row?.left} left\n`);
    if (row?.left === 0) return;
    await pause(5_000);
  }
}

interface Outcome {
  idle: Times;
  busy: Times;
}

async function run(rig: Rig): Promise<Outcome> {
  await seedPeople(rig, { groups, peoplePerGroup: 3 });
  await seedPerson(rig, reader);
  const instanceId = await startOne(rig);
  await seedCases(rig, instanceId);
  const address = await rig.api();
  for (let n = 0; n < workers; n += 1) rig.worker();
  const client = await signIn(address, reader, password);
  for (let n = 0; n < warmUp; n += 1) for (const path of Object.values(asked)) await client.must('GET', path);
  const from = await seedTimers(rig, instanceId);
  const untilDueMs = async (): Promise<number> => (await rig.sql<{ ms: number }>(`select extract(epoch from $1::timestamptz - now())::float * 1000 as ms`, [from]))[0]!.ms;
  let over = false;
  const alarm = pause(Math.max(0, (await untilDueMs()) - 500)).then(() => void (over = true));
  const idle = await work(client, () => over);
  await alarm;
  await pause(Math.max(0, await untilDueMs()));
  let done = false;
  const draining = drained(rig).finally(() => void (done = true));
  const busy = await work(client, () => done);
  await draining;
  // idle before and after: what else the machine does changes within minutes
  over = false;
  const quiet = pause(idleS * 1_000).then(() => void (over = true));
  const after = await work(client, () => over);
  await quiet;
  client.close();
  for (const name of Object.keys(asked) as (keyof typeof asked)[]) idle[name].push(...after[name]);
  return { idle, busy };
}

async function report(rig: Rig, { idle, busy }: Outcome): Promise<void> {
  const kinds = await rig.sql<{ kind: string; fired: number; seconds: number; late50: number; late95: number }>(
    `select coalesce(kind, 'all') as kind, count(*)::int as fired, extract(epoch from max(fired_at) - min(due_at))::float as seconds,
       percentile_cont(0.5) within group (order by extract(epoch from fired_at - due_at))::float as late50, percentile_cont(0.95) within group (order by extract(epoch from fired_at - due_at))::float as late95
     from (select case when kind = 'bpmn' then 'moves a process' else kind end as kind, fired_at, due_at from timer where status = 'fired') t group by rollup (kind) order by 1`,
  );
  const [given] = await rig.sql<{ ledger: number; notices: number; history: number }>(`select (select count(*)::int from reminder_ledger) as ledger, (select count(*)::int from notification) as notices, (select count(*)::int from history_event where type = 'timer_fired') as history`);
  process.stdout.write(`${table(['timers', 'fired', 'seconds from first due to last fired', 'a second', 'late s (p50)', 'late s (p95)'], kinds.map((k) => [k.kind, k.fired, k.seconds, k.fired / k.seconds, k.late50, k.late95]))}\n`);
  process.stdout.write(`ledger ${given?.ledger}, notices given ${given?.notices}, steps ${given?.history} (aim: at least 500 a second; all came due within ${withinS} s)\n\n`);
  const rows = (Object.keys(asked) as (keyof typeof asked)[]).map((name) => {
    const [a, b] = [percentile(idle[name], 0.95), percentile(busy[name], 0.95)];
    return [name, `${idle[name].length} / ${busy[name].length}`, median(idle[name]), a, median(busy[name]), b, b / a];
  });
  process.stdout.write(`${table(['inbox of 500 tasks', 'asked', 'idle p50 ms', 'idle p95', 'draining p50', 'draining p95', 'p95 ratio'], rows)}\naim: ratio at most 2\n\n`);
}

async function bench(title: string, settings: Record<string, string>): Promise<void> {
  process.stdout.write(`## ${title}, ${workers} worker ${workers === 1 ? 'process' : 'processes'}, ${timers} timers of which ${Math.floor(timers * moving)} move a process\n\n`);
  const rig = await openRig(settings);
  try {
    await report(rig, await run(rig));
  } finally {
    await rig.stop();
  }
}

printMachine('bench/timers');
await bench('Queue in Postgres', {});
const server = findRedisServer('');
if (server) {
  const redis = await startRedis(server, await freePort());
  try {
    await bench('Queue in Redis', { REDIS_URL: redis.url });
  } finally {
    await redis.stop();
  }
} else {
  process.stdout.write('Queue in Redis: not run, there is no redis-server on this machine\n');
}
