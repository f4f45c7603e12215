// Who sits in a sitting. In a 重層的支援会議 a seat needs consent that covers its agency; in a 支援会議 a pledge for that very sitting.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { endAccess, grantAccess } from '../access.js';
import { agencyOfSeat, seatOfAgency, withoutInbox } from '../agencies.js';
import { coveringConsent, scopeItems } from '../consents/consents.js';
import { recordDisclosure, shareUnderConsent } from '../disclosures.js';
import { numberHandouts } from './papers.js';
import { mustStand, type Sitting } from './sittings.js';

export type SeatRole = 'chair' | 'secretary' | 'member';

export interface Seat {
  id: string;
  /** The inbox that sits there; `agency:clinic` for an agency that has none (domain/agencies). */
  groupKey: string;
  groupName: string;
  agencyCode: string;
  userId: string | null;
  role: SeatRole;
  attendance: string;
}

/** The seats that stand, chair first. */
export async function seatsOf(tx: Pick<Tx, 'db'>, sittingId: string): Promise<Seat[]> {
  return tx.db.$queryRawUnsafe<Seat[]>(
    `select m.id, m.group_key as "groupKey", coalesce(g.name, a.name, m.agency_code) as "groupName", m.agency_code as "agencyCode", m.user_id as "userId", m.role, m.attendance
     from sitting_member m left join work_group g on g.key = m.group_key left join agency a on a.code = m.agency_code where m.sitting_id = $1::uuid and m.removed_at is null
     order by array_position('{chair,secretary,member}', m.role), m.seated_at, m.group_key`,
    sittingId,
  );
}

interface Invitee {
  groupKey: string;
  agencyCode: string;
  role: SeatRole;
}

/** Inboxes, and agencies without one. In a 支援会議 only whom the 機関マスタ (F90) lets sit there. @throws Problem form_invalid */
async function membersNamed(tx: Pick<Tx, 'db'>, { kind }: Pick<Sitting, 'kind'>, keys: readonly string[]): Promise<Invitee[]> {
  const inside = await tx.db.group.findMany({ where: { key: { in: [...keys] }, agency: { active: true } }, orderBy: { key: 'asc' }, select: { key: true, agencyCode: true, kind: true, agency: { select: { canJoinConfidential: true } } } });
  const outside = await withoutInbox(tx, keys.flatMap((key) => agencyOfSeat(key) ?? []));
  const named = [
    ...inside.map(({ key, agencyCode, agency, kind: office }) => ({ groupKey: key, agencyCode: agencyCode!, may: agency!.canJoinConfidential || offices.includes(office) })),
    ...outside.map(({ code, canJoinConfidential }) => ({ groupKey: seatOfAgency(code), agencyCode: code, may: canJoinConfidential })),
  ];
  const refuse = (detail: string): never => {
    throw new Problem('form_invalid', { errors: [{ pointer: '/answers/memberGroups', detail }] });
  };
  if (keys.some((key) => !named.some(({ groupKey }) => groupKey === key))) refuse('構成員にできない機関です。');
  const barred = kind === 'confidential' ? named.filter(({ may }) => !may) : [];
  if (barred.length > 0) refuse(`機関マスタで支援会議に参加できない機関です: ${(await namesOf(tx, barred)).join('、')}`);
  return named.map(({ groupKey, agencyCode }) => ({ groupKey, agencyCode, role: 'member' as const }));
}

async function namesOf(tx: Pick<Tx, 'db'>, of: readonly { agencyCode: string }[]): Promise<string[]> {
  return (await tx.db.agency.findMany({ where: { code: { in: of.map(({ agencyCode }) => agencyCode) } }, orderBy: { code: 'asc' }, select: { name: true } })).map(({ name }) => name);
}

/** Kinds of groups that sit in a 支援会議 by law. */
const offices = ['chair', 'meeting_office'];

/** The chair and the secretariat of the city sit in every 支援会議. */
async function officers(tx: Pick<Tx, 'db'>): Promise<Invitee[]> {
  return tx.db.$queryRawUnsafe<Invitee[]>(
    `select g.key as "groupKey", g.agency_code as "agencyCode", case g.kind when 'chair' then 'chair' else 'secretary' end as role from work_group g
     join agency a on a.code = g.agency_code and a.active and a.kind = 'city' and not a.is_contractor where g.kind = any($1::text[]) order by g.kind, g.key`,
    offices,
  );
}

