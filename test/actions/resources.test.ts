// 社会資源台帳: who keeps it, what goes stale and who hears of it, what anybody may read.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fileRecord } from '../../src/actions/file-record.js';
import { remindStaleResources } from '../../src/actions/remind-stale-resources.js';
import { transact } from '../../src/base/db.js';
import { openItem } from '../../src/domain/resources/development.js';
import { countOpen, resourceNo, staleBefore } from '../../src/domain/resources/resources.js';
import type { Json } from '../../src/engine/model.js';
import { openTwo, type Client, type Two } from '../http/two-instances.js';
import { sampleOf } from '../support/answers.js';
import type { TestApp } from '../support/app.js';
import { seedCity } from '../../prisma/seed.js';
import { cityDir, seedTestCity } from '../support/city.js';
import { freshDatabase, query } from '../support/database.js';
import { keeper } from '../support/diagrams.js';
import { as } from '../support/steps.js';

let two: Two;
let app: TestApp;
let at = new Date('2026-11-24T10:00:00+09:00');
let ueno: Client;

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes/anytime'], clock: { now: () => at } });
  app = two.app;
  ueno = await two.as('ueno.s');
}, 180_000);
afterAll(() => two.close());

const rows = <T extends Record<string, unknown>>(sql: string, ...values: unknown[]): Promise<T[]> => query<T>(app.database.ownerUrl, sql, values);
const file = async (formKey: string, answers: Record<string, Json> = {}, login = 'shimizu.y') => (await fileRecord(app, await as(app, login), { formKey, caseNo: null, answers: { ...sampleOf('anytime', formKey), ...answers } })).made as Record<string, string>;
const nos = async (search: string): Promise<string[]> => (await ueno.get(`/api/resources${search}`).expect(200)).body.resources.map(({ no }: { no: string }) => no);

