// Loads a city's files into the database. Runs as the owner of the schema: the application may not change these tables.
import { hash, type Options } from '@node-rs/argon2';
import pg from 'pg';
import { createHash } from 'node:crypto';
import { newId } from '../src/base/id.js';
import { readCity, type City, type CityPerson } from '../src/base/city.js';
import { keysOf, type NamesAndNumbers } from '../src/domain/people/fold.js';
import { useVariants } from '../src/domain/people/variants.js';

export interface SeedOptions {
  /** Login that owns the schema. */
  ownerUrl: string;
  /** Folder with agencies.json, groups.json, people.json, calendar.json, consents.json, meetings.json, resources.json, clocks.json, variants.json. */
  cityDir: string;
  now: Date;
  /** Password of the invented people; null: no people are loaded. */
  demoPassword: string | null;
  /** argon2id parameters; the library's own when absent. Tests make it cheap. */
  hashing?: Options;
}

/**
 * Brings agencies, groups and closed days to what the files say, and adds the people that are not there yet. A second
 * run changes nothing: who is there keeps password, agency and groups.
 * @throws Error when a file is wrong (nothing is changed then)
 */
export async function seedCity(options: SeedOptions): Promise<{ city: City; peopleAdded: number }> {
  const city = readCity(options.cityDir);
  const client = new pg.Client(options.ownerUrl);
  await client.connect();
  try {
    await client.query('BEGIN');
    await writeAgencies(client, city);
    await writeCalendar(client, city);
    await writeSettings(client, city);
    await refold(client, city.variants);
    const peopleAdded = options.demoPassword === null ? 0 : await addPeople(client, city, options);
    if (options.demoPassword !== null || !city.inventedResources) await addResources(client, city, options.now);
    await client.query('COMMIT');
    return { city, peopleAdded };
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    await client.end();
  }
}

async function writeAgencies(client: pg.Client, city: City): Promise<void> {
  await client.query(
    `INSERT INTO agency (code, name, kind, field, is_contractor, can_intake)
     SELECT code, name, kind, field, "isContractor", "canIntake" FROM jsonb_to_recordset($1::jsonb)
       AS a (code text, name text, kind text, field text, "isContractor" boolean, "canIntake" boolean)
     ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, field = excluded.field,
       is_contractor = excluded.is_contractor, can_intake = excluded.can_intake
     WHERE agency.edited_at IS NULL`,
    [JSON.stringify(city.agencies)],
  );
  await client.query(
    `INSERT INTO work_group (key, name, kind, agency_code)
     SELECT key, name, kind, "agencyCode" FROM jsonb_to_recordset($1::jsonb)
       AS g (key text, name text, kind text, "agencyCode" text)
     ON CONFLICT (key) DO UPDATE
       SET name = excluded.name, kind = excluded.kind, agency_code = excluded.agency_code`,
    [JSON.stringify(city.groups)],
  );
}

async function writeCalendar(client: pg.Client, city: City): Promise<void> {
  await client.query(
    `INSERT INTO calendar_day (on_date, open, name)
     SELECT "onDate", open, name FROM jsonb_to_recordset($1::jsonb)
       AS d ("onDate" date, open boolean, name text)
     ON CONFLICT (on_date) DO UPDATE SET open = excluded.open, name = excluded.name WHERE calendar_day.changed_at IS NULL`,
    [JSON.stringify(city.calendar.days)],
  );
}

/** Places whose number is not taken yet. What staff have changed since stays as they left it; invented ones come with invented people only. */
async function addResources(client: pg.Client, city: City, now: Date): Promise<void> {
  const rows = city.resources.map((resource) => ({ ...resource, id: newId(now.getTime()) }));
  await client.query(
    `WITH added AS (
       INSERT INTO social_resource (id, no, name, kinds, owner, address, area, purposes, interests, days, access, group_size, cost_yen, cost_note, age_from, age_to, gender, supports,
         capacity, conditions, contact_rule, opening, verified_on, verified_by, registered_on)
       SELECT id, no, name, kinds, owner, address, area, purposes, interests, days, access, "groupSize", "costYen", "costNote", "ageFrom", "ageTo", gender, supports,
         capacity, conditions, "contactRule", opening, "verifiedOn", "verifiedBy", "verifiedOn" FROM jsonb_to_recordset($1::jsonb)
         AS r (id uuid, no text, name text, kinds text[], owner text, address text, area text, purposes text[], interests text[], days text[], access text[], "groupSize" text, "costYen" int,
           "costNote" text, "ageFrom" int, "ageTo" int, gender text, supports text[], capacity int, conditions text, "contactRule" text, opening text, "verifiedOn" date, "verifiedBy" text)
       ON CONFLICT (no) DO NOTHING RETURNING id, verified_on, verified_by)
     INSERT INTO resource_check (id, resource_id, result, checked_on, checked_by, at) SELECT gen_random_uuid(), id, 'registered', verified_on, verified_by, $2::timestamptz FROM added`,
    [JSON.stringify(rows), now],
  );
}

