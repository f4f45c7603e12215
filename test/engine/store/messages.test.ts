import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { broadcastSignal } from '../../../src/actions/broadcast-signal.js';
import { publishMessage } from '../../../src/actions/publish-message.js';
import { resumeInstance } from '../../../src/actions/resume-instance.js';
import { suspendInstance } from '../../../src/actions/suspend-instance.js';
import { deliver } from '../../../src/actions/act.js';
import type { Person } from '../../../src/base/db.js';
import { testApp, type TestApp } from '../../support/app.js';
import { personByLogin } from '../../support/city.js';
import { query } from '../../support/database.js';
import { and, catchMessage, catchSignal, deploy, diagram, end, flows, keeper, message, openTasks, signal, startBy, task, throwMessage, throwSignal } from '../../support/diagrams.js';
import { bareCase } from '../../support/steps.js';
import { begin, codeOf, complete, hourMs, instances, leftOpen, testClock } from './setup.js';

const clock = testClock();
let app: TestApp;
let other: TestApp;
let mori: Person;

beforeAll(async () => {
  app = await testApp({ clock });
  other = await testApp({ clock, database: app.database });
  mori = await personByLogin(app.database.ownerUrl, 'mori.d');
  await deploy(app, diagram('waits_consent', `${startBy('wait_consent')}${catchMessage('consent', 'consent_obtained', '=caseId')}${task('go_on')}${end()}${flows('start>consent', 'consent>go_on', 'go_on>end')}`, message('wait_consent') + message('consent_obtained')));
  await deploy(app, diagram('gives_consent', `${startBy('give_consent')}${task('ask')}${throwMessage('tell', 'consent_obtained', { correlationKey: '=caseId', payload: '={consentState: "given"}' })}${end()}${flows('start>ask', 'ask>tell', 'tell>end')}`, message('give_consent') + message('consent_obtained')));
  await deploy(app, diagram('starts_other', `${startBy('start_other')}${task('hand_over')}${throwMessage('start_it', 'wait_consent', { payload: '={caseId: caseId}' })}${end()}${flows('start>hand_over', 'hand_over>start_it', 'start_it>end')}`, message('start_other') + message('wait_consent')));
  await deploy(app, diagram('late_catch', `${startBy('late_catch')}${task('prepare')}${catchMessage('reply', 'reply_given', '=caseId')}${task('read_reply')}${end()}${flows('start>prepare', 'prepare>reply', 'reply>read_reply', 'read_reply>end')}`, message('late_catch') + message('reply_given')));
  await deploy(app, diagram('alarm_waits', `${startBy('alarm_wait')}${catchSignal('hear', 'alarm')}${task('act')}${end()}${flows('start>hear', 'hear>act', 'act>end')}`, message('alarm_wait') + signal('alarm')));
  await deploy(app, diagram('alarm_rings', `${startBy('alarm_ring')}${and('split')}${catchSignal('hear_own', 'alarm')}${task('notice')}${throwSignal('ring', 'alarm')}${and('join')}${end()}${flows('start>split', 'split>hear_own', 'split>notice', 'notice>ring', 'ring>join', 'hear_own>join', 'join>end')}`, message('alarm_ring') + signal('alarm')));
});

afterAll(async () => {
  await other?.close();
  await app?.close();
});

const steps = async (key: string): Promise<string[]> => (await openTasks(app.database.ownerUrl, key)).map((t) => t.elementId);

