// One case down each route of the pathway, through all the diagrams together, on the real application.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Json } from '../../src/engine/model.js';
import { query } from '../support/database.js';
import { planDaysFrom } from '../support/plan-days.js';
import { openTown, type Town } from './town.js';
import { calendar, monday } from './walk.js';

const school = 'grp.sectionLead.school_education';
const needy = 'grp.sectionLead.self_reliance';
let town: Town;

beforeAll(async () => {
  town = await openTown(monday);
}, 180_000);
afterAll(() => town?.app.close());

/** What is written of somebody who does not want to be written about (F02). */
const withoutConsent = { variant: 'no_consent', noConsentReason: ['refused'], legalBasis: 'swa_106_6', whyMeetingNeeded: '見守りの体制', observed: { facts: '雨戸が閉まったまま' } };

async function screened(screeningResult: string, told: Record<string, Json> = {}): Promise<string> {
  const caseNo = await town.consult();
  await town.does(caseNo, 'receive_consultation', told);
  await town.does(caseNo, 'assess_urgency', { urgency: 'none' });
  await town.does(caseNo, 'screen_consultation', { screeningResult });
  return caseNo;
}

/** A slip that rests on the law, where nobody has agreed to anything. */
const lawfulSlip = { consent: 'without_consent', legalBasis: '69-2-4', legalReason: '食事をとれていないおそれがある' };

/** As far as the coordinator's question for consent. */
async function coordinated(told: Record<string, Json> = {}, slip: Record<string, Json> = {}): Promise<string> {
  const caseNo = await screened('coordinate', told);
  await town.does(caseNo, 'consult_section_lead', { singleAgency: 'no' });
  await town.does(caseNo, 'refer_to_coordination', slip);
  await town.does(caseNo, 'answer_referral', { referralDecision: 'accept' });
  await town.does(caseNo, 'assign_coordinator', { coordinatorGroup: 'grp.coordinator.city' });
  await town.does(caseNo, 'decide_eligibility', { eligibility: 'eligible' });
  return caseNo;
}

async function met(caseNo: string, task: string, meetingResult: string): Promise<void> {
  const meetingAt = new Date(town.now().getTime() + 5 * 86_400_000 + 9 * 3_600_000).toISOString().slice(0, 16) + '+09:00';
  const kind = task === 'hold_confidential_meeting' ? 'confidential' : 'conference';
  await town.does(caseNo, 'arrange_meeting', { kind, memberGroups: [school, needy], meetingAt });
  await town.does(caseNo, 'prepare_materials');
  await town.does(caseNo, 'confirm_attendance');
  await town.passes(caseNo, 'meeting_day');
  await town.does(caseNo, task, { meetingResult });
  await town.does(caseNo, 'draft_minutes');
  await town.does(caseNo, 'confirm_minutes');
  await town.does(caseNo, 'assign_decisions', { decisionGroups: [school], roleSplit: [{ group: school, task: '登校時の声かけ', dueOn: '令和8年6月30日' }] });
  await town.does(caseNo, 'collect_handouts', { handoutsCollected: 'yes' });
  await town.does(caseNo, 'carry_out_decision');
}

async function planned(caseNo: string, useParticipation: string, planKind = 'initial'): Promise<void> {
  const roles = [school, needy].map((agency) => ({ agency, issue: '長男の孤立', what: '月1回の面談', frequency: '月1回', status: 'planned' }));
  await town.does(caseNo, 'draft_plan', { planKind, useOutreach: 'no', useParticipation, leadGroup: needy, roleGroups: [school, needy], roles, monitorEvery: 'P3M', ...planDaysFrom(town.now()) });
  await town.does(caseNo, 'explain_plan');
  await met(caseNo, 'hold_plan_meeting', 'suitable');
  await town.does(caseNo, 'decide_support', { supportDecision: 'decided' });
  await town.does(caseNo, 'share_decision');
  await town.does(caseNo, 'start_role');
}

async function monitored(caseNo: string, monitoringResult: string): Promise<void> {
  await town.passes(caseNo, 'wait_first_monitoring');
  await town.does(caseNo, 'report_status');
  await town.does(caseNo, 'monitor_progress', { monitoringResult });
}

async function supported(caseNo: string, useParticipation: string): Promise<void> {
  await town.does(caseNo, 'request_information', { informationGroups: [school, needy] });
  await town.does(caseNo, 'provide_information');
  await town.does(caseNo, 'organise_assessment');
  await planned(caseNo, useParticipation);
}

