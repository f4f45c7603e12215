import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import request from 'supertest';
import { z } from 'zod';
import { problemKinds } from '../../src/base/problem.js';
import { nothing } from '../../src/http/shape.js';
import type { Route } from '../../src/http/route.js';
import { deploy, diagram, end, flows, form, message, startBy, task } from '../support/diagrams.js';
import { query } from '../support/database.js';
import { openTwo, type Client, type Two } from './two-instances.js';

// Requests made from the routes' own schemas, with something odd put into them. None may find a fault of ours.

let two: Two;
let staff: Client & { userId: string; cookie: string };
let known: { taskIds: string[]; instanceId: string; definitionId: string; caseNo: string };

beforeAll(async () => {
  two = await openTwo();
  await deploy(two.app, diagram('intake', startBy('consultation_received') + task('screen', { form: 'screen', properties: { dueIn: '5BD', escalateAfter: '1BD>manager' } }) + end() + flows('start>screen', 'screen>end'), message('consultation_received')), { screen: form });
  // somebody who may do everything, so that nothing is refused too early
  await query(two.app.database.ownerUrl, `update app_user set roles = '{intakeWorker,sectionLead,coordinator,manager,admin,policyEditor,chair}' where login = 'mori.d'`);
  staff = await two.as('mori.d');
  const opened = [];
  for (let i = 0; i < 6; i += 1) opened.push((await staff.post('/api/cases', { field: 'elder' }).expect(201)).body);
  const [{ id: definitionId }] = (await staff.get('/api/definitions')).body.definitions;
  known = { taskIds: opened.map((o) => o.next[0].id as string), instanceId: opened[5].instanceId, definitionId, caseNo: opened[0].caseNo };
}, 180_000);
afterAll(() => two.close());

interface Schema {
  type?: string;
  format?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  additionalProperties?: Schema | boolean;
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 2 ** 53, -(2 ** 31) - 1, 1e308, '', ' ', '\u0000', '\ud800', '\u202e', '﷽', '門󠄀真', 'ｶﾞ', "'; drop table task; --", '${7*7}', '=1/0', '<script>', '../../etc/passwd', '%s%n', 'NaN', '9'.repeat(400), 'あ'.repeat(3000), [], {}, [[]], { toString: 1 }, { constructor: { prototype: 1 } }, '0000-00-00T00:00:00Z', '2026-02-30T00:00:00Z', '-infinity', 'infinity', '1e3'),
  fc.json().map((text) => JSON.parse(text) as unknown),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

function fits(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return fc.oneof(...options.map(fits));
  if (schema.format === 'uuid') return fc.oneof(fc.constantFrom(...known.taskIds, staff.userId, known.instanceId, known.definitionId), fc.uuid());
  if (schema.format === 'date-time') return fc.date({ noInvalidDate: true, min: new Date('1900-01-01'), max: new Date('2300-01-01') }).map((d) => d.toISOString());
  if (schema.type === 'string') return fc.oneof(fc.string({ minLength: 1, maxLength: 20 }), fc.constantFrom('intake', known.caseNo, 'consultation_received', '理由'));
  if (schema.type === 'integer' || schema.type === 'number') return fc.integer({ min: schema.minimum ?? 0, max: (schema.minimum ?? 0) + 3 });
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'null') return fc.constant(null);
  if (schema.type === 'array') return fc.array(fits(schema.items ?? {}), { maxLength: 3 });
  if (schema.properties) return fc.record(Object.fromEntries(Object.entries(schema.properties).map(([name, s]) => [name, fits(s)])), { requiredKeys: schema.required ?? [] });
  return fc.oneof(fc.dictionary(fc.constantFrom('result', 'memo', 'x'), odd, { maxKeys: 3 }), odd);
}

/** Something that fits, or the same with one member exchanged, added or taken away. */
function nearly(schema: Schema): fc.Arbitrary<unknown> {
  return fc.tuple(fits(schema), odd, fc.nat(), fc.constantFrom('keep', 'exchange', 'exchange', 'add', 'drop', 'instead')).map(([value, strange, where, how]) => {
    if (how === 'instead') return strange;
    if (how === 'keep' || value === null || typeof value !== 'object') return value;
    const copy = structuredClone(value) as Record<string, unknown>;
    const names = Object.keys(copy);
    const name = names[where % Math.max(1, names.length)] ?? 'x';
    if (how === 'drop') delete copy[name];
    else copy[how === 'add' ? 'strange' : name] = strange;
    return copy;
  });
}

const schemaOf = (shape: z.ZodType): Schema => z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' }) as Schema;
const mutating = (r: Route): boolean => r.method !== 'get';

function requestsTo(r: Route): fc.Arbitrary<{ path: string; search: string; body: unknown }> {
  const names = [...r.path.matchAll(/:([A-Za-z]+)/g)].map((m) => m[1]!);
  const segment = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...known.taskIds, known.instanceId, known.definitionId, known.caseNo, 'intake', 'invalid') }, { weight: 1, arbitrary: odd.map((v) => encodeURIComponent((typeof v === 'string' ? v : JSON.stringify(v)).slice(0, 100).replaceAll(/[\ud800-\udfff]/g, '')) || 'x') });
  const query = r.query === nothing ? fc.constant({}) : nearly(schemaOf(r.query));
  return fc.record({
    path: fc.tuple(...names.map(() => segment)).map((values) => names.reduce((path, name, i) => path.replace(`:${name}`, () => values[i]!), r.path)),
    search: query.map((q) => new URLSearchParams(Object.entries(q !== null && typeof q === 'object' ? q : { x: q }).map(([k, v]) => [k, (typeof v === 'string' ? v : JSON.stringify(v)).slice(0, 300)] as [string, string])).toString()),
    body: mutating(r) ? nearly(schemaOf(r.body)) : fc.constant(undefined),
  });
}

test('whatever is sent to any route, the answer is one that the table of problems or the route’s own shape knows', async () => {
  const types = new Set(Object.keys(problemKinds).map((code) => `/api/problems/${code}`));
  const seen = new Map<number, number>();
  let turn = 0;
  for (const r of two.http.routes.filter((x) => x.path.startsWith('/api/') && x.path !== '/api/session')) {
    await fc.assert(
      fc.asyncProperty(requestsTo(r), async ({ path, search, body }) => {
        turn += 1;
        const sent = request(two.urls[(turn % 2) as 0 | 1])[r.method](search ? `${path}?${search}` : path).set('Cookie', staff.cookie);
        const response = await (mutating(r) ? sent.set('Content-Type', 'application/json').send(JSON.stringify(body) ?? '') : sent);
        seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
        if (response.status < 400) {
          expect(response.status).toBe(r.status);
          return;
        }
        expect({ status: response.status < 500, type: types.has(response.body.type), content: response.headers['content-type'] }).toEqual({ status: true, type: true, content: 'application/problem+json; charset=utf-8' });
      }),
      { numRuns: 25, seed: 20_261_124 },
    );
  }
  // the generator reaches both sides of the fence
  for (const status of [200, 201, 404, 409, 422]) expect([status, seen.get(status) ?? 0]).not.toEqual([status, 0]);
}, 180_000);
