// One process holds, resumes and stops the others of its case.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cancelInstance } from '../../src/actions/cancel-instance.js';
import { completeTask } from '../../src/actions/complete-task.js';
import { publishMessage } from '../../src/actions/publish-message.js';
import { resumeInstance } from '../../src/actions/resume-instance.js';
import { steerProcesses } from '../../src/actions/steer-processes.js';
import { suspendInstance } from '../../src/actions/suspend-instance.js';
import { transact, type Person } from '../../src/base/db.js';
import { enqueue } from '../../src/base/outbox.js';
import { openCase } from '../../src/domain/cases.js';
import { openApi, openWorker } from '../chaos/office.js';
import { complete, instances, leftOpen, testClock } from '../engine/store/setup.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin, testPassword } from '../support/city.js';
import { query } from '../support/database.js';
import { catchMessage, deploy, diagram, end, flows, keeper, message, openTask, openTasks, service, startBy, task, throwMessage } from '../support/diagrams.js';
import { waitFor } from '../support/wait-for.js';

const order = (id: string, what: string, more: Record<string, string> = {}): string => service(id, `${what}_processes`, { caseId: '=caseId', reason: '="withdrawn"', ...more });
/** A process that works, and one that waits for a message meanwhile. */
const worker = (id: string): string => diagram(id, `${startBy(id)}${task('work')}${catchMessage('hear', 'news', '=caseId')}${task('after')}${end()}${flows('start>work', 'work>hear', 'hear>after', 'after>end')}`, `${message(id)}${message('news')}`);
const holder = (id: string, more: Record<string, string> = {}): string =>
  diagram(id, `${startBy(id)}${task('begin')}${order('hold', 'hold', more)}${task('decide')}${order('resume', 'resume', more)}${end()}${flows('start>begin', 'begin>hold', 'hold>decide', 'decide>resume', 'resume>end')}`, message(id));
const stopper = diagram('stopper', `${startBy('stopper')}${task('begin')}${order('stop', 'stop', { except: '=["spared"]' })}${throwMessage('next', 'fresh')}${task('decide')}${end()}${flows('start>begin', 'begin>stop', 'stop>next', 'next>decide', 'decide>end')}`, `${message('stopper')}${message('fresh')}`);
/** Starts two others, and later ends one of them by its name and then all. */
const asker = diagram('asker', `${startBy('asker')}${task('begin')}${throwMessage('ask', 'fresh')}${throwMessage('ask_two', 'two')}${task('decide')}${order('end_one', 'stop', { only: '=["fresh"]' })}${order('end_all', 'stop')}${task('look')}${end()}${flows('start>begin', 'begin>ask', 'ask>ask_two', 'ask_two>decide', 'decide>end_one', 'end_one>end_all', 'end_all>look', 'look>end')}`, `${message('asker')}${message('fresh')}${message('two')}`);
const hasty = diagram('hasty', `${startBy('hasty')}${task('begin')}${order('hold', 'hold')}${order('resume', 'resume')}${end()}${flows('start>begin', 'begin>hold', 'hold>resume', 'resume>end')}`, message('hasty'));
const caller = diagram('caller', `${startBy('caller')}<bpmn:callActivity id="call" name="call" calledElement="inner"/>${end()}${flows('start>call', 'call>end')}`, message('caller'));
const inner = diagram('inner', `<bpmn:startEvent id="s" name="s"/>${task('deep')}${end()}${flows('s>deep', 'deep>end')}`);

