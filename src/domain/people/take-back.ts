// An import that is undone takes its people with it: whom it registered is found by nobody, and whom it only heard of anew is as
// they were before.
import type { Tx } from '../../base/db.js';
import { correctIdentity, findClient, heardAnew, identityFields, type Identity } from './clients.js';

interface Brought {
  clientId: string;
  /** Registered by this very sheet, and known to no other case and to no merge. */
  alone: boolean;
  /** What the person was before the sheet said where they live now; null where it said nothing new or somebody corrected it since. */
  before: Identity | null;
}

/** Everybody in the household of a sheet. A transaction has one time, so what it registered and learned bears the time of the membership. */
const broughtBy = (tx: Tx, submissionId: string): Promise<Brought[]> =>
  tx.db.$queryRawUnsafe<Brought[]>(
    `select m.client_id as "clientId",
       p.created_at = m.since_at and p.root_id = p.id and not exists (select 1 from client_person f where f.root_id = p.id and f.id <> p.id) and not exists (select 1 from household_member o where o.client_id = p.id and o.submission_id <> m.submission_id) as alone,
       (select c.before from client_change c where c.client_id = p.id and c.at = m.since_at and c.reason = $2 and not exists (select 1 from client_change l where l.client_id = p.id and l.at > c.at)) as before
     from household_member m join client_person p on p.id = m.client_id where m.submission_id = $1::uuid order by m.client_id for update of p`,
    submissionId,
    heardAnew,
  );

/**
 * Takes back what an imported sheet (F01, F02) said of people. Its memberships end; a registration that it made and that nobody else
 * uses loses its search keys, so that neither a search nor the warning of duplicates meets it again; the registration itself stays
 * on record, as everything does.
 */
export async function takeBackPeople(tx: Tx, submissionId: string): Promise<void> {
  const brought = await broughtBy(tx, submissionId);
  await tx.db.householdMember.updateMany({ where: { submissionId, endedAt: null }, data: { endedAt: tx.now, endReason: 'import_undone' } });
  for (const { clientId, alone, before } of brought) {
    if (alone) await tx.db.client.update({ where: { id: clientId }, data: { nameKeys: [], grams: [], phoneKeys: [], birthFirst: null, birthLast: null } });
    else if (before !== null) await putBack(tx, clientId, before);
  }
}

async function putBack(tx: Tx, clientId: string, before: Identity): Promise<void> {
  const now = await findClient(tx, clientId);
  const changes = Object.fromEntries(identityFields.filter((key) => now[key] !== before[key]).map((key) => [key, before[key]]));
  await correctIdentity(tx, clientId, now.version, changes, '取込みの取消し', tx.now.toISOString().slice(0, 10));
}
