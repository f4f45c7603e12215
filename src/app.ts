// The composition root: everything that an action needs, opened once per process. Starts nothing but the connection pool
// and the threads that steps run in.
import { followCalendar, type Calendar, type CalendarData } from './base/calendar.js';
import { readCity, type City } from './base/city.js';
import { offsetClock, systemClock, type Clock } from './base/clock.js';
import { asOutage, openDb, type Db } from './base/db.js';
import type { Env } from './base/env.js';
import { errorFacts } from './base/error-facts.js';
import { openLog, type Logger } from './base/log.js';
import { openSealer, type Sealer } from './base/seal.js';
import { openDirectory, type Directory } from './domain/agencies.js';
import { mustBeOpen, unattendedOf } from './domain/closing.js';
import { mainLineOf, mainLines, takenByCall, tellMainLine } from './domain/main-line.js';
import { useVariants } from './domain/people/variants.js';
import type { RecordKind } from './domain/records/record.js';
import { openRecords, type Records } from './domain/records/registry.js';
import { openDefinitions, type DefinitionCache } from './engine/definitions.js';
import type { EngineDeps, JobRunner } from './engine/run.js';
import { openStepper, type Stepper } from './engine/stepper.js';
import { BpmnError, type Handler } from './handlers/handler.js';
import { openHandlers, type HandlerRegistry } from './handlers/registry.js';

export interface App {
  env: Env;
  db: Db;
  clock: Clock;
  log: Logger;
  calendar: Calendar;
  /** The city's files, as they were when we started. */
  city: City;
  stepper: Stepper;
  definitions: DefinitionCache;
  handlers: HandlerRegistry;
  /** The 帳票 that forms may be kept as. */
  records: Records;
  directory: Directory;
  /** For what lies encrypted. */
  sealer: Sealer;
  /** What the engine is given of all this. */
  engine: EngineDeps;
  /** Calls `listener` after each commit that may have left work for the relay. Returns what takes it off again. */
  onCommit(listener: () => void): () => void;
  /** Says that there was such a commit. */
  committed(): void;
  close(): Promise<void>;
}

export interface AppOptions {
  /** Instead of the machine's, run ahead by CLOCK_OFFSET_MS. */
  clock?: Clock;
  /** Beside the registered ones. */
  handlers?: readonly Handler[];
  records?: readonly RecordKind[];
  /** Threads that steps run in. */
  stepThreads?: number;
}

/** A step may take this long; its thread is then ended and replaced. */
const stepWallMs = 8_000;

/**
 * @param name what the log calls this process
 * @throws Outage when the database is away; Error when a setting or the city's calendar is wrong, or the login may too much
 */
export async function openApp(env: Env, name: string, options: AppOptions = {}): Promise<App> {
  if (env.NODE_ENV === 'production' && !env.APP_DATABASE_URL) throw new Error('settings: APP_DATABASE_URL must be set in production (the login tsunagi_app, which owns nothing)');
  const log = openLog(env.LOG_LEVEL, name);
  const clock = options.clock ?? (env.CLOCK_OFFSET_MS === 0 ? systemClock : offsetClock(env.CLOCK_OFFSET_MS));
  const db = openDb({
    url: env.APP_DATABASE_URL ?? env.DATABASE_URL,
    ...(env.APP_DATABASE_URL ? {} : { role: 'tsunagi_app' }),
    max: env.DB_POOL_MAX,
    clock,
    onPoolError: (error) => log.warn(errorFacts(error), 'database pool'),
  });
  try {
    await mustOwnNothing(db);
    const city = readCity(env.CITY_DIR);
    useVariants(city.variants);
    const calendar = await watchCalendar(db, city.calendar.closesAt);
    const handlers = openHandlers(options.handlers);
    const records = openRecords(options.records);
    const stepper = openStepper({ threads: options.stepThreads ?? 2, wallMs: stepWallMs });
    const definitions = openDefinitions();
    const directory = openDirectory(clock);
    const engine: EngineDeps = {
      definitions,
      stepper,
      calendar,
      jobs: jobRunner(handlers, calendar),
      unknownGroups: async (tx, keys) => {
        const known = new Set((await directory.groups(tx, keys)).map((group) => group.key));
        return keys.filter((key) => !known.has(key));
      },
      mayBegin: mustBeOpen,
      oneAtATime: mainLines,
      runsAlready: mainLineOf,
      takenByCall,
      joined: tellMainLine,
      unattended: async (tx, keys) => (await unattendedOf(tx, keys)).map(({ caseNo }) => caseNo),
    };
    const listeners = new Set<() => void>();
    return {
      env, db, clock, log, calendar, city, stepper, definitions, handlers, records, directory, engine,
      sealer: openSealer(env.ATTACHMENT_KEY, env.ATTACHMENT_OLD_KEYS),
      onCommit(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      committed: () => listeners.forEach((listener) => listener()),
      async close() {
        await stepper.close();
        await db.close();
      },
    };
  } catch (error) {
    await db.close();
    throw asOutage(error);
  }
}

/** Row-level security and append-only tables hold only for a login that can neither pass them by nor change them. */
async function mustOwnNothing(db: Db): Promise<void> {
  const [login] = await db.prisma.$queryRaw<{ name: string; passes: boolean; owns: boolean }[]>`
    select r.rolname as name, r.rolsuper or r.rolbypassrls as passes,
      exists (select 1 from pg_shdepend d where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid and d.deptype = 'o') as owns
    from pg_roles r where r.rolname = current_user`;
  if (!login || login.passes || login.owns) throw new Error(`the application must not connect as ${login?.name ?? 'nobody'}: it ${login?.owns ? 'owns something' : 'passes row-level security by'}; APP_DATABASE_URL names the login tsunagi_app`);
}

/** Opening hours from the city's files, closed days from the database. They may change while we work: then they are read again. */
async function watchCalendar(db: Db, closesAt: string): Promise<Calendar> {
  const read = async (client: Pick<typeof db.prisma, 'calendarDay'>): Promise<CalendarData> =>
    ({ closesAt, days: (await client.calendarDay.findMany()).map((row) => ({ onDate: row.onDate.toISOString().slice(0, 10), open: row.open })) });
  const revisionOf = async (client: Pick<typeof db.prisma, 'calendarRevision'>): Promise<number> => (await client.calendarRevision.findUniqueOrThrow({ where: { id: 1 }, select: { revision: true } })).revision;
  let known = await revisionOf(db.prisma); // before the days: what is changed between the two is read again
  const calendar = followCalendar(await read(db.prisma));
  db.refresh = async (client) => {
    const revision = await revisionOf(client);
    if (revision === known) return;
    calendar.follow(await read(client));
    known = revision;
  };
  return calendar;
}

function jobRunner(handlers: HandlerRegistry, calendar: Calendar): JobRunner {
  return {
    kind: (name) => handlers.get(name)?.kind ?? null,
    async runInside(tx, name, context) {
      const handler = handlers.get(name);
      if (handler?.kind !== 'inside') throw new Error(`no inside handler ${name}`);
      try {
        return { variables: await handler.run(tx, { ...context, calendar }) };
      } catch (error) {
        if (error instanceof BpmnError) return { bpmnError: error.code, message: error.message };
        throw error;
      }
    },
  };
}