describe('what one process orders of the others of its case', () => {
  let app: TestApp;
  let mori: Person;
  const clock = testClock();
  const url = (): string => app.database.ownerUrl;
  beforeAll(async () => {
    app = await testApp({ clock });
    mori = await personByLogin(url(), 'mori.d');
    for (const xml of [inner, caller, worker('one'), worker('two'), worker('spared'), worker('fresh'), holder('alpha'), holder('beta'), holder('only_two', { only: '="two"' }), stopper, asker, hasty]) await deploy(app, xml);
  });
  afterAll(() => app.close());

  async function aCase(...processes: string[]): Promise<string> {
    const { caseNo, id: caseId } = await transact(app.db, keeper, (tx) => openCase(tx, { field: 'elder', channel: 'phone', agencyCode: mori.agencyCode, urgent: false }, '2026-11-24', null));
    for (const name of processes) await publishMessage(app, keeper, { name, businessKey: caseNo, variables: { caseId } });
    return caseNo;
  }
  const begin = async (caseNo: string, name: string): Promise<void> => {
    const [row] = await query<{ id: string }>(url(), 'select id from support_case where case_no = $1', [caseNo]);
    await publishMessage(app, keeper, { name, businessKey: caseNo, variables: { caseId: row!.id } });
  };
  /** Completes a step of one process of the case. */
  const does = async (caseNo: string, processKey: string, elementId: string): Promise<void> => {
    const [row] = await query<{ id: string; version: number }>(url(), `select id, version from task where business_key = $1 and process_key = $2 and element_id = $3 and status = 'open'`, [caseNo, processKey, elementId]);
    await completeTask(app, mori, { taskId: row!.id, version: row!.version });
  };
  const standing = async (caseNo: string): Promise<Record<string, string>> => Object.fromEntries((await instances(app, caseNo)).map(({ key, status }) => [key, status]));

  test('a hold stops every other process with what it called, and leaves its own alone; resuming lets each go on where it stood', async () => {
    const other = await aCase('one');
    const caseNo = await aCase('one', 'caller', 'alpha');
    await does(caseNo, 'alpha', 'begin');
    expect(await standing(caseNo)).toEqual({ one: 'suspended', caller: 'suspended', inner: 'suspended', alpha: 'active' });
    expect(await standing(other)).toEqual({ one: 'active' });
    await expect(does(caseNo, 'one', 'work')).rejects.toMatchObject({ code: 'instance_not_active' });
    await does(caseNo, 'alpha', 'decide');
    expect(await standing(caseNo)).toEqual({ one: 'active', caller: 'active', inner: 'active', alpha: 'ended' });
    await does(caseNo, 'one', 'work');
    const said = await query<{ data: unknown }>(url(), `select h.data from history_event h join process_instance i on i.id = h.instance_id join process_definition d on d.id = i.definition_id where i.business_key = $1 and d.key = 'one' and h.type = 'intervention' order by h.id`, [caseNo]);
    expect(said.map(({ data }) => data)).toEqual([{ action: 'instance.suspend', reason: 'withdrawn' }, { action: 'instance.resume', reason: 'withdrawn' }]);
  });

  test('a message that comes during the hold is heard after it', async () => {
    const caseNo = await aCase('one', 'alpha');
    await does(caseNo, 'one', 'work');
    await does(caseNo, 'alpha', 'begin');
    const [row] = await query<{ id: string }>(url(), 'select id from support_case where case_no = $1', [caseNo]);
    expect((await publishMessage(app, keeper, { name: 'news', correlationKey: row!.id })).outcome).toBe('buffered');
    await does(caseNo, 'alpha', 'decide');
    expect((await openTask(url(), caseNo, 'after')).elementId).toBe('after');
  });

  test('two hold the same process: it goes on when the second lets go, and not before', async () => {
    const caseNo = await aCase('one', 'alpha');
    await does(caseNo, 'alpha', 'begin');
    await begin(caseNo, 'beta');
    await does(caseNo, 'beta', 'begin');
    expect(await standing(caseNo)).toEqual({ one: 'suspended', alpha: 'suspended', beta: 'active' });
    await does(caseNo, 'beta', 'decide');
    expect(await standing(caseNo)).toEqual({ one: 'suspended', alpha: 'active', beta: 'ended' });
    await does(caseNo, 'alpha', 'decide');
    expect(await standing(caseNo)).toMatchObject({ one: 'active', alpha: 'ended' });
  });

  test('what a person suspended stays suspended; what a person lets go on is held no longer', async () => {
    const caseNo = await aCase('one', 'two', 'alpha');
    const of = async (key: string): Promise<string> => (await instances(app, caseNo)).find((one) => one.key === key)!.id;
    await suspendInstance(app, keeper, { instanceId: await of('one'), reason: '確認のため' });
    await does(caseNo, 'alpha', 'begin');
    await resumeInstance(app, keeper, { instanceId: await of('two'), reason: '急ぎのため' });
    expect(await standing(caseNo)).toEqual({ one: 'suspended', two: 'active', alpha: 'active' });
    await suspendInstance(app, keeper, { instanceId: await of('two'), reason: 'もう一度' });
    await does(caseNo, 'alpha', 'decide');
    expect(await standing(caseNo)).toEqual({ one: 'suspended', two: 'suspended', alpha: 'ended' });
  });

  test('a process that was ended while it held others is no obstacle to the next one that resumes', async () => {
    const caseNo = await aCase('one', 'alpha');
    await does(caseNo, 'alpha', 'begin');
    await cancelInstance(app, keeper, { instanceId: (await instances(app, caseNo)).find((one) => one.key === 'alpha')!.id, reason: '誤り' });
    await begin(caseNo, 'beta');
    await does(caseNo, 'beta', 'begin');
    await does(caseNo, 'beta', 'decide');
    expect(await standing(caseNo)).toMatchObject({ one: 'active' });
  });

  test('what a process has started by messages is ended when it is named, and not with all the others', async () => {
    const caseNo = await aCase('one', 'asker');
    await does(caseNo, 'asker', 'begin');
    expect(await standing(caseNo)).toEqual({ one: 'active', asker: 'active', fresh: 'active', two: 'active' });
    clock.forward(1_000);
    await does(caseNo, 'asker', 'decide');
    expect(await standing(caseNo)).toEqual({ one: 'cancelled', asker: 'active', fresh: 'cancelled', two: 'active' });
  });

  test('only and except say which processes', async () => {
    const caseNo = await aCase('one', 'two', 'only_two');
    await does(caseNo, 'only_two', 'begin');
    expect(await standing(caseNo)).toEqual({ one: 'active', two: 'suspended', only_two: 'active' });
  });

  test('a stop ends the others, held ones too, and closes their tasks with the reason; not the spared one, nor what the stopper starts', async () => {
    const caseNo = await aCase('one', 'spared', 'alpha', 'stopper');
    await does(caseNo, 'alpha', 'begin');
    await resumeInstance(app, keeper, { instanceId: (await instances(app, caseNo)).find((one) => one.key === 'stopper')!.id, reason: '続ける' });
    await does(caseNo, 'stopper', 'begin');
    expect(await standing(caseNo)).toEqual({ one: 'cancelled', spared: 'suspended', alpha: 'cancelled', stopper: 'active', fresh: 'active' });
    const closed = await query(url(), `select process_key, end_reason from task where business_key = $1 and status = 'cancelled' order by 1`, [caseNo]);
    expect(closed).toEqual([{ process_key: 'alpha', end_reason: 'withdrawn' }, { process_key: 'one', end_reason: 'withdrawn' }]);
    expect((await leftOpen(app, caseNo)).filter((what) => what === 'task work')).toHaveLength(2);
  });

  test('a hold and the resuming after it in one step keep their order; carried out twice at once they change nothing more', async () => {
    const caseNo = await aCase('one', 'two', 'hasty');
    await does(caseNo, 'hasty', 'begin');
    expect(await standing(caseNo)).toEqual({ one: 'active', two: 'active', hasty: 'ended' });
    const holders = (await instances(app, caseNo)).find((one) => one.key === 'hasty')!.id;
    const ids = await transact(app.db, keeper, (tx) =>
      enqueue(tx, (['hold', 'resume', 'hold'] as const).map((what) => ({ kind: 'processes.steer', payload: { businessKey: caseNo, do: what, reason: 'withdrawn', instanceId: holders, only: null, except: [] } }))));
    // the last one first, and each several times at once: what was ordered before is done before
    await Promise.all([ids[2]!, ids[1]!, ids[0]!, ids[2]!].map((id) => steerProcesses(app, id)));
    expect(await standing(caseNo)).toMatchObject({ one: 'suspended', two: 'suspended' });
    const events = await query<{ type: string }>(url(), `select h.type from history_event h join process_instance i on i.id = h.instance_id join process_definition d on d.id = i.definition_id where i.business_key = $1 and d.key = 'one' and h.type like 'instance_%' order by h.id`, [caseNo]);
    expect(events.map(({ type }) => type)).toEqual(['instance_started', ...['suspended', 'resumed', 'suspended', 'resumed', 'suspended'].map((what) => `instance_${what}`)]);
    expect(await query(url(), `select 1 from outbox where kind = 'processes.steer' and relayed_at is null`)).toEqual([]);
  });

  test('an order that cannot be read fails the step as an incident, and nothing is held', async () => {
    await deploy(app, diagram('clumsy', `${startBy('clumsy')}${task('begin')}${order('hold', 'hold', { reason: '="理由は本人の事情"' })}${end()}${flows('start>begin', 'begin>hold', 'hold>end')}`, message('clumsy')));
    const caseNo = await aCase('one', 'clumsy');
    await complete(app, mori, caseNo, 'begin');
    expect(await standing(caseNo)).toMatchObject({ one: 'active' });
    expect(await query(url(), `select 1 from outbox where payload::text like '%本人の事情%'`)).toEqual([]);
  });

  test.each(['beforeOrder', 'amidOrder'])('killed %s: whoever relays next carries it out to its end', async (place) => {
    const caseNo = await aCase('one', 'two', 'alpha');
    const held = async (): Promise<number> => Object.values(await standing(caseNo)).filter((status) => status === 'suspended').length;
    const office = { database: app.database, redisUrl: null, smtpUrl: 'smtp://127.0.0.1:9', onOutput: () => {} };
    const api = await openApi(office, { FAULT_POINT: place });
    const json = { 'content-type': 'application/json' };
    const session = await fetch(`${api.address}/api/session`, { method: 'POST', headers: json, body: JSON.stringify({ login: 'mori.d', password: testPassword }) });
    const cookie = session.headers.get('set-cookie')!.split(';')[0]!;
    const { id, version } = (await openTasks(url(), caseNo)).find((one) => one.elementId === 'begin')!;
    const answer = await fetch(`${api.address}/api/tasks/${id}/complete`, { method: 'POST', headers: { ...json, cookie }, body: JSON.stringify({ version }) }).then((given) => given.text(), () => 'killed');
    expect(answer).toBe('killed');
    await api.stop();
    expect(await held()).toBe(place === 'amidOrder' ? 1 : 0);
    const relay = openWorker(office);
    await waitFor('the hold', async () => (await held()) === 2, { timeoutMs: 60_000 });
    await waitFor('settled', async () => (await query(url(), `select 1 from outbox where kind = 'processes.steer' and relayed_at is null`)).length === 0, { timeoutMs: 60_000 });
    await relay.stop();
    await does(caseNo, 'alpha', 'decide');
    expect(await standing(caseNo)).toEqual({ one: 'active', two: 'active', alpha: 'ended' });
  }, 180_000);
});
