// A consent is taken back while the case is under way: the real diagrams on a real database.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { App } from '../../src/app.js';
import { claimTask } from '../../src/actions/claim-task.js';
import { completeTask } from '../../src/actions/complete-task.js';
import { editVariables } from '../../src/actions/edit-variables.js';
import { fileRecord } from '../../src/actions/file-record.js';
import { steerProcesses } from '../../src/actions/steer-processes.js';
import { readAs, transact } from '../../src/base/db.js';
import { rightsOf } from '../../src/domain/access.js';
import { coveringConsent } from '../../src/domain/consents/consents.js';
import type { Json } from '../../src/engine/model.js';
import type { Answers } from '../../src/services/samples.js';
import { sampleOf } from '../support/answers.js';
import { openApi } from '../chaos/office.js';
import { testApp } from '../support/app.js';
import { personByLogin, testPassword } from '../support/city.js';
import { query } from '../support/database.js';
import { keeper } from '../support/diagrams.js';
import { waitFor } from '../support/wait-for.js';
import { openTown, type Town } from './town.js';
import { monday } from './walk.js';

const elder = 'grp.sectionLead.elderly_welfare';
const school = 'grp.sectionLead.school_education';
let town: Town;
beforeAll(async () => {
  town = await openTown(monday);
});
afterAll(() => town.app.close());

const url = (): string => town.app.database.ownerUrl;
const caseIdOf = async (caseNo: string): Promise<string> => (await query<{ id: string }>(url(), 'select id from support_case where case_no = $1', [caseNo]))[0]!.id;
const withdraws = async (caseNo: string, said: Answers = {}): Promise<void> => {
  await fileRecord(town.app, await personByLogin(url(), 'mori.d'), { formKey: 'consent_withdrawal', caseNo, answers: { ...sampleOf('anytime', 'consent_withdrawal'), ...said } });
};
const reasons = (caseNo: string, elementId: string): Promise<{ status: string; end_reason: string | null; g: string }[]> =>
  query(url(), `select status, end_reason, candidate_groups[1] as g from task where business_key = $1 and element_id = $2 order by g`, [caseNo, elementId]);
const status = async (caseNo: string, key: string): Promise<string[]> => (await town.standing(caseNo)).instances[key] ?? [];

/** To where two agencies are asked what they know. */
async function asked(): Promise<string> {
  const caseNo = await town.consult();
  await town.does(caseNo, 'receive_consultation');
  await town.does(caseNo, 'assess_urgency', { urgency: 'none' });
  await town.does(caseNo, 'screen_consultation', { screeningResult: 'coordinate' });
  await town.does(caseNo, 'consult_section_lead', { singleAgency: 'no' });
  await town.does(caseNo, 'refer_to_coordination');
  await town.does(caseNo, 'answer_referral', { referralDecision: 'accept' });
  await town.does(caseNo, 'assign_coordinator', { coordinatorGroup: 'grp.coordinator.city' });
  await town.does(caseNo, 'decide_eligibility', { eligibility: 'eligible' });
  await town.does(caseNo, 'check_consent', { consentState: 'full' });
  await town.does(caseNo, 'request_information', { informationGroups: [elder, school] });
  expect(await town.open(caseNo)).toEqual(['provide_information', 'provide_information']);
  return caseNo;
}

const p10 = async (caseNo: string, continuation: string): Promise<void> => {
  await town.does(caseNo, 'record_withdrawal');
  await town.does(caseNo, 'confirm_stop');
  await town.does(caseNo, 'notify_recipient');
  await town.does(caseNo, 'propose_continuation', { continuation });
  await town.does(caseNo, 'judge_continuation', { continuation });
};

