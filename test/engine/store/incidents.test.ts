import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { completeTask } from '../../../src/actions/complete-task.js';
import { editVariables } from '../../../src/actions/edit-variables.js';
import { fireTimer } from '../../../src/actions/fire-timer.js';
import { openCase } from '../../../src/actions/open-case.js';
import { publishMessage } from '../../../src/actions/publish-message.js';
import { resumeInstance } from '../../../src/actions/resume-instance.js';
import { retryIncident } from '../../../src/actions/retry-incident.js';
import { runJob } from '../../../src/actions/run-job.js';
import { skipIncident } from '../../../src/actions/skip-incident.js';
import { suspendInstance } from '../../../src/actions/suspend-instance.js';
import { claimTask } from '../../../src/actions/claim-task.js';
import type { Person } from '../../../src/base/db.js';
import { BpmnError, type Handler } from '../../../src/handlers/handler.js';
import { testApp, type TestApp } from '../../support/app.js';
import { personByLogin } from '../../support/city.js';
import { query } from '../../support/database.js';
import { boundaryTimer, catchMessage, catchTimer, deploy, diagram, end, flows, form, keeper, message, openTask, openTasks, service, startBy, task, throwMessage, xor } from '../../support/diagrams.js';
import { begin, codeOf, complete, fireDue, hourMs, incidents, instances, leftOpen, refusal, testClock } from './setup.js';

const clock = testClock();
let app: TestApp;
let mori: Person;
let kato: Person;
/** What the handlers of these tests do next. */
const mood: { inside: 'work' | 'break' | 'refuse'; outside: 'work' | 'break' | 'refuse'; calls: string[] } = { inside: 'work', outside: 'work', calls: [] };

const act = (kind: 'inside' | 'outside', jobId: string): Record<string, never> | { done: string } => {
  mood.calls.push(jobId);
  if (mood[kind] === 'break') throw new Error('山田太郎さんの電話番号');
  if (mood[kind] === 'refuse') throw new BpmnError('refused');
  return { done: kind };
};
const handlers: Handler[] = [
  { name: 'test_inside', kind: 'inside', run: (_tx, context) => Promise.resolve().then(() => act('inside', context.jobId)) },
  { name: 'test_outside', kind: 'outside', run: (context) => Promise.resolve().then(() => act('outside', context.jobId)) },
];

const errorRoot = '<bpmn:error id="e_refused" name="refused" errorCode="refused" />';
const jobDiagram = (id: string, handler: string): string =>
  diagram(
    id,
    `${startBy(id)}${task('before')}${service('work', handler)}<bpmn:boundaryEvent id="no" name="no" attachedToRef="work"><bpmn:errorEventDefinition id="no_e" errorRef="e_refused" /></bpmn:boundaryEvent>${task('after')}${task('refused')}${end()}${end('end2')}
     ${flows('start>before', 'before>work', 'work>after', 'after>end', 'no>refused', 'refused>end2')}`,
    message(id) + errorRoot,
  );

beforeAll(async () => {
  app = await testApp({ clock, handlers, deploy: ['processes/intake_screening'] });
  mori = await personByLogin(app.database.ownerUrl, 'mori.d');
  kato = await personByLogin(app.database.ownerUrl, 'kato.m');
  await deploy(app, jobDiagram('inside_job', 'test_inside'));
  await deploy(app, jobDiagram('outside_job', 'test_outside'));
  await deploy(app, diagram('dead_end', `${startBy('dead_end')}${task('choose')}${xor('gw')}${task('left')}${task('right')}${end()}${end('end2')}${flows('start>choose', 'choose>gw', 'gw>left ? =way = "left"', 'gw>right ? =way = "right"', 'left>end', 'right>end2')}`, message('dead_end')));
  await deploy(app, diagram('dead_timer', `${startBy('dead_timer')}${catchTimer('pause', 'PT1H')}${xor('gw')}${task('left')}${task('right')}${end()}${end('end2')}${flows('start>pause', 'pause>gw', 'gw>left ? =way = "left"', 'gw>right ? =way = "right"', 'left>end', 'right>end2')}`, message('dead_timer')));
  await deploy(app, diagram('dead_message', `${startBy('dead_message')}${catchMessage('wait', 'go_message', '=caseId')}${xor('gw')}${task('left')}${task('right')}${end()}${end('end2')}${flows('start>wait', 'wait>gw', 'gw>left ? =way = "left"', 'gw>right ? =way = "right"', 'left>end', 'right>end2')}`, message('dead_message') + message('go_message')));
  await deploy(app, diagram('sender', `${startBy('sender')}${task('write')}${throwMessage('send', 'go_message', { correlationKey: '=caseId' })}${end()}${flows('start>write', 'write>send', 'send>end')}`, message('sender') + message('go_message')));
  await deploy(app, diagram('dead_boundary', `${startBy('dead_boundary')}${task('work')}${boundaryTimer('nudge', 'work', 'PT1H', false)}${xor('gw')}${task('left')}${end()}${end('end2')}${end('end3')}${flows('start>work', 'work>end', 'nudge>gw', 'gw>left ? =way = "left"', 'gw>end3 ? =way = "right"', 'left>end2')}`, message('dead_boundary')));
  await deploy(app, diagram('with_deadline', `${startBy('with_deadline')}${task('work', { form: 'f' })}${boundaryTimer('late', 'work', 'PT2H')}${boundaryTimer('nudge', 'work', 'PT1H', false)}${task('too_late')}${task('nudged')}${end()}${end('end2')}${end('end3')}${flows('start>work', 'work>end', 'late>too_late', 'too_late>end2', 'nudge>nudged', 'nudged>end3')}`, message('with_deadline')), { f: form });
});

