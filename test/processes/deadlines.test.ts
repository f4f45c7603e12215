// Every deadline, reminder and escalation, and every timer that changes the flow, as a table: the one of the programme's
// own description (processes/*/README.md repeat it). A change of a deadline is a change here.
import { describe, expect, test } from '@jest/globals';
import { calendar, monday, processNames, readDiagram } from './walk.js';

/** Whom the second rung tells. The first is the agency's own manager one business day late, the third the chair after ten. */
const ladder = (second: string): string =>
  ({ open: '', 'chair, then it ends': '1BD>manager;3BD>grp.chair', none: '1BD>manager;10BD>grp.chair', "the sender's manager": '="1BD>manager;3BD>grp.manager." + agencyCode + ";10BD>grp.chair"', "the sender's manager and the chair": '="1BD>manager;3BD>grp.manager." + agencyCode + ";3BD>grp.chair;10BD>grp.chair"', 'chair at once': '0h>grp.chair;1BD>manager;10BD>grp.chair', 'director at once': '0h>grp.director;1BD>manager;10BD>grp.chair', 'coordinator at once': '0h>grp.coordinator.city;1BD>manager;10BD>grp.chair' })[second] ??
  `1BD>manager;3BD>${{ manager: 'manager', chair: 'grp.chair', director: 'grp.director', coordinator: 'grp.coordinator.city' }[second] ?? 'unknown'};10BD>grp.chair`;

type Row = readonly [ref: string, elementId: string, due: string, remind: string, second: string];
const urgentMeeting = '=if urgency = "urgent" then "1BD" else "5BD"';
/** Two business days before a task of one would lie before it opens. */
const remindUnlessUrgent = '=if urgency = "urgent" then "" else "2BD"';

