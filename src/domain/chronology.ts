// 支援経過: what happened in a case, in one order of time, newest first. Read from the sheets that were filed and from the case itself;
// as a person reads, Postgres leaves out what they may not see.
import type { Tx } from '../base/db.js';
import type { Compartment } from './records/record.js';

export const eventKinds = ['case', 'intake', 'assessment', 'note', 'consent', 'meeting', 'referral', 'plan', 'evaluation', 'emergency', 'handover', 'other'] as const;
export type EventKind = (typeof eventKinds)[number];

const kindOf: Readonly<Record<string, EventKind>> = {
  F01: 'intake', F02: 'intake', F03: 'assessment', F04: 'note', F05: 'plan', F06: 'plan', F07: 'plan', F08: 'evaluation', F09: 'meeting',
  F10: 'consent', F11: 'meeting', F12: 'referral', F13: 'emergency', F16: 'meeting', F17: 'consent', F20: 'handover',
};

export interface ChronologyEvent {
  kind: EventKind;
  /** The day in Japan. */
  on: string;
  /** `14:30`; null: nobody knows the hour. */
  time: string | null;
  /** The number of the sheet (`F04`, `F09.minutes`); null: the case itself. */
  record: string | null;
  submissionId: string | null;
  noteId: string | null;
  /** `opened`, `closed`, `reopened` of the case itself; the method of a note. */
  what: string | null;
  /** What was written in a note; other sheets are read for themselves. */
  content: string | null;
  nextAction: string | null;
  nextActionOn: string | null;
  byName: string | null;
  agencyCode: string | null;
  /** Why this may be seen by whoever reaches the case. */
  compartment: Compartment;
  /** Correcting notes: which note, and why. */
  correctsId: string | null;
  correctionReason: string | null;
  /** The note that took this one's place. */
  correctedById: string | null;
  /** 上長確認 of a note: by whom, and when. */
  confirmedByName: string | null;
  confirmedAt: Date | null;
}

interface Row extends Omit<ChronologyEvent, 'kind'> {
  id: string;
}

const japan = `at time zone 'Asia/Tokyo'`;
// of what has the same minute, the opening comes first, and that it is closed or open again last
const events = `
  select s.id, to_char(coalesce(n.noted_on, (s.submitted_at ${japan})::date), 'YYYY-MM-DD') as "on", case when n.id is null then to_char(s.submitted_at ${japan}, 'HH24:MI') else left(n.noted_time, 5) end as time,
    s.record, s.id as "submissionId", n.id as "noteId", n.method as what, case when n.id is null then null else shown_answers(s) ->> 'content' end as content,
    case when n.id is null then null else nullif(shown_answers(s) ->> 'nextAction', '') end as "nextAction", to_char(n.next_action_on, 'YYYY-MM-DD') as "nextActionOn",
    u.name as "byName", s.agency_code as "agencyCode", s.compartment, n.corrects_id as "correctsId", n.correction_reason as "correctionReason",
    (select c.id from case_note c where c.corrects_id = n.id) as "correctedById",
    (select w.name from app_user w where w.id = f.by_id) as "confirmedByName", f.at as "confirmedAt"
  from submission s left join case_note n on n.submission_id = s.id left join note_confirmation f on f.note_id = n.id left join app_user u on u.id = s.submitted_by_id
  where s.case_id = $1::uuid and s.record is not null
  union all
  select e.place, to_char(e.at ${japan}, 'YYYY-MM-DD'), to_char(e.at ${japan}, 'HH24:MI'), null, null, null, e.what, null, null, null, null, c.agency_code, 'team', null, null, null, null, null
  from support_case c, lateral (
    select c.opened_at, 'opened', '00000000-0000-0000-0000-000000000000'::uuid
    union all select t.at, t.what, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid from case_turn t where t.case_id = c.id) e (at, what, place) where c.id = $1::uuid`;

export interface ChronologyAsk {
  caseId: string;
  kind?: EventKind | undefined;
  /** Only what this agency wrote. */
  agencyCode?: string | undefined;
  /** Events before this place (`on` and `id` of the last one seen). */
  before?: { on: string; id: string } | undefined;
  most: number;
}

/** Events of a case, newest first; of one day those without an hour last. `next`: where to go on, null at the end. */
export async function chronologyOf(tx: Tx, ask: ChronologyAsk): Promise<{ events: ChronologyEvent[]; next: { on: string; id: string } | null }> {
  const wanted = ask.kind === undefined ? null : Object.keys(kindOf).filter((record) => kindOf[record] === ask.kind);
  const rows = await tx.db.$queryRawUnsafe<Row[]>(
    `select * from (${events}) e
     where ($2::text[] is null or split_part(e.record, '.', 1) = any($2) or ($3 = 'case' and e.record is null) or ($3 = 'other' and e.record is not null and not (split_part(e.record, '.', 1) = any($4::text[]))))
       and ($5::text is null or e."agencyCode" = $5) and ($6::text is null or (e."on", coalesce(e.time, ''), e.id) < ($6, split_part($7, ' ', 1), split_part($7, ' ', 2)::uuid))
     order by e."on" desc, coalesce(e.time, '') desc, e.id desc limit $8`,
    ask.caseId, wanted, ask.kind ?? null, Object.keys(kindOf), ask.agencyCode ?? null, ask.before?.on ?? null, ask.before?.id ?? null, ask.most + 1,
  );
  const page = rows.slice(0, ask.most);
  const last = page.at(-1);
  return {
    events: page.map(({ id: _id, ...row }) => ({ ...row, kind: row.record === null ? 'case' : (kindOf[row.record.split('.')[0]!] ?? 'other') })),
    next: rows.length > ask.most && last ? { on: last.on, id: `${last.time ?? ''} ${last.id}` } : null,
  };
}
