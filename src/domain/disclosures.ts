// 提供記録: every time that something about a person is told to somebody, who told which kinds of content to whom, when, and on
// which basis. Lines are added and never changed; a withdrawal of consent leaves them as they are (domain.md §3.4).
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { Problem } from '../base/problem.js';
import { lockCase } from './cases.js';
import { coveringConsent, type ConsentType, type Covering, type ScopeItem } from './consents/consents.js';

export interface Disclosed {
  caseId: string;
  /** `agency`: its code. `place`: a 受入先. `subject`: the person themself. `authority`: where abuse is notified. */
  to: { kind: 'agency' | 'place' | 'subject' | 'authority'; code: string };
  /** What for: a type of consent, or what the law names. */
  purpose: string;
  items: readonly ScopeItem[];
  /** A code of legal_basis. */
  legalBasis: string;
  /** With basis 69-2-1, and only then. */
  consentId: string | null;
  meetingId: string | null;
  submissionId: string | null;
}

/** Writes the line. Postgres refuses one under a consent that does not cover it. @returns its id */
export async function recordDisclosure(tx: Tx, line: Disclosed): Promise<string> {
  const id = newId(tx.now.getTime());
  const by = tx.actor.kind === 'person' ? tx.actor : null;
  await tx.db.disclosure.create({
    data: {
      id, caseId: line.caseId, toKind: line.to.kind, toCode: line.to.code, purpose: line.purpose, items: [...line.items], legalBasis: line.legalBasis, consentId: line.consentId,
      meetingId: line.meetingId, submissionId: line.submissionId, at: tx.now, byId: by?.userId ?? null, agencyCode: by?.agencyCode ?? null,
    },
  });
  return id;
}

export interface Share {
  caseId: string;
  /** null: a 受入先, named by `placeCode`. */
  agencyCode: string | null;
  placeCode?: string;
  purpose: ConsentType;
  /** All that the consent covers when nothing is said. */
  items?: readonly ScopeItem[];
  meetingId?: string | null;
  submissionId?: string | null;
}

/**
 * Tells an agency about the case under the person's consent, and writes it down. The case is locked: of a share and a withdrawal at
 * once, the one that comes second meets the other.
 * @throws Problem consent_missing when no consent covers the agency, the purpose or an item at this moment
 */
export async function shareUnderConsent(tx: Tx, share: Share): Promise<Covering & { disclosureId: string }> {
  await lockCase(tx, share.caseId);
  const covering = await coveringConsent(tx, share.caseId, share.agencyCode, share.purpose);
  if (!covering) throw new Problem('consent_missing');
  const items = share.items ?? covering.items;
  const beyond = items.filter((item) => !covering.items.includes(item));
  if (items.length === 0 || beyond.length > 0) throw new Problem('consent_missing', { extra: { items: beyond } });
  const to = share.agencyCode === null ? ({ kind: 'place', code: share.placeCode ?? '' } as const) : ({ kind: 'agency', code: share.agencyCode } as const);
  const { caseId, purpose, meetingId = null, submissionId = null } = share;
  const disclosureId = await recordDisclosure(tx, { caseId, to, purpose, items, legalBasis: '69-2-1', consentId: covering.consentId, meetingId, submissionId });
  return { ...covering, items: [...items], disclosureId };
}

export interface DisclosureLine {
  id: string;
  at: Date;
  toKind: 'agency' | 'place' | 'subject' | 'authority';
  toCode: string;
  toName: string | null;
  purpose: string;
  items: string[];
  legalBasis: string;
  basisTitle: string;
  basisArticle: string;
  consentId: string | null;
  meetingId: string | null;
  submissionId: string | null;
  byName: string | null;
  byAgency: string | null;
}

const columns = `d.id, d.at, d.to_kind as "toKind", d.to_code as "toCode", coalesce(a.name, r.name) as "toName", d.purpose, d.items, d.legal_basis as "legalBasis",
  b.title as "basisTitle", b.article as "basisArticle", d.consent_id as "consentId", d.meeting_id as "meetingId", d.submission_id as "submissionId", u.name as "byName", d.agency_code as "byAgency"`;
const named = `join legal_basis b on b.code = d.legal_basis left join agency a on d.to_kind in ('agency', 'authority') and a.code = d.to_code
  left join social_resource r on d.to_kind = 'place' and r.no = d.to_code left join app_user u on u.id = d.by_id`;

/** What was told about a case, newest first; all of it, also under consents that no longer hold. */
export async function listDisclosures(tx: Pick<Tx, 'db'>, caseId: string): Promise<DisclosureLine[]> {
  return tx.db.$queryRawUnsafe<DisclosureLine[]>(`select ${columns} from disclosure d ${named} where d.case_id = $1::uuid order by d.at desc, d.id desc limit 1000`, caseId);
}

export interface PersonDisclosureLine extends DisclosureLine {
  caseId: string;
  caseNo: string;
  /** `subject`: the case is about this person; `member`: they belong to its household. */
  as: 'subject' | 'member';
}

/**
 * What was told over all cases of a person (本人開示, or to show the family), newest first: also of registrations that count as the same
 * person, and also where they are of the household. As a person reads, Postgres leaves out the cases that they do not reach.
 */
export async function listDisclosuresOf(tx: Pick<Tx, 'db'>, clientId: string): Promise<PersonDisclosureLine[]> {
  return tx.db.$queryRawUnsafe<PersonDisclosureLine[]>(
    `select ${columns}, d.case_id as "caseId", c.case_no as "caseNo", m."as" from (
       select h.case_id, case when bool_or(h.relation = 'subject') then 'subject' else 'member' end as "as" from client_person p join client_person f on f.root_id = p.root_id join household_member h on h.client_id = f.id
       where p.id = $1::uuid group by h.case_id) m
       join support_case c on c.id = m.case_id join disclosure d on d.case_id = m.case_id ${named} order by d.at desc, d.id desc limit 5000`,
    clientId,
  );
}

/** Codes of the agencies that were told anything about the case under a consent, or could have looked. */
export async function recipientsOf(tx: Pick<Tx, 'db'>, caseId: string): Promise<string[]> {
  const rows = await tx.db.$queryRawUnsafe<{ code: string }[]>(
    `select distinct to_code as code from disclosure where case_id = $1::uuid and to_kind = 'agency' and consent_id is not null order by 1`,
    caseId,
  );
  return rows.map(({ code }) => code);
}
