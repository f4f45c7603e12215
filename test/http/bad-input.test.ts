import { request as plainRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import request from 'supertest';
import { deploy, diagram, end, flows, form, message, startBy, task } from '../support/diagrams.js';
import { query } from '../support/database.js';
import { openTwo, type Client, type Two } from './two-instances.js';

let two: Two;
let staff: Client & { cookie: string; userId: string };
let keeper: Client & { cookie: string; userId: string };
let taskId: string;
let before: string;

beforeAll(async () => {
  two = await openTwo();
  await deploy(two.app, diagram('intake', startBy('consultation_received') + task('screen', { form: 'screen' }) + end() + flows('start>screen', 'screen>end'), message('consultation_received')), { screen: form });
  staff = await two.as('mori.d');
  keeper = await two.as('kimura.s');
  await staff.post('/api/cases', { field: 'elder' }).expect(201);
  taskId = (await staff.get('/api/tasks?view=group')).body.tasks[0].id;
}, 180_000);
afterAll(() => two.close());

/** Everything that a refused request must leave as it was (the record of refusals itself may grow). */
async function world(): Promise<string> {
  const tables = ['support_case', 'task', 'process_instance', 'process_definition', 'draft', 'task_comment', 'due_change', 'submission', 'message', 'outbox', 'timer', 'history_event', 'idempotency_key', 'notification'];
  const counts = await query(two.app.database.ownerUrl, `select ${tables.map((t) => `(select count(*) || ' ' || coalesce(md5(string_agg(x::text, '|' order by x::text)), '') from ${t} x) as ${t}`).join(', ')}`);
  return JSON.stringify(counts[0], null, 1);
}
beforeEach(async () => {
  before = await world();
});
afterEach(async () => {
  expect(await world()).toBe(before);
});

const send = (method: 'post' | 'put' | 'patch', path: string, type: string, body: string | Buffer) => request(two.urls[0])[method](path).set('Cookie', staff.cookie).set('Content-Type', type).send(body);

test.each([
  ['{', 'application/json', 400, 'bad_json'],
  ['{"a":1,}', 'application/json', 400, 'bad_json'],
  ["{'field':'elder'}", 'application/json', 400, 'bad_json'],
  ['\ufeff{', 'application/json', 400, 'bad_json'],
  ['field=elder', 'application/x-www-form-urlencoded', 415, 'media_type'],
  ['{"field":"elder"}', 'text/plain', 415, 'media_type'],
  ['<case/>', 'application/xml', 415, 'media_type'],
  ['{"field":"elder"}', 'application/json; charset=shift_jis', 415, 'media_type'],
  ['null', 'application/json', 422, 'invalid'],
  ['[]', 'application/json', 422, 'invalid'],
  ['"elder"', 'application/json', 422, 'invalid'],
])('%s sent as %s is refused', async (body, type, status, code) => {
  const response = await send('post', '/api/cases', type, body);
  expect([response.status, response.body.type]).toEqual([status, `/api/problems/${code}`]);
  expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(response.body).toMatchObject({ title: expect.any(String), detail: expect.any(String), instance: response.headers['x-request-id'] });
});

const id = '00000000-0000-7000-8000-000000000001';
const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });
test.each<[string, 'post' | 'put', string, unknown, string[]]>([
  ['an unknown field', 'post', '/api/cases', { field: 'elder', name: '門田', 'a/b~c': 1 }, ['/name', '/a~1b~0c']],
  ['nothing', 'post', '/api/cases', {}, ['/field']],
  ['a wrong type', 'post', '/api/cases', { field: 1, urgent: 'yes' }, ['/field', '/urgent']],
  ['a value that is not on the list', 'post', '/api/cases', { field: 'other' }, ['/field']],
  ['an agency that takes no consultations', 'post', '/api/cases', { field: 'elder', agencyCode: 'nowhere' }, ['/agencyCode']],
  ['a NUL', 'post', '/api/cases', { field: 'elder', channel: 'a\0b' }, ['/channel']],
  ['half a surrogate pair', 'post', '/api/cases', { field: 'elder', channel: 'a\ud800' }, ['/channel']],
  ['a line break in a name', 'post', '/api/cases', { field: 'elder', channel: 'a\nb' }, ['/channel']],
  ['a channel in somebody’s own words', 'post', '/api/cases', { field: 'elder', channel: '娘さんから電話' }, ['/channel']],
  ['an id that is none', 'post', '/api/tasks/TASK/assign', { assigneeId: 'me' }, ['/assigneeId']],
  ['a version that is none', 'post', '/api/tasks/TASK/claim', { version: 0 }, ['/version']],
  ['a version that no column holds', 'post', '/api/tasks/TASK/claim', { version: 99_999_999_999 }, ['/version']],
  ['a version with a fraction', 'post', '/api/tasks/TASK/claim', { version: 1.5 }, ['/version']],
  ['completing without having read', 'post', '/api/tasks/TASK/complete', { answers: {} }, ['/version']],
  ['answers that are a list', 'post', '/api/tasks/TASK/complete', { answers: [], version: 1 }, ['/answers']],
  ['a delegation without a reason', 'post', '/api/tasks/TASK/delegate', { toUserId: id }, ['/reason']],
  ['a reason of blanks', 'post', '/api/tasks/TASK/delegate', { toUserId: id, reason: '   ' }, ['/reason']],
  ['a day for an instant', 'post', '/api/tasks/TASK/due', { dueAt: '2027-01-01', reason: 'x' }, ['/dueAt']],
  ['an instant without a zone', 'post', '/api/tasks/TASK/due', { dueAt: '2027-01-01T00:00:00', reason: 'x' }, ['/dueAt']],
  ['an instant in the year 9999', 'post', '/api/tasks/TASK/due', { dueAt: '9999-01-01T00:00:00Z', reason: 'x' }, ['/dueAt']],
  ['a due time that has passed', 'post', '/api/tasks/TASK/due', { dueAt: '2020-01-01T00:00:00Z', reason: 'x' }, ['/dueAt']],
  ['an empty comment', 'post', '/api/tasks/TASK/comments', { body: '' }, ['/body']],
  ['a comment of 2,001 characters', 'post', '/api/tasks/TASK/comments', { body: 'あ'.repeat(2001) }, ['/body']],
  ['a draft nested fifty deep', 'put', '/api/tasks/TASK/draft', { answers: { x: deep(50) } }, [`/answers/x${'/a'.repeat(38)}`]],
  ['a member called __proto__', 'put', '/api/tasks/TASK/draft', JSON.parse('{"answers":{"x":{"__proto__":{"admin":true}}}}'), ['/answers/x']],
  ['nothing to do in bulk', 'post', '/api/tasks/bulk', { taskIds: [], do: { kind: 'claim' } }, ['/taskIds']],
  ['101 tasks at once', 'post', '/api/tasks/bulk', { taskIds: Array.from({ length: 101 }, () => id), do: { kind: 'claim' } }, ['/taskIds']],
  ['an unknown thing to do in bulk', 'post', '/api/tasks/bulk', { taskIds: [id], do: { kind: 'delete' } }, ['/do/kind']],
])('%s is refused with a pointer', async (_what, method, path, body, pointers) => {
  const response = await staff[method](path.replace('TASK', taskId), body);
  expect([response.status, response.body.type]).toEqual([422, '/api/problems/invalid']);
  expect(response.body.errors.map((e: { pointer: string }) => e.pointer)).toEqual(pointers);
  for (const { detail } of response.body.errors) expect(detail).toMatch(/[ぁ-ん]/);
});

