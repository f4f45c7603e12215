import { afterAll, beforeAll, expect, test } from '@jest/globals';
import request from 'supertest';
import { query } from '../support/database.js';
import { testPassword } from '../support/city.js';
import { cookieOf, openTwo, type Two } from './two-instances.js';

let two: Two;
beforeAll(async () => {
  two = await openTwo();
}, 180_000);
afterAll(() => two.close());

const signIn = (body: unknown) => request(two.urls[0]).post('/api/session').send(body as object);

test('who signs in at one instance is known at the other, with groups and what they may do and why', async () => {
  const staff = await two.as('mori.d');
  for (let i = 0; i < 2; i += 1) {
    const { body } = await staff.get('/api/session').expect(200);
    expect(body).toMatchObject({ userId: staff.userId, name: '森 大輔', agency: { code: 'chiiki_houkatsu', name: '地域包括支援センター' }, groups: [{ key: 'grp.intake.elder' }] });
    expect(body.may).toContainEqual({ action: 'case.open', why: 'role:intakeWorker' });
    expect(body.may.map((m: { action: string }) => m.action)).not.toContain('definition.deploy');
  }
});

test('the cookie cannot be read by scripts, is not sent by other sites and dies with the browser', async () => {
  const response = await signIn({ login: 'mori.d', password: testPassword }).expect(201);
  const cookie = String(response.get('Set-Cookie')![0]);
  expect(cookie).toMatch(/^tsunagi\.sid=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/);
});

test('a wrong password, an unknown login and somebody who has left get one and the same answer', async () => {
  await query(two.app.database.ownerUrl, `update app_user set active = false where login = 'wada.a'`);
  const answers = [];
  for (const body of [{ login: 'mori.d', password: 'wrong' }, { login: 'nobody.at.all', password: 'wrong' }, { login: 'wada.a', password: testPassword }]) {
    const { status, body: { instance: _instance, ...problem }, headers } = await signIn(body);
    answers.push({ status, problem, cookie: headers['set-cookie'] });
  }
  expect(new Set(answers.map((a) => JSON.stringify(a))).size).toBe(1);
  expect(answers[0]).toMatchObject({ status: 401, problem: { type: '/api/problems/sign_in_failed' } });
});

test('a session id that was planted before signing in is not used afterwards', async () => {
  const first = await signIn({ login: 'mori.d', password: testPassword }).expect(201);
  const again = await signIn({ login: 'mori.d', password: testPassword }).set('Cookie', cookieOf(first)).expect(201);
  expect(cookieOf(again)).not.toBe(cookieOf(first));
  await request(two.urls[1]).get('/api/session').set('Cookie', cookieOf(first)).expect(401);
});

test('signing out ends the session at every instance', async () => {
  const staff = await two.as('ueno.s');
  await staff.delete('/api/session').expect(204);
  for (const url of two.urls) await request(url).get('/api/session').set('Cookie', staff.cookie).expect(401);
});

test('who is deactivated is signed out with the next request, everywhere', async () => {
  const staff = await two.as('ishikawa.r');
  await staff.get('/api/tasks').expect(200);
  await query(two.app.database.ownerUrl, `update app_user set active = false where login = 'ishikawa.r'`);
  for (const url of two.urls) {
    const { body } = await request(url).get('/api/tasks').set('Cookie', staff.cookie).expect(401);
    expect(body.type).toBe('/api/problems/not_signed_in');
  }
});

test('a change of groups counts from the next request', async () => {
  const staff = await two.as('okamoto.s');
  await query(two.app.database.ownerUrl, `delete from membership where user_id = $1 and group_key = 'grp.resource'`, [staff.userId]);
  const { body } = await staff.get('/api/session').expect(200);
  expect(body.groups.map((g: { key: string }) => g.key)).toEqual(['grp.sectionLead.silver_centre']);
});

test('a session ends after thirty idle minutes and, however busy, after ten hours', async () => {
  const idle = await two.as('fujita.h');
  const [row] = await query<{ minutes: number }>(two.app.database.ownerUrl, `select round(extract(epoch from expire - localtimestamp) / 60)::int as minutes from session where sess->>'userId' = $1`, [idle.userId]);
  expect(row!.minutes).toBe(30);
  await query(two.app.database.ownerUrl, `update session set expire = localtimestamp - interval '1 second' where sess->>'userId' = $1`, [idle.userId]);
  await idle.get('/api/session').expect(401);
  const busy = await two.as('aoki.w');
  await query(two.app.database.ownerUrl, `update session set sess = jsonb_set(sess::jsonb, '{signedInAt}', to_jsonb((sess->>'signedInAt')::bigint - 36000001))::json where sess->>'userId' = $1`, [busy.userId]);
  await busy.get('/api/session').expect(401);
  expect(await query(two.app.database.ownerUrl, `select 1 from session where sess->>'userId' = $1`, [busy.userId])).toEqual([]);
});

test('a cookie that somebody made up or changed signs nobody in', async () => {
  const staff = await two.as('takeuchi.s');
  for (const cookie of ['tsunagi.sid=s%3Aabc.def', staff.cookie.slice(0, -3), `${staff.cookie}x`, 'tsunagi.sid=', 'tsunagi.sid=%00%ff']) {
    await request(two.urls[0]).get('/api/session').set('Cookie', cookie).expect(401);
  }
});

test('after ten wrong passwords for one login the next tries are refused, and say when to come back', async () => {
  for (let i = 0; i < 10; i += 1) await signIn({ login: 'saito.o', password: `wrong ${i}` }).expect(401);
  const { body, headers } = await signIn({ login: 'saito.o', password: testPassword }).expect(429);
  expect(body.type).toBe('/api/problems/too_many_requests');
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  await signIn({ login: 'abe.k', password: testPassword }).expect(201);
});

test('after sixty wrong passwords from one address the next tries from there are refused, whatever the login; other addresses are not', async () => {
  const from = (address: string, login: string, password: string) => signIn({ login, password }).set('X-Forwarded-For', address);
  for (let i = 0; i < 60; i += 1) await from('203.0.113.7', `nobody.${i}`, 'wrong').expect(401);
  const { body, headers } = await from('203.0.113.7', 'mori.d', testPassword).expect(429);
  expect(body.type).toBe('/api/problems/too_many_requests');
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  await from('203.0.113.8', 'mori.d', testPassword).expect(201);
});

test('right passwords do not count: all of an office signs in from one address', async () => {
  for (let i = 0; i < 65; i += 1) await signIn({ login: 'mori.d', password: testPassword }).set('X-Forwarded-For', '203.0.113.9').expect(201);
});

test('what the page of another site sends is refused, what our own pages and programs send is not', async () => {
  const staff = await two.as('mori.d');
  const own = new URL(two.urls[0]).origin;
  const send = (headers: Record<string, string>) => request(two.urls[0]).post('/api/notifications/read').set('Cookie', staff.cookie).set(headers).send({});
  for (const headers of [{ Origin: 'https://evil.example' }, { Origin: 'null' }, { Origin: `${own}.evil.example` }, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }, { Origin: own, 'Sec-Fetch-Site': 'cross-site' }]) {
    const { body } = await send(headers).expect(403);
    expect(body.type).toBe('/api/problems/cross_site');
  }
  for (const headers of [{}, { Origin: own }, { Origin: own, 'Sec-Fetch-Site': 'same-origin' }, { 'Sec-Fetch-Site': 'none' }]) await send(headers as Record<string, string>).expect(200);
});
