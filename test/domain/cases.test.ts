import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openCase } from '../../src/actions/open-case.js';
import { signIn } from '../../src/actions/sign-in.js';
import type { Person } from '../../src/base/db.js';
import { fiscalYear } from '../../src/domain/cases.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin, testPassword } from '../support/city.js';
import { query } from '../support/database.js';
import { deploy, diagram, end, flows, message, service, startBy, task } from '../support/diagrams.js';
import { codeOf, complete, testClock } from '../engine/store/setup.js';

const clock = testClock('2027-03-31T14:00:00Z'); // 23:00 in Japan, the last hour of the fiscal year
let app: TestApp;
let mori: Person;

const notify = service('tell', 'notify_groups', { groups: '=["grp.coordinator.city","grp.coordinator.shakyo"]', rule: 'emergency_raised', urgent: '=true' });
const dates = service('dates', 'set_plan_dates', { period: 'P6M', openBefore: '20BD', from: '=null' });
const flow = diagram(
  'case_life',
  `${startBy('consultation_received')}${service('status', 'set_case_status', { caseId: '=caseId', status: 'screening', urgent: '=true' })}${notify}${dates}${task('work', { group: '=intakeGroup' })}${service('close', 'register_closure', { caseId: '=caseId', reason: 'informed' })}${end()}
   ${flows('start>status', 'status>tell', 'tell>dates', 'dates>work', 'work>close', 'close>end')}`,
  message('consultation_received'),
);

beforeAll(async () => {
  app = await testApp({ clock });
  mori = await personByLogin(app.database.ownerUrl, 'mori.d');
});

afterAll(async () => app?.close());

test('the fiscal year changes in April', () => {
  expect([fiscalYear('2026-11-23'), fiscalYear('2027-03-31'), fiscalYear('2027-04-01')]).toEqual(['R8', 'R8', 'R9']);
});

test('a consultation that no process takes is refused, and no case is left', async () => {
  expect(await codeOf(openCase(app, mori, { field: 'elder' }))).toBe('no_catcher');
  expect(await query(app.database.ownerUrl, `select 1 from support_case`)).toEqual([]);
});

describe('a consultation', () => {
  beforeAll(async () => void (await deploy(app, flow)));

  test('becomes a case with a number, and goes to the inbox of the agency that took it', async () => {
    const opened = await openCase(app, mori, { field: 'elder', channel: 'phone' });
    expect(opened).toMatchObject({ caseNo: 'R8-00001' });
    expect(opened.next.map((t) => [t.elementId, t.candidateGroups, t.caseNo])).toEqual([['work', ['grp.intake.elder'], 'R8-00001']]);
    const [row] = await query(app.database.ownerUrl, `select status, urgent, agency_code from support_case`);
    expect(row).toEqual({ status: 'screening', urgent: true, agency_code: 'chiiki_houkatsu' });
    const [{ variables }] = (await query<{ variables: Record<string, string> }>(app.database.ownerUrl, `select variables from process_instance`)) as unknown as [{ variables: Record<string, string> }];
    expect(variables).toMatchObject({ planEndsAt: '2027-09-30T14:59:59.000Z', intakeGroup: 'grp.intake.elder' });
    const notices = await query(app.database.ownerUrl, `select distinct kind, rule, urgent, business_key, task_id from notification`);
    expect(notices).toEqual([{ kind: 'process', rule: 'emergency_raised', urgent: true, business_key: 'R8-00001', task_id: null }]);
    await complete(app, mori, 'R8-00001', 'work');
    expect(await query(app.database.ownerUrl, `select status, close_reason, closed_at from support_case`)).toEqual([{ status: 'closed', close_reason: 'informed', closed_at: clock.now() }]);
  });

  test('that several take at once get a number each', async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => openCase(app, mori, { field: 'elder' })));
    expect(opened.map((o) => o.caseNo).toSorted()).toEqual(Array.from({ length: 8 }, (_, i) => `R8-0000${i + 2}`));
    clock.forward(2 * 3_600_000);
    expect((await openCase(app, mori, { field: 'elder' })).caseNo).toBe('R9-00001');
  });

  test('is refused for an agency that takes none, and to people whose work it is not', async () => {
    expect(await codeOf(openCase(app, mori, { field: 'elder', agencyCode: 'nowhere' }))).toBe('invalid');
    expect(await codeOf(openCase(app, await personByLogin(app.database.ownerUrl, 'watanabe.g'), { field: 'elder' }))).toBe('forbidden');
  });
});

describe('signing in', () => {
  test('takes the right password and nothing else', async () => {
    expect(await signIn(app, { login: 'mori.d', password: testPassword })).toEqual(mori);
    expect(await codeOf(signIn(app, { login: 'mori.d', password: 'wrong' }))).toBe('sign_in_failed');
    expect(await codeOf(signIn(app, { login: 'nobody', password: testPassword }))).toBe('sign_in_failed');
  });

  test('is over for somebody who has left', async () => {
    await query(app.database.ownerUrl, `update app_user set active = false where login = 'abe.k'`);
    expect(await codeOf(signIn(app, { login: 'abe.k', password: testPassword }))).toBe('sign_in_failed');
  });
});