async function writeSettings(client: pg.Client, { consents, meetings, resourceRules, clocks }: City): Promise<void> {
  await client.query(`INSERT INTO city_setting (key, value) VALUES ('consents', $1), ('meetings', $2), ('resources', $3), ('clocks', $4) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, [JSON.stringify(consents), JSON.stringify(meetings), JSON.stringify(resourceRules), JSON.stringify(clocks)]);
}

/**
 * Makes the keys by which people are found anew where the city's old and variant characters (variants.json) are others than at the last time.
 * @returns how many registrations have other keys now
 */
export async function refoldNames(ownerUrl: string, cityDir: string): Promise<number> {
  const { variants } = readCity(cityDir);
  const client = new pg.Client(ownerUrl);
  await client.connect();
  try {
    await client.query('BEGIN');
    const changed = await refold(client, variants);
    await client.query('COMMIT');
    return changed;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    await client.end();
  }
}

const refoldAtOnce = 2_000;

async function refold(client: pg.Client, variants: readonly string[]): Promise<number> {
  const sha256 = createHash('sha256').update(JSON.stringify(variants)).digest('hex');
  const known = await client.query<{ sha256: string }>(`SELECT value->>'sha256' AS sha256 FROM city_setting WHERE key = 'variants' FOR UPDATE`);
  if (known.rows[0]?.sha256 === sha256) return 0;
  useVariants(variants);
  let changed = 0;
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    // who has no keys is found by nobody any more (an import that was taken back), and stays so
    const { rows } = await client.query<NamesAndNumbers & { id: string; keys: string[]; grams: string[] }>(
      `SELECT id, kana, name, known_as AS "knownAs", common_name AS "commonName", former_name AS "formerName", phone_home AS "phoneHome", phone_mobile AS "phoneMobile", name_keys AS keys, grams
       FROM client_person WHERE id > $1 AND cardinality(name_keys) > 0 ORDER BY id LIMIT $2`, [after, refoldAtOnce]);
    const others = rows.flatMap((row) => {
      const { nameKeys, grams } = keysOf(row);
      return JSON.stringify([nameKeys, grams]) === JSON.stringify([row.keys, row.grams]) ? [] : [{ id: row.id, nameKeys, grams }];
    });
    await client.query(
      `UPDATE client_person p SET name_keys = array(SELECT jsonb_array_elements_text(k."nameKeys")), grams = array(SELECT jsonb_array_elements_text(k.grams))
       FROM jsonb_to_recordset($1::jsonb) AS k (id uuid, "nameKeys" jsonb, grams jsonb) WHERE p.id = k.id`, [JSON.stringify(others)]);
    changed += others.length;
    if (rows.length < refoldAtOnce) break;
    after = rows.at(-1)!.id;
  }
  await client.query(`INSERT INTO city_setting (key, value) VALUES ('variants', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, [JSON.stringify({ sha256 })]);
  return changed;
}

async function addPeople(client: pg.Client, city: City, options: SeedOptions): Promise<number> {
  const logins = city.people.map((person) => person.login);
  const known = await client.query<{ login: string }>('SELECT login FROM app_user WHERE login = ANY ($1)', [
    logins,
  ]);
  const there = new Set(known.rows.map((row) => row.login));
  const missing = city.people.filter((person) => !there.has(person.login));
  const rows = await Promise.all(missing.map((person) => userRow(person, options)));
  await client.query(
    `INSERT INTO app_user (id, login, password_hash, name, email, agency_code, roles, created_at)
     SELECT id, login, hash, name, email, "agencyCode", roles, $2 FROM jsonb_to_recordset($1::jsonb)
       AS u (id uuid, login text, hash text, name text, email text, "agencyCode" text, roles text[])`,
    [JSON.stringify(rows), options.now],
  );
  await client.query(
    `INSERT INTO membership (user_id, group_key)
     SELECT u.id, unnest(u.groups) FROM jsonb_to_recordset($1::jsonb) AS u (id uuid, groups text[])`,
    [JSON.stringify(rows)],
  );
  return rows.length;
}

async function userRow(
  person: CityPerson,
  { demoPassword, hashing, now }: SeedOptions,
): Promise<CityPerson & { id: string; hash: string }> {
  const passwordHash = await hash(demoPassword ?? '', hashing);
  return { ...person, id: newId(now.getTime()), hash: passwordHash };
}
