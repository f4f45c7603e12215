import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { summarise, type TaskSummary } from '../engine/task-summary.js';
import { changeTask } from '../engine/tasks.js';
import { mustNotBeHeldByAnother, onTask, type TaskAsk } from './on-task.js';

export interface FollowUpInput extends TaskAsk {
  /** When to look at it again; null: no longer. The due time stays as it is. */
  followUpAt: Date | null;
}

/**
 * Puts a task aside until a date.
 * @throws Problem not_found, task_closed, task_claimed, instance_not_active, version_conflict; invalid for a time that has passed
 */
export async function setFollowUp(app: App, person: Person, input: FollowUpInput): Promise<TaskSummary> {
  return onTask(app, person, 'task.followUp', input, { followUpAt: input.followUpAt, version: input.version ?? null }, async ({ tx, task }) => {
    await mustNotBeHeldByAnother(tx, task, person);
    if (input.followUpAt !== null && input.followUpAt <= tx.now) throw new Problem('invalid', { errors: [{ pointer: '/followUpAt', detail: 'これからの日時を指定してください。' }] });
    const changed = await changeTask(tx, task, { followUpAt: input.followUpAt }, { type: 'task_follow_up_set', data: { at: input.followUpAt?.toISOString() ?? null } });
    return { answer: summarise(changed), fields: ['followUpAt'] };
  });
}