afterAll(async () => app?.close());

const steps = async (key: string): Promise<string[]> => (await openTasks(app.database.ownerUrl, key)).map((t) => t.elementId);
const rootOf = async (key: string): Promise<{ id: string }> => (await instances(app, key))[0]!;
const jobOf = async (key: string): Promise<{ id: string; status: string; retries: number; lastError: string | null; availableAt: Date }> => {
  const [row] = await query<{ id: string; status: string; retries: number; lastError: string | null; availableAt: Date }>(
    app.database.ownerUrl,
    `select j.id, j.status, j.retries_left as retries, j.last_error as "lastError", j.available_at as "availableAt" from job j join process_instance i on i.id = j.instance_id where i.business_key = $1`,
    [key],
  );
  if (!row) throw new Error(`no job of ${key}`);
  return row;
};
/** What the history says of the service task, beside the outcome of the handler. */
const told = (key: string) => query(app.database.ownerUrl, `select h.type, h.data from history_event h join process_instance i on i.id = h.instance_id where i.business_key = $1 and h.element_id = 'work' and h.type in ('entered', 'left', 'cancelled', 'failed') order by h.id`, [key]);
/** Runs the job until it is done or given up. */
async function runToTheEnd(key: string): Promise<string> {
  for (;;) {
    const { id, availableAt } = await jobOf(key);
    if (availableAt > clock.now()) clock.set(availableAt.toISOString());
    const { outcome } = await runJob(app, keeper, { jobId: id });
    if (outcome !== 'retry') return outcome;
  }
}

describe('a service task that works in our own database', () => {
  test('is done in the same step, and leaves no job behind', async () => {
    mood.inside = 'work';
    await begin(app, 'inside_job', 'I-1');
    const done = await complete(app, mori, 'I-1', 'before');
    expect(done.next.map((t) => t.elementId)).toEqual(['after']);
    expect((await instances(app, 'I-1'))[0]!.variables).toMatchObject({ done: 'inside' });
    await expect(jobOf('I-1')).rejects.toThrow('no job');
  });

  test('may end in an outcome that the diagram has a way for', async () => {
    mood.inside = 'refuse';
    await begin(app, 'inside_job', 'I-2');
    await complete(app, mori, 'I-2', 'before');
    expect(await steps('I-2')).toEqual(['refused']);
    expect(await told('I-2')).toEqual([{ type: 'entered', data: null }, { type: 'failed', data: { error: 'refused' } }]);
  });

  test('that fails does not undo the work of the person: it is tried again, then somebody is asked', async () => {
    mood.inside = 'break';
    await begin(app, 'inside_job', 'I-3');
    const done = await complete(app, mori, 'I-3', 'before');
    expect(done.task.status).toBe('completed');
    expect(await jobOf('I-3')).toMatchObject({ status: 'ready', retries: 3 });
    expect(await runToTheEnd('I-3')).toBe('failed');
    expect(await incidents(app, 'I-3')).toMatchObject([{ kind: 'job', code: 'handler', elementId: 'work', resolution: null }]);
    expect(JSON.stringify(await jobOf('I-3'))).not.toContain('山田');
    mood.inside = 'work';
    const [incident] = await incidents(app, 'I-3');
    await retryIncident(app, kato, { incidentId: incident!.id });
    expect(await runToTheEnd('I-3')).toBe('done');
    expect(await steps('I-3')).toEqual(['after']);
    const [ended] = await instances(app, 'I-3');
    const own = mood.calls.filter((jobId) => jobId.startsWith((ended as { id: string }).id));
    expect(new Set(own).size).toBe(1);
  });
});

