import { closeMeeting } from '../domain/meetings/sittings.js';
import { optionalText, textOf, type InsideHandler } from './handler.js';

/** Input `meetingId` (null: there was none), `reason`. Ends the meeting: what its members were given closes after the window. */
export const closeMeetingHandler: InsideHandler = {
  name: 'close_meeting',
  kind: 'inside',
  async run(tx, context) {
    const meetingId = optionalText(context, 'meetingId');
    if (meetingId !== null) await closeMeeting(tx, meetingId, textOf(context, 'reason'), context.calendar);
    return {};
  },
};
