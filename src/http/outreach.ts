import { z } from 'zod';
import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import { readAs, type Person, type Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { rightsOf } from '../domain/access.js';
import { caseIdOf } from '../domain/cases.js';
import { attemptResults, caseOfOwnOutreach, endReasons, listAttempts, listOutreaches, listStages, relationStages, startBases } from '../domain/outreach/outreach.js';
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

/** @throws Problem not_found for who neither reaches the case nor wrote of an outreach of it */
async function readOutreaches<T>(app: App, person: Person, caseNo: string, work: (tx: Tx, caseId: string) => Promise<T>): Promise<T> {
  return readAs(app.db, person, async (tx) => {
    const known = await caseIdOf(tx, caseNo);
    const [right] = known === null ? [] : await rightsOf(tx, person, known);
    const reaches = right?.level === 'content';
    const caseId = reaches ? known : await caseOfOwnOutreach(tx, caseNo);
    if (caseId === null) throw new Problem('not_found');
    const value = await work(tx, caseId);
    await audit(tx, { action: 'casework.read', resourceType: 'outreach', resourceId: caseId, basis: reaches ? `access:${right.basis}` : 'own:outreach', outcome: 'done' });
    return value;
  });
}

export const outreachRoutes = [
  route({
    method: 'get', path: '/api/cases/:caseNo/outreach', action: 'casework.read', tag: 'outreach', summary: 'ケースのアウトリーチ（新しい順）。同意のないものは、担当する機関と支援会議の構成員だけに見える。終わったあとも、担当した本人には自分の書いた記録が見える。',
    params: z.strictObject({ caseNo: z.string().min(1).max(50) }), reply: z.object({ outreaches: z.array(outreach) }), problems: ['not_found'],
    handler: async ({ app, person, params }) => ({
      outreaches: await readOutreaches(app, person, params.caseNo, async (tx, caseId) => {
        const found = await listOutreaches(tx, caseId);
        return Promise.all(found.map(async (one) => ({ ...one, stages: await listStages(tx, one.id), attempts: await listAttempts(tx, one.id) })));
      }),
    }),
  }),
];