async function addSeat(tx: Tx, sitting: Sitting, { groupKey, agencyCode, role }: Invitee): Promise<void> {
  const by = tx.actor.kind === 'person' ? tx.actor.userId : null;
  await tx.db.sittingMember.create({ data: { id: newId(tx.now.getTime()), sittingId: sitting.id, groupKey, agencyCode, role, seatedAt: tx.now, seatedById: by } });
}

/**
 * Brings the seats of a sitting that has not been held to this list: who is new gets a seat, who is not on it loses theirs.
 * @throws Problem sitting_state, form_invalid (a group that is none)
 */
export async function seatGroups(tx: Tx, sitting: Sitting, groupKeys: readonly string[]): Promise<void> {
  mustStand(sitting, 'draft', 'convened', 'invited');
  const office = sitting.kind === 'confidential' ? await officers(tx) : [];
  const wanted = [...office, ...(await membersNamed(tx, sitting, groupKeys)).filter(({ groupKey }) => !office.some((one) => one.groupKey === groupKey))];
  const seated = await seatsOf(tx, sitting.id);
  for (const seat of seated.filter((one) => !wanted.some(({ groupKey }) => groupKey === one.groupKey))) await removeSeat(tx, sitting, seat, 'not_on_list');
  for (const one of wanted.filter(({ groupKey }) => !seated.some((seat) => seat.groupKey === groupKey))) await addSeat(tx, sitting, one);
}

/** Takes a seat away; from this moment on nothing opens to it. */
export async function removeSeat(tx: Tx, sitting: Sitting, seat: Seat, reason: string): Promise<void> {
  await tx.db.sittingMember.update({ where: { id: seat.id }, data: { removedAt: tx.now, removeReason: reason } });
  for (const caseId of sitting.caseIds) await endAccess(tx, { caseId, basis: 'meeting', basisId: sitting.id, reader: seat.userId ?? seat.groupKey }, reason);
}

/**
 * A late member. In a 重層的支援会議 that has sent its invitations the consent has to cover the agency now; in a 支援会議 nothing opens,
 * to anybody, until the new one has pledged.
 * @throws Problem sitting_state, consent_missing
 */
export async function addLateSeat(tx: Tx, sitting: Sitting, groupKey: string): Promise<Seat> {
  mustStand(sitting, 'convened', 'invited', 'held', 'minutes_confirmed');
  const [group] = await membersNamed(tx, sitting, [groupKey]);
  if ((await seatsOf(tx, sitting.id)).some((seat) => seat.groupKey === groupKey)) throw new Problem('sitting_state');
  await addSeat(tx, sitting, group!);
  const seat = (await seatsOf(tx, sitting.id)).find((one) => one.groupKey === groupKey)!;
  // where copies have been numbered already, the late one gets the next number
  if (sitting.handoutRule === 'numbered' && sitting.status === 'invited') await numberHandouts(tx, sitting.id);
  if (sitting.invitedAt !== null) await openTo(tx, sitting, seat);
  return seat;
}

export interface Uncovered {
  /** Groups whose agency the consent of one of the cases does not cover. */
  groups: string[];
  /** Cases for which no agency at the table is covered: nothing of them may be discussed here. */
  cases: string[];
}

/** Whom a meeting may not have at its table, and which case it may not speak of, at this moment. A 支援会議 alone needs no consent. */
export async function uncovered(tx: Pick<Tx, 'db' | 'now'>, sitting: Sitting): Promise<Uncovered> {
  if (sitting.kind === 'confidential') return { groups: [], cases: [] };
  const seats = await seatsOf(tx, sitting.id);
  const groups = new Set<string>();
  const cases: string[] = [];
  for (const caseId of sitting.caseIds) {
    const without: Seat[] = [];
    for (const seat of seats) if (!(await coveringConsent(tx, caseId, seat.agencyCode, 'conference'))) without.push(seat);
    for (const { groupKey } of without) groups.add(groupKey);
    if (without.length === seats.length) cases.push(caseId);
  }
  return { groups: [...groups].sort(), cases };
}

