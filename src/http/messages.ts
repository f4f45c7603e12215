import { z } from 'zod';
import { publishMessage, type PublishInput } from '../actions/publish-message.js';
import { route } from './route.js';
import { id, key, variables } from './shape.js';

export const messageRoutes = [
  route({
    method: 'post', path: '/api/messages', action: 'message.publish', tag: 'messages', summary: 'メッセージを送る（始める、届ける、または待たせる）',
    body: z.strictObject({
      name: key,
      correlationKey: key.nullable().default(null),
      businessKey: key.nullable().default(null).meta({ description: '始まる手続きのケース番号。手続きを始める権限がなければ必須で、自分に進行中の仕事が見えるケースにだけ届く。' }),
      variables: variables.default({}),
      ttlS: z.int().min(0).max(31_536_000).optional().meta({ description: '受け手を待つ秒数。0 なら待たない。省くと1週間。' }),
    }),
    reply: z.object({ messageId: id, outcome: z.enum(['started', 'correlated', 'buffered']), instanceId: id.nullable() }),
    status: 201, problems: ['not_city_decision', 'no_catcher', 'too_many_variables', 'step_failed'],
    handler: ({ app, person, body, idempotencyKey, requestId }) => publishMessage(app, person, { ...body, variables: body.variables as NonNullable<PublishInput['variables']>, idempotencyKey, requestId }),
  }),
];
