import { z } from 'zod';
import { Problem } from '../base/problem.js';
import { caseRoles, listParts } from '../domain/case-roles.js';
import { planStatuses } from '../domain/plans/plan.js';
import { listDecisions, listReports, readPlans } from '../domain/plans/read.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { id, instant } from './shape.js';

const caseNo = z.string().min(1).max(50);
const text = z.string();
const day = z.iso.date();
const said = z.string().meta({ description: '言われたとおりの日（おおよその日のとき、日の欄は null）' });

const plan = z
  .object({
    id, planNo: text, version: z.int(), kind: z.enum(['initial', 'replan']).meta({ description: 'initial 初回 · replan 再プラン' }),
    status: z.enum(planStatuses).meta({ description: 'draft 案 · explained 説明済 · in_meeting 会議 · decided 決定 · not_decided 不決定 · superseded 次の版へ · ended 終了' }),
    revision: z.int(), leadAgency: text, secondaryGroups: z.array(text), householdSummary: text, background: text, longGoal: text, wishes: text, watchRules: text, useOutreach: z.boolean(), useParticipation: z.boolean(),
    startsOn: day, endsOn: day, extendedUntil: day.nullable(), monitorEvery: text, nextMonitorOn: day, evaluateOn: day,
    signature: text.nullable(), signedOn: day.nullable(), noSignatureReason: text.nullable(), meetingDecision: text.nullable(), decidedByName: text.nullable(), decidedAt: instant.nullable(), endedAt: instant.nullable(), createdAt: instant,
    goals: z.array(z.object({ goal: text, criterion: text, dueOn: day })),
    issues: z.array(z.object({ issue: text, owner: text })),
    roles: z.array(z.object({ agencyCode: text, agencyName: text, issue: text, what: text, staff: text.nullable(), startsOn: day.nullable(), startsSaid: said.nullable(), endsOn: day.nullable(), endsSaid: said.nullable(), frequency: text, resource: text.nullable() })),
    events: z.array(z.object({ kind: text, byName: text.nullable(), at: text, data: z.json() })),
  })
  .meta({ id: 'Plan' });

const part = z
  .object({ role: z.enum(caseRoles).meta({ description: 'lead 主担当 · secondary 副担当 · cooperating 協力機関 · coordinator 担当コーディネーター' }), agencyCode: text, agencyName: text, groupKey: text, planId: id.nullable(), fromAt: instant, untilAt: instant.nullable(), endReason: text.nullable() })
  .meta({ id: 'CasePart' });
const report = z.object({ agencyCode: text, kind: text, status: text, reportedOn: day.nullable(), reportedSaid: said, planVersion: z.int().nullable(), at: instant }).meta({ id: 'RoleReport' });
const decision = z.object({ kind: text, decision: text, planVersion: z.int().nullable(), decidedByName: text.nullable(), decidedAt: instant }).meta({ id: 'CaseDecision' });

export const planRoutes = [
  route({
    method: 'get', path: '/api/cases/:caseNo/plans', action: 'casework.read', tag: 'plans', summary: 'ケースの支援プラン（全部の版、新しい順）',
    params: z.strictObject({ caseNo }), reply: z.object({ plans: z.array(plan) }), problems: ['not_found'],
    handler: async ({ app, person, params }) => ({ plans: await readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'plan' }, (tx, caseId) => readPlans(tx, caseId)) }),
  }),
  route({
    method: 'get', path: '/api/cases/:caseNo/plans/:version', action: 'casework.read', tag: 'plans', summary: '支援プランの一つの版',
    params: z.strictObject({ caseNo, version: z.coerce.number().int().min(1).max(1000) }), reply: plan, problems: ['not_found'],
    async handler({ app, person, params }) {
      const [found] = await readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'plan' }, (tx, caseId) => readPlans(tx, caseId, params.version));
      if (!found) throw new Problem('not_found');
      return found;
    },
  }),
  route({
    method: 'get', path: '/api/cases/:caseNo/roles', action: 'casework.read', tag: 'plans', summary: 'ケースの主担当・副担当・協力機関と、その報告',
    params: z.strictObject({ caseNo }), reply: z.object({ parts: z.array(part), reports: z.array(report) }), problems: ['not_found'],
    handler: ({ app, person, params }) => readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'roles' }, async (tx, caseId) => ({ parts: await listParts(tx, caseId), reports: await listReports(tx, caseId) })),
  }),
  route({
    method: 'get', path: '/api/cases/:caseNo/decisions', action: 'casework.read', tag: 'plans', summary: '市の決定（対象決定、支援決定、延長、終結）',
    params: z.strictObject({ caseNo }), reply: z.object({ decisions: z.array(decision) }), problems: ['not_found'],
    handler: async ({ app, person, params }) => ({ decisions: await readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'decisions' }, (tx, caseId) => listDecisions(tx, caseId)) }),
  }),
];