/** From an end in sight to the closed case, and the look back three months later. */
async function closed(caseNo: string, stability: string): Promise<void> {
  await monitored(caseNo, 'closing');
  await town.does(caseNo, 'prepare_evaluation');
  await town.does(caseNo, 'confirm_wishes');
  await town.does(caseNo, 'collect_evaluations');
  await town.does(caseNo, 'write_evaluation');
  await met(caseNo, 'hold_closure_meeting', 'close');
  await town.does(caseNo, 'hand_over_to_lead', { toGroup: needy });
  await town.does(caseNo, 'explain_closure');
  await town.does(caseNo, 'extract_community_issue', { facts: '家族と暮らす中高年の方が昼に過ごせる場所が少ない。', wanted: '' });
  await town.does(caseNo, 'review_community_issue');
  await town.does(caseNo, 'decide_closure', { closureReason: 'handed_over', leadAfter: needy, followUp: 'yes' });
  await town.passes(caseNo, 'wait_follow_up');
  await town.does(caseNo, 'confirm_stability', { stability });
}

async function settled(caseNo: string): Promise<void> {
  await town.does(caseNo, 'hear_wishes');
  await town.does(caseNo, 'plan_participation');
  await town.does(caseNo, 'search_resources', { resourceFound: 'found' });
  await town.does(caseNo, 'confirm_sharing_consent', { sharingConsent: 'yes' });
  await town.does(caseNo, 'carry_out_trial', { trialResult: 'fit' });
  await town.does(caseNo, 'confirm_match');
  await town.passes(caseNo, 'wait_follow_up');
  await town.does(caseNo, 'support_settling', { settlingResult: 'stable' });
  await town.does(caseNo, 'evaluate_settling');
}

/** Outreach under the direction of a 支援会議, until the person says yes. */
async function reached(caseNo: string): Promise<void> {
  await town.does(caseNo, 'gather_information', { startBasis: 'confidential' });
  await town.does(caseNo, 'plan_approach');
  for (const [attemptResult, outreachConsent] of [['absent', null], ['met', 'not_yet'], ['met', 'obtained']]) {
    await town.does(caseNo, 'carry_out_visit', { attemptResult: attemptResult! });
    await town.does(caseNo, 'update_stage');
    if (outreachConsent) await town.does(caseNo, 'obtain_consent', { outreachConsent });
  }
}

test('one agency is enough: the case ends where it was taken', async () => {
  const caseNo = await screened('keep_approaching');
  await town.does(caseNo, 'consult_section_lead', { singleAgency: 'yes' });
  await town.does(caseNo, 'support_alone');
  expect(await town.standing(caseNo)).toEqual({ status: 'closed', closeReason: 'informed', instances: { intake_screening: ['ended'] }, incidents: 0, leaked: false });
}, 180_000);

test('a referral outside the programme goes back to the referrer', async () => {
  const caseNo = await screened('coordinate');
  await town.does(caseNo, 'consult_section_lead', { singleAgency: 'no' });
  await town.does(caseNo, 'refer_to_coordination');
  await town.does(caseNo, 'answer_referral', { referralDecision: 'return' });
  await town.does(caseNo, 'supply_missing_information');
  await town.does(caseNo, 'answer_referral', { referralDecision: 'not_eligible' });
  await town.does(caseNo, 'return_to_referrer');
  expect(await town.standing(caseNo)).toMatchObject({ status: 'closed', closeReason: 'returned', instances: { intake_screening: ['ended'], coordination_main: ['ended'] }, incidents: 0 });
}, 180_000);