describe('a service task that is told something that it cannot work with', () => {
  test('says which input it is, and works again with what the variables say after the repair', async () => {
    await deploy(app, diagram('told_wrong', `${startBy('told_wrong')}${task('before')}${service('work', 'set_case_status', { caseId: '=wanted', status: '=st' })}${task('after')}${end()}${flows('start>before', 'before>work', 'work>after', 'after>end')}`, message('told_wrong')));
    const { caseId } = await openCase(app, mori, { field: 'elder' });
    await begin(app, 'told_wrong', 'W-1', { wanted: caseId, st: 'dreaming' });
    await complete(app, mori, 'W-1', 'before');
    expect(await runToTheEnd('W-1')).toBe('failed');
    const [incident] = await incidents(app, 'W-1');
    const [row] = await query<{ detail: string }>(app.database.ownerUrl, 'select detail from incident where id = $1', [incident!.id]);
    expect(row!.detail).toBe('set_case_status: 入力 status が設定できる状態ではありません');
    await editVariables(app, kato, { instanceId: (await rootOf('W-1')).id, variables: { st: 'screening' }, reason: '図の誤りのため' });
    await retryIncident(app, kato, { incidentId: incident!.id });
    expect(await runToTheEnd('W-1')).toBe('done');
    expect(await steps('W-1')).toEqual(['after']);
    expect(await query(app.database.ownerUrl, 'select status from support_case where id = $1', [caseId])).toEqual([{ status: 'screening' }]);
  });
});

describe('a service task with an effect elsewhere', () => {
  test('waits for a worker, and its result moves the case on', async () => {
    mood.outside = 'work';
    await begin(app, 'outside_job', 'O-1');
    const done = await complete(app, mori, 'O-1', 'before');
    expect(done.next).toEqual([]);
    const { id } = await jobOf('O-1');
    expect(await query(app.database.ownerUrl, `select 1 from outbox where kind = 'job.run' and payload->>'jobId' = $1`, [id])).toHaveLength(1);
    const outcomes = await Promise.all([runJob(app, keeper, { jobId: id }), runJob(app, keeper, { jobId: id }), runJob(app, keeper, { jobId: id })]);
    expect(outcomes.map((o) => o.outcome).toSorted()).toEqual(['done', 'idle', 'idle']);
    expect(await steps('O-1')).toEqual(['after']);
  });

  test('may end in an outcome that the diagram has a way for', async () => {
    mood.outside = 'refuse';
    await begin(app, 'outside_job', 'O-2');
    await complete(app, mori, 'O-2', 'before');
    expect(await runToTheEnd('O-2')).toBe('done');
    expect(await steps('O-2')).toEqual(['refused']);
    expect(await told('O-2')).toEqual([{ type: 'entered', data: null }, { type: 'failed', data: { error: 'refused' } }]);
  });

  test('that keeps failing can be passed over with a reason, which is recorded', async () => {
    mood.outside = 'break';
    await begin(app, 'outside_job', 'O-3');
    await complete(app, mori, 'O-3', 'before');
    expect(await runToTheEnd('O-3')).toBe('failed');
    const [incident] = await incidents(app, 'O-3');
    expect(await codeOf(skipIncident(app, kato, { incidentId: incident!.id, reason: ' ' }))).toBe('invalid');
    expect(await codeOf(skipIncident(app, mori, { incidentId: incident!.id, reason: '急ぐ' }))).toBe('forbidden');
    await skipIncident(app, kato, { incidentId: incident!.id, reason: '電話で済ませた' });
    expect(await steps('O-3')).toEqual(['after']);
    expect(await incidents(app, 'O-3')).toMatchObject([{ resolution: 'skipped', reason: '電話で済ませた' }]);
    expect(await codeOf(skipIncident(app, kato, { incidentId: incident!.id, reason: 'もう一度' }))).toBe('incident_closed');
  });
});

