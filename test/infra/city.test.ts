import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { verify } from '@node-rs/argon2';
import { refoldNames } from '../../prisma/seed.js';
import { readCity, usualClocks, usualVariants } from '../../src/base/city.js';
import { keysOf } from '../../src/domain/people/fold.js';
import { useVariants } from '../../src/domain/people/variants.js';
import { cityDir, personByLogin, seedTestCity, testPassword } from '../support/city.js';
import { freshDatabase, query, type TestDatabase } from '../support/database.js';

const city = readCity(cityDir);

describe("the city's files", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
    await seedTestCity(database.ownerUrl);
  });
  afterAll(() => database.drop());

  test('every group inbox has somebody who looks into it', () => {
    const held = new Set(city.people.flatMap((person) => person.groups));
    expect(city.groups.map((group) => group.key).filter((key) => !held.has(key))).toEqual([]);
  });

  test('every agency has a manager to whom an overdue task can go', () => {
    const keys = new Set(city.groups.map((group) => group.key));
    const without = city.agencies.filter(({ code }) => !keys.has(`grp.manager.${code}`));
    expect(without).toEqual([]);
  });

  test('the people are invented and their mail leads nowhere', () => {
    expect(city.invented).toBe(true);
    expect(city.people.length).toBeGreaterThanOrEqual(25);
    expect(city.people.filter(({ email }) => !email.endsWith('@example.invalid'))).toEqual([]);
  });

  test('somebody signs in with the password that was given at seeding', async () => {
    const [row] = await query<{ password_hash: string }>(
      database.ownerUrl,
      `SELECT password_hash FROM app_user WHERE login = 'sato.h'`,
    );
    expect(await verify(row!.password_hash, testPassword)).toBe(true);
  });

  test('loading the files again changes nobody who is there', async () => {
    await query(database.ownerUrl, `UPDATE app_user SET name = '佐藤 改' WHERE login = 'sato.h'`);
    const before = await everything(database.ownerUrl);
    await seedTestCity(database.ownerUrl);
    expect(await everything(database.ownerUrl)).toEqual(before);
  });

  test('a coordinator of the city works in the inbox of the city coordinators', async () => {
    const person = await personByLogin(database.ownerUrl, 'sato.h');
    expect(person).toMatchObject({ agencyCode: 'welfare_policy', groups: ['grp.coordinator.city'] });
  });

  test('the periods that no law lays down are loaded; a city without the file has the usual ones, and nonsense is refused', async () => {
    expect(await query(database.ownerUrl, `SELECT value FROM city_setting WHERE key = 'clocks'`)).toMatchObject([{ value: usualClocks }]);
    const folder = mkdtempSync(join(tmpdir(), 'city-'));
    cpSync(cityDir, folder, { recursive: true });
    const file = join(folder, 'clocks.json');
    const clocks = JSON.parse(readFileSync(file, 'utf8')) as typeof usualClocks;
    writeFileSync(file, JSON.stringify({ ...clocks, outreach: { ...clocks.outreach, longestGapDays: 14 } }));
    expect(readCity(folder).clocks.outreach.longestGapDays).toBe(14);
    for (const wrong of [{ plans: { ...clocks.plans, longestMonths: 0 } }, { outreach: { ...clocks.outreach, reviewEvery: 'monthly' } }, { emergencies: {} }, { more: 1 }]) {
      writeFileSync(file, JSON.stringify({ ...clocks, ...wrong }));
      expect(() => readCity(folder)).toThrow('clocks.json');
    }
    const { doubts: _none, ...older } = clocks;
    writeFileSync(file, JSON.stringify(older)); // written before this period was the city's
    expect(readCity(folder).clocks.doubts).toEqual(usualClocks.doubts);
    rmSync(file);
    expect(readCity(folder).clocks).toEqual(usualClocks);
    rmSync(folder, { recursive: true });
  });

  test('a city adds characters that are one in a name: who is registered is found by them from the next start on, once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'city-'));
    cpSync(cityDir, folder, { recursive: true });
    const said = { kana: '', name: '逗　花', commonName: '', formerName: '', knownAs: '', phoneHome: '', phoneMobile: '' };
    const { nameKeys, grams } = keysOf(said);
    await query(database.ownerUrl, `INSERT INTO client_person (id, root_id, name, name_keys, grams, phone_keys, created_at) SELECT id, id, name, keys, grams, '{}', now() FROM (VALUES
      ('0190aaaa-0000-7000-8000-000000000001'::uuid, $1, $2::text[], $3::text[]), ('0190aaaa-0000-7000-8000-000000000002', '森 大', '{森大}', '{^森,森大}'), ('0190aaaa-0000-7000-8000-000000000003', '逗 実', '{}', '{}')) p (id, name, keys, grams)`, [said.name, nameKeys, grams]);
    const keys = () => query<{ k: string }>(database.ownerUrl, `SELECT name_keys::text || grams::text AS k FROM client_person ORDER BY id`);
    const before = await keys();
    expect(await refoldNames(database.ownerUrl, folder)).toBe(0);
    const file = join(folder, 'variants.json');
    try {
      writeFileSync(file, JSON.stringify({ note: '', groups: [...usualVariants(), '辻逗'] }));
      expect([await refoldNames(database.ownerUrl, folder), await refoldNames(database.ownerUrl, folder)]).toEqual([1, 0]);
      expect(keysOf(said)).toMatchObject({ nameKeys: ['辻花'], grams: ['^辻', '辻花'] });
      expect(await keys()).toEqual([{ k: '{辻花}{^辻,辻花}' }, ...before.slice(1)]);
      rmSync(file); // the city takes its own back: the usual ones hold
      expect(await refoldNames(database.ownerUrl, folder)).toBe(1);
      expect(await keys()).toEqual(before);
      writeFileSync(file, JSON.stringify({ note: '', groups: ['辻'] }));
      expect(() => readCity(folder)).toThrow('variants.json');
    } finally {
      useVariants(usualVariants());
      await query(database.ownerUrl, `DELETE FROM client_person`);
      rmSync(folder, { recursive: true });
    }
  });

  test('closed days of the city are in the calendar', async () => {
    const rows = await query(database.ownerUrl, 'SELECT on_date::text, open FROM calendar_day');
    expect(rows).toEqual([{ on_date: '2027-08-13', open: false }]);
  });
});

function everything(url: string): Promise<unknown[]> {
  return query(
    url,
    `SELECT u.*, array_agg(m.group_key ORDER BY m.group_key) AS groups
     FROM app_user u LEFT JOIN membership m ON m.user_id = u.id GROUP BY u.id ORDER BY u.login`,
  );
}
