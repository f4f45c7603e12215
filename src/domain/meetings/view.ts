// What somebody sees of meetings: those that they sit in or arrange. Before they have pledged for a 支援会議: when and where, no more.
import type { Tx } from '../../base/db.js';
import type { SeatRole } from './seats.js';
import type { MeetingKind, SittingStatus } from './sittings.js';

type Reader = Pick<Tx, 'db'>;

export interface MeetingLine {
  meetingId: string;
  sittingId: string;
  no: number;
  kind: MeetingKind;
  status: SittingStatus;
  urgency: string;
  meetsAt: Date | null;
  place: string | null;
  format: string | null;
  /** Their role at the table; null: they arrange it and have no seat. */
  role: SeatRole | null;
  /** Whether they have pledged for this sitting; null where no pledge is asked. */
  pledged: boolean | null;
  /** Whether what is said there is open to them now. */
  open: boolean;
}

const lines = `select t.id as "meetingId", s.id as "sittingId", s.no, t.kind, s.status, t.urgency, s.meets_at as "meetsAt", s.place, s.format,
    (select m.role from sitting_member m where m.sitting_id = s.id and m.removed_at is null and case when m.user_id is null then m.group_key = any(app_groups()) else m.user_id = app_user_id() end
      order by array_position('{chair,secretary,member}', m.role) limit 1) as role,
    case when t.kind = 'confidential' then sitting_pledged(s.id, app_user_id()) end as pledged,
    case when t.kind = 'confidential' then sitting_inside(s.id) else sitting_seat(s.id) and s.status in ('invited', 'held', 'minutes_confirmed', 'closed') and (s.access_until is null or s.access_until > app_now()) end as open
  from sitting s join meeting t on t.id = s.meeting_id`;

/** The sittings of whoever reads, the next first, then the last held. @param past also those that are over */
export async function listMeetings(tx: Reader, past: boolean): Promise<MeetingLine[]> {
  return tx.db.$queryRawUnsafe<MeetingLine[]>(
    `${lines} where $1 or s.status in ('draft', 'convened', 'invited', 'held', 'minutes_confirmed') order by s.closed_at is not null, s.meets_at nulls last, s.id limit 500`,
    past,
  );
}

/** The sittings of one meeting that whoever reads may know of, the newest first. */
export async function sittingsOf(tx: Reader, meetingId: string): Promise<MeetingLine[]> {
  return tx.db.$queryRawUnsafe<MeetingLine[]>(`${lines} where t.id = $1::uuid order by s.no desc`, meetingId);
}

export interface HandoutLine {
  no: number;
  groupKey: string;
  returnedAt: Date | null;
}

export async function handoutsOf(tx: Reader, sittingId: string): Promise<HandoutLine[]> {
  return tx.db.$queryRawUnsafe<HandoutLine[]>(`select h.no, m.group_key as "groupKey", h.returned_at as "returnedAt" from handout h join sitting_member m on m.id = h.member_id where h.sitting_id = $1::uuid order by h.no`, sittingId);
}

/** The cases of a meeting that whoever reads may know of; the number only of those that they see anyway. */
export async function casesOf(tx: Reader, meetingId: string): Promise<{ caseId: string; caseNo: string | null }[]> {
  return tx.db.$queryRawUnsafe<{ caseId: string; caseNo: string | null }[]>(
    `select c.case_id as "caseId", s.case_no as "caseNo" from meeting_case c left join support_case s on s.id = c.case_id where c.meeting_id = $1::uuid order by c.case_id`,
    meetingId,
  );
}

export interface ConversionItem {
  record: string;
  formKey: string;
  field: string;
  /** How often it was answered. */
  times: number;
}

/** What was written in the 支援会議 of a case, by field, without a word of it. Coordinators and the chair, where they reach the case. */
export async function conversionItems(tx: Reader, caseId: string): Promise<ConversionItem[]> {
  const rows = await tx.db.$queryRawUnsafe<(Omit<ConversionItem, 'times'> & { times: bigint })[]>(`select record, form_key as "formKey", field, times from conversion_items($1::uuid)`, caseId);
  return rows.map((row) => ({ ...row, times: Number(row.times) }));
}
