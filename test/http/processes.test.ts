import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { actionNames, decide } from '../../src/domain/authorize.js';
import { approveChange } from '../support/changes.js';
import { boundaryTimer, catchMessage, catchSignal, deploy, diagram, end, flows, form, message, signal, startBy, task, xor } from '../support/diagrams.js';
import { query } from '../support/database.js';
import { openTwo, type Client, type Two } from './two-instances.js';

type Staff = Client & { userId: string };
let two: Two;
let keeper: Staff; // admin
let lead: Staff; // coordinator
let staff: Staff; // intake

const intakeXml = diagram(
  'intake',
  startBy('consultation_received') + task('screen', { form: 'screen', properties: { dueIn: '2h' }, group: '=intakeGroup' }) + boundaryTimer('late', 'screen', 'PT5H', false) + task('chase', { group: 'grp.coordinator.city' }) + end('end_late') +
    xor('which', 'wait') + catchMessage('wait', 'reply', '=caseId') + task('visit', { group: '=intakeGroup' }) + end() +
    flows('start>screen', 'screen>which', 'late>chase', 'chase>end_late', 'which>wait', 'which>visit ? =result = "ok"', 'wait>visit', 'visit>end'),
  message('consultation_received') + message('reply'),
);

beforeAll(async () => {
  two = await openTwo();
  [keeper, lead, staff] = await Promise.all([two.as('kimura.s'), two.as('sato.h'), two.as('mori.d')]);
}, 180_000);
afterAll(() => two.close());

const take = async (): Promise<{ caseNo: string; caseId: string; instanceId: string; next: { id: string }[] }> => (await staff.post('/api/cases', { field: 'elder' }).expect(201)).body;

test('a diagram is deployed, known again, listed, read and given back as it was', async () => {
  const renamed = intakeXml.replace('name="intake"', 'name="受付"');
  for (const xml of [intakeXml, renamed]) await approveChange(two.app.database.ownerUrl, { xml, forms: { screen: form } });
  const first = await keeper.post('/api/definitions', { xml: intakeXml, forms: { screen: form } }).expect(201);
  expect(first.body).toMatchObject({ key: 'intake', version: 1, isNew: true });
  const again = await keeper.post('/api/definitions', { xml: intakeXml, forms: { screen: form } }).expect(201);
  expect(again.body).toMatchObject({ id: first.body.id, isNew: false });
  const second = await keeper.post('/api/definitions', { xml: renamed, forms: { screen: form } }).expect(201);
  expect(second.body).toMatchObject({ version: 2, isNew: true });
  for (let i = 0; i < 2; i += 1) {
    const { body } = await staff.get('/api/definitions').expect(200);
    expect(body.definitions).toEqual([expect.objectContaining({ id: second.body.id, key: 'intake', name: '受付', version: 2, formKeys: ['screen'], startMessages: ['consultation_received'] })]);
  }
  expect((await staff.get('/api/definitions/intake/versions')).body.definitions.map((d: { version: number }) => d.version)).toEqual([2, 1]);
  const one = await staff.get(`/api/definitions/${first.body.id}`).expect(200);
  expect(one.body).toMatchObject({ version: 1, forms: { screen: { type: 'default' } } });
  expect(one.body.elements).toContainEqual({ id: 'visit', type: 'bpmn:UserTask', name: 'visit', lane: null });
  const xml = await staff.get(`/api/definitions/${first.body.id}/xml`).buffer(true).parse((res, done) => { let text = ''; res.on('data', (part: Buffer) => (text += part.toString())); res.on('end', () => done(null, text)); }).expect(200).expect('Content-Type', /application\/xml/);
  expect(xml.body).toBe(intakeXml);
  await staff.get('/api/definitions/nothing/xml').expect(404);
});

