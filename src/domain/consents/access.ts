// What consents imply for who may see the case. The rows of basis `consent` are always brought to exactly that, so that what
// opens and what closes are one piece of work whatever happened: given, narrowed, withdrawn, expired, replaced.
import type { Tx } from '../../base/db.js';
import { agencyReader, endAccess, grantAccess, type Grant } from '../access.js';
import { recordDisclosure } from '../disclosures.js';
import { settleAssignedAccess } from '../outreach/assigned.js';
import { settlePlanAccess } from '../plans/team.js';
import { settleReferralAccess } from '../referrals/access.js';
import { coveringConsent, type ConsentType, type ScopeItem } from './consents.js';

interface Implied {
  consentId: string;
  agencyCode: string;
  items: ScopeItem[];
  validUntil: Date;
}

const impliedRows = (tx: Pick<Tx, 'db' | 'now'>, caseId: string): Promise<Implied[]> =>
  tx.db.$queryRawUnsafe<Implied[]>(
    `select c.id as "consentId", a.agency_code as "agencyCode", consent_items(c.id) as items, c.valid_until as "validUntil"
     from consent c join consent_agency a on a.consent_id = c.id
     where c.case_id = $1::uuid and c.subject = 'self' and consent_holds(c.id, $2::timestamptz) and 'share' = any(consent_types(c.id)) and consent_agrees(c.id, a.agency_code)
       and cardinality(consent_items(c.id)) > 0
       and (exists (select 1 from work_group g where g.agency_code = a.agency_code) or exists (select 1 from app_user u where u.agency_code = a.agency_code)) and not slip_stands_between(c.case_id, a.agency_code, c.recorded_at)
     order by c.id, a.agency_code`,
    caseId,
    tx.now,
  );

const grantOf = (caseId: string, { consentId, agencyCode, items, validUntil }: Implied): Grant => ({ caseId, reader: agencyReader(agencyCode), level: 'content', basis: 'consent', basisId: consentId, items, untilAt: validUntil });

/**
 * The rights that the consents of this case imply at this moment: each agency that is named with 同意 and not withdrawn from, as far
 * as the items go, to the consent's last moment (casework.md §3.3 R5). An agency that was sent a slip has first to accept it: while it
 * has not answered, and after its no, it is not one of them (slip_stands_between in the database says the same). Nor is one that nobody here
 * signs in for (a clinic, a school): to name it opens nothing, and what it is told is written down by whoever tells it (F10.provided).
 */
export async function impliedConsentGrants(tx: Pick<Tx, 'db' | 'now'>, caseId: string): Promise<Grant[]> {
  return (await impliedRows(tx, caseId)).map((row) => grantOf(caseId, row));
}

interface Live {
  basisId: string;
  reader: string;
  items: string[] | null;
  untilAt: Date | null;
}

const sameItems = (a: readonly string[] | null | undefined, b: readonly string[] | null | undefined): boolean => JSON.stringify((a ?? []).toSorted()) === JSON.stringify((b ?? []).toSorted());
const isSame = (live: Live, grant: Grant): boolean =>
  live.basisId === grant.basisId && live.reader === grant.reader && live.untilAt?.getTime() === grant.untilAt?.getTime() && sameItems(live.items, grant.items);

export interface Changed {
  /** Codes of agencies that see the case no longer by a consent. */
  closed: string[];
  opened: string[];
}

interface Seated {
  basisId: string;
  reader: string;
  agencyCode: string | null;
  items: string[] | null;
  untilAt: Date | null;
}

