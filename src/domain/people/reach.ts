// Whom a person reaches, asked inside an action: there row-level security is lifted, so the question has to be put.
import { readersOf } from '../access.js';
import type { Person, Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';

/** Of these registrations, those whose identity the person reaches through a case of that very registration; a merge opens nothing. */
export async function reachedClients(tx: Tx, person: Person, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select distinct m.client_id as id from household_member m join case_access a on a.case_id = m.case_id
       where m.client_id = any($1::uuid[]) and a.reader = any($2::text[]) and a.level in ('identity', 'content') and a.ended_at is null and a.from_at <= $3::timestamptz and (a.until_at is null or a.until_at > $3::timestamptz)`,
    [...ids], readersOf(person), tx.now,
  );
  return new Set(rows.map(({ id }) => id));
}

/** @throws Problem not_found when the person does not reach every one of them */
export async function mustReachClients(tx: Tx, person: Person, ids: readonly string[]): Promise<void> {
  const reached = await reachedClients(tx, person, ids);
  if (ids.some((id) => !reached.has(id))) throw new Problem('not_found');
}
