import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { replyToSlots, type SlotAnswer } from '../domain/meetings/schedule.js';
import { seatsOf } from '../domain/meetings/seats.js';
import { findSitting, lockMeeting } from '../domain/meetings/sittings.js';
import { act, type Ask } from './act.js';

export interface SlotReplies extends Ask {
  sittingId: string;
  answers: { slotId: string; answer: SlotAnswer }[];
}

/**
 * A member says at which of the offered dates they could come, for each of their seats.
 * @throws Problem not_found (no seat of theirs, no such date), sitting_state (it has been held)
 */
export async function replySlots(app: App, person: Person, input: SlotReplies): Promise<{ replied: number }> {
  const { sittingId, answers } = input;
  return act(app, person, {
    action: 'meeting.reply',
    resource: { type: 'sitting', id: sittingId },
    ask: input,
    request: { sittingId, answers },
    async work(tx) {
      const basis = authorize(person, 'meeting.reply');
      const sitting = await findSitting(tx, sittingId);
      const seats = sitting ? (await seatsOf(tx, sittingId)).filter((seat) => (seat.userId === null ? person.groups.includes(seat.groupKey) : seat.userId === person.userId)) : [];
      if (!sitting || seats.length === 0) throw new Problem('not_found');
      await lockMeeting(tx, sitting.meetingId);
      await replyToSlots(tx, sitting, seats, answers);
      return { answer: { replied: answers.length }, basis };
    },
  });
}