test.each([
  ['/api/tasks?view=everything', ['/query/view']],
  ['/api/tasks?limit=101', ['/query/limit']],
  ['/api/tasks?limit=0', ['/query/limit']],
  ['/api/tasks?limit=ten', ['/query/limit']],
  ['/api/tasks?limit=1&limit=2', ['/query/limit']],
  ['/api/tasks?assignee=mori.d', ['/query/assignee']],
  ['/api/tasks?dueTo=tomorrow', ['/query/dueTo']],
  ['/api/tasks?urgent=1', ['/query/urgent']],
  ['/api/tasks?text=%00', ['/query/text']],
  ['/api/tasks?color=red', ['/query/color']],
  ['/api/tasks?cursor=abc', ['/query/cursor']],
  ['/api/tasks?cursor=e30.AAAAAAAAAAAAAAAAAAAAAA', ['/query/cursor']],
  ['/api/tasks/abc', ['/path/id']],
  ['/api/tasks/%00', ['/path/id']],
])('%s is refused with a pointer', async (path, pointers) => {
  const response = await staff.get(path);
  expect([response.status, response.body.type]).toEqual([422, '/api/problems/invalid']);
  expect(response.body.errors.map((e: { pointer: string }) => e.pointer)).toEqual(pointers);
});

test('answers that the form does not allow are refused field by field', async () => {
  const missing = await staff.post(`/api/tasks/${taskId}/complete`, { version: 1, answers: { memo: 'x' } }).expect(422);
  expect([missing.body.type, missing.body.errors[0].pointer]).toEqual(['/api/problems/form_invalid', '/answers/result']);
  for (const [answers, pointer] of [[{ result: 'maybe' }, '/answers/result'], [{ result: 'ok', extra: 1 }, '/answers/extra'], [{ result: ['ok'] }, '/answers/result']] as const) {
    const wrong = await staff.post(`/api/tasks/${taskId}/complete`, { version: 1, answers }).expect(422);
    expect(wrong.body.errors.map((e: { pointer: string }) => e.pointer)).toEqual([pointer]);
  }
});

