import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { completeTask } from '../../src/actions/complete-task.js';
import { claimTask } from '../../src/actions/claim-task.js';
import { publishMessage } from '../../src/actions/publish-message.js';
import type { Person } from '../../src/base/db.js';
import { canonicalJson } from '../../src/base/json.js';
import { Problem, type ProblemCode } from '../../src/base/problem.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { deploy, diagram, end, flows, form, keeper, message, openTask, openTasks, startBy, task, xor } from '../support/diagrams.js';

let app: TestApp;
let other: TestApp;
let mori: Person;
let hashimoto: Person;
let sato: Person;
let count = 0;

const two = diagram(
  'two_steps',
  `${startBy('two')}${task('first', { form: 'f' })}${xor('gw', 'second')}${task('second', { group: 'grp.coordinator.city' })}${task('again', { form: 'f' })}${end()}
   ${flows('start>first', 'first>gw', 'gw>second', 'gw>again ? =result = "no"', 'again>end', 'second>end')}`,
  message('two'),
);

beforeAll(async () => {
  app = await testApp();
  other = await testApp({ database: app.database });
  mori = await personByLogin(app.database.ownerUrl, 'mori.d');
  hashimoto = await personByLogin(app.database.ownerUrl, 'hashimoto.k');
  sato = await personByLogin(app.database.ownerUrl, 'sato.h');
  await deploy(app, two, { f: form });
});

afterAll(async () => {
  await other?.close();
  await app?.close();
});

/** A new instance that waits at `first`. */
async function begin(): Promise<{ key: string; taskId: string; version: number }> {
  count += 1;
  const key = `T-${count}`;
  await publishMessage(app, keeper, { name: 'two', businessKey: key });
  const { id, version } = await openTask(app.database.ownerUrl, key);
  return { key, taskId: id, version };
}

async function refusal(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(() => null, (e: unknown) => e);
  if (!(error instanceof Problem)) throw error ?? new Error('nothing was refused');
  return error;
}

const refusalCode = async (work: Promise<unknown>): Promise<ProblemCode> => (await refusal(work)).code;

describe('a task of my group', () => {
  test('is taken and completed in one, and what follows is told', async () => {
    const { key, taskId, version } = await begin();
    const done = await completeTask(app, mori, { taskId, version, answers: { result: 'ok', memo: '電話で聞いた' } });
    expect(done.task).toMatchObject({ id: taskId, status: 'completed', assigneeId: mori.userId, endedById: mori.userId });
    expect(done.next).toEqual([]);
    expect(done.others).toEqual([{ group: '重層コーディネーター(市)', count: 1 }]);
    expect(await openTask(app.database.ownerUrl, key)).toMatchObject({ elementId: 'second', candidateGroups: ['grp.coordinator.city'] });
  });

  test('opens the next one for the same person when it lies with their group', async () => {
    const { taskId, version } = await begin();
    const done = await completeTask(app, mori, { taskId, version, answers: { result: 'no' } });
    expect(done.next.map((t) => t.elementId)).toEqual(['again']);
    expect(done.others).toEqual([]);
  });

  test('leaves its answers as they were sent, and only the decision in the process', async () => {
    const { key, taskId, version } = await begin();
    await completeTask(app, mori, { taskId, version, answers: { result: 'ok', memo: '秘密のメモ' } });
    const [submission] = await query(app.database.ownerUrl, `select answers, form_key, submitted_by_id from submission where task_id = $1`, [taskId]);
    expect(submission).toMatchObject({ answers: { result: 'ok', memo: '秘密のメモ' }, form_key: 'f', submitted_by_id: mori.userId });
    const [instance] = await query(app.database.ownerUrl, `select variables, state, (select json_agg(h.data) from history_event h where h.instance_id = i.id)::text as history from process_instance i where business_key = $1`, [key]);
    expect(instance!['variables']).toMatchObject({ result: 'ok' });
    expect(JSON.stringify(instance)).not.toContain('秘密');
  });

  test('cannot be completed by somebody outside the group, who does not even learn that it is there', async () => {
    const { taskId, version } = await begin();
    const hidden = await refusal(completeTask(app, sato, { taskId, version, answers: { result: 'ok' } }));
    const absent = await refusal(completeTask(app, sato, { taskId: '0198c0de-0000-7000-8000-000000000000', version, answers: { result: 'ok' } }));
    expect([hidden.code, hidden.extra, hidden.message]).toEqual([absent.code, absent.extra, absent.message]);
    expect(hidden.code).toBe('not_found');
  });

  test('is refused with a pointer to the field when the form does not allow an answer', async () => {
    const { key, taskId, version } = await begin();
    const problem = await refusal(completeTask(app, mori, { taskId, version, answers: { result: 'perhaps' } }));
    expect(problem.code).toBe('form_invalid');
    expect(problem.errors.map((e) => e.pointer)).toEqual(['/answers/result']);
    expect(await openTask(app.database.ownerUrl, key)).toMatchObject({ id: taskId, version });
  });

  test('is refused to whoever has seen an older version', async () => {
    const { taskId, version } = await begin();
    await claimTask(app, mori, { taskId });
    expect(await refusalCode(completeTask(app, mori, { taskId, version, answers: { result: 'ok' } }))).toBe('version_conflict');
  });

  test('that a colleague holds is refused with their name and since when', async () => {
    const { taskId, version } = await begin();
    await claimTask(app, hashimoto, { taskId });
    const problem = await refusal(completeTask(app, mori, { taskId, version: version + 1, answers: { result: 'ok' } }));
    expect(problem.code).toBe('task_claimed');
    expect(problem.extra).toMatchObject({ by: '橋本 久美', at: expect.stringMatching(/^\d{4}-.*Z$/) });
  });
});

