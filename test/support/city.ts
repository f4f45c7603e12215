import { fileURLToPath } from 'node:url';
import { seedCity } from '../../prisma/seed.js';
import { query } from './database.js';

/** Password of everybody in a seeded test city. */
export const testPassword = 'tsunagi-test';

/** The folder that a test city comes from. */
export const cityDir = fileURLToPath(new URL('../../city', import.meta.url));

/** Loads the city's agencies, groups, closed days and invented people (with cheap password hashes). */
export async function seedTestCity(ownerUrl: string): Promise<void> {
  await seedCity({
    ownerUrl,
    cityDir,
    now: new Date('2026-11-23T00:00:00Z'),
    demoPassword: testPassword,
    hashing: { memoryCost: 64, timeCost: 1, parallelism: 1 },
  });
}

export interface SeededPerson {
  kind: 'person';
  userId: string;
  name: string;
  agencyCode: string;
  groups: string[];
  roles: string[];
}

/**
 * A person of the seeded city, in the shape of an Actor.
 * @throws Error when nobody has that login
 */
export async function personByLogin(ownerUrl: string, login: string): Promise<SeededPerson> {
  const [row] = await query<Omit<SeededPerson, 'kind'>>(
    ownerUrl,
    `SELECT u.id AS "userId", u.name, u.agency_code AS "agencyCode", u.roles,
       coalesce(array_agg(m.group_key ORDER BY m.group_key) FILTER (WHERE m.group_key IS NOT NULL), '{}') AS groups
     FROM app_user u LEFT JOIN membership m ON m.user_id = u.id WHERE u.login = $1 GROUP BY u.id`,
    [login],
  );
  if (!row) throw new Error(`nobody signs in as ${login}`);
  return { kind: 'person', ...row };
}