test('an instance shows its waits, with due times, and what fires beside them', async () => {
  const taken = await take();
  const { body } = await lead.get(`/api/instances/${taken.instanceId}`).expect(200);
  expect(body).toMatchObject({ processKey: 'intake', status: 'active', caseNo: taken.caseNo, incidents: [], children: [], variables: { field: 'elder', intakeGroup: 'grp.intake.elder' } });
  expect(body.waits.map((w: { kind: string; elementId: string; taskId: string | null }) => [w.kind, w.elementId, w.taskId])).toEqual([['timer', 'late', null], ['user', 'screen', taken.next[0]!.id]]);
  expect(Date.parse(body.waits[0].dueAt) - Date.parse(body.startedAt)).toBe(5 * 3_600_000);
  const page = await staff.get(`/api/tasks/${taken.next[0]!.id}`).expect(200);
  expect(page.body.ifNothingIsDone).toContainEqual(expect.objectContaining({ kind: 'drawn', elementId: 'late', interrupting: false, follows: [expect.objectContaining({ elementId: 'chase' })] }));
  expect(page.body.next.map((n: { elementId: string }) => n.elementId).toSorted()).toEqual(['visit', 'wait']);
});

test('a message finds the case that waits for it, and one that comes early waits', async () => {
  const taken = await take();
  const early = await keeper.post('/api/messages', { name: 'reply', correlationKey: taken.caseId, ttlS: 3600 }).expect(201);
  expect(early.body).toMatchObject({ outcome: 'buffered', instanceId: null });
  await staff.post(`/api/tasks/${taken.next[0]!.id}/complete`, { version: 1, answers: { result: 'no' } }).expect(200);
  const { body } = await lead.get(`/api/instances/${taken.instanceId}`).expect(200);
  expect(body.waits.map((w: { elementId: string }) => w.elementId)).toEqual(['visit']);
  const other = await take();
  await staff.post(`/api/tasks/${other.next[0]!.id}/complete`, { version: 1, answers: { result: 'no' } }).expect(200);
  expect((await lead.get(`/api/instances/${other.instanceId}`)).body.waits).toEqual([expect.objectContaining({ kind: 'message', elementId: 'wait', name: 'reply', correlationKey: other.caseId })]);
  const late = await keeper.post('/api/messages', { name: 'reply', correlationKey: other.caseId }).expect(201);
  expect(late.body).toMatchObject({ outcome: 'correlated', instanceId: other.instanceId });
});

test('history is read page by page, the oldest first, without a gap', async () => {
  const taken = await take();
  await staff.post(`/api/tasks/${taken.next[0]!.id}/complete`, { version: 1, answers: { result: 'ok' } }).expect(200);
  const whole = (await lead.get(`/api/instances/${taken.instanceId}/history?limit=100`).expect(200)).body.events;
  const pages = [];
  for (let cursor = ''; ; ) {
    const { body } = await lead.get(`/api/instances/${taken.instanceId}/history?limit=3${cursor}`).expect(200);
    pages.push(...body.events);
    if (body.nextCursor === null) break;
    cursor = `&cursor=${body.nextCursor}`;
  }
  expect(pages).toEqual(whole);
  expect(whole.map((e: { type: string }) => e.type)).toEqual(expect.arrayContaining(['entered', 'left']));
});

test('instances are found by case, state and process, page by page, the newest first', async () => {
  const taken = await Promise.all([take(), take(), take()]);
  const mine = (await lead.get(`/api/instances?case=${taken[1]!.caseNo}`).expect(200)).body.instances;
  expect(mine.map((i: { id: string }) => i.id)).toEqual([taken[1]!.instanceId]);
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await lead.get(`/api/instances?processKey=intake&status=active&roots=true&limit=2${cursor}`).expect(200);
    seen.push(...body.instances.map((i: { id: string }) => i.id));
    if (body.nextCursor === null) break;
    cursor = `&cursor=${body.nextCursor}`;
  }
  expect(seen).toEqual(seen.toSorted().toReversed());
  expect(seen).toEqual(expect.arrayContaining(taken.map((t) => t.instanceId)));
  expect((await lead.get('/api/instances?incident=true')).body.instances).toEqual([]);
});

test('the heat map counts what waits at each element and how much of it is late', async () => {
  const [{ id }] = (await lead.get('/api/definitions')).body.definitions;
  const waiting = async () => Object.fromEntries((await lead.get(`/api/definitions/${id}/heatmap`).expect(200)).body.elements.map((e: { elementId: string; open: number; overdue: number }) => [e.elementId, [e.open, e.overdue]]));
  const before = await waiting();
  const taken = await take();
  await query(two.app.database.ownerUrl, `update task set due_at = now() - interval '1 day' where instance_id = $1`, [taken.instanceId]);
  const after = await waiting();
  expect(after['screen']).toEqual([before['screen']![0] + 1, before['screen']![1] + 1]);
  expect(after['late']).toEqual([before['late']![0] + 1, before['late']![1]]);
});

