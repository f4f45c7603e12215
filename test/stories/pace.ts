// How long things take in an office: a step waits some days for whoever does it, nobody works at night or on a holiday.
import { openCalendar } from '../../src/base/calendar.js';

const minuteMs = 60_000;
const calendar = openCalendar({ opensAt: '08:45', closesAt: '17:15', days: [] });

/** Business days that go by before a step; a step that is not here comes after some minutes. */
const businessDays: Readonly<Record<string, number>> = {
  consult_section_lead: 1, refer_to_coordination: 1, refer_to_agency: 1, answer_referral: 2, decide_eligibility: 2, check_consent: 3, request_information: 1, provide_information: 2, organise_assessment: 3,
  draft_plan: 4, explain_plan: 2, arrange_meeting: 1, prepare_materials: 1, confirm_attendance: 1, draft_minutes: 1, confirm_minutes: 2, collect_handouts: 1, carry_out_decision: 2,
  decide_support: 2, share_decision: 1, start_role: 1, judge_applicability: 1, select_members: 1, prepare_sheets: 1, decide_watch_policy: 0, report_role: 3, record_approach: 1, gather_information: 1, plan_approach: 1,
  hear_wishes: 2, plan_participation: 3, search_resources: 3, confirm_sharing_consent: 1, carry_out_trial: 4, confirm_match: 2, evaluate_settling: 2,
  report_status: 1, monitor_progress: 2, prepare_evaluation: 2, confirm_wishes: 2, collect_evaluations: 1, write_evaluation: 3, hand_over_to_lead: 1, explain_closure: 2, extract_community_issue: 2, review_community_issue: 1, decide_closure: 1,
  convert_to_consented: 1, hand_to_agency: 3, confirm_relation: 5, propose_closing: 1, register_exit: 1, hand_over_to_city: 4,
};

/** The day in Japan so many business days after this one: `2026-05-20`. */
export const dayAfter = (now: Date, days: number): string => calendar.onDate(calendar.add(now, `${days}BD`));

/** The same step comes at the same time of day: from 9:00 on, every ten minutes until 16:00. */
const minutesOf = (step: string): number => 9 * 60 + (Array.from(step, (letter) => letter.charCodeAt(0)).reduce((sum, code) => sum + code, 0) % 42) * 10;

/** How long it takes until somebody does a step, ms. @param hurried everything is done within minutes, in office hours */
export function goOn(now: Date, step: string, hurried: boolean): number {
  const days = hurried ? 0 : (businessDays[step] ?? 0);
  if (days > 0) return new Date(`${dayAfter(now, days)}T00:00:00+09:00`).getTime() + minutesOf(step) * minuteMs - now.getTime();
  const soon = new Date(now.getTime() + 10 * minuteMs);
  return calendar.openMs(soon, new Date(soon.getTime() + minuteMs)) > 0 ? 10 * minuteMs : calendar.nextOpening(soon).getTime() + 15 * minuteMs - now.getTime();
}