test('a body of 257 KB is too large for a draft, one of 13 MB for a diagram, and a diagram of 5 MB is refused by the name of its rule; all get a whole answer', async () => {
  const draft = await staff.put(`/api/tasks/${taskId}/draft`, { answers: { x: 'a'.repeat(257 * 1024) } });
  expect([draft.status, draft.body.type]).toEqual([413, '/api/problems/too_large']);
  const upload = await keeper.post('/api/definitions', { xml: `<a>${'x'.repeat(5 * 1024 * 1024)}</a>` });
  expect([upload.status, upload.body.type, upload.body.refusals.map(({ rule }: { rule: string }) => rule)]).toEqual([422, '/api/problems/diagram_refused', ['too-large']]);
  const flood = await keeper.post('/api/definitions', { xml: 'x'.repeat(13 * 1024 * 1024) });
  expect([flood.status, flood.body.type]).toEqual([413, '/api/problems/too_large']);
});

test('a 13 MB upload that does not say its length gets the same answer', async () => {
  const url = new URL('/api/definitions', two.urls[0]);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const upload = plainRequest(url, { method: 'POST', headers: { Cookie: keeper.cookie, 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    upload.on('error', reject);
    upload.write('{"xml":"');
    for (let i = 0; i < 208; i += 1) upload.write('x'.repeat(64 * 1024));
    upload.end('"}');
  });
  expect(status).toBe(413);
});

test('a compressed body is not unpacked', async () => {
  const response = await request(two.urls[0]).post('/api/cases').set('Cookie', staff.cookie).set('Content-Type', 'application/json').set('Content-Encoding', 'gzip').send('{"field":"elder"}');
  expect([response.status, response.body.type]).toEqual([415, '/api/problems/media_type']);
});

test('a body of null is no body at all, also where nothing has to be said', async () => {
  for (const path of [`/api/tasks/${taskId}/claim`, '/api/tasks/bulk', '/api/notifications/read']) {
    const response = await send('post', path, 'application/json', 'null');
    expect([path, response.status, response.body.type]).toEqual([path, 422, '/api/problems/invalid']);
  }
});

test.each(['3', '"x"', '*', '"1", "2"', '""'])('an If-Match that cannot be read (%s) is refused, not passed over', async (value) => {
  const response = await staff.post(`/api/tasks/${taskId}/claim`, {}).set('If-Match', value);
  expect([response.status, response.body.errors?.map((e: { pointer: string }) => e.pointer)]).toEqual([422, ['/header/If-Match']]);
});

test.each<[string, unknown, string[]]>([
  ['a name', { who: '門田 花子' }, ['/variables/who']],
  ['a sentence', { note: 'he came today' }, ['/variables/note']],
  ['words in a list', { list: ['ok', 'not ok'] }, ['/variables/list/1']],
  ['words in an object', { a: { 'b/c': 'x y' } }, ['/variables/a']],
  ['a name of a variable in words', { 'was she said': true }, ['/variables']],
  ['a text of 101 characters', { x: 'x'.repeat(101) }, ['/variables/x']],
  ['an empty text', { x: '' }, ['/variables/x']],
])('%s never becomes a process variable: not by an edit, a message or a signal', async (_what, variables, pointers) => {
  const { instanceId } = (await staff.get(`/api/tasks/${taskId}`)).body;
  for (const response of [
    await keeper.patch(`/api/instances/${instanceId}/variables`, { variables, reason: 'x' }),
    await keeper.post('/api/messages', { name: 'reply', variables }),
    await keeper.post('/api/signals', { name: 'alarm', variables }),
  ]) {
    expect([response.status, response.body.type]).toEqual([422, '/api/problems/invalid']);
    expect(response.body.errors.map((e: { pointer: string }) => e.pointer)).toEqual(pointers);
  }
});

test('what names or addresses a message or a signal is a key, never words', async () => {
  const message = await keeper.post('/api/messages', { name: '花子の 件', correlationKey: 'a b', businessKey: '門田' });
  expect(message.body.errors.map((e: { pointer: string }) => e.pointer)).toEqual(['/name', '/correlationKey', '/businessKey']);
  const signal = await keeper.post('/api/signals', { name: 'come at once' });
  expect(signal.body.errors.map((e: { pointer: string }) => e.pointer)).toEqual(['/name']);
});

test('ten thousand variables are refused, and so is a message to nobody that shall not wait', async () => {
  const variables = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`v${i}`, i]));
  const many = await keeper.post('/api/messages', { name: 'consultation_received', variables });
  expect([many.status, many.body.type]).toEqual([422, '/api/problems/too_many_variables']);
  const nobody = await keeper.post('/api/messages', { name: 'nobody_waits', correlationKey: 'x', ttlS: 0 });
  expect([nobody.status, nobody.body.type]).toEqual([409, '/api/problems/no_catcher']);
});

