import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { approveChange } from '../support/changes.js';
import { freshDatabase, query, type TestDatabase } from '../support/database.js';
import { seedTestCity } from '../support/city.js';
import { hasRedis, ownRedis, type OwnRedis } from '../support/redis.js';
import { testSmtp, type TestSmtp } from '../support/smtp.js';
import { waitFor } from '../support/wait-for.js';
import { calm, isUp, openApi, openWorker, shelter, signIn, storm, type Api, type OfficeOptions, type Program, type Staff } from './office.js';

const completions = 300;
const crashes = 20;

interface InboxTask {
  id: string;
  version: number;
}

/** What the people were told. Shared between them. */
interface Told {
  /** tasks whose completion was answered with success */
  done: Set<string>;
  /** answers that nobody should ever get */
  strange: string[];
  serial: number;
}

/** Starts cases and completes whatever lies in the inbox, together with the others who do the same. */
async function workOn(staff: Staff, starter: Staff, told: Told, name: string): Promise<void> {
  while (told.done.size < completions) {
    const number = (told.serial += 1);
    const started = await starter.ask('POST', '/api/messages', { name: 'storm_started', businessKey: `storm-${number}` }, `start-${number}`);
    if (started.status !== 201) told.strange.push(`start: ${JSON.stringify(started)}`);
    for (let round = 0; round < 6; round += 1) {
      const inbox = await staff.ask('GET', '/api/tasks?view=group&limit=5');
      for (const task of inbox.body['tasks'] as InboxTask[]) {
        const answer = await staff.ask('POST', `/api/tasks/${task.id}/complete`, { version: task.version }, `${name}-${task.id}`);
        if (answer.status === 200) told.done.add(task.id);
        // 409: the other one was faster
        else if (answer.status !== 409) told.strange.push(`complete: ${JSON.stringify(answer)}`);
      }
    }
  }
}

const backends = hasRedis() ? (['redis', 'postgres'] as const) : (['postgres'] as const);

