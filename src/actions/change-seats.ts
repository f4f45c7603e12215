// Who sits in a sitting, changed after it was called: dates offered, a late member, a member who leaves.
import type { App } from '../app.js';
import type { Person, Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { lockCase } from '../domain/cases.js';
import { offerSlots } from '../domain/meetings/schedule.js';
import { addLateSeat, removeSeat, seatsOf } from '../domain/meetings/seats.js';
import { findSitting, lockMeeting, mustBeTheCity, type Sitting } from '../domain/meetings/sittings.js';
import { act, type Ask } from './act.js';

interface OfSitting extends Ask {
  sittingId: string;
}

/** The sitting, locked, for somebody who arranges it. @throws Problem not_found, forbidden, city_alone */
async function arranged(tx: Tx, person: Person, sittingId: string): Promise<Sitting> {
  const before = await findSitting(tx, sittingId);
  if (!before) throw new Problem('not_found');
  for (const caseId of before.caseIds) await lockCase(tx, caseId);
  await lockMeeting(tx, before.meetingId);
  const sitting = (await findSitting(tx, sittingId))!;
  if (sitting.kind !== 'confidential') {
    if (sitting.agencyCode !== person.agencyCode && !person.roles.includes('meetingConvenor')) throw new Problem('not_found');
    return sitting;
  }
  const office = (await seatsOf(tx, sittingId)).some(({ role, groupKey }) => role !== 'member' && person.groups.includes(groupKey));
  if (!office) throw new Problem('not_found');
  await mustBeTheCity(tx, person.agencyCode);
  return sitting;
}

async function change<T>(app: App, person: Person, input: OfSitting, request: Record<string, string | string[]>, work: (tx: Tx, sitting: Sitting) => Promise<{ answer: T; reason?: string }>): Promise<T> {
  return act(app, person, {
    action: 'meeting.seat',
    resource: { type: 'sitting', id: input.sittingId },
    ask: input,
    request: { sittingId: input.sittingId, ...request },
    async work(tx) {
      const basis = authorize(person, 'meeting.seat');
      const { answer, reason = null } = await work(tx, await arranged(tx, person, input.sittingId));
      return { answer, basis, reason };
    },
  });
}

/**
 * Seats a late member. In a 重層的支援会議 the consent must cover them; in a 支援会議 nothing opens until they have pledged.
 * @throws Problem not_found, forbidden, city_alone, consent_missing, sitting_state (over, or seated already)
 */
export async function seatMember(app: App, person: Person, input: OfSitting & { groupKey: string }): Promise<{ memberId: string }> {
  return change(app, person, input, { groupKey: input.groupKey }, async (tx, sitting) => ({ answer: { memberId: (await addLateSeat(tx, sitting, input.groupKey)).id } }));
}

/** Takes a seat away, with the reason; from then on nothing opens to it. @throws Problem not_found, forbidden, city_alone */
export async function unseatMember(app: App, person: Person, input: OfSitting & { memberId: string; reason: string }): Promise<{ memberId: string }> {
  return change(app, person, input, { memberId: input.memberId, reason: input.reason }, async (tx, sitting) => {
    const seat = (await seatsOf(tx, sitting.id)).find(({ id, role }) => id === input.memberId && role === 'member');
    if (!seat) throw new Problem('not_found');
    await removeSeat(tx, sitting, seat, 'removed');
    return { answer: { memberId: seat.id }, reason: input.reason };
  });
}

/** Offers further dates. @throws Problem not_found, forbidden, city_alone, sitting_state */
export async function offerDates(app: App, person: Person, input: OfSitting & { startsAt: Date[] }): Promise<{ offered: number }> {
  return change(app, person, input, { startsAt: input.startsAt.map((at) => at.toISOString()) }, async (tx, sitting) => {
    await offerSlots(tx, sitting, input.startsAt);
    return { answer: { offered: input.startsAt.length } };
  });
}