const tasks: Readonly<Record<string, readonly Row[]>> = {
  intake_screening: [
    ['T-P01-01', 'receive_consultation', '1BD', '', 'manager'],
    ['T-P01-02', 'assess_urgency', '2h', '', 'coordinator at once'],
    ['T-P01-03', 'screen_consultation', '5BD', '1BD', 'manager'],
    ['T-P01-04', 'support_alone', '10BD', '2BD', 'manager'],
    ['T-P01-05', 'refer_to_agency', '3BD', '1BD', 'manager'],
    ['T-P01-06', 'answer_referral', '3BD', '1BD', "the sender's manager"],
    ['T-P01-07', 'consult_section_lead', '3BD', '1BD', 'coordinator'],
    ['T-P01-08', 'refer_to_coordination', '2BD', '1BD', 'coordinator'],
    ['T-P01-09', 'finish_referred', '10BD', '2BD', 'manager'],
    // the day that was planned when the case was taken over
    ['T-P01-10', 'confirm_imported_case', '=if checkIn = null then "10BD" else checkIn', '2BD', 'manager'],
  ],
  coordination_main: [
    ['T-P02-01', 'answer_referral', '5BD', '2BD', "the sender's manager and the chair"],
    ['T-P02-02', 'assign_coordinator', '1BD', '', 'chair'],
    ['T-P02-02b', 'decide_eligibility', '3BD', '1BD', 'director'],
    ['T-P02-03', 'supply_missing_information', '5BD', '2BD', 'manager'],
    ['T-P02-04', 'check_consent', '10BD', '3BD', 'chair, then it ends'],
    ['T-P02-05', 'request_information', '3BD', '1BD', 'chair'],
    // closes when it is due: nobody could be told of it late
    ['T-P02-06', 'provide_information', '7BD', '2BD', 'open'],
    ['T-P02-07', 'organise_assessment', '15BD', '3BD', 'chair'],
    ['T-P02-08', 'draft_plan', '10BD', '3BD', 'chair'],
    ['T-P02-09', 'explain_plan', '10BD', '3BD', 'chair'],
    ['T-P02-10', 'reflect_revision', '5BD', '2BD', 'chair'],
    ['T-P02-11', 'decide_support', '5BD', '2BD', 'director'],
    ['T-P02-12', 'share_decision', '3BD', '1BD', 'chair'],
    ['T-P02-13', 'start_role', '10BD', '3BD', 'manager'],
    ['T-P02-14', 'return_after_meeting', '3BD', '1BD', 'chair'],
    ['T-P02-14', 'return_to_referrer', '3BD', '1BD', 'chair'],
  ],
  confidential_route: [
    ['T-P03-01', 'judge_applicability', '3BD', '1BD', 'director'],
    ['T-P03-02', 'select_members', '3BD', '1BD', 'chair'],
    ['T-P03-02b', 'sign_pledge', '2BD', '1BD', 'chair'],
    ['T-P03-03', 'prepare_sheets', '5BD', '2BD', 'manager'],
    ['T-P03-04', 'decide_watch_policy', '0BD', '', 'chair'],
    ['T-P03-05', 'report_role', '10BD', '2BD', 'manager'],
    ['T-P03-06', 'record_approach', '30d', '5BD', 'coordinator'],
    // 60 business days after the sitting: it opens with the 10 of its reminder (timer review_due, 50)
    ['T-P03-07', 'review_continuation', '10BD', '', 'director'],
    ['T-P03-08', 'convert_to_consented', '3BD', '1BD', 'chair'],
  ],
  outreach: [
    ['T-P05-01', 'gather_information', '10BD', '3BD', 'coordinator'],
    ['T-P05-02', 'plan_approach', '5BD', '2BD', 'coordinator'],
    // the day that was agreed at the last contact, at most thirty days on
    ['T-P05-03', 'carry_out_visit', '=if nextContactIn = null then "30d" else nextContactIn', '3BD', 'coordinator'],
    ['T-P05-04', 'update_stage', '1BD', '', 'none'],
    ['T-P05-05', 'obtain_consent', '', '', 'open'],
    ['T-P05-06', 'confirm_relation', '10BD', '3BD', 'coordinator'],
    ['T-P05-06', 'hand_to_agency', '10BD', '3BD', 'coordinator'],
    ['T-P05-07', 'propose_closing', '10BD', '3BD', 'coordinator'],
    ['T-P03-07', 'review_outreach', '10BD', '2BD', 'director'],
  ],
  participation: [
    ['T-P06-01', 'hear_wishes', '5BD', '2BD', 'coordinator'],
    ['T-P06-02', 'plan_participation', '10BD', '3BD', 'coordinator'],
    ['T-P06-03', 'search_resources', '15BD', '3BD', 'coordinator'],
    ['T-P06-04', 'develop_resource', '40BD', '10BD', 'chair'],
    ['T-P06-05', 'confirm_sharing_consent', '3BD', '1BD', 'coordinator'],
    ['T-P06-06', 'carry_out_trial', '20BD', '5BD', 'coordinator'],
    ['T-P06-07', 'confirm_match', '5BD', '2BD', 'coordinator'],
    ['T-P06-08', 'adjust_environment', '10BD', '2BD', 'coordinator'],
    ['T-P06-08', 'support_settling', '3BD', '2BD', 'coordinator'],
    ['T-P06-09', 'evaluate_settling', '10BD', '3BD', 'coordinator'],
  ],
  monitor_replan: [
    ['T-P07-01', 'report_status', '5BD', '2BD', 'manager'],
    ['T-P07-02', 'monitor_progress', '5BD', '2BD', 'chair'],
    ['T-P07-03', 'reflect_changes', '5BD', '2BD', 'chair'],
    ['T-P07-04', 'prepare_evaluation', '15BD', '5BD', 'chair'],
    ['T-P07-05', 'decide_plan_end', '5BD', '2BD', 'director'],
  ],
  closure_evaluation: [
    ['T-P08-01', 'confirm_wishes', '10BD', '3BD', 'chair'],
    ['T-P08-02', 'collect_evaluations', '7BD', '2BD', 'manager'],
    ['T-P08-03', 'write_evaluation', '5BD', '2BD', 'chair'],
    ['T-P08-04', 'hand_over_to_lead', '5BD', '2BD', 'chair'],
    ['T-P08-05', 'explain_closure', '5BD', '2BD', 'chair'],
    ['T-P08-06', 'extract_community_issue', '10BD', '3BD', 'chair'],
    ['T-P08-06b', 'review_community_issue', '5BD', '2BD', 'director'],
    ['T-P08-07', 'decide_closure', '5BD', '2BD', 'director'],
    ['T-P08-09', 'decide_without_meeting', '5BD', '2BD', 'chair'],
  ],
  closure_follow_up: [['T-P08-08', 'confirm_stability', '5BD', '', 'none']],
  next_step: [
    ['T-N-01', 'decide_next_step', '3BD', '1BD', 'chair'],
    ['T-N-02', 'decide_ending', '5BD', '2BD', 'director'],
  ],
  referral: [
    ['T-F12-01', 'answer_standing_referral', '3BD', '1BD', "the sender's manager"],
    ['T-F12-02', 'follow_referral', '3BD', '1BD', 'manager'],
    ['T-F12-03', 'amend_referral', '3BD', '1BD', 'manager'],
    ['T-F12-04', 'confirm_referral_result', '10BD', '3BD', 'manager'],
  ],
  emergency: [
    ['T-P04-01', 'call_services', '1h', '', 'coordinator at once'],
    ['T-P04-02', 'assess_emergency', '4h', '', 'chair at once'],
    ['T-P04-03', 'confirm_safety', '48h', '24h', 'chair'],
    ['T-P04-04', 'convene_emergency_meeting', '2BD', '', 'chair'],
    ['T-P04-05', 'carry_out_measures', '3BD', '1BD', 'chair'],
    ['T-P04-06', 'record_basis', '2BD', '', 'chair'],
  ],
  interruption: [
    ['T-P11-01', 'register_exit', '2BD', '', 'chair'],
    ['T-P11-02', 'confirm_whereabouts', '=if urgency = "urgent" then "48h" else "5BD"', '=if urgency = "urgent" then "24h" else "2BD"', 'chair'],
    ['T-P11-03', 'hand_over_to_city', '10BD', '3BD', 'chair'],
    ['T-P11-04', 'settle_after_death', '10BD', '3BD', 'chair'],
    // the meeting has 20 business days (clock interruption_meeting_late); this is the chair's, where none can be held
    ['T-P11-05', 'decide_interruption', '10BD', '3BD', 'director'],
    ['T-P11-06', 'review_interruption', '10BD', '5BD', 'chair'],
    ['T-P11-07', 'decide_exit_closure', '5BD', '2BD', 'director'],
  ],
  definition_change: [
    ['T-P13-01', 'draft_change', '20BD', '5BD', 'chair'],
    ['T-P13-02', 'try_change', '10BD', '3BD', 'chair'],
    ['T-P13-03', 'approve_change', '10BD', '3BD', 'director'],
    ['T-P13-04', 'publish_change', '5BD', '2BD', 'chair'],
    ['T-P13-05', 'tell_agencies', '20BD', '5BD', 'chair'],
  ],
  personal_data_incident: [
    // the days of the law, as F19 counted them from when it was noticed
    ['T-F19-01', 'report_preliminary', '=if preliminaryDueIn = null then "3d" else preliminaryDueIn', '1BD', 'director at once'],
    ['T-F19-02', 'report_final', '=if finalDueIn = null then "25d" else finalDueIn', '5BD', 'director at once'],
    ['T-F19-03', 'tell_persons', '5BD', '2BD', 'chair'],
  ],
  consent_withdrawal: [
    ['T-P10-01', 'record_withdrawal', '0BD', '', 'coordinator'],
    ['T-P10-02', 'confirm_stop', '1BD', '', 'chair'],
    ['T-P10-03', 'notify_recipient', '5BD', '2BD', 'manager'],
    ['T-P10-04', 'propose_continuation', '3BD', '1BD', 'chair'],
    ['T-P10-04b', 'judge_continuation', '2BD', '1BD', 'director'],
    ['T-P10-05', 'explain_result', '5BD', '2BD', 'chair'],
    ['T-P10-06', 'decide_consent_use', '10BD', '3BD', 'director'],
  ],
  annual_evaluation: [
    ['T-P09-01', 'enter_kpi', '10BD', '3BD', 'manager'],
    ['T-P09-01', 'enter_quarter_kpi', '10BD', '3BD', 'manager'],
    ['T-P09-02', 'fix_statistics', '5BD', '2BD', 'chair'],
    ['T-P09-03', 'organise_issues', '15BD', '3BD', 'chair'],
    ['T-P09-04', 'draft_evaluation', '20BD', '5BD', 'chair'],
    ['T-P09-05', 'hold_council', '30BD', '7BD', 'chair'],
    ['T-P09-06', 'assign_improvements', '10BD', '3BD', 'chair'],
    ['T-P09-07', 'report_to_government', '30BD', '5BD', 'director'],
    ['T-P09-08', 'judge_revision', '20BD', '5BD', 'director'],
  ],
  meeting: [
    ['T-P12-01', 'arrange_meeting', urgentMeeting, remindUnlessUrgent, 'chair'],
    ['T-P12-01b', 'sign_pledge_late', '2BD', '1BD', 'chair'],
    ['T-P12-02', 'prepare_materials', '3BD', '1BD', 'chair'],
    ['T-P12-03', 'confirm_attendance', '2BD', '1BD', 'manager'],
    ['T-P12-04', 'hold_closure_meeting', '0BD', '', 'chair'],
    ['T-P12-04', 'hold_confidential_meeting', '0BD', '', 'chair'],
    ['T-P12-04', 'hold_plan_meeting', '0BD', '', 'chair'],
    // ten business days after the meeting: three for the draft, seven more
    ['T-P12-05', 'confirm_minutes', '7BD', '2BD', 'chair'],
    ['T-P12-05', 'draft_minutes', '3BD', '2BD', 'chair'],
    ['T-P12-06', 'assign_decisions', '2BD', '', 'none'],
    ['T-P12-07', 'collect_handouts', '3BD', '1BD', 'chair'],
  ],
  meeting_decision: [
    // until the day that the meeting set, or whoever called it set anew
    ['T-P12-08', 'carry_out_decision', '=decisionDueIn', '3BD', 'chair'],
    ['T-P12-09', 'judge_decision', '3BD', '1BD', 'chair'],
  ],
};

