import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { summarise, type TaskSummary } from '../engine/task-summary.js';
import { changeTask } from '../engine/tasks.js';
import { onTask, type TaskAsk } from './on-task.js';

/**
 * Gives a task back to its groups: the holder's own, or that of somebody whom one leads.
 * @throws Problem not_found, forbidden, task_closed, task_not_claimed, instance_not_active, version_conflict; invalid when
 *   the task has no group to go back to
 */
export async function unclaimTask(app: App, person: Person, input: TaskAsk): Promise<TaskSummary> {
  return onTask(app, person, 'task.unclaim', input, { version: input.version ?? null }, async ({ tx, task }) => {
    if (task.assigneeId === null) throw new Problem('task_not_claimed');
    if (task.candidateGroups.length === 0) throw new Problem('invalid', { detail: 'この仕事には戻す先の窓口がありません。ほかの人に引き継いでください。' });
    const changed = await changeTask(tx, task, { assigneeId: null, claimedAt: null }, { type: 'task_unclaimed', data: { from: task.assigneeId } });
    return { answer: summarise(changed), fields: ['assigneeId'] };
  });
}
