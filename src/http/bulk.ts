import { z } from 'zod';
import { bulkTasks, type BulkDo } from '../actions/bulk-tasks.js';
import { route } from './route.js';
import { id, instantIn, reason } from './shape.js';
import { taskSummary } from './task-shapes.js';

const what = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('claim') }),
  z.strictObject({ kind: z.literal('assign'), assigneeId: id }),
  z.strictObject({ kind: z.literal('changeDue'), dueAt: instantIn.nullable(), reason }),
]);

const refusal = z.looseObject({ code: z.string(), status: z.int(), title: z.string(), detail: z.string(), errors: z.array(z.object({ pointer: z.string(), detail: z.string() })) });

export const bulkRoutes = [
  route({
    method: 'post', path: '/api/tasks/bulk', action: 'inbox.read', tag: 'tasks', summary: 'まとめて引き受ける・割り当てる・期限を変える（100件まで、結果は1件ずつ）',
    description: '1件の失敗はほかを妨げない。仕事ごとに権限を確かめる。',
    body: z.strictObject({ taskIds: z.array(id).min(1).max(100), do: what }),
    reply: z.object({ rows: z.array(z.union([z.object({ taskId: id, ok: z.literal(true), task: taskSummary }), z.object({ taskId: id, ok: z.literal(false), problem: refusal })])) }),
    handler: ({ app, person, body, idempotencyKey, requestId }) => bulkTasks(app, person, { taskIds: body.taskIds, do: body.do satisfies BulkDo, idempotencyKey, requestId }),
  }),
];