/** What was opened on some other ground, but only as far as a consent goes, is brought to how far it goes now. */
async function settleBoundAccess(tx: Tx, caseId: string, basis: 'meeting' | 'handover', purpose: ConsentType, reason: string): Promise<void> {
  const seated = await tx.db.$queryRawUnsafe<Seated[]>(
    `select a.basis_id as "basisId", a.reader, a.items, a.until_at as "untilAt",
       coalesce((select g.agency_code from work_group g where g.key = a.reader), (select u.agency_code from app_user u where u.id::text = a.reader), substring(a.reader from '^agency:(.*)$')) as "agencyCode"
     from case_access a where a.case_id = $1::uuid and a.basis = $2 and a.level = 'content' and a.ended_at is null and a.basis_id is not null order by a.id`,
    caseId,
    basis,
  );
  for (const { basisId, reader, agencyCode, items, untilAt } of seated) {
    const covering = agencyCode === null ? null : await coveringConsent(tx, caseId, agencyCode, purpose);
    const left = covering ? covering.items.filter((item) => items === null || items.includes(item)) : [];
    const until = covering && (untilAt === null || covering.validUntil < untilAt) ? covering.validUntil : untilAt;
    if (covering && items !== null && left.length === items.length && until?.getTime() === untilAt?.getTime()) continue;
    await endAccess(tx, { caseId, basis, basisId, reader }, reason);
    if (left.length > 0) await grantAccess(tx, { caseId, reader, level: 'content', basis, basisId, items: left, untilAt: until });
    else if (basis === 'handover') await grantAccess(tx, { caseId, reader, level: 'exists', basis, basisId });
  }
}

/**
 * A seat in a 重層的支援会議, and accompanying after a closure, open the case only as far as consent goes, at every moment and not just when
 * the right was given (casework.md §3.3 R7). What a 支援会議 opens is no right to the case and is not touched.
 */
async function settleConferenceAccess(tx: Tx, caseId: string, reason: string): Promise<void> {
  await settleBoundAccess(tx, caseId, 'meeting', 'conference', reason);
  await settleBoundAccess(tx, caseId, 'handover', 'share', reason);
}

/**
 * Brings the rights of basis `consent` to what the consents imply, and with them those of slips, of seats in a 重層的支援会議, of a plan and of who carries a support. What opens is written into the 提供記録 as given out.
 * @param reason why rights end, a code: `withdrawn`, `expired`, `superseded`, or the answer to a slip
 */
export async function settleConsentAccess(tx: Tx, caseId: string, reason: string, submissionId: string | null): Promise<Changed> {
  const live = await tx.db.$queryRawUnsafe<Live[]>(`select basis_id as "basisId", reader, items, until_at as "untilAt" from case_access where case_id = $1::uuid and basis = 'consent' and ended_at is null`, caseId);
  const implied = await impliedRows(tx, caseId);
  const grants = implied.map((row) => grantOf(caseId, row));
  for (const row of live.filter((one) => !grants.some((grant) => isSame(one, grant)))) await endAccess(tx, { caseId, basis: 'consent', basisId: row.basisId, reader: row.reader }, reason);
  const fresh = implied.filter((_row, index) => !live.some((one) => isSame(one, grants[index]!)));
  for (const row of fresh) await grantAccess(tx, grantOf(caseId, row));
  await settleConferenceAccess(tx, caseId, reason);
  await settleReferralAccess(tx, caseId, reason);
  const before = new Set(live.map(({ reader }) => reader));
  const after = new Set(grants.map(({ reader }) => reader));
  const opened = [...new Set(fresh.filter(({ agencyCode }) => !before.has(agencyReader(agencyCode))).map(({ agencyCode }) => agencyCode))];
  for (const { agencyCode, items, consentId } of fresh.filter((row) => opened.includes(row.agencyCode))) {
    await recordDisclosure(tx, { caseId, to: { kind: 'agency', code: agencyCode }, purpose: 'share', items, legalBasis: '69-2-1', consentId, meetingId: null, submissionId });
  }
  await settlePlanAccess(tx, caseId, reason, submissionId);
  await settleAssignedAccess(tx, caseId, reason, submissionId);
  return { closed: [...before].filter((reader) => !after.has(reader)).map((reader) => reader.slice(agencyReader('').length)), opened };
}
