import { z } from 'zod';
import { audit } from '../base/audit.js';
import { readAs } from '../base/db.js';
import { listPledges } from '../domain/pledges.js';
import { route } from './route.js';
import { id, instant } from './shape.js';

const pledge = z
  .object({
    id, personName: z.string(), agencyCode: z.string(), capacity: z.string(), textVersion: z.string(), understood: z.array(z.string()),
    validFor: z.enum(['sitting', 'fiscal_year', 'term']).meta({ description: 'sitting 会議単位 · fiscal_year 年度 · term 在任期間' }), sittingId: id.nullable(), signedOn: z.string(), validUntil: instant.nullable(), recordedAt: instant,
    valid: z.boolean().meta({ description: 'いま有効か（会議単位のものは、その会議について）' }),
  })
  .meta({ id: 'Pledge' });

export const pledgeRoutes = [
  route({
    method: 'get', path: '/api/pledges', action: 'casework.read', tag: 'consents', summary: '守秘義務誓約（自分のもの。会議事務局・会長・監査は全員のもの）',
    query: z.strictObject({ mine: z.enum(['true', 'false']).default('false') }), reply: z.object({ pledges: z.array(pledge) }),
    handler: ({ app, person, query }) => readAs(app.db, person, async (tx) => {
      const pledges = await listPledges(tx, query.mine === 'true' ? person.userId : null);
      await audit(tx, { action: 'casework.read', resourceType: 'pledges', resourceId: null, basis: 'signed_in', outcome: 'done' });
      return { pledges };
    }),
  }),
];
