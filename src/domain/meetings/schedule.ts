// 日程調整: candidate dates, what the members answer, and the date at which most of them can come.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { meetingRules, type MeetingRules } from './rules.js';
import { seatsOf, type Seat } from './seats.js';
import { mustStand, type Sitting } from './sittings.js';

export const slotAnswers = ['yes', 'maybe', 'no'] as const;
export type SlotAnswer = (typeof slotAnswers)[number];

export interface Slot {
  id: string;
  startsAt: Date;
  /** By seat; a seat that has not answered is not there. */
  replies: { memberId: string; answer: SlotAnswer }[];
}

/** Offers further dates; one that is offered already stays as it is. @throws Problem sitting_state once it has been held */
export async function offerSlots(tx: Tx, sitting: Sitting, starts: readonly Date[]): Promise<void> {
  mustStand(sitting, 'draft', 'convened', 'invited');
  for (const startsAt of starts) {
    await tx.db.$executeRawUnsafe(`insert into sitting_slot (id, sitting_id, starts_at) values ($1::uuid, $2::uuid, $3::timestamptz) on conflict do nothing`, newId(tx.now.getTime()), sitting.id, startsAt);
  }
}

export async function slotsOf(tx: Pick<Tx, 'db'>, sittingId: string): Promise<Slot[]> {
  return tx.db.$queryRawUnsafe<Slot[]>(
    `select s.id, s.starts_at as "startsAt", coalesce((select jsonb_agg(jsonb_build_object('memberId', r.member_id, 'answer', r.answer) order by r.member_id) from slot_reply r
       join sitting_member m on m.id = r.member_id and m.removed_at is null where r.slot_id = s.id), '[]'::jsonb) as replies
     from sitting_slot s where s.sitting_id = $1::uuid order by s.starts_at`,
    sittingId,
  );
}

/**
 * A member says when they could come. The last word counts.
 * @throws Problem forbidden (no seat of theirs), not_found (a date of another sitting), sitting_state
 */
export async function replyToSlots(tx: Tx, sitting: Sitting, seats: readonly Seat[], answers: readonly { slotId: string; answer: SlotAnswer }[]): Promise<void> {
  mustStand(sitting, 'draft', 'convened', 'invited');
  if (seats.length === 0) throw new Problem('forbidden');
  const offered = new Set((await slotsOf(tx, sitting.id)).map(({ id }) => id));
  if (answers.some(({ slotId }) => !offered.has(slotId))) throw new Problem('not_found');
  const by = tx.actor.kind === 'person' ? tx.actor.userId : null;
  for (const seat of seats) {
    for (const { slotId, answer } of answers) {
      await tx.db.$executeRawUnsafe(
        `insert into slot_reply (slot_id, member_id, answer, at, by_id) values ($1::uuid, $2::uuid, $3, $4::timestamptz, $5::uuid)
         on conflict (slot_id, member_id) do update set answer = excluded.answer, at = excluded.at, by_id = excluded.by_id`,
        slotId, seat.id, answer, tx.now, by,
      );
    }
  }
}

export interface SlotScore {
  slotId: string;
  startsAt: Date;
  yes: number;
  maybe: number;
  no: number;
  unanswered: number;
  /** 定足数 is reached by those who said yes. */
  quorate: boolean;
}

/** 定足数: whether a sitting counts with these of its seats. Without anybody at the table there is none. */
export function isQuorate(seats: readonly Pick<Seat, 'id' | 'role'>[], present: ReadonlySet<string>, { share, roles }: MeetingRules['quorum']): boolean {
  const count = seats.filter(({ id }) => present.has(id)).length;
  return count > 0 && count >= share * seats.length && seats.every(({ id, role }) => !roles.includes(role) || present.has(id));
}

/**
 * How the dates stand: quorate first, then most yes, most maybe, the earlier.
 * @param seats the seats that stand
 */
export function rankSlots(slots: readonly Slot[], seats: readonly Pick<Seat, 'id' | 'role'>[], { quorum }: Pick<MeetingRules, 'quorum'>): SlotScore[] {
  const scored = slots.map(({ id, startsAt, replies }) => {
    const said = new Map(replies.map((reply) => [reply.memberId, reply.answer]));
    const count = (answer: SlotAnswer): number => seats.filter((seat) => said.get(seat.id) === answer).length;
    const yes = count('yes');
    const quorate = isQuorate(seats, new Set(seats.filter(({ id: seatId }) => said.get(seatId) === 'yes').map(({ id: seatId }) => seatId)), quorum);
    return { slotId: id, startsAt, yes, maybe: count('maybe'), no: count('no'), unanswered: seats.filter((seat) => !said.has(seat.id)).length, quorate };
  });
  return scored.toSorted((a, b) => Number(b.quorate) - Number(a.quorate) || b.yes - a.yes || b.maybe - a.maybe || a.startsAt.getTime() - b.startsAt.getTime());
}

/** The dates of a sitting, the best first. */
export async function rankedSlots(tx: Pick<Tx, 'db'>, sittingId: string): Promise<SlotScore[]> {
  return rankSlots(await slotsOf(tx, sittingId), await seatsOf(tx, sittingId), await meetingRules(tx));
}