describe('several at once', () => {
  test('twenty complete one task through two processes: one wins, nineteen learn who and when', async () => {
    const { key, taskId, version } = await begin();
    const people = [mori, hashimoto];
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => completeTask(i % 2 ? app : other, people[i % 2]!, { taskId, version, answers: { result: 'ok' } })),
    );
    expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
    const refused = results.flatMap((r) => (r.status === 'rejected' ? [r.reason as Problem] : []));
    expect(new Set(refused.map((p) => p.code))).toEqual(new Set(['task_closed']));
    expect(refused.every((p) => ['森 大輔', '橋本 久美'].includes(String(p.extra['by'])))).toBe(true);
    expect(await openTasks(app.database.ownerUrl, key)).toHaveLength(1);
    const [{ steps }] = (await query<{ steps: number }>(app.database.ownerUrl, `select step_no as steps from process_instance where business_key = $1`, [key])) as [{ steps: number }];
    expect(steps).toBe(2);
  });

  test('twenty claim one task: one holds it', async () => {
    const { taskId } = await begin();
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => claimTask(i % 2 ? app : other, i % 2 ? mori : hashimoto, { taskId })));
    const holders = new Set(results.flatMap((r) => (r.status === 'fulfilled' ? [r.value.assigneeId] : [])));
    expect(holders.size).toBe(1);
    expect(results.every((r) => r.status === 'fulfilled' || (r.reason as Problem).code === 'task_claimed')).toBe(true);
  });
});

describe('the same Idempotency-Key', () => {
  test('gives the first answer again', async () => {
    const { taskId, version } = await begin();
    const ask = { taskId, version, answers: { result: 'no' }, idempotencyKey: `key-${taskId}` };
    const first = await completeTask(app, mori, ask);
    expect(await completeTask(other, mori, ask)).toEqual(first);
  });

  test('with another request is refused', async () => {
    const { taskId, version } = await begin();
    const idempotencyKey = `key-${taskId}`;
    await completeTask(app, mori, { taskId, version, answers: { result: 'no' }, idempotencyKey });
    expect(await refusalCode(completeTask(app, mori, { taskId, version, answers: { result: 'ok' }, idempotencyKey }))).toBe('idempotency_mismatch');
    const next = await begin();
    expect(await refusalCode(completeTask(app, mori, { taskId: next.taskId, version: next.version, answers: { result: 'no' }, idempotencyKey }))).toBe('idempotency_mismatch');
    expect(await openTask(app.database.ownerUrl, next.key)).toMatchObject({ id: next.taskId });
  });

  test('sent ten times at once completes once, and all ten get the same answer', async () => {
    const { taskId, version } = await begin();
    const ask = { taskId, version, answers: { result: 'ok' }, idempotencyKey: `key-${taskId}` };
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => completeTask(i % 2 ? app : other, mori, ask)));
    expect(new Set(answers.map((a) => canonicalJson(a))).size).toBe(1);
    const rows = await query(app.database.ownerUrl, `select 1 from submission where task_id = $1`, [taskId]);
    expect(rows).toHaveLength(1);
  });
});

test('each completion writes who, what and why into the audit', async () => {
  const { taskId, version } = await begin();
  await completeTask(app, mori, { taskId, version, answers: { result: 'ok' }, requestId: 'r-1' });
  const [row] = await query(app.database.ownerUrl, `select actor_id, action, basis, outcome, request_id, fields from audit_event where resource_id = $1`, [taskId]);
  expect(row).toEqual({ actor_id: mori.userId, action: 'task.complete', basis: 'group:grp.intake.elder', outcome: 'done', request_id: 'r-1', fields: ['result', 'memo'] });
});
