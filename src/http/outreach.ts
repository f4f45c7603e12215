import { z } from 'zod';
import { attemptResults, endReasons, listAttempts, listOutreaches, listStages, relationStages, startBases } from '../domain/outreach/outreach.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { id, instant } from './shape.js';

const day = z.iso.date();
const stage = z.enum(relationStages);
const outreach = z
  .object({
    id, clientId: id.nullable().meta({ description: '誰へのアウトリーチか（本人・世帯員の番号）' }), startBasis: z.enum(startBases), basisId: id.nullable().meta({ description: '根拠とする同意、または支援会議の回' }), agencyCode: z.string(), discoveredBy: z.string(), stage, twoPersons: z.boolean().meta({ description: '二人で行く' }),
    attemptLimit: z.int().nullable(), nextContactOn: day.nullable(), reviewOn: day, recheckOn: day, startedAt: instant, endedAt: instant.nullable(), endReason: z.enum(endReasons).nullable(),
    stages: z.array(z.object({ stage, at: instant, byName: z.string().nullable() })),
    attempts: z.array(z.object({ number: z.int(), method: z.string(), pairs: z.boolean(), result: z.enum(attemptResults), nextContactOn: day.nullable(), heldAt: instant, submissionId: id, byName: z.string().nullable() })),
  })
  .meta({ id: 'Outreach' });

export const outreachRoutes = [
  route({
    method: 'get', path: '/api/cases/:caseNo/outreach', action: 'casework.read', tag: 'outreach', summary: 'ケースのアウトリーチ（新しい順）。同意のないものは、担当する機関と支援会議の構成員だけに見える。',
    params: z.strictObject({ caseNo: z.string().min(1).max(50) }), reply: z.object({ outreaches: z.array(outreach) }), problems: ['not_found'],
    handler: async ({ app, person, params }) => ({
      outreaches: await readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'outreach' }, async (tx, caseId) => {
        const found = await listOutreaches(tx, caseId);
        return Promise.all(found.map(async (one) => ({ ...one, stages: await listStages(tx, one.id), attempts: await listAttempts(tx, one.id) })));
      }),
    }),
  }),
];