/** Whose clock nobody stops: all of an emergency, of the withdrawal of a consent and of a leak, and what is urgent because a life may be. */
const neverPaused: Readonly<Record<string, 'all' | Readonly<Record<string, string>>>> = {
  emergency: 'all',
  consent_withdrawal: 'all',
  personal_data_incident: 'all',
  intake_screening: { assess_urgency: 'true' },
  interruption: { confirm_whereabouts: '=urgency = "urgent"' },
  confidential_route: Object.fromEntries(['judge_applicability', 'select_members', 'sign_pledge', 'prepare_sheets', 'decide_watch_policy'].map((id) => [id, '=urgency = "urgent"'])),
  meeting: Object.fromEntries(['arrange_meeting', 'sign_pledge_late', 'prepare_materials', 'confirm_attendance', 'hold_plan_meeting', 'hold_confidential_meeting', 'hold_closure_meeting'].map((id) => [id, '=urgency = "urgent"'])),
};

type Clock = readonly [elementId: string, at: string, value: string];
const timers: Readonly<Record<string, readonly Clock[]>> = {
  intake_screening: [['screening_late', 'screen_consultation, goes on', '=businessDays(10)']],
  coordination_main: [
    ['acknowledge_late', 'answer_referral, goes on', '=businessDays(2)'],
    ['consent_late', 'check_consent, goes on', '=businessDays(10)'],
    ['consent_unanswered', 'check_consent, cut short', '=businessDays(20)'],
    ['information_closed', 'provide_information, cut short', '=businessDays(7)'],
    ['plan_meeting_late', 'hold_plan_meeting, goes on', '=businessDays(15)'],
  ],
  confidential_route: [
    ['confidential_meeting_late', 'hold_confidential_meeting, goes on', '=if urgency = "urgent" then businessDays(2) else businessDays(10)'],
    ['review_due', 'watch_and_approach, cut short', '=if reviewAt = null then businessDays(50) else reviewAt'],
    ['urgent_meeting_late', 'hold_urgent_meeting, goes on', '=businessDays(2)'],
    ['yearly_review', 'wait', '=if watchReviewAt = null then businessDays(243) else watchReviewAt'],
  ],
  outreach: [['recheck_due', 'approach, cut short', 'P3M'], ['review_reminder', 'approach, goes on', 'R/P30D']],
  participation: [
    ['development_late', 'develop_resource, goes on', '=businessDays(20)'],
    ['wait_follow_up', 'wait', '=if followUpAt = null then businessDays(10) else followUpAt'],
  ],
  monitor_replan: [
    ['evaluation_opens', 'monitor_support, cut short', '=if evaluationOpensAt = null then businessDays(100) else evaluationOpensAt'],
    ['plan_ended', 'prepare_evaluation, cut short', '=if planEndsAt = null then businessDays(120) else planEndsAt'],
    ['wait_first_monitoring', 'wait', '=if monitorAt = null then businessDays(20) else monitorAt'],
    ['wait_next_monitoring', 'wait', '=if monitorAt = null then businessDays(60) else monitorAt'],
  ],
  closure_evaluation: [
    ['closure_meeting_late', 'hold_closure_meeting, goes on', '=businessDays(15)'],
  ],
  closure_follow_up: [['wait_follow_up', 'wait', 'P3M']],
  next_step: [],
  referral: [],
  emergency: [],
  annual_evaluation: [],
  definition_change: [],
  interruption: [
    ['hold_date', 'wait', '=if resumeAt = null then businessDays(60) else resumeAt'],
    ['interruption_meeting_late', 'hold_interruption_meeting, goes on', '=businessDays(20)'],
    ['review_due', 'wait', '=if interruptionReviews = null then businessDays(60) else businessDays(120)'],
  ],
  consent_withdrawal: [],
  personal_data_incident: [],
  meeting_decision: [],
  meeting: [['meeting_day', 'wait', '=if meetingAt = null then businessDays(5) else meetingAt']],
};