test('consent given: meeting, plan, a new plan, a place to belong, closure, and three months later all is well', async () => {
  const caseNo = await coordinated();
  await town.does(caseNo, 'check_consent', { consentState: 'full' });
  await supported(caseNo, 'yes');
  expect(await town.standing(caseNo)).toMatchObject({ status: 'supporting', closeReason: null });
  // the clocks of the plan are its own days, whatever day the support began on
  const days = await query(town.app.database.ownerUrl, `select next_monitor_on::text as monitored, ends_on::text as ends from plan where case_id = (select id from support_case where case_no = $1)`, [caseNo]);
  expect(await town.due(caseNo, 'wait_first_monitoring')).toEqual(calendar.openingOf(days[0]!['monitored'] as string));
  expect(await town.due(caseNo, 'evaluation_opens')).toEqual(calendar.subtract(new Date(`${days[0]!['ends'] as string}T23:59:59+09:00`), '20BD'));
  await settled(caseNo);
  await monitored(caseNo, 'major_change');
  await planned(caseNo, 'no', 'replan');
  await closed(caseNo, 'stable');
  expect(await town.open(caseNo)).toEqual([]);
  expect(await town.standing(caseNo)).toEqual({
    status: 'closed', closeReason: 'handed_over', incidents: 0, leaked: false,
    instances: {
      intake_screening: ['ended'], coordination_main: ['ended'], meeting: ['ended', 'ended', 'ended'], meeting_decision: ['ended', 'ended', 'ended'],
      participation: ['ended'], monitor_replan: ['ended', 'ended'], closure_evaluation: ['ended'], closure_follow_up: ['ended'],
    },
  });
}, 180_000);

test('consent refused: the confidential route watches until consent comes, and the main line goes on; a closed case opens again', async () => {
  const caseNo = await coordinated(withoutConsent, lawfulSlip);
  await town.does(caseNo, 'check_consent', { consentState: 'refused' });
  await town.does(caseNo, 'judge_applicability', { applicability: 'applicable', urgency: 'none' });
  await town.does(caseNo, 'select_members', { memberGroups: [school, needy] });
  await town.does(caseNo, 'sign_pledge');
  await town.does(caseNo, 'prepare_sheets');
  await met(caseNo, 'hold_confidential_meeting', 'direction_agreed');
  await town.does(caseNo, 'decide_watch_policy', { roleGroups: [school], approachGroup: 'grp.outreach' });
  await town.does(caseNo, 'report_role');
  await town.does(caseNo, 'record_approach', { approachResult: 'not_yet' });
  await reached(caseNo);
  await town.does(caseNo, 'convert_to_consented', { consentState: 'full' });
  await town.does(caseNo, 'hand_to_agency', { handToKind: 'community' });
  await town.does(caseNo, 'confirm_relation', { relationStable: 'yes', startParticipation: 'no' });
  await town.does(caseNo, 'propose_closing');
  await supported(caseNo, 'no');
  await closed(caseNo, 'needs_support');
  await town.does(caseNo, 'answer_referral', { referralDecision: 'accept' });
  await town.does(caseNo, 'assign_coordinator', { coordinatorGroup: 'grp.coordinator.shakyo' });
  await town.does(caseNo, 'decide_eligibility', { eligibility: 'eligible' });
  expect(await town.open(caseNo)).toEqual(['check_consent']);
  expect(await town.standing(caseNo)).toMatchObject({
    status: 'coordination', closeReason: null, incidents: 0, leaked: false,
    instances: { confidential_route: ['ended'], outreach: ['ended'], coordination_main: ['ended', 'active'], closure_evaluation: ['ended'], closure_follow_up: ['ended'] },
  });
}, 180_000);

test('consent refused for good: the chair ends the watch and both lines end', async () => {
  const caseNo = await coordinated(withoutConsent, lawfulSlip);
  await town.does(caseNo, 'check_consent', { consentState: 'refused' });
  await town.does(caseNo, 'judge_applicability', { applicability: 'applicable', urgency: 'none' });
  await town.does(caseNo, 'select_members', { memberGroups: [school, needy] });
  await town.does(caseNo, 'sign_pledge');
  await town.does(caseNo, 'prepare_sheets');
  await met(caseNo, 'hold_confidential_meeting', 'direction_agreed');
  await town.does(caseNo, 'decide_watch_policy', { roleGroups: [school], approachGroup: needy });
  await town.passes(caseNo, 'review_due');
  await town.does(caseNo, 'review_continuation', { reviewResult: 'watch_only' });
  expect(await town.standing(caseNo)).toMatchObject({ status: 'watching' });
  await town.passes(caseNo, 'yearly_review');
  await town.does(caseNo, 'review_continuation', { reviewResult: 'end' });
  expect(await town.standing(caseNo)).toMatchObject({ status: 'closed', closeReason: 'confidential_ended', incidents: 0, instances: { coordination_main: ['ended'], confidential_route: ['ended'], meeting: ['ended'] } });
}, 120_000);
