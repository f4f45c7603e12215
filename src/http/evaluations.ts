import { z } from 'zod';
import { listClosures } from '../domain/evaluations/closures.js';
import { evalTypes, listEvaluations } from '../domain/evaluations/evaluations.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { id, instant } from './shape.js';

const caseNo = z.string().min(1).max(50);
const text = z.string();
const perhaps = text.nullable();

const evaluation = z
  .object({
    id, evalType: z.enum(evalTypes).meta({ description: 'monitoring モニタリング · interim 中間 · closing 終結時 · replan 再プラン時 · interruption 中断時 · agency 機関ごと · opinion 本人の意向' }),
    evaluatedOn: z.iso.date(), agencyCode: text, planVersion: z.int().nullable(), byName: perhaps, changes: z.array(text), remaining: perhaps, newIssues: perhaps, opinionSelf: perhaps, opinionStaff: perhaps,
    networkCheck: perhaps, prospect: perhaps, result: perhaps, leadAfter: perhaps, meetingJudge: perhaps, closureReason: perhaps, resumePolicy: perhaps, at: instant,
    goals: z.array(z.object({ goal: text, result: text, evidence: perhaps })),
  })
  .meta({ id: 'Evaluation' });
const closure = z
  .object({
    id, reason: text, reasonName: text, leadAgency: perhaps.meta({ description: '終結後の主担当' }), leadAgencyName: perhaps, handedOver: z.boolean(), handedTo: perhaps.meta({ description: '引継書の相手（転出先自治体の窓口、機関）' }), followUp: z.boolean(), decidedByName: perhaps, decidedAt: instant,
    checks: z.array(z.object({ stability: text, at: text })),
  })
  .meta({ id: 'Closure' });

export const evaluationRoutes = [
  route({
    method: 'get', path: '/api/cases/:caseNo/evaluations', action: 'casework.read', tag: 'plans', summary: '評価（新しい順）と終結',
    params: z.strictObject({ caseNo }), reply: z.object({ evaluations: z.array(evaluation), closures: z.array(closure) }), problems: ['not_found'],
    handler: ({ app, person, params }) => readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'evaluations' }, async (tx, caseId) => ({ evaluations: await listEvaluations(tx, caseId), closures: await listClosures(tx, caseId) })),
  }),
];
