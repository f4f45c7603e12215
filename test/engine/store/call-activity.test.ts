import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cancelInstance } from '../../../src/actions/cancel-instance.js';
import type { Person } from '../../../src/base/db.js';
import { testApp, type TestApp } from '../../support/app.js';
import { personByLogin } from '../../support/city.js';
import { boundaryTimer, deploy, diagram, end, flows, form, keeper, message, openTasks, start, startBy, task } from '../../support/diagrams.js';
import { begin, complete, fireDue, hourMs, instances, leftOpen, testClock } from './setup.js';

const clock = testClock();
let app: TestApp;
let mori: Person;

const errorEnd = '<bpmn:endEvent id="bad" name="bad"><bpmn:errorEventDefinition id="bad_e" errorRef="e_refused" /></bpmn:endEvent>';
const error = '<bpmn:error id="e_refused" name="refused" errorCode="refused" />';

const child = diagram(
  'meeting_child',
  `${start()}${task('prepare')}<bpmn:callActivity id="minutes" name="minutes" calledElement="minutes_child"><bpmn:extensionElements><camunda:in source="caseId" target="caseId" /><camunda:out source="minutesId" target="minutesId" /></bpmn:extensionElements></bpmn:callActivity>
   ${task('decide', { form: 'f' })}<bpmn:exclusiveGateway id="gw" name="gw" default="gw_to_end" />${errorEnd}${end()}
   ${flows('start>prepare', 'prepare>minutes', 'minutes>decide', 'decide>gw', 'gw>end', 'gw>bad ? =result = "no"')}`,
  error,
);
const grandchild = diagram('minutes_child', `${start()}${task('write')}<bpmn:serviceTask id="number" name="number" camunda:type="external" camunda:topic="count_up"><bpmn:extensionElements><camunda:inputOutput><camunda:inputParameter name="name">minutesId</camunda:inputParameter><camunda:inputParameter name="value">=41</camunda:inputParameter></camunda:inputOutput></bpmn:extensionElements></bpmn:serviceTask>${end()}${flows('start>write', 'write>number', 'number>end')}`);
const parent = diagram(
  'with_meeting',
  `${startBy('with_meeting')}<bpmn:callActivity id="hold" name="hold" calledElement="meeting_child"><bpmn:extensionElements><camunda:in source="caseId" target="caseId" /><camunda:out source="result" target="outcome" /><camunda:out source="minutesId" target="minutesId" /></bpmn:extensionElements></bpmn:callActivity>
   <bpmn:boundaryEvent id="refused" name="refused" attachedToRef="hold"><bpmn:errorEventDefinition id="refused_e" errorRef="e_refused" /></bpmn:boundaryEvent>${boundaryTimer('late', 'hold', 'PT48H')}
   ${task('after')}${task('handle')}${task('hurry')}${end()}${end('end_refused')}${end('end_late')}
   ${flows('start>hold', 'hold>after', 'after>end', 'refused>handle', 'handle>end_refused', 'late>hurry', 'hurry>end_late')}`,
  message('with_meeting') + error,
);

beforeAll(async () => {
  app = await testApp({ clock });
  mori = await personByLogin(app.database.ownerUrl, 'mori.d');
  await deploy(app, grandchild);
  await deploy(app, child, { f: form });
  await deploy(app, parent);
});

afterAll(async () => app?.close());

const atDecision = async (key: string): Promise<void> => {
  await begin(app, 'with_meeting', key, { caseId: 'c-1' });
  await complete(app, mori, key, 'prepare');
  await complete(app, mori, key, 'write');
};

test('a meeting and its minutes run as children, and their results come back to the case', async () => {
  await atDecision('C-1');
  expect((await instances(app, 'C-1')).map((i) => i.key)).toEqual(['with_meeting', 'meeting_child', 'minutes_child']);
  const done = await complete(app, mori, 'C-1', 'decide', { result: 'ok' });
  expect(done.next.map((t) => t.elementId)).toEqual(['after']);
  const [root, meeting, minutes] = await instances(app, 'C-1');
  expect(root!.variables).toMatchObject({ outcome: 'ok', minutesId: 42 });
  expect([root!.status, meeting!.status, minutes!.status]).toEqual(['active', 'ended', 'ended']);
  await complete(app, mori, 'C-1', 'after');
  expect(await leftOpen(app, 'C-1')).toEqual([]);
});

test('a meeting that ends in an error takes the way that the case has for it', async () => {
  await atDecision('C-2');
  const done = await complete(app, mori, 'C-2', 'decide', { result: 'no' });
  expect(done.next.map((t) => t.elementId)).toEqual(['handle']);
  expect((await instances(app, 'C-2'))[1]).toMatchObject({ status: 'ended', endReason: 'error:refused' });
  await complete(app, mori, 'C-2', 'handle');
  expect(await leftOpen(app, 'C-2')).toEqual([]);
});

test('a deadline that interrupts the meeting calls off its tasks and those of its children', async () => {
  clock.set('2026-11-24T01:00:00Z');
  await begin(app, 'with_meeting', 'C-3', {});
  await complete(app, mori, 'C-3', 'prepare');
  clock.forward(49 * hourMs);
  expect(await fireDue(app)).toBe(1);
  expect((await openTasks(app.database.ownerUrl, 'C-3')).map((t) => t.elementId)).toEqual(['hurry']);
  expect((await instances(app, 'C-3')).map((i) => i.status)).toEqual(['active', 'cancelled', 'cancelled']);
  await complete(app, mori, 'C-3', 'hurry');
  expect(await leftOpen(app, 'C-3')).toEqual([]);
});

test('cancelling ends the case and everything below it', async () => {
  await atDecision('C-4');
  const [root] = await instances(app, 'C-4');
  await cancelInstance(app, keeper, { instanceId: root!.id, reason: '二重登録のため' });
  expect(new Set((await instances(app, 'C-4')).map((i) => i.status))).toEqual(new Set(['cancelled', 'ended']));
  expect(await leftOpen(app, 'C-4')).toEqual([]);
});

test('people completing tasks of parent and child at the same time do not lose either', async () => {
  const key = 'C-5';
  await atDecision(key);
  await Promise.all([complete(app, mori, key, 'decide', { result: 'ok' }), begin(app, 'with_meeting', `${key}-other`)]);
  expect((await openTasks(app.database.ownerUrl, key)).map((t) => t.elementId)).toEqual(['after']);
});
