import { seatsOf } from '../domain/meetings/seats.js';
import { closeMeeting, currentSitting } from '../domain/meetings/sittings.js';
import { notifyMembers } from '../domain/process-notices.js';
import { optionalText, textOf, type InsideHandler } from './handler.js';

/**
 * Input `meetingId` (null: there was none), `reason`, `rule?`, `groups?`. Ends the meeting: what its members were given closes after the
 * window. With a `rule` those who sat in its last sitting are told so, and these groups besides (null among them: nobody).
 */
export const closeMeetingHandler: InsideHandler = {
  name: 'close_meeting',
  kind: 'inside',
  async run(tx, context) {
    const [meetingId, rule] = [optionalText(context, 'meetingId'), optionalText(context, 'rule')];
    if (meetingId !== null) await closeMeeting(tx, meetingId, textOf(context, 'reason'), context.calendar);
    if (rule === null) return {};
    const sitting = meetingId === null ? null : await currentSitting(tx, meetingId);
    const seats = sitting === null ? [] : await seatsOf(tx, sitting.id);
    const { groups } = context.input;
    const besides = (Array.isArray(groups) ? groups : [groups]).filter((key): key is string => typeof key === 'string');
    await notifyMembers(tx, [...new Set([...seats.map(({ groupKey }) => groupKey), ...besides])], { businessKey: context.businessKey, rule, urgent: false });
    return {};
  },
};
