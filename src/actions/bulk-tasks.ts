import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem, problemKinds, type PointedError, type ProblemCode } from '../base/problem.js';
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

export type BulkRow =
  | { taskId: string; ok: true; task: TaskSummary }
  | { taskId: string; ok: false; problem: { code: ProblemCode; status: number; title: string; detail: string; errors: PointedError[]; [extra: string]: unknown } };

const most = 100;

/**
 * The same for several tasks, each in its own transaction: what is refused for one does not hinder the others.
 * @returns one row for each task, in the order given
 * @throws Problem invalid for none, more than 100, or a task named twice; Outage
 */
export async function bulkTasks(app: App, person: Person, input: BulkInput): Promise<{ rows: BulkRow[] }> {
  const { taskIds } = input;
  if (taskIds.length === 0 || taskIds.length > most || new Set(taskIds).size !== taskIds.length) {
    throw new Problem('invalid', { errors: [{ pointer: '/taskIds', detail: `1件から${most}件まで、重ならないように選んでください。` }] });
  }
  const rows: BulkRow[] = [];
  for (const taskId of taskIds) {
    const ask = { taskId, requestId: input.requestId, idempotencyKey: input.idempotencyKey ? `${input.idempotencyKey}:${taskId}` : null };
    try {
      rows.push({ taskId, ok: true, task: await one(app, person, input.do, ask) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { code, status, message, errors, extra } = error;
      rows.push({ taskId, ok: false, problem: { ...extra, code, status, title: problemKinds[code].title, detail: message, errors } });
    }
  }
  return { rows };
}

function one(app: App, person: Person, what: BulkDo, ask: Ask & { taskId: string }): Promise<TaskSummary> {
  if (what.kind === 'claim') return claimTask(app, person, ask);
  if (what.kind === 'assign') return assignTask(app, person, { ...ask, assigneeId: what.assigneeId });
  return changeDue(app, person, { ...ask, dueAt: what.dueAt, reason: what.reason });
}
