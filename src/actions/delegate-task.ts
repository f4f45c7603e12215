import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { isBesideSitting } from '../domain/meetings/place.js';
import { addComment } from '../domain/submissions.js';
import { findPerson } from '../domain/users.js';
import { summarise, type TaskSummary } from '../engine/task-summary.js';
import { changeTask } from '../engine/tasks.js';
import { mustHaveReason } from './reason.js';
import { onTask, type TaskAsk } from './on-task.js';

export interface DelegateInput extends TaskAsk {
  toUserId: string;
  reason: string;
}

/**
 * Hands a held task to somebody else, with the reason. The one who handed it on stays its owner and keeps seeing it. At a step
 * that knows of a 支援会議 the reason is kept as a comment, which those inside that sitting read.
 * The new holder is of one of the task's groups or of the delegating person's agency.
 * @throws Problem not_found, forbidden, task_closed, task_not_claimed, instance_not_active, version_conflict, invalid
 */
export async function delegateTask(app: App, person: Person, input: DelegateInput): Promise<TaskSummary> {
  mustHaveReason(input.reason);
  return onTask(app, person, 'task.delegate', input, { toUserId: input.toUserId, reason: input.reason, version: input.version ?? null }, async ({ tx, task }) => {
    if (task.assigneeId === null) throw new Problem('task_not_claimed');
    const to = await findPerson(tx, input.toUserId);
    const fits = to !== null && (task.candidateGroups.some((key) => to.groups.includes(key)) || to.agencyCode === person.agencyCode);
    if (!fits || to.userId === task.assigneeId) {
      throw new Problem('invalid', { errors: [{ pointer: '/toUserId', detail: '同じ窓口か同じ機関の、ほかの人を選んでください。' }] });
    }
    const confidential = await isBesideSitting(tx, task.id);
    if (confidential) await addComment(tx, task.id, person.userId, input.reason);
    const changed = await changeTask(
      tx,
      task,
      { assigneeId: to.userId, claimedAt: tx.now, ownerId: task.ownerId ?? task.assigneeId, delegateReason: confidential ? null : input.reason },
      { type: 'task_delegated', data: { from: task.assigneeId, to: to.userId } },
    );
    return { answer: summarise(changed), fields: ['assigneeId', 'ownerId', 'delegateReason'] };
  });
}
