import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import type { Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { saveDraft as storeDraft } from '../domain/submissions.js';
import { hasNul } from '../engine/failure.js';
import { besideTask, mustNotBeHeldByAnother, type TaskAsk } from './on-task.js';

export interface DraftInput extends Omit<TaskAsk, 'version'> {
  answers: Record<string, Json>;
  /** The draft's version last seen; null or nothing: there was none. */
  draftVersion?: number | null | undefined;
}

const mostBytes = 256 * 1024;

/**
 * Keeps what somebody has typed and not sent. Nobody else reads it; the form is not checked.
 * @throws Problem not_found, task_closed, task_claimed, version_conflict (saved from elsewhere meanwhile), too_large, invalid
 */
export async function saveDraft(app: App, person: Person, input: DraftInput): Promise<{ version: number; savedAt: string }> {
  if (Buffer.byteLength(JSON.stringify(input.answers)) > mostBytes) throw new Problem('too_large');
  if (hasNul(input.answers)) throw new Problem('invalid', { errors: [{ pointer: '/answers', detail: '使えない文字（U+0000）が含まれています。' }] });
  const draftVersion = input.draftVersion ?? null;
  return besideTask(app, person, 'task.draft', input, { answers: input.answers, draftVersion }, async (tx, task) => {
    await mustNotBeHeldByAnother(tx, task, person);
    const { version, savedAt } = await storeDraft(tx, task.id, person.userId, input.answers, draftVersion);
    return { answer: { version, savedAt: savedAt.toISOString() }, fields: ['draft'] };
  }, { hold: true });
}
