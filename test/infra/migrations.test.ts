import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrationFiles, withDatabase } from '../../prisma/engine.mjs';
import { ensureDatabase } from '../../prisma/prepare.js';
import { asAdmin, freshDatabase, query, type TestDatabase } from '../support/database.js';
import { servers } from '../support/run.js';
import { root } from '../house/source.js';

const run = promisify(execFile);
const node = (url: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  run(process.execPath, args, { cwd: root, env: { ...process.env, NODE_OPTIONS: '', DATABASE_URL: url } });

describe('migrations', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  test('the migrations make exactly what the schema says', async () => {
    const { stdout } = await node(database.ownerUrl, 'prisma/migrate.mjs', 'check');
    expect(stdout).toContain('migrations vs database');
  });

  test("Prisma's own command applies them, and finds nothing to do the second time", async () => {
    const name = 'test_prisma_command';
    const url = withDatabase(servers().adminUrl, name);
    const command = ['node_modules/prisma/build/index.js', 'migrate', 'deploy'];
    try {
      await ensureDatabase(url);
      await node(url, ...command);
      const rows = await query(url, 'SELECT 1 FROM _prisma_migrations WHERE finished_at IS NOT NULL');
      expect(rows).toHaveLength(migrationFiles().length);
      expect((await node(url, ...command)).stdout).toContain('No pending migrations');
    } finally {
      await asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    }
  }, 120_000);

  test('what happened cannot be changed afterwards, not even by the owner', async () => {
    await query(
      database.ownerUrl,
      `INSERT INTO audit_event (at, action, resource_type, outcome) VALUES (now(), 'test', 'task', 'done')`,
    );
    await expect(query(database.ownerUrl, 'DELETE FROM audit_event')).rejects.toThrow('append-only');
    await expect(query(database.ownerUrl, 'TRUNCATE audit_event')).rejects.toThrow('append-only');
  });
});
