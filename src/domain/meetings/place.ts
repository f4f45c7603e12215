// Which sitting a form belongs to, and how far what is in it may be seen: as far as the meeting, whatever the form says.
import type { Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import { agencyOfSeat } from '../agencies.js';
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
  if (caseId === null) return null;
  return placedAt(tx, (await tx.db.$queryRawUnsafe<Known[]>(`select confidential, sitting_id as "sittingId" from sitting_known($1::uuid, $2::jsonb, 'infinity')`, caseId, JSON.stringify(variables)))[0]);
}

/**
 * Where words beside a task are kept (comments): as what is answered at it.
 * @returns null where its process knows of no 支援会議
 * @throws Problem not_found, pledge_missing
 */
export async function placedBesideTask(tx: Pick<Tx, 'db'>, taskId: string): Promise<Placed | null> {
  const placed = await placedAt(tx, await knownByTask(tx, taskId));
  if (placed?.sittingId === null) throw new Problem('pledge_missing', { detail: '支援会議の開催が決まり、守秘義務を誓約してから書いてください。' });
  return placed;
}

/** Whether the process of a task knows of a 支援会議: what is written beside it then is read by nobody who is not inside. */
export const isBesideSitting = async (tx: Pick<Tx, 'db'>, taskId: string): Promise<boolean> => (await knownByTask(tx, taskId))?.confidential === true;

interface Known {
  confidential: boolean;
  /** null: a confidential process of which there is no sitting yet. */
  sittingId: string | null;
}

async function knownByTask(tx: Pick<Tx, 'db'>, taskId: string): Promise<Known | undefined> {
  return (await tx.db.$queryRawUnsafe<Known[]>(`select confidential, sitting_id as "sittingId" from sitting_of_task($1::uuid, 'infinity')`, taskId))[0];
}

async function placedAt(tx: Pick<Tx, 'db'>, known: Known | undefined): Promise<Placed | null> {
  if (!known?.confidential) return null;
  if (known.sittingId !== null) await mustBeInside(tx, known.sittingId);
  return { compartment: 'confidential', sittingId: known.sittingId };
}

/** Who calls the meeting writes down what a member without an inbox says. */
const speaksForOthers = (sitting: Sitting, seats: readonly Seat[], { by }: Filed): boolean =>
  sitting.kind === 'confidential' ? seats.some(({ role, groupKey }) => role !== 'member' && by.groups.includes(groupKey)) : by.roles.includes('meetingConvenor') || by.agencyCode === sitting.agencyCode;

/**
 * The seat from which a form was answered: that of the group that the task was for, else one of the person's own. Of a member without an
 * inbox (`agency:clinic`) whoever calls the meeting answers; null where that member sits there no more.
 * @throws Problem forbidden
 */
export async function seatAnswering(tx: Pick<Tx, 'db'>, sitting: Sitting, filed: Filed): Promise<Seat | null> {
  const seats = await seatsOf(tx, sitting.id);
  if (typeof filed.item === 'string' && agencyOfSeat(filed.item) !== null) {
    if (!speaksForOthers(sitting, seats, filed)) throw new Problem('forbidden');
    return seats.find(({ groupKey }) => groupKey === filed.item) ?? null;
  }
  const mine = seats.filter((seat) => (seat.userId === null ? filed.by.groups.includes(seat.groupKey) : seat.userId === filed.by.userId));
  const seat = mine.find(({ groupKey }) => groupKey === filed.item) ?? mine[0];
  if (!seat) throw new Problem('forbidden');
  return seat;
}

/** The member without an inbox that a task is about, for whoever answers in their stead; null where it is about none. */
export async function outsiderOfTask(tx: Pick<Tx, 'db'>, taskId: string): Promise<{ name: string; signedBy: 'paper' } | null> {
  const task = await tx.db.task.findUnique({ where: { id: taskId }, select: { item: true } });
  const code = typeof task?.item === 'string' ? agencyOfSeat(task.item) : null;
  const agency = code === null ? null : await tx.db.agency.findUnique({ where: { code }, select: { name: true } });
  return agency && { ...agency, signedBy: 'paper' };
}
