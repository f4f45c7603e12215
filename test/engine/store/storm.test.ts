import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { claimTask } from '../../../src/actions/claim-task.js';
import { completeTask } from '../../../src/actions/complete-task.js';
import { fireTimer } from '../../../src/actions/fire-timer.js';
import { publishMessage } from '../../../src/actions/publish-message.js';
import { resumeInstance } from '../../../src/actions/resume-instance.js';
import { suspendInstance } from '../../../src/actions/suspend-instance.js';
import type { Person } from '../../../src/base/db.js';
import { Outage, Problem } from '../../../src/base/problem.js';
import { testApp, type TestApp } from '../../support/app.js';
import { personByLogin } from '../../support/city.js';
import { query } from '../../support/database.js';
import { and, boundaryTimer, catchMessage, deploy, diagram, end, flows, keeper, message, start, startBy, task, throwMessage } from '../../support/diagrams.js';
import { begin, hourMs, leftOpen, testClock } from './setup.js';

const clock = testClock();
let apps: TestApp[];
let mori: Person;

const inner = diagram('storm_inner', `${start()}${task('talk')}${throwMessage('tell', 'storm_told', { correlationKey: '=caseId', payload: '={told: true}' })}${end()}${flows('start>talk', 'talk>tell', 'tell>end')}`, message('storm_told'));
const outer = diagram(
  'storm_outer',
  `${startBy('storm')}${and('split')}<bpmn:callActivity id="meet" name="meet" calledElement="storm_inner"><bpmn:extensionElements><camunda:in source="caseId" target="caseId" /></bpmn:extensionElements></bpmn:callActivity>${catchMessage('hear', 'storm_told', '=caseId')}
   ${task('ask', { inner: '<bpmn:multiInstanceLoopCharacteristics camunda:collection="=[1,2,3]" camunda:elementVariable="n" />' })}${boundaryTimer('nudge', 'ask', 'PT1H', false)}${task('nudged')}${end('end_nudge')}${and('join')}${end()}
   ${flows('start>split', 'split>meet', 'split>hear', 'split>ask', 'meet>join', 'hear>join', 'ask>join', 'join>end', 'nudge>nudged', 'nudged>end_nudge')}`,
  message('storm') + message('storm_told'),
);

beforeAll(async () => {
  const first = await testApp({ clock });
  apps = [first, await testApp({ clock, database: first.database })];
  mori = await personByLogin(first.database.ownerUrl, 'mori.d');
  await deploy(first, inner);
  await deploy(first, outer);
});

afterAll(async () => {
  for (const app of (apps ?? []).toReversed()) await app.close();
});

/** Refusals are what people see when others were quicker, an outage when there are too many at once; anything else is a fault. */
async function tolerant(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof Problem || error instanceof Outage)) throw error;
  });
}

test('a storm of people, timers and messages over twelve cases and two processes ends with nothing lost and nothing twice', async () => {
  const url = apps[0]!.database.ownerUrl;
  const keys = Array.from({ length: 12 }, (_, i) => `storm-${i}`);
  await Promise.all(keys.map((key, i) => begin(apps[i % 2]!, 'storm', key, { caseId: key })));
  clock.forward(2 * hourMs);
  for (let round = 0; round < 30; round += 1) {
    const tasks = await query<{ id: string; version: number; instance: string }>(url, `select id, version, instance_id as instance from task where status = 'open' order by random()`);
    const timers = await query<{ id: string }>(url, `select id from timer where status = 'pending' and kind = 'bpmn'`);
    if (tasks.length + timers.length === 0) break;
    const instances = round < 3 ? tasks.slice(0, 3).map((t) => t.instance) : [];
    await Promise.all([
      ...tasks.slice(0, 24).flatMap((t, i) => [tolerant(completeTask(apps[i % 2]!, mori, { taskId: t.id, version: t.version })), tolerant(claimTask(apps[(i + 1) % 2]!, mori, { taskId: t.id }))]),
      ...timers.flatMap((t, i) => [tolerant(fireTimer(apps[i % 2]!, keeper, { timerId: t.id })), tolerant(fireTimer(apps[(i + 1) % 2]!, keeper, { timerId: t.id }))]),
      ...instances.map((instanceId) => tolerant(suspendInstance(apps[0]!, keeper, { instanceId, reason: '確認' }).then(() => resumeInstance(apps[1]!, keeper, { instanceId, reason: '再開' })))),
      ...keys.slice(0, 2).map((key) => tolerant(publishMessage(apps[0]!, keeper, { name: 'storm_told', correlationKey: `${key}-nobody`, ttlS: 60 }))),
    ]);
  }
  for (const key of keys) expect([key, await leftOpen(apps[0]!, key)]).toEqual([key, []]);
  const done = await query<{ element: string; n: number }>(url, `select element_id as element, count(*)::int as n from task where status = 'completed' group by 1 order by 1`);
  // a nudge whose instance stood still until all had answered has nobody to nudge any more: it is called off, not lost
  const [nudges] = await query<{ fired: number; calledOff: number }>(url, `select count(*) filter (where status = 'fired')::int as fired, count(*) filter (where status = 'cancelled')::int as "calledOff" from timer where kind = 'bpmn' and element_id = 'nudge'`);
  expect(nudges!.fired + nudges!.calledOff).toBe(12);
  expect(nudges!.fired).toBeGreaterThan(6);
  expect(done).toEqual([{ element: 'ask', n: 36 }, { element: 'nudged', n: nudges!.fired }, { element: 'talk', n: 12 }]);
  const steps = await query<{ bad: number }>(url, `select count(*)::int as bad from process_instance i where i.step_no <> (select count(distinct step_no) from history_event h where h.instance_id = i.id and h.step_no > 0)`);
  expect(steps).toEqual([{ bad: 0 }]);
}, 120_000);