test('a suspended instance cannot be worked on until it is resumed, a cancelled one not at all', async () => {
  const taken = await take();
  const path = `/api/tasks/${taken.next[0]!.id}/complete`;
  expect((await keeper.post(`/api/instances/${taken.instanceId}/suspend`, {})).body.errors).toEqual([expect.objectContaining({ pointer: '/reason' })]);
  await keeper.post(`/api/instances/${taken.instanceId}/suspend`, { reason: '図を直すため' }).expect(200, { instanceIds: [taken.instanceId] });
  expect((await staff.post(path, { version: 1, answers: { result: 'ok' } }).expect(409)).body.type).toBe('/api/problems/instance_not_active');
  await keeper.post(`/api/instances/${taken.instanceId}/resume`, { reason: '直した' }).expect(200);
  await keeper.patch(`/api/instances/${taken.instanceId}/variables`, { variables: { note: 'x' }, reason: '直す' }).expect(200, { names: ['note'] });
  await keeper.post(`/api/instances/${taken.instanceId}/cancel`, { reason: '重複' }).expect(200);
  const closed = (await staff.post(path, { version: 1, answers: { result: 'ok' } }).expect(409)).body;
  expect(closed).toMatchObject({ type: '/api/problems/task_closed', status: 409, by: '木村 翔', at: expect.any(String) });
  expect((await lead.get(`/api/instances/${taken.instanceId}`)).body).toMatchObject({ status: 'cancelled', waits: [], variables: { note: 'x' } });
});

test('what a person could not do because of the diagram is an incident, which a keeper closes with a reason', async () => {
  await deploy(two.app, diagram('stuck', startBy('stuck') + task('t', { group: 'grp.intake.elder' }) + xor('which') + end('a') + end('b') + flows('start>t', 't>which', 'which>a ? =missing = 1', 'which>b ? =missing = 2'), message('stuck')));
  const started = await keeper.post('/api/messages', { name: 'stuck', businessKey: 'R8-90001' }).expect(201);
  const t = (await staff.get('/api/tasks?view=group&case=R8-90001')).body.tasks[0];
  const failed = await staff.post(`/api/tasks/${t.id}/complete`, { version: 1 }).expect(409);
  expect(failed.body).toMatchObject({ type: '/api/problems/step_failed', elementId: 'which', incidentId: expect.any(String) });
  expect((await staff.get(`/api/tasks/${t.id}`)).body).toMatchObject({ status: 'open', version: 1 });
  const { body } = await lead.get('/api/incidents?processKey=stuck').expect(200);
  expect(body.incidents).toEqual([expect.objectContaining({ id: failed.body.incidentId, instanceId: started.body.instanceId, kind: 'step', elementId: 'which', resolvedAt: null })]);
  await staff.get('/api/incidents').expect(403);
  await lead.post(`/api/incidents/${failed.body.incidentId}/skip`, { reason: 'x' }).expect(403);
  await keeper.post(`/api/incidents/${failed.body.incidentId}/skip`, { reason: '図を直した' }).expect(200);
  expect((await keeper.post(`/api/incidents/${failed.body.incidentId}/retry`).expect(409)).body.type).toBe('/api/problems/incident_closed');
  expect((await lead.get('/api/incidents?open=false&processKey=stuck')).body.incidents[0]).toMatchObject({ resolution: 'skipped', reason: '図を直した' });
});

test('a signal reaches every instance that waits for it', async () => {
  await deploy(two.app, diagram('alarm', startBy('alarm_start') + catchSignal('wait', 'alarm') + task('t', { group: 'grp.intake.elder' }) + end() + flows('start>wait', 'wait>t', 't>end'), message('alarm_start') + signal('alarm')));
  for (const businessKey of ['R8-80001', 'R8-80002']) await keeper.post('/api/messages', { name: 'alarm_start', businessKey }).expect(201);
  await keeper.post('/api/signals', { name: 'alarm' }).expect(200, { instances: 2 });
  expect((await staff.get('/api/tasks?view=group&processKey=alarm')).body.tasks).toHaveLength(2);
});

