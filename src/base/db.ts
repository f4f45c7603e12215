// The one door to Postgres. Nothing but `transact` makes a Tx, and nothing but a Tx can write.
//
// Lock order, everywhere: the turn of a case's orders (engine/steering `takeTurn`), the instance (through the root of its call tree; of
// several trees in the order of their ids), the task, the case (of several in the order of their ids), then what belongs to it (meeting,
// slip, person), and last the names of catches (engine/finish `lockCatches`). Who needs a tree after the case has to have locked it
// before (actions/cascade, actions/pause-clock); all else that is meant for other trees is left in the outbox.
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient, type Prisma } from '../generated/prisma/client.js';
import type { Clock } from './clock.js';
import { actorSql, CountingClient } from './connection.js';
import { Outage } from './problem.js';
import { addTime } from './timings.js';

/** A signed-in member of staff. `groups`: keys of their group inboxes. */
export interface Person {
  kind: 'person';
  userId: string;
  name: string;
  agencyCode: string;
  groups: readonly string[];
  roles: readonly string[];
}

/** The clock and the workers. */
export interface System {
  kind: 'system';
  name: string;
}

export type Actor = Person | System;

declare const made: unique symbol;

/** One transaction: who acts, when, and the client. Made by `transact` and `readAs` alone. */
export interface Tx {
  readonly [made]: true;
  readonly db: Prisma.TransactionClient;
  readonly actor: Actor;
  readonly now: Date;
  readonly requestId: string | null;
  /** Outbox rows that this transaction has left (base/outbox), for whoever carries them out right after the commit. */
  readonly left: { id: bigint; kind: string }[];
  /** Runs once the transaction has committed, never if it did not. Must not throw. */
  afterCommit(run: () => void): void;
}

export interface Db {
  readonly prisma: PrismaClient;
  readonly clock: Clock;
  /** What this process knows by heart of the database (the office calendar) is looked at again once a second, by the next transaction. */
  refresh: ((client: Prisma.TransactionClient) => Promise<void>) | null;
  /** When that was last done, by `performance.now()`; set back to look at once. */
  refreshedAtMs: number;
  close(): Promise<void>;
}

export interface DbOptions {
  url: string;
  /** Take this role after connecting (when `url` is the owner's). */
  role?: string;
  max: number;
  clock: Clock;
  onPoolError: (error: Error) => void;
}

export function openDb(options: DbOptions): Db {
  const role = options.role ? ` -c role=${options.role}` : '';
  const adapter = new PrismaPg(
    {
      connectionString: options.url,
      Client: CountingClient,
      max: options.max,
      connectionTimeoutMillis: 5000,
      idleTimeoutMillis: 30_000,
      // UTC: the adapter drops the offset of what the server sends, so any other zone would shift every instant read
      options: `-c timezone=UTC -c statement_timeout=15000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000${role}`,
    },
    { onPoolError: options.onPoolError, statementNameGenerator: statementName },
  );
  const prisma = new PrismaClient({ adapter });
  return { prisma, clock: options.clock, refresh: null, refreshedAtMs: 0, close: () => prisma.$disconnect() };
}

/** Same statement, same name: Postgres then plans it once a connection. Parameters are never part of the text. */
function statementName({ sql }: { sql: string }): string {
  const known = statementNames.get(sql);
  if (known) return known;
  const name = `s${statementNames.size}`;
  if (statementNames.size < 2000) statementNames.set(sql, name);
  return name;
}
const statementNames = new Map<string, string>();

/** Postgres array literal of plain keys, for set_config. */
const arrayLiteral = (keys: readonly string[]): string => `{${keys.map((k) => `"${k.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;

/** A transaction that takes longer is rolled back. */
const usualTimeoutMs = 20_000;
/** How long a change made elsewhere may be unknown here. */
export const refreshMs = 1_000;

