import type { App } from '../app.js';
import { asOutage, transact, type Person } from '../base/db.js';
import { errorFacts } from '../base/error-facts.js';
import { findAnswer, hashRequest, storeAnswer } from '../base/idempotency.js';
import { Outage, Problem, problemKinds, type PointedError, type ProblemCode } from '../base/problem.js';
import type { TaskSummary } from '../engine/task-summary.js';
import type { Ask } from './act.js';
import { assignTask } from './assign-task.js';
import { changeDue } from './change-due.js';
import { claimTask } from './claim-task.js';

export type BulkDo = { kind: 'claim' } | { kind: 'assign'; assigneeId: string } | { kind: 'changeDue'; dueAt: Date | null; reason: string };

export interface BulkInput extends Ask {
  taskIds: readonly string[];
  do: BulkDo;
}

interface RowProblem {
  code: ProblemCode | 'fault';
  status: number;
  title: string;
  detail: string;
  errors: PointedError[];
  [extra: string]: unknown;
}

export type BulkRow = { taskId: string; ok: true; task: TaskSummary } | { taskId: string; ok: false; problem: RowProblem };

interface BulkAnswer {
  rows: BulkRow[];
}

const most = 100;
const fault: RowProblem = { code: 'fault', status: 500, title: '処理できませんでした', detail: 'システムの不具合です。この仕事は変わっていません。', errors: [] };
const unavailable: RowProblem = { code: 'unavailable', status: problemKinds.unavailable.status, title: problemKinds.unavailable.title, detail: problemKinds.unavailable.detail, errors: [] };

/**
 * The same for several tasks, each in its own transaction: what is refused for one does not hinder the others. When the
 * database goes away in the middle, the rows that were done are told as done and the rest as unavailable.
 * @returns one row for each task, in the order given
 * @throws Problem invalid for none, more than 100, or a task named twice; idempotency_mismatch; Outage when nothing was done
 */
export async function bulkTasks(app: App, person: Person, input: BulkInput): Promise<BulkAnswer> {
  const { taskIds } = input;
  if (taskIds.length === 0 || taskIds.length > most || new Set(taskIds).size !== taskIds.length) {
    throw new Problem('invalid', { errors: [{ pointer: '/taskIds', detail: `1件から${most}件まで、重ならないように選んでください。` }] });
  }
  const key = input.idempotencyKey ?? null;
  if (key === null) return { rows: await all(app, person, input) };
  const hash = hashRequest('task.bulk', { taskIds, do: input.do });
  const before = await begin(app, person, input, key, hash);
  if (before) return before;
  const answer = { rows: await all(app, person, input) };
  if (answer.rows.some((row) => !row.ok && row.problem.status >= 500)) return answer; // a repetition does what is left
  return keep(app, person, input, key, hash, answer);
}

/**
 * Notes what this key was used for before anything is done, so that a repetition after a crash must be the same request too.
 * @returns the answer that was given before
 */
async function begin(app: App, person: Person, input: BulkInput, key: string, hash: string): Promise<BulkAnswer | null> {
  return transact(app.db, person, async (tx) => {
    const requestKey = `${key}:request`;
    if (!(await storeAnswer(tx, person.userId, requestKey, hash, null))) await findAnswer(tx, person.userId, requestKey, hash);
    const found = await findAnswer(tx, person.userId, key, hash);
    return found ? (found.body as unknown as BulkAnswer) : null;
  }, input.requestId ?? null);
}

/** Keeps the whole answer; of several at once the first is everybody's. What was done is told even when that fails. */
async function keep(app: App, person: Person, input: BulkInput, key: string, hash: string, answer: BulkAnswer): Promise<BulkAnswer> {
  try {
    return await transact(app.db, person, async (tx) => {
      if (await storeAnswer(tx, person.userId, key, hash, answer)) return answer;
      const first = await findAnswer(tx, person.userId, key, hash);
      return first ? (first.body as unknown as BulkAnswer) : answer;
    }, input.requestId ?? null);
  } catch (error) {
    app.log.warn({ requestId: input.requestId, ...errorFacts(error) }, 'the answer to a bulk request was not kept');
    return answer;
  }
}

async function all(app: App, person: Person, input: BulkInput): Promise<BulkRow[]> {
  const rows: BulkRow[] = [];
  let away = false;
  for (const taskId of input.taskIds) {
    if (away) {
      rows.push({ taskId, ok: false, problem: unavailable });
      continue;
    }
    const ask = { taskId, requestId: input.requestId, idempotencyKey: input.idempotencyKey ? `${input.idempotencyKey}:${taskId}` : null };
    try {
      rows.push({ taskId, ok: true, task: await one(app, person, input.do, ask) });
    } catch (thrown) {
      const error = asOutage(thrown);
      if (error instanceof Outage && rows.length === 0) throw error;
      away = error instanceof Outage;
      rows.push({ taskId, ok: false, problem: problemOf(app, input, error) });
    }
  }
  return rows;
}

function problemOf(app: App, input: BulkInput, error: unknown): RowProblem {
  if (error instanceof Problem) {
    const { code, status, message, errors, extra } = error;
    return { ...extra, code, status, title: problemKinds[code].title, detail: message, errors };
  }
  if (error instanceof Outage) {
    app.log.warn({ requestId: input.requestId, ...errorFacts(error.cause) }, error.message);
    return unavailable;
  }
  app.log.error({ requestId: input.requestId, ...errorFacts(error) }, 'fault in a row of a bulk request');
  return fault;
}

function one(app: App, person: Person, what: BulkDo, ask: Ask & { taskId: string }): Promise<TaskSummary> {
  if (what.kind === 'claim') return claimTask(app, person, ask);
  if (what.kind === 'assign') return assignTask(app, person, { ...ask, assigneeId: what.assigneeId });
  return changeDue(app, person, { ...ask, dueAt: what.dueAt, reason: what.reason });
}