describe('a message', () => {
  test('thrown by one case reaches the other that waits for its key, and no third one', async () => {
    await begin(app, 'wait_consent', 'M-1', { caseId: 'm1' });
    await begin(app, 'wait_consent', 'M-2', { caseId: 'm2' });
    await begin(app, 'give_consent', 'M-3', { caseId: 'm1' });
    await complete(app, mori, 'M-3', 'ask');
    expect(await steps('M-1')).toEqual(['go_on']);
    expect((await instances(app, 'M-1'))[0]!.variables).toMatchObject({ consentState: 'given' });
    expect(await steps('M-2')).toEqual([]);
    const waiting = await query(app.database.ownerUrl, `select 1 from outbox where relayed_at is null and kind = 'message.deliver'`);
    expect(waiting).toEqual([]);
  });

  test('that comes before anybody waits is kept and caught when the case gets there', async () => {
    await begin(app, 'late_catch', 'M-4', { caseId: 'm4' });
    expect(await publishMessage(app, keeper, { name: 'reply_given', correlationKey: 'm4', variables: { answer: 'yes' } })).toMatchObject({ outcome: 'buffered' });
    await complete(app, mori, 'M-4', 'prepare');
    expect(await steps('M-4')).toEqual(['read_reply']);
    expect((await instances(app, 'M-4'))[0]!.variables).toMatchObject({ answer: 'yes' });
  });

  test('whose time to live is over is not caught', async () => {
    await begin(app, 'late_catch', 'M-5', { caseId: 'm5' });
    await publishMessage(app, keeper, { name: 'reply_given', correlationKey: 'm5', ttlS: 3600 });
    clock.forward(2 * hourMs);
    await complete(app, mori, 'M-5', 'prepare');
    expect(await steps('M-5')).toEqual([]);
  });

  test('to nobody, with no time to wait, is refused and nothing is kept of it', async () => {
    expect(await codeOf(publishMessage(app, keeper, { name: 'reply_given', correlationKey: 'nobody', ttlS: 0 }))).toBe('no_catcher');
    expect(await query(app.database.ownerUrl, `select 1 from message where correlation_key = 'nobody'`)).toEqual([]);
  });

  test('starts a process where one begins with it, and goes there with its payload and case number', async () => {
    await begin(app, 'start_other', 'M-6', { caseId: 'm6' });
    await complete(app, mori, 'M-6', 'hand_over');
    const started = (await instances(app, 'M-6')).filter((i) => i.key === 'waits_consent');
    expect(started).toMatchObject([{ parentId: null, variables: { caseId: 'm6' } }]);
  });

  test('published ten times at once to ten cases with the same key: each case gets exactly one', async () => {
    for (let i = 0; i < 10; i += 1) await begin(app, 'wait_consent', `M-7-${i}`, { caseId: 'm7' });
    await Promise.all(Array.from({ length: 10 }, (_, i) => publishMessage(i % 2 ? app : other, keeper, { name: 'consent_obtained', correlationKey: 'm7' })));
    const all = await Promise.all(Array.from({ length: 10 }, (_, i) => steps(`M-7-${i}`)));
    expect(all).toEqual(Array.from({ length: 10 }, () => ['go_on']));
  });

  test('published while its catch is being opened is never missed', async () => {
    const keys = Array.from({ length: 12 }, (_, i) => `m8-${i}`);
    for (const key of keys) await begin(app, 'late_catch', key, { caseId: key });
    await Promise.all(keys.flatMap((key, i) => [complete(i % 2 ? app : other, mori, key, 'prepare'), publishMessage(i % 2 ? other : app, keeper, { name: 'reply_given', correlationKey: key })]));
    for (const key of keys) expect(await steps(key)).toEqual(['read_reply']);
  });

  test('delivered twice does what it does once', async () => {
    await begin(app, 'wait_consent', 'M-9', { caseId: 'm9' });
    clock.forward(1000);
    await begin(app, 'wait_consent', 'M-9b', { caseId: 'm9' });
    const { messageId } = await publishMessage(app, keeper, { name: 'consent_obtained', correlationKey: 'm9' });
    await deliver(app, { kind: 'message.deliver', id: messageId, outboxId: null });
    expect([await steps('M-9'), await steps('M-9b')]).toEqual([['go_on'], []]);
  });

  test('with the same Idempotency-Key starts one process', async () => {
    const kato = await personByLogin(app.database.ownerUrl, 'kato.m');
    const { caseId, caseNo } = await bareCase(app);
    const ask = { name: 'wait_consent', businessKey: caseNo, variables: { caseId }, idempotencyKey: 'm10' };
    const [first, second] = [await publishMessage(app, kato, ask), await publishMessage(other, kato, ask)];
    expect(second).toEqual(first);
    expect(await instances(app, caseNo)).toHaveLength(1);
  });

  test('with ten thousand variables is refused', async () => {
    const variables = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`v${i}`, i]));
    expect(await codeOf(publishMessage(app, keeper, { name: 'wait_consent', businessKey: 'M-11', variables }))).toBe('too_many_variables');
    expect(await codeOf(publishMessage(app, keeper, { name: 'wait_consent', businessKey: 'M-11', variables: { a: 'x'.repeat(70_000) } }))).toBe('too_many_variables');
    expect(await instances(app, 'M-11')).toEqual([]);
  });
});

describe('a signal', () => {
  test('reaches every case that waits for it, its own too', async () => {
    for (const key of ['S-1', 'S-2', 'S-3']) await begin(app, 'alarm_wait', key);
    await begin(app, 'alarm_ring', 'S-4');
    await complete(app, mori, 'S-4', 'notice');
    for (const key of ['S-1', 'S-2', 'S-3']) expect(await steps(key)).toEqual(['act']);
    expect(await leftOpen(app, 'S-4')).toEqual([]);
  });

  test('sent from outside tells how many it went to', async () => {
    await begin(app, 'alarm_wait', 'S-5');
    expect(await broadcastSignal(app, keeper, { name: 'alarm' })).toEqual({ instances: 1 });
    expect(await steps('S-5')).toEqual(['act']);
    expect(await broadcastSignal(app, keeper, { name: 'alarm' })).toEqual({ instances: 0 });
  });

  test('and messages that come while a case is suspended arrive when it is resumed', async () => {
    const { instanceId } = await begin(app, 'alarm_wait', 'S-6');
    const second = await begin(app, 'wait_consent', 'S-7', { caseId: 's7' });
    for (const id of [instanceId!, second.instanceId!]) await suspendInstance(app, keeper, { instanceId: id, reason: '確認中' });
    await broadcastSignal(app, keeper, { name: 'alarm' });
    await publishMessage(app, keeper, { name: 'consent_obtained', correlationKey: 's7' });
    expect([await steps('S-6'), await steps('S-7')]).toEqual([[], []]);
    for (const id of [instanceId!, second.instanceId!]) await resumeInstance(app, keeper, { instanceId: id, reason: '確認が済んだ' });
    expect([await steps('S-6'), await steps('S-7')]).toEqual([['act'], ['go_on']]);
  });
});
