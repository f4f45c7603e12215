import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { basename, dirname } from 'node:path';
import { migrationFiles } from '../../prisma/engine.mjs';
import type { Env } from '../../src/base/env.js';
import { examine, type Finding } from '../../src/services/doctor.js';
import { freePort } from '../../src/services/free-port.js';
import { testEnv } from '../support/app.js';
import { freshDatabase, query, type TestDatabase } from '../support/database.js';
import { testSmtp, type TestSmtp } from '../support/smtp.js';

describe('bin/doctor', () => {
  let database: TestDatabase;
  let smtp: TestSmtp;
  let env: Env;
  beforeAll(async () => {
    database = await freshDatabase();
    smtp = await testSmtp();
    env = testEnv(database, { SMTP_URL: smtp.url, PORT: `${await freePort()}` });
  });
  afterAll(async () => {
    await smtp.stop();
    await database.drop();
  });

  const migrations = migrationFiles().map((file) => basename(dirname(file)));
  const look = async (changed: Partial<Env> = {}, more: string[] = []): Promise<Map<string, Finding['state']>> => {
    const findings = await examine({
      env: { ...env, ...changed },
      ownerUrl: database.ownerUrl,
      migrations: [...migrations, ...more],
      nodeVersion: '20.19.0',
      timeZone: 'Asia/Tokyo',
      now: () => new Date(),
    });
    return new Map(findings.map(({ name, state }) => [name, state]));
  };

  test('finds only that no diagram is deployed yet on a fresh database', async () => {
    const found = await look();
    expect([...found].filter(([, state]) => state !== 'good')).toEqual([['図', 'bad']]);
  });

  test('warns when the application runs with the rights of the owner', async () => {
    expect((await look({ APP_DATABASE_URL: database.ownerUrl })).get('権限')).toBe('bad');
  });

  test('warns when the queue may read the tables of the cases', async () => {
    expect((await look({ QUEUE_DATABASE_URL: database.ownerUrl })).get('キュー')).toBe('bad');
  });

  test('finds a migration that was not applied', async () => {
    expect((await look({}, ['29991231000000_later'])).get('移行')).toBe('bad');
  });

  test('finds that Redis and the mail server are away', async () => {
    const nobody = await freePort();
    const away = { REDIS_URL: `redis://127.0.0.1:${nobody}`, SMTP_URL: `smtp://127.0.0.1:${nobody}` };
    const found = await look(away);
    expect([found.get('キュー'), found.get('メール')]).toEqual(['bad', 'bad']);
  });

  test('finds that nobody hands out the work', async () => {
    const old = `INSERT INTO outbox (kind, payload, created_at) VALUES ('notify', '{}', now() - interval '1 hour')`;
    await query(database.ownerUrl, old);
    expect((await look()).get('ワーカー')).toBe('bad');
  });

  test('says everything that is wrong when the database is away', async () => {
    const url = `postgresql://tsunagi_app:x@127.0.0.1:${await freePort()}/tsunagi`;
    const found = await look({ DATABASE_URL: url, APP_DATABASE_URL: url, QUEUE_DATABASE_URL: url });
    expect(found.get('データベース')).toBe('bad');
    expect(found.get('メール')).toBe('good');
  });
});
