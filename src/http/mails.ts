import { z } from 'zod';
import { retryMail } from '../actions/retry-mail.js';
import { readAs } from '../base/db.js';
import { parkedMails } from '../domain/notifications.js';
import { route } from './route.js';
import { byId, id, instant } from './shape.js';

const parked = z.object({ id, userId: id, kind: z.string(), attempts: z.int(), lastError: z.string().nullable(), createdAt: instant }).meta({ id: 'ParkedMail' });

export const mailRoutes = [
  route({
    method: 'get', path: '/api/mails', action: 'operations.read', tag: 'operations', summary: '届けられず止まっているメール（新しい順、100通まで）',
    reply: z.object({ mails: z.array(parked) }),
    handler: async ({ app, person }) => ({ mails: await readAs(app.db, person, (tx) => parkedMails(tx)) }),
  }),
  route({
    method: 'post', path: '/api/mails/:id/retry', action: 'mail.retry', tag: 'operations', summary: 'もう一度送る',
    params: byId, reply: z.object({ id, status: z.literal('pending') }), problems: ['not_found'],
    handler: ({ app, person, params, idempotencyKey, requestId }) => retryMail(app, person, { mailId: params.id, idempotencyKey, requestId }),
  }),
];
