// The days of a plan, as the clocks of P07 read them: what was agreed with the person, and what the last monitoring said.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { usualClocks } from '../../src/base/city.js';
import { transact } from '../../src/base/db.js';
import type { Json } from '../../src/base/json.js';
import { Problem } from '../../src/base/problem.js';
import { setNextMonitoring } from '../../src/handlers/set-next-monitoring.js';
import { setPlanDates } from '../../src/handlers/set-plan-dates.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { agrees, bareCase, projects } from '../support/casework.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';

const elderly = 'elderly_welfare';
const of = (folder: string, key: string): Record<string, Json> => sampleOf(folder, key);
/** As the review of June walked it: half a year that ends on the last of June, looked at in May. */
const days = { planStart: '2026-01-05', planEnd: '2026-06-30', nextMonitorOn: '2026-05-25', evaluateOn: '2026-06-20' };

let app: TestApp;
let at = new Date('2026-04-16T10:00:00+09:00');
let caseId: string;
beforeAll(async () => void (app = await testApp({ clock: { now: () => at } })));
afterAll(() => app?.close());

const files = async (login: string, record: string, answers: Record<string, Json>) => projects(app, await personByLogin(app.database.ownerUrl, login), { caseId, record, answers });
const refusedAt = (work: Promise<unknown>): Promise<string[]> => work.then(() => [], (error: Problem) => (error.errors ?? []).map(({ pointer }) => pointer));
const context = (input: Record<string, Json>) => ({ instanceId: '', businessKey: null, elementId: '', jobId: '', input, calendar: app.calendar });
const dates = (more: Record<string, Json> = {}) => transact(app.db, { kind: 'system', name: 'test' }, (tx) => setPlanDates.run(tx, context({ caseId, openBefore: '20BD', firstAfter: 'P1M', period: 'P6M', ...more })));
const next = async () => (await transact(app.db, { kind: 'system', name: 'test' }, (tx) => setNextMonitoring.run(tx, context({ caseId, every: 'P3M' }))))['monitorAt'];
const opening = (day: string): string => app.calendar.openingOf(day).toISOString();
const plan = (more: Record<string, Json> = {}): Record<string, Json> => ({ ...of('coordination_main', 'draft_plan'), ...days, ...more });

async function decided(answers: Record<string, Json> = plan()): Promise<void> {
  await files('sato.h', 'F05', answers);
  await files('sato.h', 'F05.signature', of('coordination_main', 'explain_plan'));
  await files('nakamura.m', 'F05.decision', { ...of('coordination_main', 'decide_support'), supportDecision: 'decided' });
}
const monitored = (nextMonitorOn: string | null, monitoringResult = 'on_track') => files('sato.h', 'F08.monitoring', { ...of('monitor_replan', 'monitor_progress'), monitoringResult, nextMonitorOn });

beforeEach(async () => {
  at = new Date('2026-04-16T10:00:00+09:00');
  ({ caseId } = await bareCase(app));
  await files('sato.h', 'F05.coordinator', of('coordination_main', 'assign_coordinator'));
  await agrees(app, caseId, [elderly]);
});