test.each([
  ['not XML at all', 'hello'],
  ['XML that is no BPMN', '<a/>'],
  ['a DTD with entities', '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><definitions/>'],
  ['a script task', diagram('bad', '<bpmn:startEvent id="start" /><bpmn:scriptTask id="s" scriptFormat="javascript"><bpmn:script>1</bpmn:script></bpmn:scriptTask><bpmn:endEvent id="end" />' + flows('start>s', 's>end'))],
  ['an unknown handler', diagram('bad', `<bpmn:startEvent id="start" /><bpmn:serviceTask id="s" name="s" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:type="external" camunda:topic="launch_rocket" /><bpmn:endEvent id="end" />${flows('start>s', 's>end')}`)],
  ['an unknown form', diagram('bad', startBy('m') + task('t', { form: 'nowhere' }) + end() + flows('start>t', 't>end'), message('m'))],
])('a diagram that is %s is refused with its rule', async (_what, xml) => {
  const response = await keeper.post('/api/definitions', { xml });
  expect([response.status, response.body.type]).toEqual([422, '/api/problems/diagram_refused']);
  expect(response.body.refusals.length).toBeGreaterThan(0);
  for (const refusal of response.body.refusals) expect(refusal).toEqual({ rule: expect.stringMatching(/^[a-z0-9-]+$/), element: response.body.refusals[0].element === null ? null : expect.anything(), message: expect.any(String) });
});

test('an Idempotency-Key of odd characters or too many is refused', async () => {
  for (const key of ['a'.repeat(201), 'a b']) {
    const response = await staff.post('/api/cases', { field: 'elder' }).set('Idempotency-Key', key);
    expect(response.body.errors).toEqual([expect.objectContaining({ pointer: '/header/Idempotency-Key' })]);
  }
});
