// The consents of a case as they were given, each with what became of it since.
import type { Tx } from '../../base/db.js';

export interface ConsentLine {
  id: string;
  subject: 'self' | 'member';
  memberName: string | null;
  memberId: string | null;
  state: 'considering' | 'full' | 'partial' | 'refused' | 'incapable';
  holds: boolean;
  types: string[];
  items: string[];
  agencies: { agencyCode: string; name: string; answer: 'agreed' | 'excluded'; covered: boolean }[];
  placeName: string | null;
  method: string | null;
  explained: string[];
  explainedOn: string | null;
  legalBasis: string;
  noticeVersion: string | null;
  validFrom: Date | null;
  validUntil: Date | null;
  recordedAt: Date;
  recordedByName: string | null;
  agencyCode: string;
  submissionId: string;
  endings: { kind: 'withdrawn' | 'narrowed' | 'expired' | 'superseded'; at: string; agencies: string[]; items: string[]; types: string[]; submissionId: string | null }[];
  evidence: { kind: string; about: 'consent' | 'withdrawal'; at: string; submissionId: string }[];
}

/** All of them, newest first, also those that no longer hold. As a person reads, only of cases that they reach. */
export async function listConsents(tx: Pick<Tx, 'db' | 'now'>, caseId: string): Promise<ConsentLine[]> {
  return tx.db.$queryRawUnsafe<ConsentLine[]>(
    `select c.id, c.subject, c.member_name as "memberName", c.member_id as "memberId", c.state, consent_holds(c.id, $2::timestamptz) as holds, c.types, c.items, c.place_name as "placeName", c.method, c.explained, c.explained_on as "explainedOn",
       c.legal_basis as "legalBasis", c.notice_version as "noticeVersion", c.valid_from as "validFrom", c.valid_until as "validUntil", c.recorded_at as "recordedAt", u.name as "recordedByName", c.agency_code as "agencyCode",
       c.submission_id as "submissionId",
       (select coalesce(jsonb_agg(jsonb_build_object('agencyCode', a.agency_code, 'name', g.name, 'answer', a.answer, 'covered', consent_holds(c.id, $2::timestamptz) and consent_agrees(c.id, a.agency_code)) order by a.agency_code), '[]')
          from consent_agency a join agency g on g.code = a.agency_code where a.consent_id = c.id) as agencies,
       (select coalesce(jsonb_agg(jsonb_build_object('kind', e.kind, 'at', to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'agencies', e.agencies, 'items', e.items, 'types', e.types, 'submissionId', e.submission_id) order by e.at, e.id), '[]')
          from consent_end e where e.consent_id = c.id) as endings,
       (select coalesce(jsonb_agg(jsonb_build_object('kind', v.kind, 'about', v.about, 'at', to_char(v.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'submissionId', v.submission_id) order by v.at, v.id), '[]')
          from consent_evidence v where v.consent_id = c.id) as evidence
     from consent c left join app_user u on u.id = c.recorded_by_id where c.case_id = $1::uuid order by c.recorded_at desc, c.id desc limit 500`,
    caseId,
    tx.now,
  );
}
