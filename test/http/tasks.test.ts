import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Response } from 'supertest';
import { deploy, diagram, end, flows, form, message, startBy, task } from '../support/diagrams.js';
import { query } from '../support/database.js';
import { openTwo, type Client, type Two } from './two-instances.js';

type Staff = Client & { userId: string };
let two: Two;
let mori: Staff; // intake for the elderly
let hashimoto: Staff; // the same group, leads it
let ueno: Staff; // intake for the disabled
let abe: Staff; // manager of mori's agency

beforeAll(async () => {
  two = await openTwo();
  const properties = { dueIn: '5BD', remindBefore: '1BD', escalateAfter: '1BD>manager;3BD>grp.chair' };
  const body = startBy('consultation_received') + task('screen', { form: 'screen', properties, group: '=intakeGroup' }) + task('visit', { group: '=intakeGroup' }) + end() + flows('start>screen', 'screen>visit', 'visit>end');
  await deploy(two.app, diagram('intake', body, message('consultation_received')), { screen: form });
  [mori, hashimoto, ueno, abe] = await Promise.all([two.as('mori.d'), two.as('hashimoto.k'), two.as('ueno.s'), two.as('abe.k')]);
}, 180_000);
afterAll(() => two.close());

interface Task {
  id: string;
  version: number;
  caseNo: string;
}

/** A consultation's first task. */
async function take(): Promise<Task> {
  const { body } = await mori.post('/api/cases', { field: 'elder' }).expect(201);
  return body.next[0] as Task;
}
const codeOf = ({ status, body }: Response): [number, string] => [status, String(body.type ?? '').replace('/api/problems/', '')];
const at = (t: Task, verb = ''): string => `/api/tasks/${t.id}${verb}`;
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

test('a task goes from claim over completion to the next one, and the answer says what comes', async () => {
  const t = await take();
  const claimed = await mori.post(at(t, '/claim'), { version: 1 }).expect(200);
  expect(claimed.body).toMatchObject({ assigneeId: mori.userId, version: 2, status: 'open' });
  const done = await mori.post(at(t, '/complete'), { version: 2, answers: { result: 'ok', memo: '聞いた' } }).expect(200);
  expect(done.body).toMatchObject({ task: { id: t.id, status: 'completed', endedById: mori.userId }, next: [{ elementId: 'visit', caseNo: t.caseNo }], others: [] });
  await mori.get(at(done.body.next[0])).expect(200);
  const finished = await mori.get('/api/tasks?view=done').expect(200);
  expect(finished.body.tasks.map((x: Task) => x.id)).toContain(t.id);
});

test('who opens a task leaves a line that says what they saw, and whom they did not get to see leaves none', async () => {
  const t = await take();
  const looks = (): Promise<Record<string, unknown>[]> => query(two.app.database.ownerUrl, `select actor_id, basis, fields from audit_event where action = 'task.read' and resource_id = $1 order by id`, [t.id]);
  await mori.get(at(t)).expect(200);
  await hashimoto.post(at(t, '/comments'), { body: '午後に電話します' }).expect(201);
  await mori.get(at(t)).expect(200);
  await hashimoto.get(at(t, '/comments')).expect(200);
  await ueno.get(at(t)).expect(404);
  const basis = 'group:grp.intake.elder';
  expect(await looks()).toEqual([{ actor_id: mori.userId, basis, fields: [] }, { actor_id: mori.userId, basis, fields: ['comments'] }, { actor_id: hashimoto.userId, basis: 'visible', fields: ['comments'] }]);
});

