import { putToMeeting } from '../domain/plans/plan.js';
import { textOf, type InsideHandler } from './handler.js';

/** Input `caseId`. The draft, as it was explained to the person, goes to the meeting. An unexplained one is an error (incident). */
export const putPlanToMeeting: InsideHandler = {
  name: 'put_plan_to_meeting',
  kind: 'inside',
  refuses: ['plan_decided', 'plan_missing', 'plan_not_signed'],
  async run(tx, context) {
    await putToMeeting(tx, textOf(context, 'caseId'));
    return {};
  },
};