test('all withdrawn: what agencies were asked is closed with the reason, the case rests, everybody who was told is told, and it goes on within what is left', async () => {
  const caseNo = await asked();
  const ishikawa = await personByLogin(url(), 'ishikawa.r');
  const caseId = await caseIdOf(caseNo);
  const rights = () => readAs(town.app.db, ishikawa, async (tx) => (await rightsOf(tx, ishikawa, caseId)).map(({ basis }) => basis));
  expect(await rights()).toContain('consent');
  await withdraws(caseNo);
  expect(await rights()).not.toContain('consent');
  expect(await reasons(caseNo, 'provide_information')).toEqual([elder, school].map((g) => ({ status: 'cancelled', end_reason: 'consent_withdrawn', g })));
  expect(await status(caseNo, 'coordination_main')).toEqual(['suspended']);
  expect(await status(caseNo, 'consent_withdrawal')).toEqual(['active']);
  await town.does(caseNo, 'record_withdrawal');
  await town.does(caseNo, 'confirm_stop');
  expect(await reasons(caseNo, 'notify_recipient')).toHaveLength((sampleOf('coordination_main', 'check_consent')['scopeAgencies'] as Json[]).length);
  await town.does(caseNo, 'notify_recipient', { returnDueOn: '令和8年12月1日' });
  // by when each of them hands back what it holds is watched, for whoever coordinates
  expect(await query(url(), `select distinct p.kind, p.group_key, p.on_day::text, t.rule, t.due_at from promised_day p join timer t on t.about_id = p.id and t.status = 'pending' where p.case_id = $1 order by t.due_at`, [caseId])).toEqual([
    { kind: 'return_due', group_key: 'grp.coordinator.city', on_day: '2026-12-01', rule: 'promise_due', due_at: new Date('2026-12-01T08:45:00+09:00') },
    { kind: 'return_due', group_key: 'grp.coordinator.city', on_day: '2026-12-01', rule: 'promise_passed', due_at: new Date('2026-12-02T17:15:00+09:00') },
  ]);
  await town.does(caseNo, 'propose_continuation', { continuation: 'limited' });
  await town.does(caseNo, 'judge_continuation', { continuation: 'limited' });
  await town.does(caseNo, 'explain_result');
  expect(await status(caseNo, 'consent_withdrawal')).toEqual(['ended']);
  expect(await status(caseNo, 'coordination_main')).toEqual(['active']);
  expect(await town.open(caseNo)).toEqual(['organise_assessment']);
  const proofs = await query(url(), `select distinct kind from consent_evidence where case_id = $1 and about = 'withdrawal' order by kind`, [caseId]);
  expect(proofs).toEqual([{ kind: 'oral_note' }, { kind: 'paper' }]);
  expect(await town.standing(caseNo)).toMatchObject({ incidents: 0, leaked: false });
});

test('one agency taken out: its question is closed, the others go on answering, nobody rests', async () => {
  const caseNo = await asked();
  const caseId = await caseIdOf(caseNo);
  await withdraws(caseNo, { withdrawnScope: 'part', withdrawnAgencies: ['school_education'] });
  expect(await reasons(caseNo, 'provide_information')).toEqual([{ status: 'open', end_reason: null, g: elder }, { status: 'cancelled', end_reason: 'consent_withdrawn', g: school }]);
  expect(await status(caseNo, 'coordination_main')).toEqual(['active']);
  const covers = (agency: string) => transact(town.app.db, { kind: 'system', name: 'test' }, (tx) => coveringConsent(tx, caseId, agency, 'conference'));
  expect([await covers('school_education'), (await covers('elderly_welfare')) !== null]).toEqual([null, true]);
  await p10(caseNo, 'narrowed');
  await town.does(caseNo, 'explain_result');
  await town.does(caseNo, 'provide_information');
  expect(await town.open(caseNo)).toEqual(['organise_assessment']);
  const told = await query<{ login: string }>(url(), `select distinct u.login from notification n join app_user u on u.id = n.user_id where n.business_key = $1 and n.rule = 'consent_narrowed'`, [caseNo]);
  expect(told.map(({ login }) => login)).toContain('ishikawa.r');
});

test('a serious risk without consent: the work by consent ends and the 支援会議 is asked', async () => {
  const caseNo = await asked();
  await withdraws(caseNo);
  await p10(caseNo, 'serious_risk');
  expect(await status(caseNo, 'coordination_main')).toEqual(['cancelled']);
  expect(await status(caseNo, 'confidential_route')).toEqual(['active']);
  expect(await town.open(caseNo)).toEqual(['explain_result', 'judge_applicability']);
  expect(await town.standing(caseNo)).toMatchObject({ incidents: 0, leaked: false });
});

test('no more support is wanted: the case is evaluated without anybody else, and closed without a meeting', async () => {
  const caseNo = await asked();
  await withdraws(caseNo);
  await p10(caseNo, 'declined');
  expect(await status(caseNo, 'coordination_main')).toEqual(['cancelled']);
  await town.does(caseNo, 'explain_result');
  expect(await town.open(caseNo)).toEqual(['confirm_wishes']);
  await town.does(caseNo, 'confirm_wishes');
  await town.does(caseNo, 'write_evaluation', { withoutPlan: true, goalResults: null, meetingJudge: 'close', closureReason: 'declined' });
  await town.does(caseNo, 'hand_over_to_lead');
  await town.does(caseNo, 'explain_closure');
  await town.does(caseNo, 'extract_community_issue', { issueRaised: 'no' });
  await town.does(caseNo, 'decide_closure', { closureReason: 'declined', followUp: 'no' });
  expect(await status(caseNo, 'closure_evaluation')).toEqual(['ended']);
  expect(await status(caseNo, 'meeting')).toEqual([]);
  expect(await query(url(), 'select status from support_case where case_no = $1', [caseNo])).toEqual([{ status: 'closed' }]);
  expect(await town.standing(caseNo)).toMatchObject({ incidents: 0, leaked: false });
});

