import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { mayReassign } from '../domain/authorize.js';
import { findPerson } from '../domain/users.js';
import { summarise, type TaskSummary } from '../engine/task-summary.js';
import { changeTask } from '../engine/tasks.js';
import { mustNotBeHeldByAnother, onTask, type TaskAsk } from './on-task.js';

export interface AssignInput extends TaskAsk {
  assigneeId: string;
}

/**
 * Gives a task to a member of one of its groups. What somebody holds is reassigned only by those who lead in its agency.
 * @throws Problem not_found, task_closed, task_claimed, instance_not_active, version_conflict; invalid when the assignee is
 *   not an active member of one of the task's groups
 */
export async function assignTask(app: App, person: Person, input: AssignInput): Promise<TaskSummary> {
  return onTask(app, person, 'task.assign', input, { assigneeId: input.assigneeId, version: input.version ?? null }, async ({ tx, task, resource }) => {
    if (!mayReassign(person, resource)) await mustNotBeHeldByAnother(tx, task, person);
    const assignee = await findPerson(tx, input.assigneeId);
    if (!assignee || !task.candidateGroups.some((key) => assignee.groups.includes(key))) {
      throw new Problem('invalid', { errors: [{ pointer: '/assigneeId', detail: 'この仕事の窓口に所属している人を選んでください。' }] });
    }
    if (task.assigneeId === assignee.userId) return { answer: summarise(task) };
    const changed = await changeTask(tx, task, { assigneeId: assignee.userId, claimedAt: tx.now }, { type: 'task_assigned', data: { from: task.assigneeId, to: assignee.userId } });
    return { answer: summarise(changed), fields: ['assigneeId'] };
  });
}
