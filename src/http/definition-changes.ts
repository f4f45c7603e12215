// P13: what is proposed for a change of a diagram or form, what it would do, and its deployment once it is approved.
import { z } from 'zod';
import { deployChange } from '../actions/deploy-change.js';
import { proposeCandidate, type ProposeInput } from '../actions/propose-candidate.js';
import { audit } from '../base/audit.js';
import { readAs } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { candidateOf } from '../domain/definition-changes/candidates.js';
import { listDefinitionChanges } from '../domain/definition-changes/definition-changes.js';
import type { DeployEffect } from '../engine/effect.js';
import { route } from './route.js';
import { byId, day, id, instant } from './shape.js';

const kind = z.enum(['process', 'form']).meta({ description: 'process 手順（図と様式） · form いつでも出せる様式' });
const change = z
  .object({ id, targetKind: kind, targetKey: z.string(), status: z.enum(['drafted', 'tried', 'approved', 'returned', 'dropped', 'published', 'told']), draftedAt: instant, approvedAt: instant.nullable(), effectiveOn: day.nullable(), candidateSha256: z.string().nullable().meta({ description: '検査に出された図・様式。null は、まだない' }), version: z.int().nullable().meta({ description: '登録された版。null は、まだ登録されていない' }), deployedAt: instant.nullable() })
  .meta({ id: 'DefinitionChange' });
const object = z.unknown().meta({ override: { type: 'object' } });
const xml = z.string().min(1).meta({ description: 'BPMN 2.0 XML' });
const forms = z.record(z.string().min(1).max(200), object);
const field = z.object({ field: z.string(), from: z.string().nullable(), to: z.string().nullable() });
const difference = z.enum(['added', 'removed', 'changed', 'same']);
const effect = z
  .object({
    version: z.int().nullable().meta({ description: 'いまの版。null は、まだ登録がない' }),
    running: z.array(z.object({ version: z.int(), instances: z.int() })).meta({ description: '進行中の手続きの数。はじめた版のまま終わる' }),
    elements: z.array(z.object({ elementId: z.string(), type: z.string(), name: z.string().nullable(), change: difference, fields: z.array(field).meta({ description: '書き方の変わるところ（dueIn 期限、candidateGroups 担当など）' }), openTasks: z.int().meta({ description: 'いま開いている仕事の数。前の版の期限のまま終わる' }) })).meta({ description: '変わる要素と、いま仕事が開いているところ' }),
    forms: z.array(z.object({ formKey: z.string(), change: z.enum(['added', 'removed', 'changed']) })),
    diagramChanged: z.boolean().meta({ description: 'false は、図が1文字も変わらない（条件式も、線の引き方も）' }),
  })
  .meta({ id: 'DeployEffect' });
const candidate = z.object({ candidateId: id, kind, key: z.string(), sha256: z.string() });
const refusal = z.object({ rule: z.string(), element: z.string().nullable(), message: z.string() });

export const definitionChangeRoutes = [
  route({
    method: 'get', path: '/api/definition-changes', action: 'programme.read', tag: 'definitions', summary: '業務手順の改定（新しい順）',
    reply: z.object({ changes: z.array(change) }), handler: async ({ app, person }) => ({ changes: await readAs(app.db, person, listDefinitionChanges) }),
  }),
  route({
    method: 'post', path: '/api/definition-changes/:id/candidate', action: 'definition.propose', tag: 'definitions', summary: '改定する図・様式を検査し、改定案に付ける（まだ登録はしない）',
    description: '登録と同じ検査をし、進行中の仕事・期限の何が変わるかを返す。試行・承認・登録されるのは、ここで付けた図・様式そのもの。',
    params: byId, body: z.union([z.strictObject({ xml, forms: forms.default({}) }), z.strictObject({ formKey: z.string().min(1).max(100), schema: object })]),
    bodyBytes: 12 * 1024 * 1024,
    reply: candidate.extend({ warnings: z.array(refusal), effect }), status: 201, problems: ['not_found', 'diagram_refused', 'change_tried', 'change_differs'],
    handler: ({ app, person, params, body, idempotencyKey, requestId }) => proposeCandidate(app, person, { changeId: params.id, content: body as ProposeInput['content'], idempotencyKey, requestId }),
  }),
  route({
    method: 'get', path: '/api/definition-changes/:id/candidate', action: 'definition.read', tag: 'definitions', summary: '改定案に付けられた図・様式と、登録したときに変わること',
    params: byId, reply: candidate.extend({ xml: xml.nullable(), forms, effect, givenById: id, givenAt: instant }), problems: ['not_found'],
    handler: ({ app, person, params }) => readAs(app.db, person, async (tx) => {
      const found = await candidateOf(tx, params.id);
      if (!found) throw new Problem('not_found');
      await audit(tx, { action: 'definition.read', resourceType: 'definition_change', resourceId: params.id, basis: 'signed_in', outcome: 'done' });
      const { id: candidateId, changeId: _change, effect: told, ...content } = found;
      return { ...content, candidateId, effect: told as unknown as DeployEffect };
    }),
  }),
  route({
    method: 'post', path: '/api/definition-changes/:id/deploy', action: 'definition.deploy', tag: 'definitions', summary: '承認された図・様式を登録する（施行日から。施行日には自動でも登録される）',
    params: byId, reply: z.object({ kind, key: z.string(), version: z.int(), isNew: z.boolean() }),
    problems: ['not_found', 'diagram_refused', 'change_not_approved', 'change_not_yet_effective', 'change_differs', 'change_used'],
    handler: ({ app, person, params, idempotencyKey, requestId }) => deployChange(app, person, { changeId: params.id, idempotencyKey, requestId }),
  }),
];
