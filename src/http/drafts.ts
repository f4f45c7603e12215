import { z } from 'zod';
import { discardDraft } from '../actions/discard-draft.js';
import { saveDraft, type DraftInput } from '../actions/save-draft.js';
import { readAs } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { route } from './route.js';
import { byId, instant } from './shape.js';
import { draft } from './task-shapes.js';

const path = '/api/tasks/:id/draft';

export const draftRoutes = [
  route({
    method: 'get', path, action: 'task.draft', tag: 'tasks', summary: '自分の下書き',
    params: byId, reply: draft, problems: ['not_found'],
    async handler({ app, person, params }) {
      const found = await readAs(app.db, person, (tx) => tx.db.draft.findUnique({ where: { taskId_userId: { taskId: params.id, userId: person.userId } } }));
      if (!found) throw new Problem('not_found');
      return { answers: found.answers as Record<string, unknown>, version: found.version, savedAt: found.savedAt };
    },
  }),
  route({
    method: 'put', path, action: 'task.draft', tag: 'tasks', summary: '下書きを保存する（本人だけに見える）',
    params: byId,
    body: z.strictObject({
      answers: z.record(z.string().max(200), z.unknown().meta({ override: {} })),
      draftVersion: z.int().min(1).nullable().default(null).meta({ description: '最後に読んだ下書きの version。初めてなら null。' }),
    }),
    reply: z.object({ version: z.int(), savedAt: instant }),
    problems: ['not_found', 'task_closed', 'task_claimed', 'version_conflict'],
    handler: ({ app, person, params, body, idempotencyKey, requestId }) =>
      saveDraft(app, person, { taskId: params.id, answers: body.answers as DraftInput['answers'], draftVersion: body.draftVersion, idempotencyKey, requestId }),
  }),
  route({
    method: 'delete', path, action: 'task.draft', tag: 'tasks', summary: '下書きを捨てる',
    params: byId, reply: z.object({ discarded: z.boolean() }), problems: ['not_found'],
    handler: ({ app, person, params, idempotencyKey, requestId }) => discardDraft(app, person, { taskId: params.id, idempotencyKey, requestId }),
  }),
];
