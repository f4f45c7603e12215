// What slips let their receivers see (casework.md §3.3 R5, R9): before the answer who it is and the slip; from the yes on also what
// the person's consent names for that agency; after a no, or when the consent is gone, nothing.
import type { Tx } from '../../base/db.js';
import { endAccess, grantAccess, type Grant } from '../access.js';
import { coveringConsent } from '../consents/consents.js';

interface Open {
  id: string;
  fromAgency: string;
  groups: string[];
  accepted: boolean;
  consented: boolean;
  toCoordinators: boolean;
}

/** Slips that may still be spoken about. */
const openSlips = (tx: Pick<Tx, 'db'>, caseId: string): Promise<Open[]> =>
  tx.db.$queryRawUnsafe<Open[]>(
    `select r.id, r.from_agency as "fromAgency", case when r.status = 'sent' then r.to_groups else array_remove(array[r.accepted_group], null) end as groups, r.status <> 'sent' as accepted,
       r.consent = 'consented' as consented, exists (select 1 from submission s where s.id = r.submission_id and s.record = 'F12.coordination') as "toCoordinators"
     from referral r where r.case_id = $1::uuid and r.status in ('sent', 'accepted', 'conditional') and r.result is distinct from 'not_connected' order by r.id`,
    caseId,
  );

/**
 * The rights that the slips of this case imply now. One that rests on a consent lives by it; those to the coordinators keep who it is,
 * also when the consent is gone, because they judge what follows (P10).
 */
export async function impliedReferralGrants(tx: Pick<Tx, 'db' | 'now'>, caseId: string): Promise<Grant[]> {
  const grants: Grant[] = [];
  for (const slip of await openSlips(tx, caseId)) {
    const behind = new Map((await tx.db.group.findMany({ where: { key: { in: slip.groups } }, select: { key: true, agencyCode: true } })).map(({ key, agencyCode }) => [key, agencyCode]));
    for (const reader of slip.groups) {
      const agency = behind.get(reader) ?? null;
      const inside = agency === slip.fromAgency;
      const covering = slip.consented && !inside && agency !== null ? await coveringConsent(tx, caseId, agency) : null;
      const about = { caseId, reader, basis: 'referral', basisId: slip.id } as const;
      if (!slip.consented || inside || slip.toCoordinators || covering) grants.push({ ...about, level: 'identity', items: null, untilAt: covering && !slip.toCoordinators ? covering.validUntil : null });
      if (slip.accepted && covering) grants.push({ ...about, level: 'content', items: covering.items, untilAt: covering.validUntil });
    }
  }
  return grants;
}

type Live = Pick<Grant, 'reader' | 'level' | 'items' | 'untilAt'> & { basisId: string };
const keyOf = ({ basisId, reader, level, items, untilAt }: Live | Grant): string => JSON.stringify([basisId, reader, level, items ? [...items].toSorted() : null, untilAt?.getTime() ?? null]);

/** Brings the rights of basis `referral` to what the slips and the consents imply. @param reason why rights end, a code */
export async function settleReferralAccess(tx: Tx, caseId: string, reason: string): Promise<void> {
  const live = await tx.db.$queryRawUnsafe<Live[]>(
    `select a.reader, a.level, a.basis_id as "basisId", a.items, a.until_at as "untilAt" from case_access a
     where a.case_id = $1::uuid and a.basis = 'referral' and a.ended_at is null and exists (select 1 from referral r where r.id = a.basis_id)`, caseId);
  const implied = await impliedReferralGrants(tx, caseId);
  const wanted = new Set(implied.map(keyOf));
  const has = new Set(live.map(keyOf));
  for (const row of live) if (!wanted.has(keyOf(row))) await endAccess(tx, { caseId, basis: 'referral', basisId: row.basisId, reader: row.reader, level: row.level }, reason);
  for (const grant of implied) if (!has.has(keyOf(grant))) await grantAccess(tx, grant);
}
