import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { leads } from '../domain/authorize.js';
import { summarise, type TaskSummary } from '../engine/task-summary.js';
import { changeDueAt } from '../engine/tasks.js';
import { mustHaveReason } from './reason.js';
import { onTask, type TaskAsk } from './on-task.js';

export interface ChangeDueInput extends TaskAsk {
  /** null: no due time any more, and so no reminder and no escalation. For those who lead where the task lies. */
  dueAt: Date | null;
  reason: string;
}

/**
 * Changes when a task is due, with the reason; its reminders and escalations move along.
 * @throws Problem not_found, task_closed, instance_not_active, version_conflict, clock_stands; forbidden (no due time, by somebody who leads nobody); invalid without a reason or for a time
 *   that has passed
 */
export async function changeDue(app: App, person: Person, input: ChangeDueInput): Promise<TaskSummary> {
  mustHaveReason(input.reason);
  return onTask(app, person, 'task.changeDue', input, { dueAt: input.dueAt, reason: input.reason, version: input.version ?? null }, async ({ tx, task, resource }) => {
    if (input.dueAt !== null && input.dueAt <= tx.now) throw new Problem('invalid', { errors: [{ pointer: '/dueAt', detail: 'これからの日時を指定してください。' }] });
    if (task.pausedAt !== null) throw new Problem('clock_stands');
    // no due time means no reminder and no escalation: that nobody will look at it again is for those to say who lead
    if (input.dueAt === null && !leads(person, resource)) throw new Problem('forbidden', { detail: '期限をなくすと催促と上申が止まります。所属の管理者か重層担当に頼んでください。日時を変えることはできます。' });
    const changed = await changeDueAt(tx, app.calendar, task, input.dueAt, input.reason, person.userId);
    return { answer: summarise(changed), fields: ['dueAt'] };
  });
}
