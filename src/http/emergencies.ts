import { z } from 'zod';
import { listEmergencies, outcomes, tracks } from '../domain/emergencies/emergencies.js';
import { exitKinds, listExits } from '../domain/exits/exits.js';
import { flagKinds, listFlags } from '../domain/flags/flags.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { day, id, instant } from './shape.js';

const params = z.strictObject({ caseNo: z.string().min(1).max(50) });
const step = z.object({ kind: z.enum(['raised', 'called', 'assessed', 'checked', 'convened', 'measure', 'closed']), detail: z.string().nullable(), at: instant, submissionId: id.nullable() });
const emergency = z
  .object({ id, raisedAt: instant, raisedAgency: z.string(), track: z.enum(tracks).nullable(), legalBasis: z.string().nullable(), shareUntil: instant.nullable(), responders: z.array(z.string()), statutoryGroup: z.string().nullable(), outcome: z.enum(outcomes).nullable(), closedAt: instant.nullable(), steps: z.array(step) })
  .meta({ id: 'Emergency' });
const exit = z.object({ id, kind: z.enum(exitKinds), occurredOn: day.nullable(), occurredSaid: z.string().nullable().meta({ description: '言われたとおりの日（おおよその日のときは occurredOn は null）' }), noticedAt: instant, outcome: z.enum(['returned', 'interrupted', 'resumed', 'handed_over', 'closed']).nullable(), settledAt: instant.nullable() }).meta({ id: 'CaseExit' });
const rest = z.object({ kind: z.enum(['on_hold', 'interrupted']), fromAt: instant, untilAt: instant.nullable(), endedAt: instant.nullable(), endOutcome: z.string().nullable() }).meta({ id: 'CaseBreak' });
const flag = z
  .object({ id, kind: z.enum(flagKinds), message: z.string(), reviewOn: day.nullable(), raisedAt: instant, resolvedAt: instant.nullable(), history: z.array(z.object({ kind: z.string(), reason: z.string().nullable(), at: instant, byName: z.string().nullable() })) })
  .meta({ id: 'Flag' });

export const emergencyRoutes = [
  route({
    method: 'get', path: '/api/cases/:caseNo/emergencies', action: 'casework.read', tag: 'emergencies', summary: 'ケースの緊急対応（新しい順）',
    params, reply: z.object({ emergencies: z.array(emergency) }), problems: ['not_found'],
    handler: async ({ app, person, params: { caseNo } }) => ({ emergencies: await readOfCase(app, person, { caseNo, level: 'content', what: 'emergencies' }, listEmergencies) }),
  }),
  route({
    method: 'get', path: '/api/cases/:caseNo/exits', action: 'casework.read', tag: 'exits', summary: 'ケースの中断・転出・死亡・保留と、どのケースから分かれたか',
    params, reply: z.object({ exits: z.array(exit), breaks: z.array(rest), from: z.object({ caseNo: z.string(), reason: z.string() }).nullable() }), problems: ['not_found'],
    handler: ({ app, person, params: { caseNo } }) => readOfCase(app, person, { caseNo, level: 'content', what: 'exits' }, listExits),
  }),
  route({
    method: 'get', path: '/api/cases/:caseNo/flags', action: 'casework.read', tag: 'flags', summary: 'ケースの注意（フラグ）と経過',
    params, reply: z.object({ flags: z.array(flag) }), problems: ['not_found'],
    handler: async ({ app, person, params: { caseNo } }) => ({ flags: await readOfCase(app, person, { caseNo, level: 'content', what: 'flags' }, listFlags) }),
  }),
];
