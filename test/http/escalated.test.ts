// Whoever is told that a task is late can look at it: the manager of the agency, the chair.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { query } from '../support/database.js';
import { openTwo, type Client, type Two } from './two-instances.js';

let two: Two;
let worker: Client & { userId: string };
let manager: Client & { userId: string };
let chair: Client & { userId: string };

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes'] });
  [worker, manager, chair] = [await two.as('mori.d'), await two.as('abe.k'), await two.as('nakamura.m')];
}, 120_000);
afterAll(() => two.close());

test('a task that has come up to a manager is in their view of such tasks, is read and commented on, and not worked on', async () => {
  const { body: opened } = await worker.post('/api/cases', { field: 'elder' }).expect(201);
  const [task] = opened.next as { id: string; version: number }[];
  const page = `/api/tasks/${task!.id}`;
  await manager.get(page).expect(404);
  await manager.post(`${page}/comments`, { body: 'どうですか' }).expect(404);
  expect((await manager.get('/api/tasks?view=escalated').expect(200)).body.tasks).toEqual([]);

  await query(two.app.database.ownerUrl, `insert into notification (id, user_id, task_id, business_key, kind, rule, created_at) values (gen_random_uuid(), $1, $2, $3, 'escalation', 'escalate:1BD>manager', now())`, [manager.userId, task!.id, opened.caseNo]);

  expect((await manager.get('/api/tasks?view=escalated').expect(200)).body.tasks).toEqual([expect.objectContaining({ id: task!.id, caseNo: opened.caseNo })]);
  expect((await manager.get('/api/tasks/counts').expect(200)).body.views).toMatchObject({ escalated: 1, all: 0 });
  expect((await manager.get(page).expect(200)).body).toMatchObject({ why: 'escalation', draft: null });
  await manager.post(`${page}/comments`, { body: 'どうですか' }).expect(201);
  expect((await worker.get(`${page}/comments`).expect(200)).body.comments).toEqual([expect.objectContaining({ body: 'どうですか' })]);
  await manager.post(`${page}/complete`, { version: 1 }).expect(404);
  await manager.post(`${page}/claim`, {}).expect(404);
  await chair.get(page).expect(404);
});

test('the rung of the ladder names whom it really reaches: of a task that is held, the manager of its holder', async () => {
  const { body: opened } = await worker.post('/api/cases', { field: 'elder' }).expect(201);
  const page = `/api/tasks/${(opened.next as { id: string }[])[0]!.id}`;
  await worker.post(`${page}/claim`, {}).expect(200);
  const rungs = (await worker.get(page).expect(200)).body.ifNothingIsDone as { rule: string; to: string[] }[];
  expect(rungs.find(({ rule }) => rule === 'escalate:1BD>manager')?.to).toEqual(['地域包括支援センターの管理者']);
});