test('nobody outside the group learns that a task is there, whatever they try', async () => {
  const t = await take();
  const ghost = { ...t, id: '00000000-0000-7000-8000-00000000dead' };
  const tries: [(x: Task) => Promise<Response>][] = [
    [(x) => ueno.get(at(x))],
    [(x) => ueno.get(at(x, '/comments'))],
    [(x) => ueno.get(at(x, '/draft'))],
    [(x) => ueno.post(at(x, '/claim'), {})],
    [(x) => ueno.post(at(x, '/unclaim'), {})],
    [(x) => ueno.post(at(x, '/assign'), { assigneeId: ueno.userId })],
    [(x) => ueno.post(at(x, '/delegate'), { toUserId: mori.userId, reason: 'x' })],
    [(x) => ueno.post(at(x, '/follow-up'), { followUpAt: inDays(1) })],
    [(x) => ueno.post(at(x, '/due'), { dueAt: inDays(1), reason: 'x' })],
    [(x) => ueno.post(at(x, '/comments'), { body: 'x' })],
    [(x) => ueno.post(at(x, '/complete'), { version: 1, answers: {} })],
    [(x) => ueno.put(at(x, '/draft'), { answers: {} })],
    [(x) => ueno.delete(at(x, '/draft'))],
    [(x) => ueno.get(`/api/cases/${x.id === t.id ? t.caseNo : 'R8-99999'}`)],
  ];
  for (const [attempt] of tries) {
    const [hidden, absent] = [await attempt(t), await attempt(ghost)];
    expect({ ...hidden.body, instance: '' }).toEqual({ ...absent.body, instance: '' });
    expect(codeOf(hidden)).toEqual([404, 'not_found']);
  }
  const bulk = await ueno.post('/api/tasks/bulk', { taskIds: [t.id, ghost.id], do: { kind: 'claim' } }).expect(200);
  expect(bulk.body.rows.map((r: { problem: { code: string } }) => r.problem.code)).toEqual(['not_found', 'not_found']);
  const inbox = await ueno.get('/api/tasks?view=all').expect(200);
  expect(inbox.body.tasks).toEqual([]);
});

test('of two who claim at once exactly one wins, and the other hears who and when', async () => {
  for (let round = 0; round < 5; round += 1) {
    const t = await take();
    const answers = await Promise.all([mori.post(at(t, '/claim'), {}), hashimoto.post(at(t, '/claim'), {})]);
    expect(answers.map((r) => r.status).toSorted((x, y) => x - y)).toEqual([200, 409]);
    const [won, lost] = answers[0]!.status === 200 ? answers : answers.toReversed();
    const name = won!.body.assigneeId === mori.userId ? '森 大輔' : '橋本 久美';
    expect(lost!.body).toMatchObject({ type: '/api/problems/task_claimed', by: name, at: won!.body.claimedAt });
  }
});

test('of two who complete at once one wins; the other hears who closed it and when', async () => {
  const t = await take();
  const answers = { version: 1, answers: { result: 'ok' } };
  const [a, b] = await Promise.all([mori.post(at(t, '/complete'), answers), hashimoto.post(at(t, '/complete'), answers)]);
  expect([a.status, b.status].toSorted((x, y) => x - y)).toEqual([200, 409]);
  const lost = a.status === 409 ? a : b;
  expect(lost.body).toMatchObject({ type: '/api/problems/task_closed', by: expect.any(String), at: expect.any(String) });
});

test('the same Idempotency-Key gets the first answer again, at every instance, also when all come at once', async () => {
  const t = await take();
  const complete = () => mori.post(at(t, '/complete'), { version: 1, answers: { result: 'ok' } }).set('Idempotency-Key', `complete-${t.id}`);
  const answers = await Promise.all([complete(), complete(), complete(), complete()]);
  answers.push(await complete());
  expect(new Set(answers.map((r) => `${r.status} ${JSON.stringify(r.body)}`)).size).toBe(1);
  expect(answers[0]!.status).toBe(200);
  const other = await mori.post(at(t, '/complete'), { version: 1, answers: { result: 'no' } }).set('Idempotency-Key', `complete-${t.id}`);
  expect(codeOf(other)).toEqual([409, 'idempotency_mismatch']);
  const steps = await query(two.app.database.ownerUrl, `select 1 from task where business_key = $1 and element_id = 'visit'`, [t.caseNo]);
  expect(steps).toHaveLength(1);
});

test('a consultation, a comment and a claim sent twice under one key are taken once', async () => {
  const twice = async (send: () => ReturnType<Client['post']>): Promise<Response> => {
    const [first, second] = [await send(), await send()];
    expect(second.body).toEqual(first.body);
    expect(first.status).toBeLessThan(300);
    return first;
  };
  const opened = await twice(() => mori.post('/api/cases', { field: 'elder' }).set('Idempotency-Key', 'take-1'));
  const t = opened.body.next[0] as Task;
  await twice(() => mori.post(at(t, '/comments'), { body: '電話した' }).set('Idempotency-Key', 'comment-1'));
  await twice(() => mori.post(at(t, '/claim'), { version: 1 }).set('Idempotency-Key', 'claim-1'));
  const { body } = await mori.get(at(t, '/comments')).expect(200);
  expect(body.comments.map((c: { body: string; authorName: string }) => [c.body, c.authorName])).toEqual([['電話した', '森 大輔']]);
});