describe('the clocks of a plan', () => {
  test('are the days that it names, whenever the support began', async () => {
    await decided();
    const ends = new Date('2026-06-30T23:59:59+09:00');
    // twenty business days before the thirtieth of June comes before the day that was agreed for the evaluation
    expect(await dates()).toEqual({ planEndsAt: ends.toISOString(), evaluationOpensAt: app.calendar.subtract(ends, '20BD').toISOString(), monitorAt: opening('2026-05-25'), monitorEvery: 'P1M', planExtensions: null });
    expect(app.calendar.onDate(new Date((await dates())['evaluationOpensAt'] as string))).toBe('2026-06-02');
  });

  test('open the evaluation on the day that was agreed for it, if that comes first', async () => {
    await decided(plan({ evaluateOn: '2026-05-29' }));
    expect((await dates())['evaluationOpensAt']).toBe(opening('2026-05-29'));
    at = new Date('2026-05-30T10:00:00+09:00');
    // it was held, and the support goes on: the next is before the end
    expect((await dates())['evaluationOpensAt']).toBe(app.calendar.subtract(new Date('2026-06-30T23:59:59+09:00'), '20BD').toISOString());
  });

  test('a day that is over before anybody has looked is due at once; a day on which the office is closed, on the next', async () => {
    await decided(plan({ nextMonitorOn: '2026-05-23' }));
    expect((await dates())['monitorAt']).toBe(opening('2026-05-25'));
    at = new Date('2026-06-10T10:00:00+09:00');
    expect((await dates())['monitorAt']).toBe(opening('2026-05-25'));
  });

  test('go on by what the last monitoring named, or by the rhythm that is drawn', async () => {
    await decided();
    at = new Date('2026-05-25T15:00:00+09:00');
    await monitored('2026-06-08');
    expect([await next(), (await dates())['monitorAt']]).toEqual([opening('2026-06-08'), opening('2026-06-08')]);
    at = new Date('2026-06-08T15:00:00+09:00');
    await monitored(null);
    expect([await next(), (await dates())['monitorAt']]).toEqual([app.calendar.add(at, 'P3M').toISOString(), app.calendar.add(at, 'P1M').toISOString()]);
    // a day that has gone by while the case rested holds nobody to it
    await monitored('2026-06-15');
    at = new Date('2026-06-22T10:00:00+09:00');
    expect(await next()).toBe(app.calendar.add(at, 'P3M').toISOString());
  });

  test('move with an extension, and with the next version', async () => {
    await decided();
    at = new Date('2026-06-29T10:00:00+09:00');
    await files('nakamura.m', 'F05.extension', { planEndDecision: 'extend', extensionPeriod: 'P2M' });
    const ends = new Date('2026-08-30T23:59:59+09:00');
    // what the diagram would have counted for itself says nothing
    expect(await dates({ period: 'P3M', from: '2026-06-30T14:59:59.000Z' })).toMatchObject({ planEndsAt: ends.toISOString(), evaluationOpensAt: app.calendar.subtract(ends, '20BD').toISOString(), planExtensions: 1 });
    await decided(plan({ planKind: 'replan', planStart: '2026-07-01', planEnd: '2027-03-31', nextMonitorOn: '2026-08-03', evaluateOn: '2027-03-01' }));
    expect(await dates()).toMatchObject({ planEndsAt: '2027-03-31T14:59:59.000Z', evaluationOpensAt: opening('2027-03-01'), monitorAt: opening('2026-08-03'), planExtensions: null });
  });

  test('may be as long, and be put off as far and as often, as the city lays down', async () => {
    const laysDown = (plans: object) => query(app.database.ownerUrl, `update city_setting set value = $1 where key = 'clocks'`, [JSON.stringify({ ...usualClocks, plans })]);
    await laysDown({ longestMonths: 6, extensionMonths: 4, extensions: 2 });
    const long = { planEnd: '2026-07-06' };
    await expect(files('sato.h', 'F05', plan(long))).rejects.toMatchObject({ errors: [{ pointer: '/answers/planEnd', detail: 'プランの期間は6か月までです。' }] });
    await decided();
    const extend = (extensionPeriod: string) => files('nakamura.m', 'F05.extension', { planEndDecision: 'extend', extensionPeriod });
    expect(await extend('P5M').catch((error: Problem) => error.code)).toBe('plan_not_extendable');
    await extend('P4M');
    await extend('P1M');
    expect(await dates()).toMatchObject({ planEndsAt: '2026-11-30T14:59:59.000Z', planExtensions: 2 });
    expect(await extend('P1M').catch((error: Problem) => error.code)).toBe('plan_not_extendable');
    await laysDown({ longestMonths: 24, extensionMonths: 3, extensions: 1 });
    await files('sato.h', 'F05', plan({ planKind: 'replan', planStart: '2026-07-01', planEnd: '2028-06-30', nextMonitorOn: '2026-08-03', evaluateOn: '2028-06-01' }));
    await laysDown(usualClocks.plans);
  });

  test('count by what is drawn where there is no plan on record', async () => {
    expect(await dates()).toEqual({ planEndsAt: '2026-10-16T14:59:59.000Z', evaluationOpensAt: app.calendar.subtract(new Date('2026-10-16T14:59:59.000Z'), '20BD').toISOString(), monitorAt: app.calendar.add(at, 'P1M').toISOString() });
    expect(await next()).toBe(app.calendar.add(at, 'P3M').toISOString());
    await decided();
    // a diagram from before names no case: it goes on as it began
    expect(await dates({ caseId: null })).toEqual({ planEndsAt: '2026-10-16T14:59:59.000Z', evaluationOpensAt: expect.any(String) });
  });

  test('lie within the plan; a monitoring names a day that is to come, and none after the plan', async () => {
    expect(await refusedAt(files('sato.h', 'F05', plan({ nextMonitorOn: '2026-07-01' })))).toEqual(['/answers/nextMonitorOn']);
    expect(await refusedAt(files('sato.h', 'F05', plan({ nextMonitorOn: '2026-01-04', evaluateOn: '2026-07-01' })))).toEqual(['/answers/nextMonitorOn', '/answers/evaluateOn']);
    await decided();
    for (const day of ['2026-04-15', '2026-04-16', '2026-07-01']) expect(await refusedAt(monitored(day))).toEqual(['/answers/nextMonitorOn']);
    // where the support does not go on as planned, the day on the sheet means nothing
    expect(await refusedAt(monitored('2026-04-15', 'closing'))).toEqual([]);
    expect(await refusedAt(monitored('2026-06-30'))).toEqual([]);
  });
});
