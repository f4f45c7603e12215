// A consent is taken back while the case is under way: the real diagrams on a real database.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fileRecord } from '../../src/actions/file-record.js';
import { readAs, transact } from '../../src/base/db.js';
import { rightsOf } from '../../src/domain/access.js';
import { coveringConsent } from '../../src/domain/consents/consents.js';
import type { Json } from '../../src/engine/model.js';
import type { Answers } from '../../src/services/samples.js';
import { sampleOf } from '../support/answers.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
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
