// 気にかけたいケース, as it is asked for: after how many days without a word, where the asker says so.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { query } from '../support/database.js';
import { bareCase } from '../support/steps.js';
import { openTwo, type Two } from './two-instances.js';

let two: Two;
beforeAll(async () => {
  two = await openTwo({ deploy: [], clock: { now: () => new Date('2026-05-18T16:00:00+09:00') } });
}, 120_000);
afterAll(() => two.close());

test('silent after as many days as are asked for, from one to a year; else as many as the city says', async () => {
  const { caseNo, caseId } = await bareCase(two.app);
  await query(two.app.database.ownerUrl, `update support_case set opened_at = opened_at - interval '8 days' where id = $1`, [caseId]);
  const sato = await two.as('sato.h');
  const asked = async (silentDays: string) => (await sato.get(`/api/attention${silentDays}`).expect(200)).body as { silentDays: number; counts: { silent: number }; cases: { caseNo: string; kinds: string[] }[] };
  const kinds = ({ cases }: Awaited<ReturnType<typeof asked>>): string[] | undefined => cases.find((one) => one.caseNo === caseNo)?.kinds;
  const [week, ten, usual] = [await asked('?silentDays=7'), await asked('?silentDays=10'), await asked('')];
  expect([week.silentDays, ten.silentDays, usual.silentDays]).toEqual([7, 10, two.app.city.calendar.silentDays]);
  expect([kinds(week), kinds(ten)]).toEqual([['no_next_action', 'silent'], ['no_next_action']]);
  expect(week.counts.silent).toBe(ten.counts.silent + 1);
  expect(kinds(await asked('?kind=silent&silentDays=7'))).toEqual(['no_next_action', 'silent']);
  for (const wrong of ['0', '366', '-1', '7.5', 'x', '']) await sato.get(`/api/attention?silentDays=${wrong}`).expect(422);
});

test('the calendar is changed as it was previewed: by kind, with what stays and why, and written down so', async () => {
  const kato = await two.as('kato.m');
  const days = [{ onDate: '2026-08-14', open: false, name: '臨時閉庁' }];
  const { body: seen } = await kato.post('/api/calendar/preview', { days }).expect(200);
  expect(seen).toMatchObject({ count: 0, moved: [], timers: [], watched: [], rungs: 0, kinds: [], digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  await kato.post('/api/calendar/changes', { days, reason: '点検', revision: seen.revision }).expect(422);
  const stale = await kato.post('/api/calendar/changes', { days, reason: '点検', revision: seen.revision, digest: '0' }).expect(409);
  expect(stale.body).toMatchObject({ type: expect.stringContaining('preview_stale'), digest: seen.digest });
  await kato.post('/api/calendar/changes', { days, reason: '点検', revision: seen.revision, digest: seen.digest }).expect(201);
  const { body: calendar } = await kato.get('/api/calendar').expect(200);
  expect(calendar.changes[0]).toMatchObject({ reason: '点検', moved: 0, kinds: [], leftAlone: [] });
  await (await two.as('sato.h')).post('/api/calendar/preview', { days }).expect(403);
});
