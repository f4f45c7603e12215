import { unpledgedGroups } from '../domain/meetings/seats.js';
import { currentSitting } from '../domain/meetings/sittings.js';
import { textOf, type InsideHandler } from './handler.js';

/** Input `meetingId`. Hands back `unpledgedGroups`: members of the current sitting for whom nobody has pledged for it. */
export const checkPledges: InsideHandler = {
  name: 'check_pledges',
  kind: 'inside',
  async run(tx, context) {
    const sitting = await currentSitting(tx, textOf(context, 'meetingId'));
    if (!sitting) throw new Error('the meeting has no sitting');
    return { unpledgedGroups: await unpledgedGroups(tx, sitting.id) };
  },
};
