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

/** A migrated, empty database of its own, cloned from the template; or a clone of another one. */
export async function freshDatabase(template = servers().template): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  return databaseNamed(name);
}

/**
 * A template of this run that is made by whoever needs it first; the others wait.
 * @param name the same for the same content
 */
export async function sharedTemplate(name: string, make: (database: TestDatabase) => Promise<void>): Promise<string> {
  const { adminUrl, template } = servers();
  const shared = `${template}_${name}`;
  const client = new pg.Client(adminUrl);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [shared]);
    if ((await client.query('SELECT 1 FROM pg_database WHERE datname = $1 AND NOT datallowconn', [shared])).rowCount === 1) return shared;
    await client.query(`DROP DATABASE IF EXISTS ${shared} WITH (FORCE)`); // of somebody who came to grief over it
    await client.query(`CREATE DATABASE ${shared} TEMPLATE ${template}`);
    await make(databaseNamed(shared));
    await client.query(`ALTER DATABASE ${shared} WITH ALLOW_CONNECTIONS false`);
    return shared;
  } finally {
    await client.end(); // and with it the lock
  }
}

function databaseNamed(name: string): TestDatabase {
  const { adminUrl, password } = servers();
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
