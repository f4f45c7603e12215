import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { publishMessage } from '../../src/actions/publish-message.js';
import type { Handler } from '../../src/handlers/handler.js';
import { startWorkers, type Workers } from '../../workers/start.js';
import { testApp, type TestApp } from '../support/app.js';
import { query } from '../support/database.js';
import { catchMessage, deploy, diagram, end, flows, keeper, message, service, startBy, task } from '../support/diagrams.js';
import { waitFor } from '../support/wait-for.js';
import { onBothBackends, type Queued } from './backends.js';
import { setClock, type SetClock } from './scene.js';

const waiter = diagram('waiter', `${startBy('wait')}${catchMessage('reply', 'reply', '=caseId')}${task('read')}${end()}${flows('start>reply', 'reply>read', 'read>end')}`, `${message('wait')}${message('reply')}`);
const caller = diagram('caller', `${startBy('call')}${service('ring', 'ring_up', { number: '="1"' })}${task('note')}${end()}${flows('start>ring', 'ring>note', 'note>end')}`, message('call'));

onBothBackends('送り残しの中継', (open) => {
  let queued: Queued;
  let clock: SetClock;
  let app: TestApp;
  let calls: string[];
  let fails: number;
  const running: Workers[] = [];
  beforeEach(async () => {
    queued = await open();
    clock = setClock('2026-11-24T01:00:00Z');
    calls = [];
    fails = 0;
    const ringUp: Handler = {
      name: 'ring_up',
      kind: 'outside',
      async run(context) {
        calls.push(context.jobId);
        if (calls.length <= fails) throw new Error('engaged');
        return {};
      },
    };
    app = await testApp({ clock, env: queued.settings, handlers: [ringUp] });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((workers) => workers.stop()));
    await app.close();
    await queued.drop();
  });
  const work = (): void => void running.push(startWorkers(app, { everyMs: 50, sendMail: async () => {} }));
  const rows = <Row extends Record<string, unknown>>(sql: string, ...values: unknown[]): Promise<Row[]> => query<Row>(app.database.ownerUrl, sql, values);
  const count = async (sql: string): Promise<number> => Number((await rows<{ count: string }>(sql))[0]?.count);
  const leftBehind = (kind: string, payload: object): Promise<unknown> => rows(`insert into outbox (kind, payload, created_at) values ($1, $2, $3)`, kind, JSON.stringify(payload), new Date(clock.now().getTime() - 5_000));

  it('a message whose sender died after its commit still arrives, once, with two workers at it', async () => {
    await deploy(app, waiter);
    for (let i = 0; i < 8; i += 1) {
      await publishMessage(app, keeper, { name: 'wait', businessKey: `R8-0000${i}`, variables: { caseId: `c${i}` } });
      const [row] = await rows<{ id: string }>(`insert into message (id, name, correlation_key, variables, created_at, expires_at) values (gen_random_uuid(), 'reply', $1, '{}', $2, $3) returning id`, `c${i}`, clock.now(), new Date(clock.now().getTime() + 86_400_000));
      await leftBehind('message.deliver', { messageId: row!.id });
      await leftBehind('message.deliver', { messageId: row!.id });
    }
    work();
    work();
    await waitFor('all arrived', async () => (await count(`select count(*) from task where element_id = 'read'`)) === 8);
    await waitFor('all settled', async () => (await count(`select count(*) from outbox where relayed_at is null`)) === 0);
    expect(await count(`select count(*) from history_event where type = 'message_correlated'`)).toBe(8);
    expect(await count(`select count(*) from message where name = 'reply' and status = 'correlated'`)).toBe(8);
  });

  it('a row that cannot be carried out rests longer and longer, is kept, and stands in nobody\'s way', async () => {
    await deploy(app, waiter);
    await publishMessage(app, keeper, { name: 'wait', businessKey: 'R8-00001', variables: { caseId: 'c' } });
    await leftBehind('nobody.knows', {});
    await leftBehind('message.deliver', {});
    const [row] = await rows<{ id: string }>(`insert into message (id, name, correlation_key, variables, created_at, expires_at) values (gen_random_uuid(), 'reply', 'c', '{}', $1, $2) returning id`, clock.now(), new Date(clock.now().getTime() + 86_400_000));
    await leftBehind('message.deliver', { messageId: row!.id });
    work();
    await waitFor('the good one', async () => (await count(`select count(*) from task where element_id = 'read'`)) === 1);
    await waitFor('the bad ones rest', async () => (await count(`select count(*) from outbox where relayed_at is null and attempts >= 1 and last_error = 'TypeError'`)) === 2);
    clock.set('2026-11-24T01:00:10Z');
    await waitFor('and are tried again', async () => (await count(`select count(*) from outbox where relayed_at is null and attempts >= 2`)) === 2);
  });

  it('a service task with an effect outside runs in a worker and the case goes on', async () => {
    await deploy(app, caller);
    await publishMessage(app, keeper, { name: 'call', businessKey: 'R8-00001' });
    expect(calls).toEqual([]);
    work();
    work();
    await waitFor('the case went on', async () => (await count(`select count(*) from task where element_id = 'note'`)) === 1);
    expect(calls).toHaveLength(1);
  });

  it('a service task that fails is tried again later, and after the last attempt waits for a person', async () => {
    fails = 100;
    await deploy(app, caller);
    await publishMessage(app, keeper, { name: 'call', businessKey: 'R8-00001' });
    work();
    for (const hour of [2, 3]) {
      await waitFor('an attempt', () => calls.length === hour - 1);
      await waitFor('kept', async () => (await count(`select 3 - retries_left as count from job`)) === hour - 1);
      clock.set(`2026-11-24T0${hour}:00:00Z`);
    }
    await waitFor('the incident', async () => (await count(`select count(*) from incident where kind = 'job' and resolved_at is null`)) === 1);
    expect(calls).toHaveLength(3);
    expect(new Set(calls).size).toBe(1);
  });
});
