// Whom a person reaches, asked inside an action: there row-level security is lifted, so the question has to be put.
import { readersOf } from '../access.js';
import type { Person, Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';

const right = `from household_member m join case_access a on a.case_id = m.case_id
       where m.client_id = any($1::uuid[]) and a.reader = any($2::text[]) and a.ended_at is null and a.from_at <= $3::timestamptz and (a.until_at is null or a.until_at > $3::timestamptz)`;

/**
 * Of these registrations, those that the person may know of through a case of that very registration; a merge opens nothing. The same
 * rule as wherever a household is read: member_shown in the database.
 */
export async function reachedClients(tx: Tx, person: Person, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select distinct m.client_id as id ${right} and a.level in ('identity', 'content') and member_shown(m.case_id, m.client_id, m.relation, a.level, a.items, $4)`,
    [...ids], readersOf(person), tx.now, person.agencyCode,
  );
  return new Set(rows.map(({ id }) => id));
}

/** @throws Problem not_found when the person does not reach every one of them */
export async function mustReachClients(tx: Tx, person: Person, ids: readonly string[]): Promise<void> {
  const reached = await reachedClients(tx, person, ids);
  if (ids.some((id) => !reached.has(id))) throw new Problem('not_found');
}

/**
 * What is said of a person is changed by those whose own work is with a case of theirs (intake, assignment, emergency): what somebody was
 * only told, by a consent, a seat or a slip, is not theirs to change.
 * @throws Problem not_found where the person does not even know of them, forbidden where they were only told
 */
export async function mustWorkWithClient(tx: Tx, person: Person, id: string): Promise<void> {
  await mustReachClients(tx, person, [id]);
  const [own] = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select a.id ${right} and a.level = 'content' and a.items is null and a.basis not in ('consent', 'meeting', 'referral') limit 1`, [id], readersOf(person), tx.now,
  );
  if (!own) throw new Problem('forbidden', { detail: '同意・会議・つなぎによって知らされている人の情報は直せません。受け付けた機関か担当に伝えてください。' });
}