describe.each(backends)('an office whose machines crash all the time, queue in %s', (backend) => {
  let database: TestDatabase;
  let smtp: TestSmtp;
  let redis: OwnRedis | null;
  let apis: Api[];
  let workers: Program[];
  const sql = <Row extends Record<string, unknown>>(text: string): Promise<Row[]> => query<Row>(database.ownerUrl, text);

  beforeEach(async () => {
    database = await freshDatabase();
    await seedTestCity(database.ownerUrl);
    smtp = await testSmtp();
    redis = backend === 'redis' ? await ownRedis() : null;
    const options: OfficeOptions = { database, redisUrl: redis?.url ?? null, smtpUrl: smtp.url, onOutput: () => {} };
    apis = await Promise.all([openApi(options), openApi(options)]);
    workers = [openWorker(options), openWorker(options)];
  }, 120_000);

  afterEach(async () => {
    await Promise.all([...apis, ...workers].map((program) => program.stop()));
    await redis?.drop();
    await smtp.stop();
    await database.drop();
  }, 180_000);

  async function crashThem(told: Told): Promise<void> {
    const all: Program[] = [...apis, ...workers];
    let count = 0;
    while (count < crashes || told.done.size < completions) {
      // one API is left up, as a load balancer would see it
      const victim = all[Math.floor(Math.random() * all.length)]!;
      const other = apis.find((api) => api !== victim);
      if (apis.includes(victim as Api) && other) await waitFor('the other API is up', () => isUp(other.address), { timeoutMs: 60_000 });
      await victim.crash();
      count += 1;
      if (count === 7) await redis?.flush();
      if (count === 12 && redis) {
        await redis.kill();
        await redis.start();
      }
      // after the first twenty there is time to get some work done between two
      await pause(count < crashes ? 300 + Math.random() * 900 : 5_000 + Math.random() * 7_000);
    }
  }

  it('loses nothing that was confirmed, does nothing twice and leaves nobody without a next step', async () => {
    const addresses = apis.map((api) => api.address);
    const editor = await signIn(addresses, 'kato.m');
    for (const xml of [storm, shelter, calm]) await approveChange(database.ownerUrl, { xml, forms: {} });
    for (const xml of [storm, shelter, calm]) expect((await editor.ask('POST', '/api/definitions', { xml, forms: {} })).status).toBe(201);
    const told: Told = { done: new Set(), strange: [], serial: 0 };
    const people = await Promise.all(['sato.h', 'tanaka.k', 'sato.h'].map((login) => signIn(addresses, login)));
    await Promise.all([crashThem(told), ...people.map((staff, index) => workOn(staff, editor, told, `p${index}`))]);
    expect(told.strange).toEqual([]);
    expect([...apis, ...workers].reduce((sum, program) => sum + program.crashes, 0)).toBeGreaterThanOrEqual(crashes);
    // one case that nobody works on any more: it is reminded of and told upwards, however quick the others were
    const last = (told.serial += 1);
    expect((await editor.ask('POST', '/api/messages', { name: 'storm_started', businessKey: `storm-${last}` }, `start-${last}`)).status).toBe(201);
    await waitFor('an escalation', async () => (await sql(`select 1 from reminder_ledger where rule like 'escalate:%' limit 1`)).length === 1, { timeoutMs: 60_000, everyMs: 500 });
    // whatever is due is given, now that nothing crashes any more
    await waitFor('all that was due has been done', async () => {
      const [left] = await sql<{ n: string }>(`select (select count(*) from timer where status = 'pending' and due_at < now()) + (select count(*) from outbox where relayed_at is null) as n`);
      return Number(left!.n) === 0;
    }, { timeoutMs: 120_000, everyMs: 500 });

    const lost = await query(database.ownerUrl, `select unnest($1::uuid[]) as id except select id from task where status = 'completed'`, [[...told.done]]);
    expect(lost).toEqual([]);
    const [steps] = await sql<{ completed: number; events: number; tasks: number }>(`select
      (select count(*)::int from task where status = 'completed') as completed,
      (select count(*)::int from history_event where type = 'task_completed') as events,
      (select count(distinct data->>'taskId')::int from history_event where type = 'task_completed') as tasks`);
    expect(steps!.completed).toBeGreaterThanOrEqual(completions);
    expect(steps).toEqual({ completed: steps!.completed, events: steps!.completed, tasks: steps!.completed });
    const gaps = await sql(`select i.id from process_instance i where i.step_no <> (select count(distinct h.step_no) from history_event h where h.instance_id = i.id)`);
    expect(gaps).toEqual([]);
    const doubled = await sql(`select instance_id, execution_id from timer where kind = 'bpmn' and status = 'fired' group by 1, 2 having count(*) > 1`);
    expect(doubled).toEqual([]);
    const [started] = await sql<{ storms: number; calls: number }>(`select
      (select count(*)::int from process_instance i join process_definition d on d.id = i.definition_id where d.key = 'storm') as storms,
      (select count(distinct business_key)::int from process_instance i join process_definition d on d.id = i.definition_id where d.key = 'storm') as calls`);
    expect(started!.storms).toBe(started!.calls);
    expect(started!.storms).toBe(told.serial);
    // two people sit at the coordinators' window, one in the chair: every notice that was due, each of them exactly once
    const [given] = await sql<{ ledger: number; fired: number }>(`select (select count(*)::int from reminder_ledger) as ledger,
      (select count(*)::int from timer where kind in ('reminder', 'escalation') and status = 'fired') as fired`);
    expect(given!.ledger).toBeGreaterThan(0);
    expect(given!.ledger).toBe(given!.fired);
    const readers = await sql(`select l.rule, n.readers, count(*)::int > 0 as some from reminder_ledger l
      left join lateral (select count(*)::int as readers from notification n where n.task_id = l.task_id and n.rule = l.rule) n on true group by 1, 2 order by 1`);
    expect(readers).toEqual([{ rule: 'due-PT1S', readers: 2, some: true }, { rule: 'escalate:PT1S>grp.chair', readers: 1, some: true }]);
    const orphans = await sql(`select i.id from process_instance i where i.status = 'active'
      and not exists (select 1 from task t where t.instance_id = i.id and t.status = 'open')
      and not exists (select 1 from timer t where t.instance_id = i.id and t.kind = 'bpmn' and t.status = 'pending')
      and not exists (select 1 from subscription s where s.instance_id = i.id)
      and not exists (select 1 from job j where j.instance_id = i.id and j.status in ('ready', 'failed'))
      and not exists (select 1 from process_instance c where c.parent_id = i.id and c.status = 'active')
      and not exists (select 1 from incident x where x.instance_id = i.id and x.resolved_at is null)`);
    expect(orphans).toEqual([]);
    expect(await sql(`select kind, code, detail from incident where resolved_at is null`)).toEqual([]);
  }, 420_000);
});
