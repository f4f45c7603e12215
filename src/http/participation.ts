import { z } from 'zod';
import { listParticipations, outcomes, stepsOf } from '../domain/participation/participation.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { id, instant } from './shape.js';

const day = z.iso.date();
const place = { resourceId: id.nullable(), resourceNo: z.string().nullable(), place: z.string() };
const filed = { submissionId: id.meta({ description: '書かれた帳票' }), at: instant };

const steps = {
  searches: z.array(z.object({ ...place, result: z.enum(['accepts', 'conditional', 'refuses', 'pending']), condition: z.string().nullable(), ...filed })),
  trials: z.array(z.object({ ...place, triedOn: day, result: z.enum(['fit', 'unfit', 'withdrawn']), ...filed })),
  matches: z.array(z.object({ ...place, startOn: day, frequency: z.string().nullable(), role: z.string().nullable(), receiverStaff: z.string().nullable(), endedOn: day.nullable(), endReason: z.string().nullable(), ...filed })),
  followUps: z.array(z.object({ round: z.int(), heldOn: day, result: z.enum(['continuing', 'stable', 'adjust', 'rematch']), ...filed })),
  developmentItems: z.array(id),
};
const participation = z
  .object({
    id, clientId: id.nullable().meta({ description: '誰の参加支援か（本人・世帯員の番号）' }), planNo: z.string().nullable(), purposes: z.array(z.string()), stage: z.enum(['wish', 'plan', 'search', 'trial', 'match', 'settling', 'ended']), outcome: z.enum(outcomes).nullable(),
    stableOn: day.nullable(), connectedOn: day.nullable().meta({ description: '参加支援につながった日（初めて参加が確かめられた定着支援の日）' }), startedAt: instant, endedAt: instant.nullable(), ...steps,
  })
  .meta({ id: 'Participation' });

export const participationRoutes = [
  route({
    method: 'get', path: '/api/cases/:caseNo/participation', action: 'casework.read', tag: 'participation', summary: 'ケースの参加支援（新しい順）と、その歩み',
    params: z.strictObject({ caseNo: z.string().min(1).max(50) }), reply: z.object({ participations: z.array(participation) }), problems: ['not_found'],
    handler: async ({ app, person, params }) => ({
      participations: await readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'participation' }, async (tx, caseId) => {
        const found = await listParticipations(tx, caseId);
        return Promise.all(found.map(async (one) => ({ ...one, ...(await stepsOf(tx, one.id)) })));
      }),
    }),
  }),
];
