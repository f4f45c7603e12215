import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTwo, type Client, type Two } from './two-instances.js';

let two: Two;
let intake: Client & { userId: string };
let colleague: Client & { userId: string };
let coordinator: Client & { userId: string };

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes'] });
  intake = await two.as('mori.d');
  colleague = await two.as('hashimoto.k');
  coordinator = await two.as('sato.h');
}, 120_000);
afterAll(() => two.close());

test('a consultation taken at one window lies in the inbox of that window at both instances', async () => {
  const opened = await intake.post('/api/cases', { field: 'elder', channel: 'phone' }).expect(201);
  expect(opened.body.caseNo).toMatch(/^R8-\d{5}$/);
  for (const client of [intake, intake, colleague, colleague]) {
    const inbox = await client.get('/api/tasks?view=group').expect(200);
    expect(inbox.body.tasks).toEqual([expect.objectContaining({ caseNo: opened.body.caseNo, elementId: 'receive_consultation', status: 'open', assigneeId: null, overdue: false, hasDraft: false })]);
  }
  const [task] = (await intake.get('/api/tasks?view=group')).body.tasks;
  const page = await intake.get(`/api/tasks/${task.id}`).expect(200).expect('ETag', '"1"');
  expect(page.body).toMatchObject({ why: 'group:grp.intake.elder', case: { caseNo: opened.body.caseNo, field: 'elder' }, form: { key: 'receive_consultation' }, draft: null, comments: [] });
  expect(page.body.next).toEqual([expect.objectContaining({ elementId: 'assess_urgency', name: '緊急性を判定する' })]);
  expect(page.body.ifNothingIsDone.map((e: { rule: string; to: string[] }) => [e.rule, e.to.length])).toEqual([['escalate:1BD>manager', 1], ['escalate:3BD>manager', 1], ['escalate:10BD>grp.chair', 1]]);
  await coordinator.get(`/api/tasks/${task.id}`).expect(404);
});

test('any agency reports a worry about somebody who has not asked; the chair judges whether it may be spoken of', async () => {
  const outreach = await two.as('matsumoto.c');
  const chair = await two.as('nakamura.m');
  const auditor = await two.as('watanabe.g');
  const { body: reported } = await outreach.post('/api/cases', { kind: 'worry', field: 'elder', urgent: true }).expect(201);
  const inbox = (await chair.get(`/api/tasks?view=all&case=${reported.caseNo}`).expect(200)).body.tasks;
  expect(inbox).toEqual([expect.objectContaining({ processKey: 'confidential_route', elementId: 'judge_applicability', urgent: true })]);
  await auditor.post('/api/cases', { kind: 'worry', field: 'elder' }).expect(403);
});
