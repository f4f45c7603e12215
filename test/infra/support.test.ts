import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import nodemailer from 'nodemailer';
import { Redis } from 'ioredis';
import { freshDatabase, query, type TestDatabase } from '../support/database.js';
import { freshRedis, hasRedis } from '../support/redis.js';
import { testSmtp } from '../support/smtp.js';

describe('what the tests stand on', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  test('each test file gets a migrated database of its own', async () => {
    const other = await freshDatabase();
    await query(database.ownerUrl, `INSERT INTO agency (code, name, kind) VALUES ('a', 'a', 'city')`);
    const rows = await query(other.ownerUrl, 'SELECT * FROM agency');
    expect(rows).toEqual([]);
    await other.drop();
    await expect(query(other.ownerUrl, 'SELECT 1')).rejects.toThrow('does not exist');
  });

  test('the application signs in as a role that owns nothing', async () => {
    const owned = `SELECT relname FROM pg_class WHERE relowner = current_user::regrole`;
    expect(await query(database.appUrl, owned)).toEqual([]);
    await expect(query(database.appUrl, 'CREATE TABLE mine (id int)')).rejects.toThrow('permission denied');
  });

  test('the queue role reaches its own schema and no table of ours', async () => {
    await query(database.queueUrl, 'CREATE TABLE bullmq.probe (id int)');
    await expect(query(database.queueUrl, 'SELECT * FROM task')).rejects.toThrow('permission denied');
  });

  test('mail goes to a real mail server', async () => {
    const smtp = await testSmtp();
    const transport = nodemailer.createTransport(smtp.url);
    await transport.sendMail({ from: 'a@example.invalid', to: 'b@example.invalid', subject: '𠮷野さん' });
    const [mail] = await smtp.arrived(1);
    expect(mail?.subject).toBe('𠮷野さん');
    transport.close();
    await smtp.stop();
  });

  test('a Redis of our own is there when the machine has one', async () => {
    if (!hasRedis()) return;
    const redis = await freshRedis();
    const client = new Redis(redis.url);
    await client.set('k', 'v');
    expect(await client.get('k')).toBe('v');
    await client.quit();
    await redis.drop();
  });
});
