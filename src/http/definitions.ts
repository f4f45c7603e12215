import { z } from 'zod';
import { deployDefinition, type DeployInput } from '../actions/deploy-definition.js';
import type { App } from '../app.js';
import { readAs, type Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import type { Definition } from '../engine/definitions.js';
import { heatOf, listDefinitions } from '../engine/monitor.js';
import { definitionLine, heat } from './process-shapes.js';
import { route } from './route.js';
import { id } from './shape.js';

/** An id, or a process key for its newest version. */
const byIdOrKey = z.strictObject({ id: z.string().min(1).max(200).meta({ description: '定義の id、または手続きの key（最新の版）' }) });
const refusal = z.object({ rule: z.string(), element: z.string().nullable(), message: z.string() });

async function definitionOf(app: App, wanted: string): Promise<Definition> {
  const reader = { db: app.db.prisma };
  const isId = id.safeParse(wanted).success;
  const found = isId ? await app.db.prisma.processDefinition.findUnique({ where: { id: wanted }, select: { id: true } }) : await app.definitions.byKey(reader, wanted);
  if (!found) throw new Problem('not_found');
  return app.definitions.byId(reader, found.id);
}

const lineOf = async (app: App, person: Person, definition: Definition): Promise<z.input<typeof definitionLine>> => {
  const lines = await readAs(app.db, person, (tx) => listDefinitions(tx, definition.key));
  return lines.find((line) => line.id === definition.id)!;
};

export const definitionRoutes = [
  route({
    method: 'post', path: '/api/definitions', action: 'definition.deploy', tag: 'definitions', summary: '承認された図と入力欄を登録する（業務手順の改定 P13 で承認され、施行日を迎えたもの）',
    body: z.strictObject({
      xml: z.string().min(1).meta({ description: 'BPMN 2.0 XML' }),
      forms: z.record(z.string().min(1).max(200), z.unknown().meta({ override: { type: 'object' } })).default({}).meta({ description: 'formKey ごとの form-js スキーマ' }),
    }),
    // above what the rule too-large allows, so that a diagram that is too big is refused by that name
    bodyBytes: 12 * 1024 * 1024,
    reply: z.object({ id, key: z.string(), version: z.int(), isNew: z.boolean(), warnings: z.array(refusal) }),
    status: 201, problems: ['diagram_refused', 'change_not_approved', 'change_not_yet_effective', 'change_differs', 'change_used'],
    handler: ({ app, person, body, idempotencyKey, requestId }) => deployDefinition(app, person, { xml: body.xml, forms: body.forms as NonNullable<DeployInput['forms']>, idempotencyKey, requestId }),
  }),
  route({
    method: 'get', path: '/api/definitions', action: 'definition.read', tag: 'definitions', summary: '手続きの最新の版',
    reply: z.object({ definitions: z.array(definitionLine) }),
    handler: async ({ app, person }) => ({ definitions: await readAs(app.db, person, (tx) => listDefinitions(tx, null)) }),
  }),
  route({
    method: 'get', path: '/api/definitions/:id', action: 'definition.read', tag: 'definitions', summary: '版ひとつ',
    params: byIdOrKey, problems: ['not_found'],
    reply: definitionLine.extend({
      forms: z.record(z.string(), z.unknown().meta({ override: { type: 'object' } })),
      elements: z.array(z.object({ id: z.string(), type: z.string(), name: z.string().nullable(), lane: z.string().nullable() })),
    }),
    async handler({ app, person, params }) {
      const definition = await definitionOf(app, params.id);
      const elements = [...definition.compiled.elements.values()].map(({ id: elementId, type, name, lane }) => ({ id: elementId, type, name, lane }));
      return { ...(await lineOf(app, person, definition)), forms: Object.fromEntries([...definition.forms].map(([key, form]) => [key, form.schema])), elements };
    },
  }),
  route({
    method: 'get', path: '/api/definitions/:id/versions', action: 'definition.read', tag: 'definitions', summary: '同じ手続きのすべての版',
    params: byIdOrKey, problems: ['not_found'], reply: z.object({ definitions: z.array(definitionLine) }),
    async handler({ app, person, params }) {
      const { key } = await definitionOf(app, params.id);
      return { definitions: await readAs(app.db, person, (tx) => listDefinitions(tx, key)) };
    },
  }),
  route({
    method: 'get', path: '/api/definitions/:id/xml', action: 'definition.read', tag: 'definitions', summary: '図（BPMN 2.0 XML）',
    params: byIdOrKey, problems: ['not_found'], media: 'application/xml; charset=utf-8', reply: z.string(),
    handler: async ({ app, params }) => (await definitionOf(app, params.id)).xml,
  }),
  route({
    method: 'get', path: '/api/definitions/:id/heatmap', action: 'instance.read', tag: 'definitions', summary: '要素ごとの待ちと超過の数',
    params: byIdOrKey, problems: ['not_found'], reply: z.object({ definitionId: id, elements: z.array(heat) }),
    async handler({ app, person, params }) {
      const definition = await definitionOf(app, params.id);
      const elements = await readAs(app.db, person, (tx) => heatOf(tx, definition.id));
      return { definitionId: definition.id, elements: elements.map((e) => ({ ...e, name: definition.compiled.elements.get(e.elementId)?.name ?? null })) };
    },
  }),
];
