// 会議 and their sittings: convened on a legal footing, moved from one state to the next, never deleted.
import type { Calendar } from '../../base/calendar.js';
import type { Person, Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { meetingRules } from './rules.js';

/** plan プランの協議 and closure 終結等の判断 are 重層的支援会議; confidential 支援会議 (社会福祉法106条の6); council 推進会議. */
export const meetingKinds = ['plan', 'closure', 'confidential', 'council'] as const;
export type MeetingKind = (typeof meetingKinds)[number];

/** 同意が得られていない理由 (F02 noConsentReason). */
export const consentMissingReasons = ['refused', 'not_met', 'capacity', 'unaware', 'would_break', 'no_time', 'no_contact', 'withdrawn', 'other'] as const;

export type SittingStatus = 'draft' | 'convened' | 'invited' | 'held' | 'minutes_confirmed' | 'closed' | 'postponed' | 'called_off';

export interface Sitting {
  id: string;
  meetingId: string;
  no: number;
  status: SittingStatus;
  kind: MeetingKind;
  agencyCode: string;
  urgency: string;
  meetsAt: Date | null;
  place: string | null;
  format: string | null;
  handoutRule: string | null;
  invitedAt: Date | null;
  heldAt: Date | null;
  closedAt: Date | null;
  accessUntil: Date | null;
  meetingClosedAt: Date | null;
  caseIds: string[];
}

const columns = `s.id, s.meeting_id as "meetingId", s.no, s.status, t.kind, t.agency_code as "agencyCode", t.urgency, s.meets_at as "meetsAt", s.place, s.format, s.handout_rule as "handoutRule",
  s.invited_at as "invitedAt", s.held_at as "heldAt", s.closed_at as "closedAt", s.access_until as "accessUntil", t.closed_at as "meetingClosedAt",
  array(select c.case_id::text from meeting_case c where c.meeting_id = t.id order by c.case_id) as "caseIds"`;
const from = `from sitting s join meeting t on t.id = s.meeting_id`;

/** null when it is not there, or Postgres does not show it to whoever reads. */
export async function findSitting(tx: Pick<Tx, 'db'>, sittingId: string): Promise<Sitting | null> {
  return (await tx.db.$queryRawUnsafe<Sitting[]>(`select ${columns} ${from} where s.id = $1::uuid`, sittingId))[0] ?? null;
}

/** The newest sitting of a meeting. */
export async function currentSitting(tx: Pick<Tx, 'db'>, meetingId: string): Promise<Sitting | null> {
  return (await tx.db.$queryRawUnsafe<Sitting[]>(`select ${columns} ${from} where s.meeting_id = $1::uuid order by s.no desc limit 1`, meetingId))[0] ?? null;
}

/** The newest meeting of that kind about the case that goes on; null when there is none. */
export async function openMeetingOf(tx: Pick<Tx, 'db'>, caseId: string, kind: MeetingKind): Promise<string | null> {
  const [row] = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select t.id from meeting t join meeting_case c on c.meeting_id = t.id where c.case_id = $1::uuid and t.kind = $2 and t.closed_at is null order by t.opened_at desc, t.id desc limit 1`,
    caseId,
    kind,
  );
  return row?.id ?? null;
}

/** Nobody else changes this meeting until the transaction is over. After the case in the lock order (base/db). @throws Problem not_found */
export async function lockMeeting(tx: Tx, meetingId: string): Promise<void> {
  const rows = await tx.db.$queryRawUnsafe<unknown[]>(`select 1 as locked from meeting where id = $1::uuid for update`, meetingId);
  if (rows.length === 0) throw new Problem('not_found');
}

/** @throws Problem city_alone: 支援会議 are convened by the municipality, not by who works for it (社会福祉法106条の6第1項) */
export async function mustBeTheCity(tx: Pick<Tx, 'db'>, agencyCode: string): Promise<void> {
  const agency = await tx.db.agency.findFirst({ where: { code: agencyCode, active: true, kind: 'city', isContractor: false } });
  if (!agency) throw new Problem('city_alone');
}

export interface Convening {
  kind: MeetingKind;
  caseIds: readonly string[];
  urgency: 'urgent' | 'none';
  by: Person;
  legalBasis: string | null;
  consentMissing: readonly string[];
  consentState: string | null;
}

/**
 * Convenes a meeting.
 * @throws Problem city_alone, legal_basis_missing (a 支援会議 without its basis, or without why there is no consent)
 */
export async function convene(tx: Tx, input: Convening): Promise<string> {
  const { kind, by, legalBasis, consentMissing } = input;
  if (kind === 'confidential') {
    await mustBeTheCity(tx, by.agencyCode);
    if (legalBasis !== '106-6' || consentMissing.length === 0) throw new Problem('legal_basis_missing');
  }
  const id = newId(tx.now.getTime());
  await tx.db.meeting.create({
    data: { id, kind, urgency: input.urgency, agencyCode: by.agencyCode, convenedById: by.userId, legalBasis: kind === 'confidential' ? legalBasis : null, consentMissing: kind === 'confidential' ? [...consentMissing] : [], consentState: input.consentState, openedAt: tx.now },
  });
  await tx.db.meetingCase.createMany({ data: [...new Set(input.caseIds)].map((caseId) => ({ meetingId: id, caseId, addedAt: tx.now })) });
  return id;
}

const over: readonly SittingStatus[] = ['held', 'minutes_confirmed', 'closed', 'postponed', 'called_off'];

/** The sitting that is being prepared; a new one when the last was held or could not be. An older one is closed by it. */
export async function sittingToPrepare(tx: Tx, meetingId: string, calendar: Calendar): Promise<Sitting> {
  await lockMeeting(tx, meetingId);
  const last = await currentSitting(tx, meetingId);
  if (last && !over.includes(last.status)) return last;
  if (last?.meetingClosedAt) throw new Problem('sitting_state');
  if (last && (last.status === 'held' || last.status === 'minutes_confirmed')) await closeSitting(tx, last, calendar);
  const id = newId(tx.now.getTime());
  await tx.db.sitting.create({ data: { id, meetingId, no: (last?.no ?? 0) + 1, openedAt: tx.now } });
  return (await findSitting(tx, id))!;
}

export interface SittingChange {
  status?: SittingStatus;
  meetsAt?: Date;
  place?: string;
  format?: string;
  handoutRule?: string;
  invitedAt?: Date;
  heldAt?: Date;
  minutesConfirmedAt?: Date;
  result?: string;
}

export async function changeSitting(tx: Tx, sittingId: string, change: SittingChange): Promise<void> {
  await tx.db.sitting.update({ where: { id: sittingId }, data: change });
}

/** @throws Problem sitting_state when it is in none of these states */
export function mustStand(sitting: Sitting, ...states: SittingStatus[]): void {
  if (!states.includes(sitting.status)) throw new Problem('sitting_state', { extra: { status: sitting.status } });
}

/** Closes a sitting: what it was given is open for some days more, and then to nobody. */
export async function closeSitting(tx: Tx, sitting: Sitting, calendar: Calendar): Promise<void> {
  if (sitting.status === 'closed') return;
  const invited = sitting.invitedAt !== null && sitting.status !== 'postponed';
  const until = invited ? calendar.add(tx.now, (await meetingRules(tx)).windowAfterClose) : tx.now;
  const status = invited ? 'closed' : sitting.status === 'postponed' ? 'postponed' : 'called_off';
  await tx.db.sitting.update({ where: { id: sitting.id }, data: { status, closedAt: tx.now, accessUntil: until } });
  await limitRights(tx, sitting.id, until);
}

/** A sitting that could not be held: nothing of it is open from now on; the next one asks everybody anew. */
export async function postponeSitting(tx: Tx, sitting: Sitting): Promise<void> {
  await tx.db.sitting.update({ where: { id: sitting.id }, data: { status: 'postponed', closedAt: tx.now, accessUntil: tx.now } });
  await limitRights(tx, sitting.id, tx.now);
}

async function limitRights(tx: Tx, sittingId: string, until: Date): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `update case_access set until_at = least(coalesce(until_at, 'infinity'), $2::timestamptz) where basis = 'meeting' and basis_id = $1::uuid and ended_at is null`,
    sittingId,
    until,
  );
}

/** Ends a meeting with its open sitting. One that has ended stays as it is. */
export async function closeMeeting(tx: Tx, meetingId: string, reason: string, calendar: Calendar): Promise<void> {
  await lockMeeting(tx, meetingId);
  const last = await currentSitting(tx, meetingId);
  if (last?.meetingClosedAt) return;
  if (last) await closeSitting(tx, last, calendar);
  await tx.db.meeting.update({ where: { id: meetingId }, data: { closedAt: tx.now, closeReason: reason } });
}

export interface SittingCount {
  kind: MeetingKind;
  /** 開催回数: a sitting about several cases is one. */
  sittings: number;
  /** 延べケース数. */
  cases: number;
}

/** Sittings held between two instants, by kind (KPI K1; domain.md §4.5, §5). Sittings are counted on the day that they were held. */
export async function countSittings(tx: Pick<Tx, 'db'>, from: Date, to: Date): Promise<SittingCount[]> {
  const rows = await tx.db.$queryRawUnsafe<{ kind: MeetingKind; sittings: bigint; cases: bigint }[]>(`select kind, sittings, cases from count_sittings($1::timestamptz, $2::timestamptz)`, from, to);
  return meetingKinds.map((kind) => {
    const row = rows.find((one) => one.kind === kind);
    return { kind, sittings: Number(row?.sittings ?? 0), cases: Number(row?.cases ?? 0) };
  });
}