async function run<T>(db: Db, scope: 'engine' | 'person', actor: Actor, requestId: string | null, work: (tx: Tx) => Promise<T>, timeoutMs = usualTimeoutMs): Promise<T> {
  const after: (() => void)[] = [];
  let workedUntil = 0;
  const userId = actor.kind === 'person' ? actor.userId : '';
  const groups = actor.kind === 'person' ? arrayLiteral(actor.groups) : '{}';
  const roles = actor.kind === 'person' ? arrayLiteral(actor.roles) : '{}';
  const agency = actor.kind === 'person' ? actor.agencyCode : '';
  const result = await db.prisma.$transaction(
    async (client) => {
      after.length = 0;
      const now = db.clock.now();
      await client.$executeRawUnsafe(actorSql, scope, userId, groups, roles, agency, now.toISOString());
      if (db.refresh && performance.now() - db.refreshedAtMs > refreshMs) {
        db.refreshedAtMs = performance.now();
        await db.refresh(client);
      }
      const value = await work({ db: client, actor, now, requestId, left: [], afterCommit: (r: () => void) => void after.push(r) } as unknown as Tx);
      workedUntil = performance.now();
      return value;
    },
    { maxWait: 10_000, timeout: timeoutMs },
  );
  addTime('commit', performance.now() - workedUntil);
  for (const r of after) r();
  return result;
}

/**
 * One action = one transaction. Imported by src/actions alone. Row-level security is lifted to `engine`: the caller has
 * authorised the actor. Retried when Postgres chose it as the victim of a deadlock or a serialisation failure.
 * @throws Outage when the database is away; whatever `work` throws otherwise (everything is rolled back)
 */
export async function transact<T>(db: Db, actor: Actor, work: (tx: Tx) => Promise<T>, requestId: string | null = null, timeoutMs = usualTimeoutMs): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run(db, 'engine', actor, requestId, work, timeoutMs);
    } catch (error) {
      if (attempt < 4 && isRetryable(error)) continue;
      throw asOutage(error);
    }
  }
}

/**
 * A read in which Postgres itself shows only what this person may see.
 * @throws Outage when the database is away
 */
export async function readAs<T>(db: Db, person: Person, work: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await run(db, 'person', person, null, work);
  } catch (error) {
    throw asOutage(error);
  }
}

interface DriverShape {
  code?: string;
  message?: string;
  meta?: { driverAdapterError?: { message?: string; cause?: { originalCode?: string; kind?: string; code?: string; message?: string } } };
  cause?: { originalCode?: string; kind?: string; code?: string; message?: string };
}

function postgresCode(error: unknown): string | undefined {
  const e = error as DriverShape;
  const cause = e.meta?.driverAdapterError?.cause ?? e.cause;
  return cause?.originalCode ?? cause?.code ?? cause?.kind ?? e.code;
}

/** A transaction that Postgres took back because of others at work at once: it is tried again. */
export function isRetryable(error: unknown): boolean {
  const code = postgresCode(error);
  return code === '40001' || code === '40P01' || code === 'TransactionWriteConflict' || (error as DriverShape).code === 'P2034';
}

const awayCodes = new Set(['53300', '55P03', '57014', '57P01', '57P02', '57P03', '08000', '08003', '08006', '08001', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'P1001', 'P1002', 'P1017', 'P2024', 'P2028', 'DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);
const awayText = /connection terminated|timeout exceeded when trying to connect|server closed the connection|Can't reach database|connect ECONN|Unable to start a transaction|Transaction already closed|the database system is (starting|shutting)|Query read timeout|is not queryable/i;

/** Turns "Postgres is away" in its many shapes into one Outage; returns any other error as it is. */
export function asOutage(error: unknown): unknown {
  const e = error as DriverShape;
  const code = postgresCode(error);
  if ((code && awayCodes.has(code)) || (e.code && awayCodes.has(e.code)) || [e, e.cause, e.meta?.driverAdapterError, e.meta?.driverAdapterError?.cause].some((part) => awayText.test(part?.message ?? ''))) return new Outage('database', { cause: error });
  return error;
}
