import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deploy, withDatabase } from '../../prisma/engine.mjs';
import { asAdmin, query } from '../support/database.js';
import { servers } from '../support/run.js';

describe('a city whose database is run by somebody else', () => {
  const name = 'test_plain_owner';
  let ownerUrl: string;

  beforeAll(async () => {
    const { adminUrl, password } = servers();
    await asAdmin(`CREATE ROLE plain_owner LOGIN CREATEROLE PASSWORD '${password}'`);
    // what Postgres gives to a login without superuser rights when it makes a role
    await asAdmin('GRANT tsunagi_app, tsunagi_queue TO plain_owner WITH ADMIN TRUE, SET FALSE, INHERIT FALSE');
    await asAdmin(`CREATE DATABASE ${name} OWNER plain_owner`);
    const url = new URL(withDatabase(adminUrl, name));
    url.username = 'plain_owner';
    ownerUrl = url.href;
  });
  afterAll(async () => {
    await asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await asAdmin('REVOKE tsunagi_app, tsunagi_queue FROM plain_owner CASCADE');
    await asAdmin('DROP ROLE plain_owner');
  });

  test('an owner without superuser rights can migrate, and act as the application', async () => {
    expect(await deploy(ownerUrl)).not.toEqual([]);
    expect(await deploy(ownerUrl)).toEqual([]);
    const asApp = `${ownerUrl}?options=${encodeURIComponent('-c role=tsunagi_app')}`;
    expect(await query(asApp, 'SELECT current_user, count(*)::int AS tasks FROM task')).toEqual([
      { current_user: 'tsunagi_app', tasks: 0 },
    ]);
  });
});
