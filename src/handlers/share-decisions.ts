import { madeIn } from '../domain/meetings/decisions.js';
import { currentSitting } from '../domain/meetings/sittings.js';
import { notifyMembers } from '../domain/process-notices.js';
import { textOf, type InsideHandler } from './handler.js';

/** Input `meetingId`. Tells everybody who carries a decision of the current sitting, each person once; hands back `decisionIds`. */
export const shareDecisions: InsideHandler = {
  name: 'share_decisions',
  kind: 'inside',
  async run(tx, context) {
    const sitting = await currentSitting(tx, textOf(context, 'meetingId'));
    if (!sitting) throw new Error('the meeting has no sitting');
    const decisions = await madeIn(tx, sitting.id);
    const groups = [...new Set(decisions.map(({ groupKey }) => groupKey))];
    if (groups.length > 0) await notifyMembers(tx, groups, { businessKey: context.businessKey, rule: 'decision_assigned', urgent: sitting.urgency === 'urgent' });
    return { decisionIds: decisions.map(({ id }) => id) };
  },
};
