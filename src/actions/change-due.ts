import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { summarise, type TaskSummary } from '../engine/task-summary.js';
import { changeDueAt } from '../engine/tasks.js';
import { mustHaveReason } from './reason.js';
import { onTask, type TaskAsk } from './on-task.js';

export interface ChangeDueInput extends TaskAsk {
  /** null: no due time any more */
  dueAt: Date | null;
  reason: string;
}

/**
 * Changes when a task is due, with the reason; its reminders and escalations move along.
 * @throws Problem not_found, task_closed, instance_not_active, version_conflict, clock_stands; invalid without a reason or for a time
 *   that has passed
 */
export async function changeDue(app: App, person: Person, input: ChangeDueInput): Promise<TaskSummary> {
  mustHaveReason(input.reason);
  return onTask(app, person, 'task.changeDue', input, { dueAt: input.dueAt, reason: input.reason, version: input.version ?? null }, async ({ tx, task }) => {
    if (input.dueAt !== null && input.dueAt <= tx.now) throw new Problem('invalid', { errors: [{ pointer: '/dueAt', detail: 'これからの日時を指定してください。' }] });
    if (task.pausedAt !== null) throw new Problem('clock_stands');
    const changed = await changeDueAt(tx, app.calendar, task, input.dueAt, input.reason, person.userId);
    return { answer: summarise(changed), fields: ['dueAt'] };
  });
}