describe('a diagram with a dead end', () => {
  test('refuses the completion, changes nothing, and shows where: repaired by setting the decision', async () => {
    await begin(app, 'dead_end', 'D-1');
    const before = await openTask(app.database.ownerUrl, 'D-1');
    const problem = await refusal(completeTask(app, mori, { taskId: before.id, version: before.version }));
    expect(problem.code).toBe('step_failed');
    expect(await openTask(app.database.ownerUrl, 'D-1')).toEqual(before);
    await refusal(completeTask(app, mori, { taskId: before.id, version: before.version }));
    expect(await incidents(app, 'D-1')).toMatchObject([{ id: problem.extra['incidentId'], kind: 'step', code: 'no_flow', elementId: 'gw' }]);
    const { id } = await rootOf('D-1');
    await editVariables(app, kato, { instanceId: id, variables: { way: 'left' }, reason: '図の誤りのため' });
    await complete(app, mori, 'D-1', 'choose');
    expect(await steps('D-1')).toEqual(['left']);
    expect(await incidents(app, 'D-1')).toMatchObject([{ resolution: 'overtaken' }]);
    await complete(app, mori, 'D-1', 'left');
    expect(await leftOpen(app, 'D-1')).toEqual([]);
  });

  test('behind a timer leaves the timer waiting for a person, who repairs and fires it again', async () => {
    await begin(app, 'dead_timer', 'D-2');
    clock.forward(2 * hourMs);
    await expect(fireDue(app)).rejects.toThrow('parked');
    const [incident] = await incidents(app, 'D-2');
    expect(incident).toMatchObject({ kind: 'timer', code: 'no_flow', elementId: 'gw' });
    clock.forward(100 * 24 * hourMs);
    expect(await fireDue(app)).toBe(0);
    const { id } = await rootOf('D-2');
    await editVariables(app, kato, { instanceId: id, variables: { way: 'right' }, reason: '図の誤りのため' });
    await retryIncident(app, kato, { incidentId: incident!.id });
    expect(await fireDue(app)).toBe(1);
    expect(await steps('D-2')).toEqual(['right']);
  });

  test('behind a message refuses the message, which can be sent again after the repair', async () => {
    await begin(app, 'dead_message', 'D-3', { caseId: 'd3' });
    expect(await codeOf(publishMessage(app, kato, { name: 'go_message', correlationKey: 'd3' }))).toBe('step_failed');
    const { id } = await rootOf('D-3');
    await editVariables(app, kato, { instanceId: id, variables: { way: 'right' }, reason: '図の誤りのため' });
    await publishMessage(app, kato, { name: 'go_message', correlationKey: 'd3' });
    expect(await steps('D-3')).toEqual(['right']);
  });
});

describe('what another case sends into a dead end', () => {
  const send = async (to: string): Promise<void> => {
    await begin(app, 'sender', `${to}-sender`, { caseId: to });
    await complete(app, mori, `${to}-sender`, 'write');
  };

  test('does not hinder the sender; it is kept, and delivered after the repair', async () => {
    await begin(app, 'dead_message', 'D-4', { caseId: 'D-4' });
    await send('D-4');
    expect(await leftOpen(app, 'D-4-sender')).toEqual([]);
    const [incident] = await incidents(app, 'D-4');
    expect(incident).toMatchObject({ kind: 'message', code: 'no_flow', elementId: 'gw' });
    await retryIncident(app, kato, { incidentId: incident!.id });
    const [again] = (await incidents(app, 'D-4')).filter((i) => i.resolution === null);
    await editVariables(app, kato, { instanceId: (await rootOf('D-4')).id, variables: { way: 'left' }, reason: '図の誤りのため' });
    await retryIncident(app, kato, { incidentId: again!.id });
    expect(await steps('D-4')).toEqual(['left']);
    expect((await incidents(app, 'D-4')).map((i) => i.resolution)).toEqual(['retried', 'retried']);
  });

  test('may be dropped with a reason', async () => {
    await begin(app, 'dead_message', 'D-5', { caseId: 'D-5' });
    await send('D-5');
    const [incident] = await incidents(app, 'D-5');
    await skipIncident(app, kato, { incidentId: incident!.id, reason: '誤って送られた' });
    expect(await query(app.database.ownerUrl, `select status from message where correlation_key = 'D-5'`)).toEqual([{ status: 'expired' }]);
    expect(await leftOpen(app, 'D-5')).toEqual(['catch wait', 'instance']);
  });
});