test('somebody else’s key is not mine', async () => {
  const t = await take();
  await mori.post(at(t, '/comments'), { body: 'a' }).set('Idempotency-Key', 'shared').expect(201);
  await hashimoto.post(at(t, '/comments'), { body: 'b' }).set('Idempotency-Key', 'shared').expect(201);
  expect((await mori.get(at(t, '/comments'))).body.comments).toHaveLength(2);
});

test('what was read in another version is refused with who changed it last and when, in the body as in If-Match', async () => {
  const t = await take();
  const { headers } = await mori.get(at(t)).expect(200);
  expect(headers['etag']).toBe('"1"');
  await hashimoto.post(at(t, '/follow-up'), { followUpAt: inDays(3) }).set('If-Match', headers['etag']!).expect(200);
  expect(codeOf(await mori.post(at(t, '/claim'), {}).set('If-Match', headers['etag']!))).toEqual([409, 'version_conflict']);
  const late = await mori.post(at(t, '/claim'), { version: 1 });
  expect(codeOf(late)).toEqual([409, 'version_conflict']);
  expect(late.body).toMatchObject({ by: '橋本 久美', at: expect.stringMatching(/Z$/), version: 2 });
  await mori.post(at(t, '/claim'), {}).set('If-Match', '"2"').expect(200);
});

test('assigning, delegating with a reason and giving back', async () => {
  const t = await take();
  const { members } = (await mori.get('/api/directory/groups/grp.intake.elder/members').expect(200)).body;
  expect(members.map((m: { userId: string }) => m.userId)).toEqual(expect.arrayContaining([mori.userId, hashimoto.userId]));
  expect(JSON.stringify((await mori.get('/api/directory').expect(200)).body)).not.toMatch(/password|@/);
  expect(codeOf(await mori.post(at(t, '/assign'), { assigneeId: ueno.userId }))).toEqual([422, 'invalid']);
  await hashimoto.post(at(t, '/assign'), { assigneeId: mori.userId }).expect(200);
  expect(codeOf(await mori.post(at(t, '/delegate'), { toUserId: mori.userId, reason: '休み' }))).toEqual([422, 'invalid']);
  const delegated = await mori.post(at(t, '/delegate'), { toUserId: hashimoto.userId, reason: '休み' }).expect(200);
  expect(delegated.body).toMatchObject({ assigneeId: hashimoto.userId, ownerId: mori.userId });
  expect((await mori.get(at(t))).body).toMatchObject({ delegateReason: '休み', assigneeName: '橋本 久美' });
  await hashimoto.post(at(t, '/unclaim'), {}).expect(200);
  expect((await mori.get('/api/tasks?view=group')).body.tasks.map((x: Task) => x.id)).toContain(t.id);
});

test('a due date is changed with its reason, and what fires when moves along', async () => {
  const t = await take();
  const before = (await mori.get(at(t))).body;
  const steps = before.ifNothingIsDone as { rule: string; to: string[] }[];
  expect(steps.map((e) => e.rule)).toEqual(['due-1BD', 'escalate:1BD>manager', 'escalate:3BD>grp.chair']);
  expect(steps[1]!.to).toEqual(['地域包括支援センターの管理者']);
  const dueAt = inDays(30);
  await mori.post(at(t, '/due'), { dueAt, reason: '家族の都合' }).expect(200);
  const after = (await mori.get(at(t))).body;
  expect(after).toMatchObject({ dueAt, dueChanges: [{ fromDueAt: before.dueAt, toDueAt: dueAt, reason: '家族の都合', byName: '森 大輔' }] });
  expect(after.ifNothingIsDone.every((e: { at: string }, i: number) => e.at > before.ifNothingIsDone[i].at)).toBe(true);
  await abe.post(at(t, '/due'), { dueAt: null, reason: '管理者の判断' }).expect(200);
  expect((await mori.get(at(t))).body).toMatchObject({ dueAt: null, ifNothingIsDone: [] });
});

