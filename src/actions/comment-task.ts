import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { placedBesideTask } from '../domain/meetings/place.js';
import { addComment } from '../domain/submissions.js';
import { besideTask, type TaskAsk } from './on-task.js';

export interface CommentInput extends TaskAsk {
  body: string;
}

const longest = 2000;

/**
 * Writes a comment on a task. At a step that knows of a 支援会議 it is kept with that sitting, by and for those inside it.
 * @throws Problem not_found, task_closed, pledge_missing; invalid unless it has 1 to 2,000 characters
 */
export async function commentTask(app: App, person: Person, input: CommentInput): Promise<{ id: string; at: string }> {
  const empty = input.body.trim() === '';
  if (empty || input.body.length > longest || input.body.includes('\0')) {
    throw new Problem('invalid', { errors: [{ pointer: '/body', detail: empty ? 'コメントを入力してください。' : `コメントは${longest}文字までで入力してください。` }] });
  }
  return besideTask(app, person, 'task.comment', input, { body: input.body }, async (tx, task) => {
    await placedBesideTask(tx, task.id);
    const row = await addComment(tx, task.id, person.userId, input.body);
    return { answer: { id: row.id, at: row.at.toISOString() }, fields: ['comment'] };
  });
}
