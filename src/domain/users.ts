// People who work here.
import type { Person, Tx } from '../base/db.js';

type Reader = Pick<Tx, 'db'>;

/** Somebody who did something before us, as the refusal names them. */
export interface Doer {
  id: string;
  name: string;
}

/** null when there is no such person (never: people are not deleted, they become inactive). */
export async function nameOf(tx: Reader, userId: string | null): Promise<Doer | null> {
  if (userId === null) return null;
  return tx.db.user.findUnique({ where: { id: userId }, select: { id: true, name: true } });
}

/** The active person with this id, and their groups. null when there is none. */
export async function findPerson(tx: Reader, userId: string): Promise<Person | null> {
  const user = await tx.db.user.findFirst({
    where: { id: userId, active: true },
    select: { id: true, name: true, agencyCode: true, roles: true, memberships: { select: { groupKey: true } } },
  });
  if (!user) return null;
  return { kind: 'person', userId: user.id, name: user.name, agencyCode: user.agencyCode, roles: user.roles, groups: user.memberships.map((m) => m.groupKey).toSorted() };
}

/** What signing in needs: the active person of this login with the hash of their password, which no other statement can read. */
export async function findForSignIn(tx: Reader, login: string): Promise<{ person: Person; passwordHash: string } | null> {
  const [user] = await tx.db.$queryRaw<{ id: string; passwordHash: string }[]>`select id, password_hash as "passwordHash" from sign_in_hash(${login})`;
  const person = user ? await findPerson(tx, user.id) : null;
  return user && person ? { person, passwordHash: user.passwordHash } : null;
}
