// From an empty Postgres to a database that the system can run on. Each part does nothing when it is done already.
import pg from 'pg';
import { deploy, runStatement, withDatabase } from './engine.mjs';

/** Makes the database that `ownerUrl` names, unless it is there. The login must be allowed to. */
export async function ensureDatabase(ownerUrl: string): Promise<void> {
  const name = decodeURIComponent(new URL(ownerUrl).pathname.slice(1));
  const client = new pg.Client(withDatabase(ownerUrl, 'postgres'));
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

/** Applies the migrations that are missing; returns their names. */
export function migrate(ownerUrl: string): Promise<string[]> {
  return deploy(ownerUrl);
}

/**
 * Lets a role that owns nothing sign in with the password that `roleUrl` carries.
 * @throws Error when it is another login than the two of ours: those are given by whoever runs the database
 */
export async function setRolePassword(ownerUrl: string, roleUrl: string): Promise<void> {
  const { username, password } = new URL(roleUrl);
  if (!['tsunagi_app', 'tsunagi_queue'].includes(username)) throw new Error(`not a role of ours: ${username}`);
  const secret = pg.escapeLiteral(decodeURIComponent(password));
  await runStatement(ownerUrl, `ALTER ROLE ${username} LOGIN PASSWORD ${secret}`);
}

/** Whether a city has been loaded before. */
export async function hasCity(ownerUrl: string): Promise<boolean> {
  const found = await runStatement(ownerUrl, 'SELECT 1 FROM agency LIMIT 1');
  return found.rowCount === 1;
}

/** Whether any diagram has been deployed. */
export async function hasDefinitions(ownerUrl: string): Promise<boolean> {
  const found = await runStatement(ownerUrl, 'SELECT 1 FROM process_definition LIMIT 1');
  return found.rowCount === 1;
}

/** The same database, another login. */
export function asRole(ownerUrl: string, role: string, password: string): string {
  const url = new URL(ownerUrl);
  url.username = role;
  url.password = password;
  return url.href;
}