/** A seat of a 重層的支援会議 is shown, or given by the office, its cases as far as the consent goes, and that is written down. @throws Problem consent_missing */
async function openTo(tx: Tx, sitting: Sitting, seat: Seat): Promise<void> {
  if (sitting.kind === 'confidential') return;
  for (const caseId of sitting.caseIds) {
    const share = await shareUnderConsent(tx, { caseId, agencyCode: seat.agencyCode, purpose: 'conference', meetingId: sitting.meetingId });
    if (agencyOfSeat(seat.groupKey) !== null) continue; // nobody of theirs signs in here: the office gives them the papers
    await grantAccess(tx, { caseId, reader: seat.userId ?? seat.groupKey, level: 'content', basis: 'meeting', basisId: sitting.id, items: share.items, untilAt: share.validUntil });
  }
}

/**
 * The invitation goes out: the window opens. Whoever is not covered is not invited, whatever was drawn before it.
 * @throws Problem consent_missing (also where it was postponed since the consent was gone), sitting_state
 */
export async function invite(tx: Tx, sitting: Sitting): Promise<void> {
  if (sitting.status === 'postponed' && (await uncovered(tx, sitting)).cases.length > 0) throw new Problem('consent_missing');
  mustStand(sitting, 'draft', 'convened', 'invited');
  const seats = await seatsOf(tx, sitting.id);
  if (seats.length === 0) throw new Problem('sitting_state', { detail: '構成員が決まっていません。' });
  await tx.db.sitting.update({ where: { id: sitting.id }, data: { status: 'invited', invitedAt: sitting.invitedAt ?? tx.now } });
  for (const seat of seats) await openTo(tx, sitting, seat);
}

/** Who was present in a 支援会議 was told of its cases under article 106-6: one line each in the 提供記録. */
export async function recordPresence(tx: Tx, sitting: Sitting): Promise<void> {
  if (sitting.kind !== 'confidential') return;
  const present = new Set((await seatsOf(tx, sitting.id)).filter(({ attendance }) => attendance !== 'absent').map(({ agencyCode }) => agencyCode));
  for (const caseId of sitting.caseIds) {
    for (const code of present) await recordDisclosure(tx, { caseId, to: { kind: 'agency', code }, purpose: 'confidential', items: scopeItems, legalBasis: '106-6', consentId: null, meetingId: sitting.meetingId, submissionId: null });
  }
}

/** @param absent groups that did not come; everybody else who had not said so themselves did */
export async function noteAttendance(tx: Tx, sittingId: string, absent: readonly string[]): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `update sitting_member set attendance = case when group_key = any($2::text[]) then 'absent' when attendance in ('unanswered', 'absent') then 'attends' else attendance end where sitting_id = $1::uuid and removed_at is null`,
    sittingId,
    absent,
  );
}

/** Groups of the seats for which nobody has pledged for this sitting; `agency:clinic` where the paper of an agency without an inbox is not in. */
export async function unpledgedGroups(tx: Pick<Tx, 'db'>, sittingId: string): Promise<string[]> {
  return (await tx.db.$queryRawUnsafe<{ key: string }[]>(`select group_key as key from sitting_unpledged($1::uuid) order by 1`, sittingId)).map(({ key }) => key);
}

/** Whether the actor of the transaction sits inside this 支援会議 now: seat, pledge, everybody's pledge, window. */
export async function isInside(tx: Pick<Tx, 'db'>, sittingId: string): Promise<boolean> {
  return (await tx.db.$queryRawUnsafe<{ inside: boolean }[]>(`select sitting_inside($1::uuid) as inside`, sittingId))[0]?.inside === true;
}

/**
 * @throws Problem not_found without a seat; pledge_missing when they, or anybody else at the table, have not pledged for this sitting,
 *   or the window is not open
 */
export async function mustBeInside(tx: Pick<Tx, 'db'>, sittingId: string): Promise<void> {
  if (await isInside(tx, sittingId)) return;
  const [row] = await tx.db.$queryRawUnsafe<{ seat: boolean }[]>(`select sitting_seat($1::uuid) as seat`, sittingId);
  if (!row?.seat) throw new Problem('not_found');
  const left = await unpledgedGroups(tx, sittingId);
  throw new Problem('pledge_missing', { extra: { unpledged: left.length } });
}
