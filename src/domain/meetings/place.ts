// Which sitting a form belongs to, and how far what is in it may be seen: as far as the meeting, whatever the form says.
import type { Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import { variableText } from '../records/answers.js';
import type { Filed, Placed } from '../records/record.js';
import { mustBeInside, seatsOf, type Seat } from './seats.js';
import { currentSitting, meetingKinds, openMeetingOf, type MeetingKind, type Sitting } from './sittings.js';

/**
 * The meeting that a form is about: the one that the process knows, else the one of its case that goes on. A process knows no other
 * case's: an id from elsewhere finds nothing.
 */
export async function meetingOf(tx: Pick<Tx, 'db'>, filed: Filed, kind: MeetingKind | null): Promise<string | null> {
  const named = variableText(filed, 'meetingId');
  if (named !== null) {
    const [row] = await tx.db.$queryRawUnsafe<{ id: string }[]>(
      `select t.id from meeting t join meeting_case c on c.meeting_id = t.id where t.id = $1::uuid and c.case_id = $2::uuid and (cardinality($3::text[]) = 0 or t.kind = any($3::text[]))`,
      named,
      filed.caseId,
      kind === null ? [] : [kind],
    );
    if (!row) throw new Problem('not_found');
    return row.id;
  }
  return filed.caseId === null || kind === null ? null : openMeetingOf(tx, filed.caseId, kind);
}

/** The sitting that a form is written for. @throws Problem sitting_state when there is none */
export async function sittingOf(tx: Pick<Tx, 'db'>, filed: Filed, kind: MeetingKind | null = null): Promise<Sitting> {
  const meetingId = await meetingOf(tx, filed, kind ?? meetingKinds.find((one) => one === filed.variables['kind']) ?? null);
  const sitting = meetingId === null ? null : await currentSitting(tx, meetingId);
  if (!sitting) throw new Problem('sitting_state');
  return sitting;
}

/** Where what is written for this sitting is kept. Nobody writes for a 支援会議 who is not inside it. @throws Problem not_found, pledge_missing */
export async function placedIn(tx: Pick<Tx, 'db'>, sitting: Sitting): Promise<Placed> {
  if (sitting.kind !== 'confidential') return { compartment: 'team', sittingId: sitting.id };
  await mustBeInside(tx, sitting.id);
  return { compartment: 'confidential', sittingId: sitting.id };
}

/** `place` of a record that is written for the sitting of its process. */
export const inItsSitting = (kind: MeetingKind | null = null) => async (tx: Tx, filed: Filed): Promise<Placed> => placedIn(tx, await sittingOf(tx, filed, kind));

/**
 * Where a form is kept that has no place of its own, when the process that asks knows of a 支援会議 of its case: with that sitting,
 * written by who is inside it. So nothing said there is kept elsewhere, whatever form was drawn for it (社会福祉法106条の6第5項).
 * @returns null where the process knows of none
 * @throws Problem not_found, pledge_missing
 */
export async function placedByProcess(tx: Pick<Tx, 'db'>, { caseId, variables }: Pick<Filed, 'caseId' | 'variables'>): Promise<Placed | null> {
  const known = Object.values(variables).filter((value) => typeof value === 'string');
  const confidential = variables['kind'] === 'confidential';
  if (caseId === null || (known.length === 0 && !confidential)) return null;
  const [row] = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select t.id from meeting t join meeting_case c on c.meeting_id = t.id where c.case_id = $1::uuid and t.kind = 'confidential'
       and (t.id::text = any($2::text[]) or exists (select 1 from sitting s where s.meeting_id = t.id and s.id::text = any($2::text[])) or ($3 and t.closed_at is null)) order by t.opened_at desc, t.id desc limit 1`,
    caseId,
    known,
    confidential,
  );
  const sitting = row ? await currentSitting(tx, row.id) : null;
  if (sitting) return placedIn(tx, sitting);
  return confidential ? { compartment: 'confidential', sittingId: null } : null;
}

/** The seat from which a form was answered: that of the group that the task was for, else one of the person's own. @throws Problem forbidden */
export async function seatAnswering(tx: Pick<Tx, 'db'>, sitting: Sitting, filed: Filed): Promise<Seat> {
  const seats = await seatsOf(tx, sitting.id);
  const mine = seats.filter((seat) => (seat.userId === null ? filed.by.groups.includes(seat.groupKey) : seat.userId === filed.by.userId));
  const seat = mine.find(({ groupKey }) => groupKey === filed.item) ?? mine[0];
  if (!seat) throw new Problem('forbidden');
  return seat;
}
