import { z } from 'zod';
import { commentTask } from '../actions/comment-task.js';
import { audit } from '../base/audit.js';
import { readAs } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { route } from './route.js';
import { byId, id, instant } from './shape.js';
import { comment } from './task-shapes.js';

const path = '/api/tasks/:id/comments';

export const commentRoutes = [
  route({
    method: 'get', path, action: 'task.read', tag: 'tasks', summary: 'コメント',
    params: byId, reply: z.object({ comments: z.array(comment) }), problems: ['not_found'],
    async handler({ app, person, params }) {
      const comments = await readAs(app.db, person, async (tx) => {
        if (!(await tx.db.task.findUnique({ where: { id: params.id }, select: { id: true } }))) throw new Problem('not_found');
        await audit(tx, { action: 'task.read', resourceType: 'task', resourceId: params.id, basis: 'visible', outcome: 'done', fields: ['comments'] });
        return tx.db.$queryRaw<z.input<typeof comment>[]>`select c.id, c.author_id as "authorId", u.name as "authorName", c.body, c.at
          from task_comment c left join app_user u on u.id = c.author_id where c.task_id = ${params.id}::uuid order by c.at, c.id`;
      });
      return { comments };
    },
  }),
  route({
    method: 'post', path, action: 'task.comment', tag: 'tasks', summary: 'コメントを書く', description: '支援会議にかかる工程では、その回の構成員で守秘義務を誓約した人だけが書き、読む。',
    params: byId, body: z.strictObject({ body: z.string().min(1).max(2000) }), status: 201,
    reply: z.object({ id, at: instant }), problems: ['not_found', 'task_closed', 'pledge_missing'],
    handler: ({ app, person, params, body, idempotencyKey, requestId }) => commentTask(app, person, { taskId: params.id, body: body.body, idempotencyKey, requestId }),
  }),
];
