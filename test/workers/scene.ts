// What the worker tests stand on: a database of their own with a small town in it, a clock that can be set, and as many
// worker processes as a test likes (each with its own connections) on either backend of the queue.
import pg from 'pg';
import { openCalendar } from '../../src/base/calendar.js';
import { systemClock, type Clock } from '../../src/base/clock.js';
import { openDb } from '../../src/base/db.js';
import { readEnv, type Env } from '../../src/base/env.js';
import { newId } from '../../src/base/id.js';
import type { WorkerApp } from '../../workers/lane.js';
import { startWorkers, type Workers, type WorkersOptions } from '../../workers/start.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { memoryLog } from './memory-log.js';

export type Backend = 'postgres' | 'redis';

/** A clock that goes on from wherever it is set. */
export interface SetClock extends Clock {
  set(at: string): void;
}

export function setClock(at: string): SetClock {
  let offsetMs = 0;
  const clock = {
    now: () => new Date(systemClock.now().getTime() + offsetMs),
    set(text: string) {
      offsetMs = new Date(text).getTime() - systemClock.now().getTime();
    },
  };
  clock.set(at);
  return clock;
}

const id = (): string => newId(systemClock.now().getTime());

export interface NewTask {
  group?: string;
  assigneeId?: string;
  dueAt?: string;
  urgent?: boolean;
  dueIn?: string;
  status?: string;
  caseNo?: string;
  name?: string;
}

export interface Scene {
  database: TestDatabase;
  clock: SetClock;
  log: ReturnType<typeof memoryLog>;
  /** Everything written in rows, as the owner. */
  rows<Row extends pg.QueryResultRow>(sql: string, ...values: unknown[]): Promise<Row[]>;
  count(sql: string, ...values: unknown[]): Promise<number>;
  person(group: string | null, login: string, options?: { agency?: string; active?: boolean }): Promise<string>;
  task(task: NewTask): Promise<string>;
  notice(taskId: string, kind: 'reminder' | 'escalation', rule: string, dueAt: string): Promise<string>;
  app(overrides?: Partial<Record<keyof Env, string>>): WorkerApp;
  workers(app: WorkerApp, options?: WorkersOptions): Workers;
  close(): Promise<void>;
}

/** @param settings SMTP_URL, REDIS_URL and so on */
export async function openScene(at: string, settings: Record<string, string> = {}): Promise<Scene> {
  const database = await freshDatabase();
  const clock = setClock(at);
  const log = memoryLog();
  const owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  owner.on('error', () => {});
  const rows = async <Row extends pg.QueryResultRow>(sql: string, ...values: unknown[]): Promise<Row[]> => (await owner.query<Row>(sql, values)).rows;
  const opened: { stop(): Promise<void> }[] = [];
  const { instanceId, definitionId } = await makeTown(rows, clock);
  return {
    database,
    clock,
    log,
    rows,
    count: async (sql, ...values) => Number((await rows<{ count: string }>(sql, ...values))[0]?.count),
    async person(group, login, { agency = 'houkatsu', active = true } = {}) {
      const userId = id();
      await rows(`insert into app_user (id, login, password_hash, name, email, agency_code, roles, active, created_at) values ($1, $2, 'x', $3, $4, $5, '{}', $6, now())`, userId, login, `氏名カナリア${login}`, `${login}@mail.invalid`, agency, active);
      if (group) await rows(`insert into membership (user_id, group_key) values ($1, $2)`, userId, group);
      return userId;
    },
    async task(task) {
      const taskId = id();
      await rows(
        `insert into task (id, instance_id, definition_id, process_key, execution_id, element_id, name, business_key, candidate_groups, assignee_id, status, due_at, urgent, deadline, created_at)
         values ($1::uuid, $2, $3, 'p', $1::text, 'check_consent', $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
        taskId, instanceId, definitionId, task.name ?? '本人同意の確認', task.caseNo ?? 'R8-00001', task.assigneeId && !task.group ? [] : [task.group ?? 'grp.intake'], task.assigneeId ?? null,
        task.status ?? 'open', task.dueAt ?? null, task.urgent ?? false, JSON.stringify({ dueIn: task.dueIn ?? '5BD', remindBefore: [], escalateAfter: [] }), clock.now(),
      );
      return taskId;
    },
    async notice(taskId, kind, rule, dueAt) {
      const timerId = id();
      await rows(`insert into timer (id, kind, instance_id, task_id, element_id, rule, due_at, created_at) values ($1, $2, $3, $4, 'check_consent', $5, $6, $7)`, timerId, kind, instanceId, taskId, rule, dueAt, clock.now());
      return timerId;
    },
    app: (overrides = {}) => openTestApp(database, { ...settings, ...overrides }, clock, log, opened),
    workers(app, options = {}) {
      const workers = startWorkers(app, { everyMs: 50, ...options });
      opened.push(workers);
      return workers;
    },
    async close() {
      for (const part of opened.toReversed()) await part.stop();
      await owner.end();
      await database.drop();
    },
  };
}

function openTestApp(database: TestDatabase, settings: Record<string, string>, clock: Clock, log: ReturnType<typeof memoryLog>, opened: { stop(): Promise<void> }[]): WorkerApp {
  const env = readEnv({ NODE_ENV: 'test', DATABASE_URL: database.ownerUrl, APP_DATABASE_URL: database.appUrl, QUEUE_DATABASE_URL: database.queueUrl, PUBLIC_URL: 'https://tsunagi.example.invalid', SMTP_URL: 'smtp://127.0.0.1:9', LOG_LEVEL: 'info', ...settings });
  const db = openDb({ url: env.APP_DATABASE_URL ?? database.appUrl, max: 6, clock, onPoolError: () => {} });
  opened.push({ stop: () => db.close() });
  const listeners = new Set<() => void>();
  // these lanes run no process: what steps need (threads, definitions, handlers) is left out on purpose
  return {
    env, db, clock, log: log.logger, calendar: openCalendar({ closesAt: '17:15', days: [] }),
    onCommit: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    committed: () => listeners.forEach((listener) => listener()),
    close: () => db.close(),
  } as unknown as WorkerApp;
}

async function makeTown(rows: (sql: string, ...values: unknown[]) => Promise<unknown[]>, clock: Clock): Promise<{ instanceId: string; definitionId: string }> {
  const [definitionId, instanceId] = [newId(1), newId(2)];
  await rows(`insert into agency (code, name, kind) values ('houkatsu', '地域包括支援センター', 'contractor'), ('shakyo', '社会福祉協議会', 'contractor')`);
  await rows(`insert into work_group (key, name, kind, agency_code) values ('grp.intake', '相談受付', 'intake', 'houkatsu'), ('grp.empty', '誰もいない受け箱', 'intake', 'shakyo'),
    ('grp.manager.houkatsu', '管理者', 'manager', 'houkatsu'), ('grp.manager.shakyo', '管理者', 'manager', 'shakyo'), ('grp.chair', '会長', 'chair', null)`);
  await rows(`insert into process_definition (id, key, version, name, sha256, xml, forms, start_messages, executor_version, deployed_at) values ($1, 'p', 1, 'p', 'x', '<x/>', '{}', '{}', 'x', $2)`, definitionId, clock.now());
  await rows(`insert into process_instance (id, definition_id, root_id, business_key, status, variables, executor_version, started_at) values ($1, $2, $1, 'R8-00001', 'active', '{}', 'x', $3)`, instanceId, definitionId, clock.now());
  return { instanceId, definitionId };
}
