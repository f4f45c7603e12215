import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { verify } from '@node-rs/argon2';
import { readCity, usualClocks } from '../../src/base/city.js';
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
    rmSync(file);
    expect(readCity(folder).clocks).toEqual(usualClocks);
    rmSync(folder, { recursive: true });
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