test('a draft is kept for its author alone, in versions, and goes with the completion', async () => {
  const t = await take();
  await mori.get(at(t, '/draft')).expect(404);
  expect((await mori.put(at(t, '/draft'), { answers: { memo: '途中' } }).expect(200)).body.version).toBe(1);
  expect(codeOf(await mori.put(at(t, '/draft'), { answers: { memo: '別の窓' } }))).toEqual([409, 'version_conflict']);
  expect((await mori.put(at(t, '/draft'), { answers: { memo: '続き' }, draftVersion: 1 }).expect(200)).body.version).toBe(2);
  expect((await mori.get(at(t))).body.draft).toMatchObject({ answers: { memo: '続き' }, version: 2 });
  await hashimoto.get(at(t, '/draft')).expect(404);
  expect((await hashimoto.get(at(t))).body).toMatchObject({ draft: null, hasDraft: false });
  const listed = (await mori.get('/api/tasks?view=group')).body.tasks.find((x: Task) => x.id === t.id);
  expect(listed.hasDraft).toBe(true);
  await mori.delete(at(t, '/draft')).expect(200, { discarded: true });
  await mori.delete(at(t, '/draft')).expect(200, { discarded: false });
});

test('bulk work is answered task by task', async () => {
  const tasks = await Promise.all([take(), take(), take()]);
  await hashimoto.post(at(tasks[1]!, '/claim'), {}).expect(200);
  const ids = tasks.map((t) => t.id);
  const claimed = await mori.post('/api/tasks/bulk', { taskIds: ids, do: { kind: 'claim' } }).expect(200);
  expect(claimed.body.rows.map((r: { ok: boolean; taskId: string; problem?: { code: string } }) => [r.taskId, r.ok, r.problem?.code])).toEqual([[ids[0], true, undefined], [ids[1], false, 'task_claimed'], [ids[2], true, undefined]]);
  const moved = await hashimoto.post('/api/tasks/bulk', { taskIds: ids, do: { kind: 'changeDue', dueAt: inDays(9), reason: '連休' } }).expect(200);
  expect(moved.body.rows.every((r: { ok: boolean }) => r.ok)).toBe(true);
  const assigned = await hashimoto.post('/api/tasks/bulk', { taskIds: ids, do: { kind: 'assign', assigneeId: hashimoto.userId } }).expect(200);
  expect(assigned.body.rows.every((r: { ok: boolean; task: { assigneeId: string } }) => r.ok && r.task.assigneeId === hashimoto.userId)).toBe(true);
});

test('bulk work sent twice under one key is done once and answered alike; another request under it is refused', async () => {
  const tasks = await Promise.all([take(), take()]);
  const ids = tasks.map((t) => t.id);
  await hashimoto.post(at(tasks[1]!, '/claim'), {}).expect(200);
  const claim = (taskIds: string[]) => mori.post('/api/tasks/bulk', { taskIds, do: { kind: 'claim' } }).set('Idempotency-Key', `bulk-${ids[0]}`);
  const first = await claim(ids).expect(200);
  expect(first.body.rows.map((r: { ok: boolean }) => r.ok)).toEqual([true, false]);
  await hashimoto.post(at(tasks[1]!, '/unclaim'), {}).expect(200);
  expect((await claim(ids).expect(200)).body).toEqual(first.body);
  expect(codeOf(await claim([ids[0]!]))).toEqual([409, 'idempotency_mismatch']);
  const other = await mori.post('/api/tasks/bulk', { taskIds: ids, do: { kind: 'changeDue', dueAt: inDays(9), reason: '連休' } }).set('Idempotency-Key', `bulk-${ids[0]}`);
  expect(codeOf(other)).toEqual([409, 'idempotency_mismatch']);
  expect((await mori.get(at(tasks[0]!))).body.version).toBe(2);
});

test('the case page shows its status and the tasks that one sees, and the processes only to those who oversee the city', async () => {
  const t = await take();
  const mine = await mori.get(`/api/cases/${t.caseNo}`).expect(200);
  expect(mine.body).toMatchObject({ caseNo: t.caseNo, field: 'elder', status: 'open', tasks: [{ id: t.id }], instances: null });
  const lead = await hashimoto.get(`/api/cases/${t.caseNo}`).expect(200);
  expect(lead.body).toMatchObject({ tasks: [{ id: t.id }], instances: null });
  const elsewhere = await (await two.as('tanaka.k')).get(`/api/cases/${t.caseNo}`).expect(200);
  expect(elsewhere.body).toMatchObject({ tasks: [], instances: [{ processKey: 'intake', status: 'active', caseNo: t.caseNo }] });
});
