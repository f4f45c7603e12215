import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { discardDraft as removeDraft } from '../domain/submissions.js';
import { besideTask, type TaskAsk } from './on-task.js';

/**
 * Throws one's own draft away, also when the task has closed.
 * @throws Problem not_found
 */
export async function discardDraft(app: App, person: Person, input: TaskAsk): Promise<{ discarded: boolean }> {
  return besideTask(app, person, 'task.draft', input, {}, async (tx, task) => ({ answer: { discarded: await removeDraft(tx, task.id, person.userId) }, fields: ['draft'] }), { closedToo: true });
}
