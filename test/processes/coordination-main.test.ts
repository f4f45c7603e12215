// P02: every path of 多機関協働 本線.
import { expect } from '@jest/globals';
import type { Json } from '../../src/engine/model.js';
import { walkPaths } from './paths.js';
import { arrives, broken, calendar, done, fire, monday, readDiagram, returned } from './walk.js';

const caseId = '0190aaaa-0000-7000-8000-000000000001';
const school = 'grp.sectionLead.school_education';
const needy = 'grp.sectionLead.self_reliance';
const known = { caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', urgency: 'none' };
const answer = (referralDecision: string) => done('answer_referral', { referralDecision });
const accepted = [answer('accept'), done('assign_coordinator', { coordinatorGroup: 'grp.coordinator.shakyo' }), done('decide_eligibility', { eligibility: 'eligible' })];
const consent = (consentState: string, more: Record<string, Json> = {}) => done('check_consent', { consentState, ...more });
const request = (...informationGroups: string[]) => done('request_information', { informationGroups });
const informed = [request(school, needy), done('provide_information')];
const draft = (more: Record<string, Json> = {}) => done('draft_plan', { useOutreach: 'no', useParticipation: 'no', leadGroup: needy, roleGroups: [school, needy], monitorEvery: 'P3M', ...more });
const planned = (more: Record<string, Json> = {}) => [...accepted, consent('full'), ...informed, done('organise_assessment'), draft(more), done('explain_plan')];
const met = (meetingResult: string) => returned('hold_plan_meeting', { meetingResult });
const decide = (supportDecision: string) => done('decide_support', { supportDecision });
const started = [met('suitable'), decide('decided'), done('share_decision'), done('start_role')];
const callbacks = ['case_closed', 'participation_ended', 'replan_requested'];
const meeting = ['hold_plan_meeting', 'plan_meeting_late'];
const asked = ['check_consent', 'consent_late', 'consent_unanswered'];
const route = (consentState: string | null) => returned('run_confidential_route', { consentState, excludedGroups: null });

walkPaths(await readDiagram('coordination_main'), { at: 'referral_received', variables: known }, [
  {
    title: 'a referral lies with both coordinators until one is named',
    moves: [], waits: ['acknowledge_late', 'answer_referral'],
    check: ({ waits }) => expect(waits.find((wait) => wait.kind === 'user')!.task!.candidateGroups).toEqual(['grp.coordinator.city', 'grp.coordinator.shakyo']),
  },
  { title: 'a referral that nobody acknowledges within two business days is brought to mind', moves: [fire('acknowledge_late')], waits: ['answer_referral'], jobs: { notify_acknowledge_late: { rule: 'acknowledge_late' } }, check: ({ now }) => expect(now).toEqual(calendar.add(monday, '2BD')) },
  {
    title: 'a referral that lacks information goes back to the referrer and comes again',
    moves: [answer('return'), done('supply_missing_information')], waits: ['acknowledge_late', 'answer_referral'],
    check: ({ opened }) => expect(opened.find(({ wait }) => wait.elementId === 'supply_missing_information')!.wait.task!.candidateGroups).toEqual(['grp.intake.elder']),
  },
  { title: 'a referral outside the programme is returned to the referrer and closed', moves: [answer('not_eligible'), done('return_to_referrer')], ends: 'end_returned', jobs: { close_returned: { reason: 'returned' } } },
  {
    title: 'the chair may decide that a case is not one of the programme',
    moves: [answer('accept'), done('assign_coordinator', { coordinatorGroup: 'grp.coordinator.city' }), done('decide_eligibility', { eligibility: 'not_eligible' })], waits: ['return_to_referrer'],
  },
  { title: 'an accepted case is asked for consent by its coordinator and its referrer', moves: accepted, waits: asked, jobs: { mark_coordination: { status: 'coordination' } }, check: ({ waits }) => expect(waits.find((wait) => wait.kind === 'user')!.task!.candidateGroups).toEqual(['grp.coordinator.shakyo', 'grp.intake.elder']) },
  {
    title: 'a consented case out of the confidential route is not asked twice',
    begin: { at: 'consented_case_moved', variables: { consentState: 'partial', excludedGroups: [school] } }, moves: accepted.slice(1), waits: ['request_information'],
  },
  { title: 'consent that is not settled after ten business days is told, and asked on', moves: [...accepted, fire('consent_late')], waits: ['check_consent', 'consent_unanswered'], jobs: { notify_consent_late: { groups: ['grp.coordinator.shakyo', 'grp.intake.elder', 'grp.chair'] } } },
  {
    title: 'consent that nobody could settle in twenty business days takes the confidential route',
    moves: [...accepted, fire('consent_late'), fire('consent_unanswered')], waits: ['run_confidential_route'], check: ({ now }) => expect(now).toEqual(calendar.add(monday, '20BD')),
  },
  ...['refused', 'unknown', 'incapable', 'considering'].map((state) => ({
    title: `a person whose consent is ${state} is discussed under secrecy, and the main line ends if it stays so`,
    moves: [...accepted, consent(state, state === 'considering' ? { askAgainOn: '令和8年6月1日' } : {}), route(null)], ends: 'end_without_consent', thrown: [],
  })),
  {
    title: 'an emergency leaves no time for consent: alarm, and an urgent confidential route',
    moves: [...accepted, consent('emergency')], waits: ['run_confidential_route'], thrown: ['emergency_raised'],
    check: ({ waits }) => expect(waits[0]!.call).toEqual({ processKey: 'confidential_route', version: null, businessKey: 'R8-00001', variables: { ...known, coordinatorGroup: 'grp.coordinator.shakyo', urgency: 'urgent', calledBy: 'coordination_main' } }),
  },
  { title: 'consent won on the confidential route brings the case back to the agencies', moves: [...accepted, consent('refused'), route('full')], waits: ['request_information'] },
  {
    title: 'an agency that the person left out is not asked',
    moves: [...accepted, consent('partial', { excludedGroups: [school] }), request(school, needy), request(needy)], waits: ['information_closed', 'provide_information'],
  },
  {
    title: 'the agencies have seven business days: after that the coordinator works with what came',
    moves: [...accepted, consent('full'), request(school, needy), fire('information_closed')], waits: ['organise_assessment'],
    check: ({ now }) => expect(now).toEqual(calendar.add(monday, '7BD')),
  },
  {
    title: 'a plan without further services goes to the meeting with all that its guards need',
    moves: planned(), waits: meeting,
    check: ({ waits }) => expect(waits.find((wait) => wait.kind === 'call')!.call).toMatchObject({ processKey: 'meeting', variables: { caseId, caseIds: [caseId], kind: 'plan', urgency: 'none', coordinatorGroup: 'grp.coordinator.shakyo', consentState: 'full' } }),
  },
  { title: 'a plan with outreach and participation is marked for both', moves: planned({ useOutreach: 'yes', useParticipation: 'yes' }), waits: meeting, check: ({ path }) => expect(path).toEqual(expect.arrayContaining(['mark_outreach', 'mark_participation'])) },
  { title: 'a meeting that takes more than fifteen business days is told to coordinator and chair', moves: [...planned(), fire('plan_meeting_late')], waits: ['hold_plan_meeting'], jobs: { notify_plan_meeting_late: { groups: ['grp.coordinator.shakyo', 'grp.chair'] } } },
  { title: 'a meeting without valid consent sends the coordinator back to ask for it', moves: [...planned(), broken('hold_plan_meeting', 'consent_missing')], waits: asked },
  { title: 'the meeting finds the plan suitable and the chair decides it', moves: [...planned(), met('suitable')], waits: ['decide_support'], check: ({ waits }) => expect(waits[0]!.task!.candidateGroups).toEqual(['grp.chair']) },
  { title: 'a small revision goes straight to the decision', moves: [...planned(), met('revise'), done('reflect_revision', { revisionSize: 'small' })], waits: ['decide_support'] },
  { title: 'a large revision goes to the meeting again', moves: [...planned(), met('revise'), done('reflect_revision', { revisionSize: 'large' })], waits: meeting },
  { title: 'a plan that the meeting wants thought over is drafted again', moves: [...planned(), met('reconsider')], waits: ['draft_plan'] },
  { title: 'a case that the meeting finds outside the programme is returned and closed', moves: [...planned(), met('not_eligible'), done('return_after_meeting')], ends: 'end_returned_after_meeting', jobs: { close_returned_after_meeting: { reason: 'returned' } } },
  { title: 'the chair may send a plan back', moves: [...planned(), met('suitable'), decide('redraft')], waits: ['draft_plan'] },
  { title: 'the chair may decide against support', moves: [...planned(), met('suitable'), decide('not_decided')], ends: 'end_not_decided', jobs: { close_not_decided: { reason: 'not_decided' } } },
  {
    title: 'each agency with a role reports that it has begun, and monitoring starts',
    moves: [...planned(), ...started], waits: callbacks, thrown: ['support_started'], jobs: { mark_supporting: { status: 'supporting' } },
    check: ({ thrown }) => expect(thrown[0]!.variables).toEqual({ ...known, coordinatorGroup: 'grp.coordinator.shakyo', consentState: 'full', excludedGroups: null, leadGroup: needy, roleGroups: [school, needy], monitorEvery: 'P3M', planVersion: null }),
  },
  {
    title: 'outreach and participation are asked for beside the monitoring',
    moves: [...planned({ useOutreach: 'yes', useParticipation: 'yes' }), ...started], waits: callbacks,
    check: ({ thrown }) => expect(thrown.map((one) => one.name).sort()).toEqual(['outreach_requested', 'participation_requested', 'support_started']),
  },
  { title: 'the end of participation support is noted and the case goes on', moves: [...planned({ useParticipation: 'yes' }), ...started, arrives('participation_ended', { participationOutcome: 'settled' })], waits: callbacks },
  {
    title: 'a new plan for a case whose main line has ended begins with the draft of the next version',
    begin: { at: 'plan_restarted', variables: { coordinatorGroup: 'grp.coordinator.city', planVersion: 1 } }, moves: [], waits: ['draft_plan'], check: ({ variables }) => expect(variables['planVersion']).toBe(2),
  },
  {
    title: 'a new plan is the next version and goes through the meeting again',
    moves: [...planned(), ...started, arrives('replan_requested'), draft(), done('explain_plan'), ...started], waits: callbacks, thrown: ['support_started', 'support_started'],
    check: ({ thrown }) => expect(thrown[1]!.variables['planVersion']).toBe(2),
  },
  { title: 'the main line ends when the case is closed', moves: [...planned(), ...started, arrives('case_closed', { closureReason: 'handed_over' })], ends: 'end_case_closed' },
], { days: 28, elements: ['consent_unanswered'] });