test('who only works on tasks sees no instances, deploys nothing and sends no messages', async () => {
  const taken = await take();
  const tries = [
    () => staff.get('/api/instances'), () => staff.get(`/api/instances/${taken.instanceId}`), () => staff.get(`/api/instances/${taken.instanceId}/history`), () => staff.get('/api/definitions/intake/heatmap'),
    () => staff.post('/api/definitions', { xml: intakeXml }), () => staff.post('/api/messages', { name: 'reply', businessKey: 'R8-99999' }), () => staff.post('/api/signals', { name: 'alarm' }),
    () => staff.post(`/api/instances/${taken.instanceId}/cancel`, { reason: 'x' }), () => staff.patch(`/api/instances/${taken.instanceId}/variables`, { variables: {}, reason: 'x' }), () => staff.post(`/api/incidents/${taken.instanceId}/retry`),
  ];
  for (const attempt of tries) expect((await attempt()).body.type).toBe('/api/problems/forbidden');
});

test('the database shows where processes stand to those roles that may read instances, and to no other', async () => {
  await take();
  const [{ roles }] = (await query<{ roles: string[] }>(two.app.database.ownerUrl, `select array_agg(distinct r) as roles from app_user, unnest(roles) r`)) as [{ roles: string[] }];
  expect(actionNames).toContain('instance.read');
  for (const role of [...roles, 'nothing']) {
    const may = decide({ kind: 'person', userId: staff.userId, name: 'x', agencyCode: 'x', groups: [], roles: [role] }, 'instance.read').allowed;
    const seen = await query<{ seen: boolean }>(
      two.app.database.appUrl,
      `select exists (select 1 from process_instance) as seen from (select set_config('app.scope', 'person', false), set_config('app.user_id', '${staff.userId}', false), set_config('app.groups', '{}', false), set_config('app.roles', '{${role}}', false)) said`,
    );
    expect([role, seen[0]!.seen]).toEqual([role, may]);
  }
});

test('notices are listed, the newest first, and marked as read', async () => {
  const url = two.app.database.ownerUrl;
  await query(url, `insert into notification (id, user_id, kind, rule, business_key, urgent, created_at) select gen_random_uuid(), $1, 'reminder', 'due-' || i || 'BD', 'R8-00001', i = 1, now() - i * interval '1 hour' from generate_series(1, 5) i`, [staff.userId]);
  const first = (await staff.get('/api/notifications?limit=3').expect(200)).body;
  expect([first.unread, first.notifications.map((n: { rule: string }) => n.rule)]).toEqual([5, ['due-1BD', 'due-2BD', 'due-3BD']]);
  const rest = (await staff.get(`/api/notifications?limit=3&cursor=${first.nextCursor}`).expect(200)).body;
  expect([rest.nextCursor, rest.notifications.map((n: { rule: string }) => n.rule)]).toEqual([null, ['due-4BD', 'due-5BD']]);
  expect((await lead.get('/api/notifications')).body.notifications).toEqual([]);
  await lead.post('/api/notifications/read', { ids: [first.notifications[0].id] }).expect(200, { marked: 0 });
  await staff.post('/api/notifications/read', { ids: [first.notifications[0].id] }).expect(200, { marked: 1 });
  await staff.post('/api/notifications/read', {}).expect(200, { marked: 4 });
  expect((await staff.get('/api/notifications?unread=true')).body).toEqual({ notifications: [], unread: 0, nextCursor: null });
});

test('a mail that could not be delivered is seen by who runs the system, and tried again', async () => {
  const url = two.app.database.ownerUrl;
  const id = '44444444-0000-7000-8000-000000000001';
  await query(url, `insert into mail (id, user_id, kind, dedupe_key, message_id, payload, status, attempts, next_attempt_at, last_error, created_at) values ('${id}', $1, 'digest', 'k', 'm', '{}', 'parked', 12, now(), '550', now())`, [staff.userId]);
  expect((await keeper.get('/api/mails').expect(200)).body.mails).toEqual([expect.objectContaining({ id, lastError: '550', attempts: 12 })]);
  await lead.get('/api/mails').expect(403);
  await lead.post(`/api/mails/${id}/retry`).expect(403);
  await keeper.post(`/api/mails/${id}/retry`).expect(200, { id, status: 'pending' });
  await keeper.post(`/api/mails/${id}/retry`).expect(404);
  expect(await query(url, `select status, attempts from mail where id = '${id}'`)).toEqual([{ status: 'pending', attempts: 0 }]);
});