test('the tasks that a clock cuts short are known', () => {
  expect(Object.values(timers).flat().filter(([, at, value]) => at.endsWith('cut short') && value.startsWith('=businessDays')).map(([elementId]) => elementId)).toEqual(['consent_unanswered', 'information_closed']);
});

test('every shipped diagram has its table of deadlines', () => {
  expect(Object.keys(tasks).sort()).toEqual(processNames);
  expect(Object.keys(timers).sort()).toEqual(processNames);
});

describe.each(processNames)('%s', (name) => {
  test('each task is due, reminded and escalated as the table says', async () => {
    const { compiled } = await readDiagram(name);
    const drawn = [...compiled.elements.values()].filter((element) => element.type === 'bpmn:UserTask');
    const rows = drawn.map(({ id, properties }) => [properties['ref'], id, properties['dueIn'], properties['remindBefore'] ?? '', properties['escalateAfter']].join(' | '));
    expect(rows.sort()).toEqual(tasks[name]!.map(([ref, id, due, remind, second]) => [ref, id, due, remind, ladder(second)].join(' | ')).sort());
  });

  test('the clocks that nobody may stop are marked, and no others', async () => {
    const { elements } = (await readDiagram(name)).compiled;
    const users = [...elements.values()].filter(({ type }) => type === 'bpmn:UserTask');
    const marked = Object.fromEntries(users.flatMap(({ id, properties }) => (properties['neverPaused'] === undefined ? [] : [[id, properties['neverPaused']]])));
    const wanted = neverPaused[name] ?? {};
    expect(marked).toEqual(wanted === 'all' ? Object.fromEntries(users.map(({ id }) => [id, 'true'])) : wanted);
  });

  test('each clock that changes the flow runs as the table says', async () => {
    const { compiled } = await readDiagram(name);
    const rows = [...compiled.elements.values()].flatMap(({ id, timer, attachedToId, cancelActivity }) =>
      timer ? [[id, attachedToId === null ? 'wait' : `${attachedToId}, ${cancelActivity ? 'cut short' : 'goes on'}`, timer.value].join(' | ')] : []);
    expect(rows.sort()).toEqual(timers[name]!.map((row) => row.join(' | ')).sort());
  });

  test('each rung of a task that a clock cuts short comes before the cut', async () => {
    const { compiled } = await readDiagram(name);
    const elements = [...compiled.elements.values()];
    for (const { id, timer, attachedToId, cancelActivity } of elements) {
      const host = elements.find((element) => element.id === attachedToId);
      const counted = /^=businessDays\((\d+)\)$/.exec(timer?.value ?? '');
      // a cut at a day of the case (the plan's end) may lie as far off as the case has it
      if (!host || host.type !== 'bpmn:UserTask' || !cancelActivity || !counted) continue;
      const cut = calendar.add(monday, `${counted[1]}BD`);
      const due = calendar.add(monday, host.properties['dueIn'] ?? '0BD');
      const rungs = (host.properties['escalateAfter'] ?? '').split(';').filter((rung) => rung !== '').map((rung) => rung.split('>')[0]!);
      expect([id, rungs.filter((after) => calendar.add(due, after) >= cut)]).toEqual([id, []]);
      expect(calendar.subtract(due, host.properties['remindBefore'] ?? '0BD') < cut).toBe(true);
    }
  });
});