describe('a timer that leads into a dead end', () => {
  test('may be passed over at the edge of a task, which goes on without it', async () => {
    clock.set('2026-12-10T01:00:00Z');
    await begin(app, 'dead_boundary', 'D-6');
    clock.forward(2 * hourMs);
    await expect(fireDue(app)).rejects.toThrow('parked');
    const [incident] = await incidents(app, 'D-6');
    await skipIncident(app, kato, { incidentId: incident!.id, reason: '連絡済み' });
    await complete(app, mori, 'D-6', 'work');
    expect(await leftOpen(app, 'D-6')).toEqual([]);
  });

  test('may not be passed over where nothing else would move the case on', async () => {
    await begin(app, 'dead_timer', 'D-7');
    clock.forward(2 * hourMs);
    await expect(fireDue(app)).rejects.toThrow('parked');
    const [incident] = await incidents(app, 'D-7');
    expect(await codeOf(skipIncident(app, kato, { incidentId: incident!.id, reason: '急ぐ' }))).toBe('invalid');
    expect(await leftOpen(app, 'D-7')).toEqual(['timer pause', 'instance', 'incident no_flow']);
  });
});

describe('timers', () => {
  test('fire once however often they are asked to, in due order', async () => {
    clock.set('2026-12-01T01:00:00Z');
    await begin(app, 'with_deadline', 'T-1');
    clock.forward(3 * hourMs);
    const timers = await query<{ id: string }>(app.database.ownerUrl, `select t.id from timer t join process_instance i on i.id = t.instance_id where i.business_key = 'T-1' and t.status = 'pending' order by t.due_at desc`);
    const fired = await Promise.all(timers.flatMap(({ id }) => [1, 2, 3].map(() => fireTimer(app, keeper, { timerId: id }))));
    expect(fired.filter((f) => f.outcome === 'fired')).toHaveLength(2);
    expect(await steps('T-1')).toEqual(['nudged', 'too_late']);
    const order = await query<{ element: string }>(app.database.ownerUrl, `select h.element_id as element from history_event h join process_instance i on i.id = h.instance_id where i.business_key = 'T-1' and h.type = 'fired' order by h.id`);
    expect(order.map((o) => o.element)).toEqual(['nudge', 'late']);
  });

  test('of a task that was completed in time do nothing', async () => {
    await begin(app, 'with_deadline', 'T-2');
    await complete(app, mori, 'T-2', 'work', { result: 'ok' });
    clock.forward(3 * hourMs);
    expect(await fireDue(app)).toBe(0);
    expect(await leftOpen(app, 'T-2')).toEqual([]);
  });

  test('wait while the case is suspended, and their time goes on from where it stood when it is resumed', async () => {
    clock.set('2026-12-02T01:00:00Z'); // a Wednesday at ten: what passes now are office hours
    const { instanceId } = await begin(app, 'with_deadline', 'T-3');
    const { id, version } = await openTask(app.database.ownerUrl, 'T-3');
    await suspendInstance(app, kato, { instanceId: instanceId!, reason: '確認中' });
    expect(await codeOf(completeTask(app, mori, { taskId: id, version, answers: { result: 'ok' } }))).toBe('instance_not_active');
    expect(await codeOf(claimTask(app, mori, { taskId: id }))).toBe('instance_not_active');
    clock.forward(90 * 60_000);
    const [timer] = await query<{ id: string }>(app.database.ownerUrl, `select t.id from timer t where t.instance_id = $1 and t.element_id = 'nudge'`, [instanceId]);
    expect(await fireTimer(app, keeper, { timerId: timer!.id })).toMatchObject({ outcome: 'idle' });
    expect(await fireDue(app)).toBe(0);
    expect(await codeOf(suspendInstance(app, kato, { instanceId: instanceId!, reason: '確認中' }))).toBe('instance_not_active');
    await resumeInstance(app, kato, { instanceId: instanceId!, reason: '再開' });
    expect(await fireDue(app)).toBe(0);
    clock.forward(hourMs);
    expect(await fireDue(app)).toBe(1);
    expect(await steps('T-3')).toEqual(['nudged', 'work']);
  });
});
