import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openApp } from '../../src/app.js';
import { readEnv } from '../../src/base/env.js';
import { seedTestCity } from '../support/city.js';
import { testEnv } from '../support/app.js';
import { asAdmin, freshDatabase, query, type TestDatabase } from '../support/database.js';
import { servers } from '../support/run.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedTestCity(database.ownerUrl);
});
afterAll(() => database.drop());

/** What the application's login sees, in this scope and as this person. */
const asPerson = (scope: string, userId: string, sql: string): Promise<Record<string, unknown>[]> =>
  query(database.appUrl, `with said as materialized (select set_config('app.scope', '${scope}', false), set_config('app.user_id', '${userId}', false)) select x.* from said, lateral (${sql}) x`);

describe('the database', () => {
  test('gives the answer kept for a repeated request to who asked, and to nobody else', async () => {
    const [mine, other] = (await query<{ id: string }>(database.ownerUrl, `select id from app_user order by login limit 2`)).map(({ id }) => id) as [string, string];
    await query(database.ownerUrl, `insert into idempotency_key (user_id, key, request_hash, status, body, created_at) values ($1, 'k', 'h', 200, '{}', now())`, [mine]);
    const seen = async (scope: string, userId: string): Promise<number> => (await asPerson(scope, userId, `select key from idempotency_key where said is not null`)).length;
    expect([await seen('person', mine), await seen('person', other), await seen('', mine), await seen('engine', '')]).toEqual([1, 0, 0, 1]);
  });

  test('shows cases city-wide to those who coordinate, direct, audit or run it; to who keeps the diagrams where processes stand; to who leads a section or an agency neither', async () => {
    await query(
      database.ownerUrl,
      `with d as (insert into process_definition (id, key, version, name, sha256, xml, forms, start_messages, executor_version, deployed_at) values (gen_random_uuid(), 'p', 1, 'p', 'x', '<x/>', '{}', '{}', 'x', now()) returning id),
         i as (insert into process_instance (id, definition_id, root_id, business_key, status, variables, executor_version, started_at) select x, d.id, x, 'R8-00001', 'active', '{}', 'x', now() from d, (select gen_random_uuid() as x) n returning id),
         k as (insert into incident (id, instance_id, kind, code, detail, created_at) select gen_random_uuid(), id, 'job', 'handler', '', now() from i)
       insert into support_case (id, case_no, field, agency_code, opened_at) select gen_random_uuid(), 'R8-00001', 'elder', code, now() from agency limit 1`,
    );
    const seen = async (role: string): Promise<unknown> =>
      (await query(
        database.appUrl,
        `select exists (select 1 from support_case) as cases, exists (select 1 from process_instance) as instances, exists (select 1 from incident) as incidents
         from (select set_config('app.scope', 'person', false), set_config('app.roles', '{${role}}', false)) said`,
      ))[0];
    for (const role of ['coordinator', 'meetingConvenor', 'chair', 'director', 'auditor', 'admin']) expect([role, await seen(role)]).toEqual([role, { cases: true, instances: true, incidents: true }]);
    expect(await seen('policyEditor')).toEqual({ cases: false, instances: true, incidents: true });
    for (const role of ['sectionLead', 'kpiReporter', 'manager', 'intakeWorker']) expect([role, await seen(role)]).toEqual([role, { cases: false, instances: false, incidents: false }]);
  });

  test('keeps password hashes from the application, but for the one login that signs in', async () => {
    await expect(query(database.appUrl, `select password_hash from app_user`)).rejects.toThrow('permission denied');
    await expect(query(database.appUrl, `select * from app_user`)).rejects.toThrow('permission denied');
    expect(await query(database.appUrl, `select id from sign_in_hash('mori.d')`)).toEqual([]);
    expect(await asPerson('engine', '', `select (h.password_hash like '$argon2id$%') as hashed from sign_in_hash('mori.d') h where said is not null`)).toEqual([{ hashed: true }]);
  });
});

describe('a process', () => {
  test('in production does not start without the login that owns nothing', async () => {
    const env = readEnv({ NODE_ENV: 'production', SESSION_SECRET: 'a secret of some length', ATTACHMENT_KEY: Buffer.alloc(32, 7).toString('base64'), DATABASE_URL: database.appUrl, LOG_LEVEL: 'silent' });
    await expect(openApp(env, 'test')).rejects.toThrow('APP_DATABASE_URL must be set in production');
  });

  test('does not start as superuser, as a login that owns something or that passes row-level security by', async () => {
    const { adminUrl, password } = servers();
    const open = (url: string) => openApp({ ...testEnv(database), APP_DATABASE_URL: url }, 'test');
    await expect(open(database.ownerUrl)).rejects.toThrow('passes row-level security by');
    await asAdmin(`create role guards_test login bypassrls password '${password}'`);
    try {
      const url = new URL(adminUrl);
      [url.pathname, url.username, url.password] = [`/${database.name}`, 'guards_test', password];
      await expect(open(url.href)).rejects.toThrow('guards_test: it passes row-level security by');
      await asAdmin(`alter role guards_test nobypassrls`);
      await query(database.ownerUrl, `create table guards_test (); alter table guards_test owner to guards_test`);
      await expect(open(url.href)).rejects.toThrow('guards_test: it owns something');
    } finally {
      await query(database.ownerUrl, `drop table if exists guards_test`);
      await asAdmin(`drop role guards_test`);
    }
    await (await open(database.appUrl)).close();
  });

  test('takes a setting that is set to nothing for unset', () => {
    const env = readEnv({ DATABASE_URL: 'postgres://x', PEOPLE_PASSWORD: '', METRICS_PORT: '', APP_DATABASE_URL: '' });
    expect([env.PEOPLE_PASSWORD, env.METRICS_PORT, env.APP_DATABASE_URL]).toEqual([undefined, undefined, undefined]);
  });

  test('believes X-Forwarded-For of as many proxies, or of those addresses, as it is told', () => {
    const trusted = (TRUST_PROXY?: string) => readEnv({ DATABASE_URL: 'postgres://x', ...(TRUST_PROXY === undefined ? {} : { TRUST_PROXY }) }).TRUST_PROXY;
    expect([trusted(), trusted('2'), trusted('loopback, 10.1.2.0/24')]).toEqual([['loopback'], 2, ['loopback', '10.1.2.0/24']]);
  });
});
