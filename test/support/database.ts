import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { servers } from './run.js';

export interface TestDatabase {
  name: string;
  /** May do everything. */
  ownerUrl: string;
  /** tsunagi_app: owns nothing, row-level security applies. */
  appUrl: string;
  /** tsunagi_queue: the queue library's own schema only. */
  queueUrl: string;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

/** A migrated, empty database of its own, cloned from the template. */
export async function freshDatabase(): Promise<TestDatabase> {
  const { adminUrl, template, password } = servers();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = (role?: string): string => {
    const made = new URL(adminUrl);
    made.pathname = `/${name}`;
    if (role) {
      made.username = role;
      made.password = password;
    }
    return made.href;
  };
  return {
    name,
    ownerUrl: url(),
    appUrl: url('tsunagi_app'),
    queueUrl: url('tsunagi_queue'),
    drop: () => asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** Runs one statement on the database `postgres` as superuser. */
export async function asAdmin(sql: string): Promise<void> {
  await query(servers().adminUrl, sql);
}

/** One statement over a connection of its own. */
export async function query<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}
