import { z } from 'zod';
import { broadcastSignal, type SignalInput } from '../actions/broadcast-signal.js';
import { route } from './route.js';
import { key, variables } from './shape.js';

export const signalRoutes = [
  route({
    method: 'post', path: '/api/signals', action: 'signal.broadcast', tag: 'messages', summary: 'シグナルを、待っているすべての手続きに送る',
    body: z.strictObject({ name: key, variables: variables.default({}) }),
    reply: z.object({ instances: z.int() }),
    problems: ['too_many_variables'],
    handler: ({ app, person, body, idempotencyKey, requestId }) => broadcastSignal(app, person, { name: body.name, variables: body.variables as NonNullable<SignalInput['variables']>, idempotencyKey, requestId }),
  }),
];
