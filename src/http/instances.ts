import { z } from 'zod';
import { cancelInstance } from '../actions/cancel-instance.js';
import { editVariables, type EditInput } from '../actions/edit-variables.js';
import { resumeInstance } from '../actions/resume-instance.js';
import { suspendInstance } from '../actions/suspend-instance.js';
import { readAs } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { readHistory } from '../engine/history.js';
import { listInstances, readInstanceDetail } from '../engine/monitor.js';
import { historyEvent, instanceDetail, instanceLine, instanceStatus } from './process-shapes.js';
import { route } from './route.js';
import { byId, flag, id, limit, reason, variables } from './shape.js';

/** Ids sort by time, so the last one seen is where the next page begins. */
const before = id.optional().meta({ description: '前のページの nextCursor' });

const filters = z.strictObject({
  processKey: z.string().min(1).max(200).optional(),
  definitionId: id.optional(),
  status: instanceStatus.optional(),
  case: z.string().min(1).max(200).optional(),
  incident: flag.optional().meta({ description: '未対応の障害があるもの（true）、ないもの（false）' }),
  roots: flag.optional().meta({ description: 'ほかの手続きに呼ばれたものを除く' }),
  limit,
  cursor: before,
});

const because = z.strictObject({ reason });
const stopped = z.object({ instanceIds: z.array(id) });

const reads = [
  route({
    method: 'get', path: '/api/instances', action: 'instance.read', tag: 'instances', summary: '手続き（新しい順）',
    query: filters, reply: z.object({ instances: z.array(instanceLine), nextCursor: z.string().nullable() }),
    async handler({ app, person, query }) {
      const { limit: rows, cursor = null, case: caseNo, ...rest } = query;
      const found = await readAs(app.db, person, (tx) => listInstances(tx, { ...rest, caseNo }, cursor, rows + 1));
      return { instances: found.slice(0, rows), nextCursor: found.length > rows ? found[rows - 1]!.id : null };
    },
  }),
  route({
    method: 'get', path: '/api/instances/:id', action: 'instance.read', tag: 'instances', summary: '手続きひとつ（待ち、障害、変数、呼んだ手続き）',
    params: byId, reply: instanceDetail, problems: ['not_found'],
    async handler({ app, person, params }) {
      const reader = { db: app.db.prisma };
      const found = await readAs(app.db, person, (tx) => readInstanceDetail(tx, params.id, (definitionId) => app.definitions.byId(reader, definitionId)));
      if (!found) throw new Problem('not_found');
      return found;
    },
  }),
  route({
    method: 'get', path: '/api/instances/:id/history', action: 'instance.read', tag: 'instances', summary: '起きたこと（古い順）',
    params: byId,
    query: z.strictObject({ limit, cursor: z.string().regex(/^\d{1,18}$/).optional().meta({ description: '前のページの nextCursor' }) }),
    reply: z.object({ events: z.array(historyEvent), nextCursor: z.string().nullable() }), problems: ['not_found'],
    async handler({ app, person, params, query }) {
      const found = await readAs(app.db, person, async (tx) => {
        if (!(await tx.db.processInstance.findUnique({ where: { id: params.id }, select: { id: true } }))) throw new Problem('not_found');
        return readHistory(tx, params.id, { after: query.cursor === undefined ? null : BigInt(query.cursor), limit: query.limit + 1 });
      });
      const page = found.slice(0, query.limit);
      return { events: page.map((e) => ({ ...e, id: String(e.id) })), nextCursor: found.length > page.length ? String(page.at(-1)!.id) : null };
    },
  }),
];

const changes = [
  route({
    method: 'post', path: '/api/instances/:id/suspend', action: 'instance.suspend', tag: 'instances', summary: '一時停止する（呼んだ手続きも）',
    params: byId, body: because, reply: stopped, problems: ['not_found', 'instance_not_active'],
    handler: ({ app, person, params, body, idempotencyKey, requestId }) => suspendInstance(app, person, { instanceId: params.id, reason: body.reason, idempotencyKey, requestId }),
  }),
  route({
    method: 'post', path: '/api/instances/:id/resume', action: 'instance.resume', tag: 'instances', summary: '再開する',
    params: byId, body: because, reply: stopped, problems: ['not_found', 'instance_not_active'],
    handler: ({ app, person, params, body, idempotencyKey, requestId }) => resumeInstance(app, person, { instanceId: params.id, reason: body.reason, idempotencyKey, requestId }),
  }),
  route({
    method: 'post', path: '/api/instances/:id/cancel', action: 'instance.cancel', tag: 'instances', summary: '取り消す',
    params: byId, body: because, reply: stopped, problems: ['not_found', 'instance_not_active'],
    handler: ({ app, person, params, body, idempotencyKey, requestId }) => cancelInstance(app, person, { instanceId: params.id, reason: body.reason, idempotencyKey, requestId }),
  }),
  route({
    method: 'patch', path: '/api/instances/:id/variables', action: 'variables.edit', tag: 'instances', summary: '理由を書いて変数を直す',
    params: byId, body: z.strictObject({ variables, reason }), reply: z.object({ names: z.array(z.string()) }),
    problems: ['not_found', 'instance_not_active', 'too_many_variables', 'step_failed'],
    handler: ({ app, person, params, body, idempotencyKey, requestId }) =>
      editVariables(app, person, { instanceId: params.id, variables: body.variables as EditInput['variables'], reason: body.reason, idempotencyKey, requestId }),
  }),
];

export const instanceRoutes = [...reads, ...changes];
