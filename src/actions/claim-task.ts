import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { summarise, type TaskSummary } from '../engine/task-summary.js';
import { changeTask } from '../engine/tasks.js';
import { mustNotBeHeldByAnother, onTask, type TaskAsk } from './on-task.js';

/**
 * Takes a task of one's group. Of several at once one wins; taking it again changes nothing.
 * @throws Problem not_found, task_closed, task_claimed, instance_not_active, version_conflict
 */
export async function claimTask(app: App, person: Person, input: TaskAsk): Promise<TaskSummary> {
  return onTask(app, person, 'task.claim', input, { version: input.version ?? null }, async ({ tx, task }) => {
    await mustNotBeHeldByAnother(tx, task, person);
    if (task.assigneeId === person.userId) return { answer: summarise(task) };
    const changed = await changeTask(tx, task, { assigneeId: person.userId, claimedAt: tx.now }, { type: 'task_claimed' });
    return { answer: summarise(changed), fields: ['assigneeId'] };
  });
}
