import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Response } from 'supertest';
import { and, catchMessage, deploy, diagram, end, flows, message, startBy, task } from '../support/diagrams.js';
import { query } from '../support/database.js';
import { openTwo, type Client, type Two } from './two-instances.js';

let two: Two;
let keeper: Client;
let coordinator: Client;
let intake: Client;

beforeAll(async () => {
  two = await openTwo();
  const body = startBy('consultation_received') + and('both') + task('coordinate', { group: 'grp.coordinator.city' }) + catchMessage('hear', 'reply', '=caseId') + catchMessage('shared', 'shared', '="all"') + end() +
    flows('start>both', 'both>coordinate', 'both>hear', 'both>shared', 'coordinate>end', 'hear>end', 'shared>end');
  await deploy(two.app, diagram('intake', body, message('consultation_received') + message('reply') + message('shared')));
  await deploy(two.app, diagram('listener', startBy('listened') + catchMessage('hear_later', 'later', '=caseId') + end() + flows('start>hear_later', 'hear_later>end'), message('listened') + message('later')));
  [keeper, coordinator, intake] = await Promise.all([two.as('kato.m'), two.as('sato.h'), two.as('mori.d')]);
}, 180_000);
afterAll(() => two.close());

interface Taken {
  caseNo: string;
  caseId: string;
  instanceId: string;
}
const take = async (): Promise<Taken> => (await intake.post('/api/cases', { field: 'elder' }).expect(201)).body as Taken;
const codeOf = ({ status, body }: Response): [number, string] => [status, String(body.type ?? '').replace('/api/problems/', '')];
const count = async (table: string): Promise<string> => (await query<{ n: string }>(two.app.database.ownerUrl, `select count(*) as n from ${table}`))[0]!.n;

test('a message that would start a process is for those who keep the processes, not for whoever coordinates', async () => {
  const { caseNo } = await take();
  const before = await count('process_instance');
  for (const businessKey of [caseNo, 'R8-99999', null]) {
    expect(codeOf(await coordinator.post('/api/messages', { name: 'consultation_received', businessKey }))).toEqual([403, 'forbidden']);
  }
  expect(await count('process_instance')).toBe(before);
});

test('a process about a case starts for a case that there is, and is told no other', async () => {
  const { caseNo, caseId } = await take();
  const other = await take();
  const before = await count('process_instance');
  for (const businessKey of ['R8-70001', '門田', null, undefined]) {
    const refused = await keeper.post('/api/messages', { name: 'consultation_received', businessKey, variables: { caseId } });
    expect([codeOf(refused), refused.body.errors[0].pointer]).toEqual([[422, 'invalid'], '/businessKey']);
  }
  const mixed = await keeper.post('/api/messages', { name: 'consultation_received', businessKey: caseNo, variables: { caseId: other.caseId } });
  expect([codeOf(mixed), mixed.body.errors]).toEqual([[422, 'invalid'], [{ pointer: '/variables/caseId', detail: '受付番号のケースと違います。' }]]);
  expect(await count('process_instance')).toBe(before);
  expect((await keeper.post('/api/messages', { name: 'consultation_received', businessKey: caseNo, variables: { caseId } }).expect(201)).body.outcome).toBe('started');
});

test('a message reaches the case in which its sender sees an open task, and no other', async () => {
  const [mine, other] = [await take(), await take()];
  expect(codeOf(await coordinator.post('/api/messages', { name: 'reply', correlationKey: mine.caseId }))).toEqual([422, 'invalid']);
  expect(codeOf(await coordinator.post('/api/messages', { name: 'reply', correlationKey: other.caseId, businessKey: mine.caseNo }))).toEqual([409, 'no_catcher']);
  const told = await coordinator.post('/api/messages', { name: 'shared', correlationKey: 'all', businessKey: other.caseNo }).expect(201);
  expect(told.body).toMatchObject({ outcome: 'correlated', instanceId: other.instanceId }); // not the oldest that waits, which is another case
  const heard = await coordinator.post('/api/messages', { name: 'reply', correlationKey: mine.caseId, businessKey: mine.caseNo }).expect(201);
  expect(heard.body).toMatchObject({ outcome: 'correlated', instanceId: mine.instanceId });
  await query(two.app.database.ownerUrl, `update task set candidate_groups = '{grp.coordinator.shakyo}' where business_key = $1`, [other.caseNo]);
  expect(codeOf(await coordinator.post('/api/messages', { name: 'reply', correlationKey: other.caseId, businessKey: other.caseNo }))).toEqual([403, 'forbidden']);
});

test('a message of who keeps no processes waits only under a key of the case that it is for', async () => {
  const { caseNo, caseId } = await take();
  const before = await count('message');
  for (const correlationKey of ['somebody-else', null]) {
    expect(codeOf(await coordinator.post('/api/messages', { name: 'later', correlationKey, businessKey: caseNo }))).toEqual([409, 'no_catcher']);
  }
  expect(await count('message')).toBe(before);
  for (const correlationKey of [caseId, caseNo]) {
    expect((await coordinator.post('/api/messages', { name: 'later', correlationKey, businessKey: caseNo }).expect(201)).body.outcome).toBe('buffered');
  }
});

test('a name that no diagram knows is refused, not kept until nobody remembers', async () => {
  const { caseNo, caseId } = await take();
  const before = await count('message');
  for (const client of [keeper, coordinator]) {
    expect(codeOf(await client.post('/api/messages', { name: 'nobody_at_all', correlationKey: caseId, businessKey: caseNo }))).toEqual([409, 'no_catcher']);
  }
  expect(await count('message')).toBe(before);
});

test('whoever took a case says what has happened in it, also while no task of theirs is open', async () => {
  const { caseNo, caseId, instanceId } = await take();
  const heard = await intake.post('/api/messages', { name: 'reply', correlationKey: caseId, businessKey: caseNo }).expect(201);
  expect(heard.body).toMatchObject({ outcome: 'correlated', instanceId });
  const stranger = await two.as('fujita.h');
  expect(codeOf(await stranger.post('/api/messages', { name: 'reply', correlationKey: caseId, businessKey: caseNo }))).toEqual([403, 'forbidden']);
});

test('decisions, numbers, instants, durations and keys are taken, and the history of an edit keeps the names alone', async () => {
  const { instanceId } = await take();
  const variables = { yes: true, none: null, n: -1.5, on: '2026-11-24', at: '2026-11-24T10:00:00+09:00', span: 'P1DT2H', due: '5BD', key: 'grp.intake.elder', list: ['a', 1, { agency: 'shakyo' }], flat: { codes: ['a', 'b'] } };
  await keeper.patch(`/api/instances/${instanceId}/variables`, { variables, reason: '直す' }).expect(200);
  expect((await keeper.get(`/api/instances/${instanceId}`)).body.variables).toMatchObject(variables);
  const { events } = (await keeper.get(`/api/instances/${instanceId}/history?limit=100`)).body;
  expect(events.find((e: { type: string }) => e.type === 'variables_edited').data).toEqual({ names: Object.keys(variables).toSorted() });
});