describe('a withdrawal and all that follows from it are one transaction', () => {
  const after = { agencies: [elder, school].map((g): { status: string; end_reason: string | null; g: string } => ({ status: 'cancelled', end_reason: 'consent_withdrawn', g })), main: ['suspended'], own: ['organise_assessment', 'record_withdrawal'], rights: 0, orders: 0 };
  /** Everything that the commit has to hold, all at once. */
  async function left(caseNo: string): Promise<typeof after> {
    const caseId = await caseIdOf(caseNo);
    return {
      agencies: await reasons(caseNo, 'provide_information'), main: await status(caseNo, 'coordination_main'), own: (await town.open(caseNo)).filter((one) => one !== 'provide_information'),
      rights: (await query(url(), `select 1 from case_access where case_id = $1 and basis = 'consent' and ended_at is null`, [caseId])).length,
      orders: (await query(url(), `select 1 from outbox where kind = 'processes.steer' and relayed_at is null and payload->>'businessKey' = $1`, [caseNo])).length,
    };
  }
  const untouched = async (caseNo: string): Promise<void> => {
    expect(await left(caseNo)).toMatchObject({ agencies: [elder, school].map((g) => ({ status: 'open', end_reason: null, g })), main: ['active'], own: [], orders: 0 });
    expect(await query(url(), `select 1 from submission s join support_case c on c.id = s.case_id where c.case_no = $1 and s.record = 'F17'`, [caseNo])).toEqual([]);
  };
  /** Files it at a real API of its own, beside which no worker runs. */
  async function atAnOffice(caseNo: string, faultPoint: string): Promise<number | 'killed'> {
    const api = await openApi({ database: town.app.database, redisUrl: null, smtpUrl: 'smtp://127.0.0.1:9', onOutput: () => {} }, { FAULT_POINT: faultPoint });
    const json = { 'content-type': 'application/json' };
    const session = await fetch(`${api.address}/api/session`, { method: 'POST', headers: json, body: JSON.stringify({ login: 'mori.d', password: testPassword }) });
    const cookie = session.headers.get('set-cookie')!.split(';')[0]!;
    const body = JSON.stringify({ formKey: 'consent_withdrawal', answers: { ...sampleOf('anytime', 'consent_withdrawal'), withdrawnOn: '2026-11-20' } });
    const given = await fetch(`${api.address}/api/cases/${caseNo}/records`, { method: 'POST', headers: { ...json, cookie }, body }).then(({ status: said }) => said, () => 'killed' as const);
    await api.stop();
    return given;
  }

  test('killed in the midst of it nothing of it is there; killed before any order is carried out after a commit, all of it is', async () => {
    const caseNo = await asked();
    expect(await atAnOffice(caseNo, 'withinCascade')).toBe('killed');
    await waitFor('its locks are gone', async () => (await query(url(), `select 1 from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`)).length === 0);
    await untouched(caseNo);
    expect(await atAnOffice(caseNo, 'beforeOrder')).toBe(201);
    expect(await left(caseNo)).toEqual(after);
  }, 180_000);

  test('what was done is of one moment and one request: steps closed, processes held, rights ended', async () => {
    const caseNo = await asked();
    await fileRecord(town.app, await personByLogin(url(), 'mori.d'), { formKey: 'consent_withdrawal', caseNo, answers: sampleOf('anytime', 'consent_withdrawal'), requestId: 'one-request' });
    const done = await query<{ action: string }>(url(), `select action from audit_event where request_id = 'one-request' order by id`);
    expect(done.map(({ action }) => action)).toEqual(['task.close', 'instance.suspend', 'record.file']);
    const closed = await query(url(), `select distinct t.status, t.ended_by_id from task t where t.business_key = $1 and t.element_id = 'provide_information'`, [caseNo]);
    expect(closed).toEqual([{ status: 'cancelled', ended_by_id: null }]);
  });

  test('a step that cannot work takes nothing of it back: a person is asked, the rest is done', async () => {
    const caseNo = await asked();
    const [{ id }] = (await query<{ id: string }>(url(), `select i.id from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 and d.key = 'coordination_main'`, [caseNo])) as [{ id: string }];
    await editVariables(town.app, keeper, { instanceId: id, variables: { coordinatorGroup: 'grp.gone' }, reason: '試験' });
    await withdraws(caseNo);
    expect(await left(caseNo)).toEqual({ ...after, own: ['record_withdrawal'], agencies: [elder, school].map((g) => ({ status: 'open', end_reason: null, g })) });
    const stuck = await query(url(), `select kind, code, instance_id, element_id from incident where resolved_at is null`);
    expect(stuck).toEqual([{ kind: 'step', code: 'expression', instance_id: id, element_id: 'organise_assessment' }]);
    await query(url(), `update incident set resolved_at = now(), resolution = 'dismissed' where instance_id = $1`, [id]);
  });

  test('a fault of ours takes nothing of it back either: the order stays in the outbox, and the relay carries it out', async () => {
    const caseNo = await asked();
    const faulty: App = { ...town.app, engine: { ...town.app.engine, stepper: { ...town.app.engine.stepper, run: (program, input) => (input.action.kind === 'complete' && input.businessKey === caseNo && input.state?.includes('provide_information') ? Promise.reject(new Error('broken')) : town.app.engine.stepper.run(program, input)) } } };
    await fileRecord(faulty, await personByLogin(url(), 'mori.d'), { formKey: 'consent_withdrawal', caseNo, answers: sampleOf('anytime', 'consent_withdrawal') });
    expect(await left(caseNo)).toMatchObject({ own: ['record_withdrawal'], main: ['active'], rights: 0, orders: 2 });
    for (const { id } of await query<{ id: string }>(url(), `select id from outbox where kind = 'processes.steer' and relayed_at is null order by id`)) await steerProcesses(town.app, BigInt(id));
    expect(await left(caseNo)).toEqual(after);
  });

  test('twenty withdrawals at once with what everybody else does, on two applications: no deadlock, nobody is kept out, and each case is as after one', async () => {
    const second = await testApp({ database: town.app.database, deploy: [], clock: { now: town.now } });
    const apps = [town.app, second];
    const deadlocks = async (): Promise<number> => Number((await query<{ n: string }>(url(), `select deadlocks as n from pg_stat_database where datname = current_database()`))[0]!.n);
    const before = await deadlocks();
    const cases = [await asked(), await asked(), await asked(), await asked()];
    const mori = await personByLogin(url(), 'mori.d');
    const refused = new Set<string>();
    const tried = (work: Promise<unknown>): Promise<void> => work.then(() => {}, (error: { code?: string }) => void refused.add(error.code ?? 'fault'));
    const all: (() => Promise<void>)[] = [];
    for (const caseNo of cases) {
      const tasks = await query<{ id: string; version: number; login: string }>(url(), `select t.id, t.version, (select u.login from app_user u join membership m on m.user_id = u.id where m.group_key = any (t.candidate_groups) order by u.login limit 1) as login from task t where t.business_key = $1 and t.element_id = 'provide_information' and t.status = 'open'`, [caseNo]);
      for (let n = 0; n < 5; n += 1) all.push(() => tried(fileRecord(apps[n % 2]!, mori, { formKey: 'consent_withdrawal', caseNo, answers: sampleOf('anytime', 'consent_withdrawal') })));
      for (const [n, { id, version, login }] of tasks.entries()) {
        const who = await personByLogin(url(), login);
        all.push(() => tried(claimTask(apps[n % 2]!, who, { taskId: id, version })), () => tried(completeTask(apps[(n + 1) % 2]!, who, { taskId: id, version, answers: sampleOf('coordination_main', 'provide_information') })));
      }
    }
    // one of each case after the other, so that they meet
    await Promise.all(all.toSorted((a, b) => (all.indexOf(a) % 9) - (all.indexOf(b) % 9)).map((go) => go()));
    await second.close();
    expect([...refused].filter((code) => !['consent_missing', 'task_closed', 'instance_not_active', 'version_conflict', 'task_claimed'].includes(code))).toEqual([]);
    expect(await deadlocks()).toBe(before);
    for (const caseNo of cases) {
      const { agencies, ...rest } = await left(caseNo);
      expect(rest).toMatchObject({ main: ['suspended'], rights: 0, orders: 0, own: expect.arrayContaining(['record_withdrawal']) });
      expect(agencies.filter(({ status: now }) => now === 'open')).toEqual([]);
      expect(await query(url(), `select count(*)::int as n from submission s join support_case c on c.id = s.case_id where c.case_no = $1 and s.record = 'F17'`, [caseNo])).toEqual([{ n: 1 }]);
    }
    expect(await town.standing(cases[0]!)).toMatchObject({ incidents: 0 });
  }, 180_000);
});
