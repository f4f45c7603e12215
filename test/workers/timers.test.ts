import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { fireTimer } from '../../src/actions/fire-timer.js';
import { publishMessage } from '../../src/actions/publish-message.js';
import { startMovingIn } from '../../src/base/moving-in.js';
import { startWorkers, type Workers } from '../../workers/start.js';
import { testApp, type TestApp, type TestAppOptions } from '../support/app.js';
import { query } from '../support/database.js';
import { and, boundaryTimer, catchTimer, deploy, diagram, end, flows, keeper, message, startBy, task } from '../support/diagrams.js';
import { waitFor } from '../support/wait-for.js';
import { onBothBackends, type Queued } from './backends.js';
import { setClock, type SetClock } from './scene.js';

const clockActor = { kind: 'system', name: 'clock' } as const;

/** A task with a reminder every hour beside it (a non-interrupting timer, once) and one that ends it after two days. */
const watched = diagram('watched', `${startBy('go')}${task('assess')}${boundaryTimer('late', 'assess', 'P2D')}${boundaryTimer('nudge', 'assess', 'PT1H', false)}${end('done')}${end('timed_out')}${task('chase')}${end('chased')}${flows('start>assess', 'assess>done', 'late>timed_out', 'nudge>chase', 'chase>chased')}`, message('go'));
/** Three waits one after the other behind three timers, and a service task at which a handler may fail. */
const chain = diagram('chain', `${startBy('chain')}${and('split')}${catchTimer('first', 'PT1H')}${catchTimer('second', 'PT2H')}${catchTimer('third', 'PT3H')}${task('a')}${task('b')}${task('c')}${end('e1')}${end('e2')}${end('e3')}${flows('start>split', 'split>first', 'split>second', 'split>third', 'first>a', 'second>b', 'third>c', 'a>e1', 'b>e2', 'c>e3')}`, message('chain'));

