import { uncovered } from '../domain/meetings/seats.js';
import { currentSitting } from '../domain/meetings/sittings.js';
import { textOf, type InsideHandler } from './handler.js';

/**
 * Input `meetingId`. Hands back `uncoveredGroups` (members whom the consent of a case does not cover at this moment) and
 * `uncoveredCases` (cases of which nobody at the table may be told). Both empty for a 支援会議.
 */
export const checkMeetingCover: InsideHandler = {
  name: 'check_meeting_cover',
  kind: 'inside',
  async run(tx, context) {
    const sitting = await currentSitting(tx, textOf(context, 'meetingId'));
    if (!sitting) throw new Error('the meeting has no sitting');
    const { groups, cases } = await uncovered(tx, sitting);
    return { uncoveredGroups: groups, uncoveredCases: cases };
  },
};
