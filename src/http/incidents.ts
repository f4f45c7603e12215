import { z } from 'zod';
import { retryIncident } from '../actions/retry-incident.js';
import { skipIncident } from '../actions/skip-incident.js';
import { readAs } from '../base/db.js';
import { listIncidents } from '../engine/monitor.js';
import { incidentLine } from './process-shapes.js';
import { route } from './route.js';
import { byId, flag, id, limit, reason } from './shape.js';

const closed = ['not_found', 'incident_closed', 'instance_not_active'] as const;

export const incidentRoutes = [
  route({
    method: 'get', path: '/api/incidents', action: 'incident.read', tag: 'incidents', summary: '障害（新しい順）',
    query: z.strictObject({
      open: flag.default(true).meta({ description: '未対応（true）か対応済み（false）か' }),
      instanceId: id.optional(),
      processKey: z.string().min(1).max(200).optional(),
      limit,
      cursor: id.optional().meta({ description: '前のページの nextCursor' }),
    }),
    reply: z.object({ incidents: z.array(incidentLine), nextCursor: z.string().nullable() }),
    async handler({ app, person, query }) {
      const { limit: rows, cursor = null, ...filter } = query;
      const found = await readAs(app.db, person, (tx) => listIncidents(tx, filter, cursor, rows + 1));
      return { incidents: found.slice(0, rows), nextCursor: found.length > rows ? found[rows - 1]!.id : null };
    },
  }),
  route({
    method: 'post', path: '/api/incidents/:id/retry', action: 'incident.retry', tag: 'incidents', summary: 'もう一度試す',
    params: byId, reply: z.object({ id, resolution: z.literal('retried') }), problems: closed,
    handler: ({ app, person, params, idempotencyKey, requestId }) => retryIncident(app, person, { incidentId: params.id, idempotencyKey, requestId }),
  }),
  route({
    method: 'post', path: '/api/incidents/:id/skip', action: 'incident.skip', tag: 'incidents', summary: '理由を書いて飛ばす',
    params: byId, body: z.strictObject({ reason }), reply: z.object({ id, resolution: z.literal('skipped') }), problems: [...closed, 'step_failed'],
    handler: ({ app, person, params, body, idempotencyKey, requestId }) => skipIncident(app, person, { incidentId: params.id, reason: body.reason, idempotencyKey, requestId }),
  }),
];