onBothBackends('期限で進む手続き', (open) => {
  let queued: Queued;
  let clock: SetClock;
  let app: TestApp;
  const running: Workers[] = [];
  const others: TestApp[] = [];
  beforeEach(async () => {
    queued = await open();
    clock = setClock('2026-11-24T01:00:00Z');
    app = await testApp({ clock, env: queued.settings });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((workers) => workers.stop()));
    for (const other of others.splice(0)) await other.close();
    await app.close();
    await queued.drop();
  });
  const work = (on: TestApp = app): Workers => {
    const workers = startWorkers(on, { everyMs: 50, sendMail: async () => {} });
    running.push(workers);
    return workers;
  };
  const secondProcess = async (options: TestAppOptions = {}): Promise<TestApp> => {
    const other = await testApp({ clock, env: queued.settings, database: app.database, ...options });
    others.push(other);
    return other;
  };
  const rows = <Row extends Record<string, unknown>>(sql: string, ...values: unknown[]): Promise<Row[]> => query<Row>(app.database.ownerUrl, sql, values);
  const count = async (sql: string): Promise<number> => Number((await rows<{ count: string }>(sql))[0]?.count);
  const startMany = async (name: string, n: number): Promise<void> => {
    for (let i = 0; i < n; i += 1) await publishMessage(app, keeper, { name, businessKey: `R8-${String(i).padStart(5, '0')}` });
  };

  it('a timer fires when its time has come and not before; one that was called off never', async () => {
    await deploy(app, watched);
    await startMany('go', 1);
    work();
    clock.set('2026-11-24T02:30:00Z');
    await waitFor('the chase task', async () => (await count(`select count(*) from task where element_id = 'chase'`)) === 1);
    expect(await rows(`select element_id, status from timer where kind = 'bpmn' order by due_at`)).toEqual([{ element_id: 'nudge', status: 'fired' }, { element_id: 'late', status: 'pending' }]);
    clock.set('2026-11-26T02:00:00Z');
    await waitFor('the task is over', async () => (await count(`select count(*) from task where element_id = 'assess' and status = 'cancelled'`)) === 1);
    expect(await count(`select count(*) from timer where kind = 'bpmn' and status = 'pending'`)).toBe(0);
  });

  it('while an invented town moves in nothing is begun, and it goes on when that has ended, also by the death of whoever moved in', async () => {
    await deploy(app, watched);
    await startMany('go', 1);
    work();
    const lost: string[] = [];
    const url = app.database.appUrl;
    const first = await startMovingIn(url, ({ message: text }) => lost.push(text));
    await expect(startMovingIn(url, () => {})).rejects.toThrow('架空の世帯を入れている最中');
    clock.set('2026-11-24T02:30:00Z');
    await new Promise((done) => void setTimeout(done, 1_500));
    expect(await count(`select count(*) from timer where kind = 'bpmn' and status = 'fired'`)).toBe(0);
    await first.end();
    await waitFor('the chase task', async () => (await count(`select count(*) from task where element_id = 'chase'`)) === 1);

    await startMovingIn(url, ({ message: text }) => lost.push(text));
    clock.set('2026-11-26T02:00:00Z');
    await new Promise((done) => void setTimeout(done, 1_500));
    expect(await count(`select count(*) from timer where kind = 'bpmn' and status = 'pending'`)).toBe(1);
    expect(lost).toEqual([]);
    await rows(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock' and granted and database = (select oid from pg_database where datname = current_database())`);
    await waitFor('the task is over', async () => (await count(`select count(*) from task where element_id = 'assess' and status = 'cancelled'`)) === 1);
    expect(lost.length).toBeGreaterThan(0);
  });

  it('late is not lost: after three days each timer of a case fires once, in due order, with two workers at it', async () => {
    await deploy(app, chain);
    await startMany('chain', 12);
    clock.set('2026-11-27T01:00:00Z');
    work();
    work(await secondProcess());
    await waitFor('all fired', async () => (await count(`select count(*) from timer where status = 'fired'`)) === 36);
    expect(await count(`select count(*) from task where status = 'open'`)).toBe(36);
    const orders = await rows<{ order: string }>(`select string_agg(element_id, ' ' order by id) as order from history_event where type = 'timer_fired' group by instance_id`);
    expect(orders).toHaveLength(12);
    expect(new Set(orders.map((row) => row.order))).toEqual(new Set(['first second third']));
  });

  it('asked for the newest timer first, the older ones of the same case still go before it, each once', async () => {
    await deploy(app, chain);
    await startMany('chain', 1);
    clock.set('2026-11-24T05:00:00Z');
    const [third] = await rows<{ id: string }>(`select id from timer where element_id = 'third'`);
    const other = await secondProcess();
    const outcomes = [];
    for (let again = true; again; ) {
      const result = await fireTimer(app, clockActor, { timerId: third!.id });
      outcomes.push(result);
      again = result.again;
    }
    expect(outcomes).toEqual([{ outcome: 'fired', again: true }, { outcome: 'fired', again: true }, { outcome: 'fired', again: false }]);
    const repeated = await Promise.all([fireTimer(app, clockActor, { timerId: third!.id }), fireTimer(other, clockActor, { timerId: third!.id })]);
    expect(repeated).toEqual([{ outcome: 'idle', again: false }, { outcome: 'idle', again: false }]);
    expect(await count(`select count(*) from task where status = 'open'`)).toBe(3);
  });

  it('a timer behind which the diagram cannot go on becomes an incident, is kept, and stands in nobody\'s way', async () => {
    await deploy(app, diagram('stuck', `${startBy('stuck')}${catchTimer('tick', 'PT1H')}<bpmn:exclusiveGateway id="which" name="which?" />${end('e1')}${end('e2')}${flows('start>tick', 'tick>which', 'which>e1 ? =result = "a"', 'which>e2 ? =result = "b"')}`, message('stuck')));
    await deploy(app, chain);
    await startMany('stuck', 1);
    await startMany('chain', 1);
    clock.set('2026-11-24T06:00:00Z');
    work();
    await waitFor('the incident', async () => (await count(`select count(*) from incident where resolved_at is null`)) === 1);
    await waitFor('the other case', async () => (await count(`select count(*) from timer where status = 'fired'`)) === 3);
    expect(await rows(`select x.kind, x.code, x.element_id, t.status, t.attempts from incident x join timer t on t.id = x.timer_id`)).toEqual([{ kind: 'timer', code: 'no_flow', element_id: 'which', status: 'pending', attempts: 1 }]);
    expect(await count(`select count(*) from process_instance where status = 'active'`)).toBe(2);
  });

  it('timers of a stopped process wait until it goes on', async () => {
    await deploy(app, chain);
    await startMany('chain', 2);
    await rows(`update process_instance set status = 'suspended' where business_key = 'R8-00000'`);
    clock.set('2026-11-24T06:00:00Z');
    work();
    await waitFor('the running case', async () => (await count(`select count(*) from timer where status = 'fired'`)) === 3);
    expect(await count(`select count(*) from timer where status = 'pending'`)).toBe(3);
    await rows(`update process_instance set status = 'active'`);
    await waitFor('the other', async () => (await count(`select count(*) from timer where status = 'fired'`)) === 6);
  });
});