describe('the directory', () => {
  test('is kept by those whose work it is, and read by everybody', async () => {
    await expect(file('resource', {}, 'ueno.s')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(file('resource_check', {}, 'mori.d')).rejects.toMatchObject({ code: 'forbidden' });
    const { resourceId, resourceNo: no } = await file('resource', { name: '読み比べの会' });
    const { body } = await ueno.get(`/api/resources/${resourceId}`).expect(200);
    expect(body).toMatchObject({ no, name: '読み比べの会', kinds: ['gathering_place', 'salon'], area: 'north', areaName: '北部圏域', capacity: 8, taken: 0, costYen: 100, verifiedOn: '2026-04-10', stale: true, closedOn: null, checks: [{ result: 'registered', checkedOn: '2026-04-10', checkedBy: '社会資源担当' }] });
    await two.nobody.get('/api/resources').expect(401);
    await ueno.get('/api/resources/00000000-0000-7000-8000-000000000000').expect(404);
  });

  test('is changed under the same number, and remembers who looked when', async () => {
    const { resourceId, resourceNo: no } = await file('resource', { name: '変わる会' });
    await file('resource', { resourceNo: no!.toLowerCase(), name: '変わった会', capacity: 3, verifiedOn: '2026-11-20', verifiedBy: '' });
    const { body } = await ueno.get(`/api/resources/${resourceId}`).expect(200);
    expect(body).toMatchObject({ name: '変わった会', capacity: 3, verifiedOn: '2026-11-20', verifiedBy: '清水 由美', stale: false });
    expect(body.checks.map(({ result }: { result: string }) => result)).toEqual(['changed', 'registered']);
    await expect(file('resource', { resourceNo: 'S-9999' })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/resourceNo' }] });
    await expect(file('resource', { verifiedOn: '2026-11-25' })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/verifiedOn' }] });
    await expect(file('resource', { verifiedOn: '2026年' })).rejects.toMatchObject({ code: 'form_invalid' });
    await expect(file('resource', { ageFrom: 60, ageTo: 18 })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/ageTo' }] });
  });

  test('corrected in one thing keeps the rest, is served with what stands in it, and clears what is sent empty', async () => {
    const { resourceId, resourceNo: no } = await file('resource', { name: '直す会' });
    const shimizu = await two.as('shimizu.y');
    const send = (answers: Record<string, Json>) => shimizu.post('/api/records', { formKey: 'resource', answers });
    const { carried } = (await shimizu.get(`/api/forms/resource?no=${no!.toLowerCase()}`).expect(200)).body as { carried: Record<string, Json> };
    const { verifiedOn: _on, verifiedBy: _by, developmentNo: _no, ...stands } = sampleOf('anytime', 'resource');
    expect(carried).toEqual({ ...stands, resourceNo: no, name: '直す会', verifiedBy: '清水 由美' });
    const before = (await ueno.get(`/api/resources/${resourceId}`).expect(200)).body;
    await send({ resourceNo: no!, name: '直す会', kinds: carried['kinds']!, capacity: 9, verifiedOn: '2026-11-20' }).expect(201);
    const { body: after } = await ueno.get(`/api/resources/${resourceId}`).expect(200);
    expect(after).toEqual({ ...before, capacity: 9, verifiedOn: '2026-11-20', verifiedBy: '清水 由美', stale: false, checks: [{ result: 'changed', checkedOn: '2026-11-20', checkedBy: '清水 由美' }, ...before.checks] });
    await send({ resourceNo: no!, name: '直す会', kinds: carried['kinds']!, owner: '', days: [], capacity: null, verifiedOn: '2026-11-20' }).expect(201);
    expect((await ueno.get(`/api/resources/${resourceId}`).expect(200)).body).toEqual({ ...after, owner: null, days: [], capacity: null, checks: [after.checks[0], ...after.checks] });
    // the ages that stand are weighed against the one that is sent
    expect((await send({ resourceNo: no!, name: '直す会', kinds: carried['kinds']!, ageFrom: 100, verifiedOn: '2026-11-20' }).expect(422)).body.errors).toMatchObject([{ pointer: '/answers/ageTo' }]);
    await ueno.get(`/api/forms/resource?no=${no}`).expect(403);
    await shimizu.get('/api/forms/resource?no=S-9999').expect(404);
    // two who put different things right at once lose nothing
    await Promise.all([send({ resourceNo: no!, name: '直す会', kinds: carried['kinds']!, owner: '町会', verifiedOn: '2026-11-20' }).expect(201), send({ resourceNo: no!, name: '直す会', kinds: carried['kinds']!, capacity: 4, verifiedOn: '2026-11-20' }).expect(201)]);
    expect((await ueno.get(`/api/resources/${resourceId}`).expect(200)).body).toMatchObject({ owner: '町会', capacity: 4 });
  });

  test('of two that are entered at once each gets a number of its own', async () => {
    const made = await Promise.all(Array.from({ length: 4 }, (_, n) => file('resource', { name: `同時の会 ${n}` })));
    expect(new Set(made.map(({ resourceNo: no }) => no)).size).toBe(4);
    expect(['s-12', 'Ｓ－００１２', 'S-0012', 'S12'].map(resourceNo)).toEqual(Array(4).fill('S-0012'));
    expect(resourceNo('S-12345')).toBe('S-12345');
    expect(resourceNo('なし')).toBe('なし');
  });

  test('is searched by kind, area, purpose, part of the name, seats and freshness', async () => {
    expect(await nos('?kind=food_bank')).toEqual(['S-0012']);
    expect(await nos('?kind=housing&area=centre')).toEqual(['S-0026']);
    expect(await nos('?purpose=volunteering&area=west')).toEqual(['S-0010', 'S-0011', 'S-0027']);
    expect(await nos('?name=パン屋')).toEqual(['S-0009']);
    const stale = await nos('?stale=true');
    expect(stale).toEqual(expect.arrayContaining(['S-0028', 'S-0035']));
    expect(stale).not.toContain('S-0003');
    await ueno.get('/api/resources?kind=castle').expect(422);
  });

  test('counts what is open at the end of a day, so that a place that closed counts until then (K4)', async () => {
    const count = (day: string): Promise<number> => transact(app.db, keeper, (tx) => countOpen(tx, 'gathering_place', day));
    const before = await count('2026-11-24');
    const { resourceNo: no } = await file('resource', { kinds: ['gathering_place'] });
    expect(await count('2026-11-24')).toBe(before + 1);
    await file('resource_check', { resourceNo: no!, checkResult: 'closed', verifiedOn: '2026-11-24' });
    expect([await count('2026-11-23'), await count('2026-11-24')]).toEqual([await count('2026-11-23'), before]);
    expect(await nos('?name=こもれび')).not.toContain(no);
    expect(await nos('?name=こもれび&closed=true')).toContain(no);
  });

  test('comes with the city; an invented one only with the invented people', async () => {
    const empty = await freshDatabase();
    try {
      await seedCity({ ownerUrl: empty.ownerUrl, cityDir, now: at, demoPassword: null });
      expect(await query(empty.ownerUrl, `select 1 from social_resource`)).toEqual([]);
      expect(await query(empty.ownerUrl, `select value from city_setting where key = 'resources'`)).toMatchObject([{ value: { freshMonths: 6, areas: expect.arrayContaining([{ code: 'north', name: '北部圏域' }]) } }]);
    } finally {
      await empty.drop();
    }
  });

  test('comes with the city, once: what staff changed since stays', async () => {
    await file('resource', { resourceNo: 'S-0001', name: '体操の会（新しい名前）' });
    const all = (): Promise<unknown[]> => rows(`select no, name, verified_on::text from social_resource order by no`);
    const before = await all();
    await seedTestCity(app.database.ownerUrl);
    expect(await all()).toEqual(before);
  });
});

describe('an entry that nobody has looked at for six months', () => {
  const told = async (): Promise<number> => (await rows<{ n: number }>(`select count(*)::int as n from notification where rule = 'resource_stale'`))[0]!.n;

  test('is told to those who keep the directory, once in thirty days, until somebody has looked', async () => {
    const first = await remindStaleResources(app, keeper);
    expect(first.stale).toBeGreaterThan(1);
    const keepers = (await rows<{ n: number }>(`select count(*)::int as n from membership where group_key = 'grp.resource'`))[0]!.n;
    expect(await told()).toBe(keepers);
    expect(await remindStaleResources(app, keeper)).toEqual({ stale: 0 });
    await file('resource_check', { resourceNo: 'S-0035', verifiedOn: '2026-11-24' });
    at = new Date('2026-12-25T10:00:00+09:00');
    const again = await remindStaleResources(app, keeper);
    expect(again.stale).toBeGreaterThan(0);
    expect(await told()).toBe(2 * keepers);
    const [looked] = await rows<{ reminded_at: Date | null }>(`select reminded_at from social_resource where no = 'S-0035'`);
    expect(looked!.reminded_at).toBeNull();
    expect(await rows(`select 1 from notification where rule = 'resource_stale' and business_key is not null`)).toEqual([]);
  });

  test('is stale from the same day of the month on, six months later', () => {
    expect([staleBefore('2026-11-24', 6), staleBefore('2026-08-31', 6), staleBefore('2026-03-31', 1), staleBefore('2026-02-01', 14)]).toEqual(['2026-05-24', '2026-02-28', '2026-02-28', '2024-12-01']);
  });

  test('nobody but the clock sends that word', async () => {
    await expect(remindStaleResources(app, await as(app, 'shimizu.y'))).rejects.toMatchObject({ code: 'forbidden' });
  });
});

test('matching by criteria ranks with reasons; those that are full come last and say so, those that are closed or for others are left out', async () => {
  const match = async (criteria: Record<string, Json>) => (await ueno.post('/api/resources/match', { criteria }).expect(200)).body as { criteria: Json; matches: { no: string; score: number; reasons: { key: string; state: string; sentence: string }[] }[] };
  const { matches, criteria } = await match({ purposes: ['volunteering'], interests: ['animals'], area: 'west', age: 26 });
  expect(matches[0]).toMatchObject({ no: 'S-0010', score: 100, reasons: [{ key: 'purpose', state: 'met' }, { key: 'interest', state: 'met' }, { key: 'area', state: 'met', sentence: '圏域: 西部圏域にあります。' }, { key: 'age', state: 'met' }, { key: 'capacity', state: 'met' }] });
  expect(matches.map(({ score }) => score)).toEqual(matches.map(({ score }) => score).toSorted((a, b) => b - a));
  expect(criteria).toMatchObject({ groupSize: null, days: [] });
  const { resourceNo: none } = await file('resource', { name: '満席の会', capacity: 0, purposes: ['volunteering'], interests: ['animals'] });
  const after = (await match({ purposes: ['volunteering'], interests: ['animals'] })).matches;
  expect(after.at(-1)).toMatchObject({ no: none, reasons: expect.arrayContaining([{ key: 'capacity', state: 'unmet', sentence: '定員: 0人で、いまは空きがありません。' }]) });
  expect((await match({ purposes: ['housing'], gender: 'men' })).matches.map(({ no }) => no)).not.toContain('S-0025');
  await ueno.post('/api/resources/match', { criteria: { purposes: ['gold'] } }).expect(422);
  await ueno.post('/api/resources/match', {}).expect(422);
  await ueno.post('/api/resources/match', { caseNo: 'R8-99999' }).expect(404);
});

test('a 開拓課題 is done with the place that answers it', async () => {
  const { no } = await transact(app.db, keeper, (tx) => openItem(tx, { summary: '静かな将棋の場', purposes: ['companions'], area: 'north', ownerGroup: 'grp.resource' }));
  await expect(file('resource', { developmentNo: 'D-9999' })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/developmentNo' }] });
  const { resourceId } = await file('resource', { developmentNo: no.toLowerCase() });
  const { body } = await ueno.get('/api/development-items?status=found').expect(200);
  expect(body.items).toMatchObject([{ no, summary: '静かな将棋の場', resourceId, status: 'found' }]);
});
