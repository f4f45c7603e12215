import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import request from 'supertest';
import { z } from 'zod';
import { problemKinds } from '../../src/base/problem.js';
import { openApiPath } from '../../src/http/openapi.js';
import { writeProblems } from '../../src/http/problems-doc.js';
import { checkRoutes, mount, placed, route } from '../../src/http/route.js';
import { openTwo, type Two } from './two-instances.js';

let two: Two;
beforeAll(async () => {
  two = await openTwo();
}, 180_000);
afterAll(() => two.close());

interface Operation {
  operationId: string;
  responses: Record<string, unknown>;
  security: unknown[];
  description: string;
  parameters?: { name: string }[];
}
type Paths = Record<string, Record<string, Operation>>;
const document = async (): Promise<{ openapi: string; paths: Paths }> => (await two.nobody.get('/api/openapi.json').expect(200)).body;

test('the OpenAPI document is a valid one of version 3.1', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate((await document()) as unknown as Record<string, unknown>);
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  expect(validator.version).toBe('3.1');
});

test('the document names every route that is served and no other, each once', async () => {
  const { paths } = await document();
  const described = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
  const served = two.http.routes.map((r) => `${r.method} ${openApiPath(r.path)}`);
  expect(described.toSorted()).toEqual(served.toSorted());
  const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map((o) => o.operationId));
  expect(new Set(ids).size).toBe(ids.length);
});

test('the document shows Idempotency-Key wherever a person changes something, and that completing needs the version', async () => {
  const { paths } = await document();
  const keyed = (o: Operation): boolean => (o.parameters ?? []).some((p) => p.name === 'Idempotency-Key');
  for (const r of two.http.routes) {
    const operation = paths[openApiPath(r.path)]![r.method]!;
    const honours = r.method !== 'get' && r.who === 'person' && r.action !== 'session.close';
    expect([r.method, r.path, keyed(operation)]).toEqual([r.method, r.path, honours]);
  }
  const complete = paths['/api/tasks/{id}/complete']!['post']!;
  expect(complete.description).toContain('version か If-Match のどちらか');
  expect(complete.parameters!.map((p) => p.name)).toContain('If-Match');
});

test('the application does not start with a route or a middleware that was made past the helper', () => {
  const route1 = route({ method: 'get', path: '/api/ok', action: 'meta.read', who: 'anyone', tag: 't', summary: 's', reply: z.object({}), handler: () => ({}) });
  const built = () => {
    const server = express();
    mount(server, [route1], two.app, { personOf: async () => null } as never);
    return server;
  };
  expect(() => checkRoutes(built())).not.toThrow();
  const spoilers: [string, (server: express.Express) => unknown][] = [
    ['/api/secret', (server) => server.get('/api/secret', (_req, res) => void res.send('x'))],
    ['sneaky', (server) => server.use(function sneaky(_req, _res, next) { next(); })],
    ['inner', (server) => { const router = placed(express.Router()); router.get('/inner', (_req, res) => void res.send('x')); server.use('/api', router); }],
  ];
  for (const [name, spoil] of spoilers) {
    const server = built();
    spoil(server);
    expect(() => checkRoutes(server)).toThrow(name);
  }
});

test('a route cannot be open to anyone under an action that is not', () => {
  expect(() => route({ method: 'get', path: '/api/x', action: 'inbox.read', who: 'anyone', tag: 't', summary: 's', reply: z.object({}), handler: () => ({}) })).toThrow('inbox.read is not open to anyone');
});

test('without signing in nothing is answered but what the document marks as open', async () => {
  const open: string[] = [];
  for (const r of two.http.routes) {
    const path = r.path.replace(':caseNo', 'R8-00001').replace(':code', 'invalid').replaceAll(/:[A-Za-z]+/g, '00000000-0000-7000-8000-000000000000');
    const { status, body } = await request(two.urls[0])[r.method](path);
    if (r.who === 'anyone') open.push(`${r.method} ${r.path}`);
    else expect({ path: r.path, status, type: body.type }).toEqual({ path: r.path, status: 401, type: '/api/problems/not_signed_in' });
  }
  expect(open.toSorted()).toEqual(['get /api/docs', 'get /api/docs/start.js', 'get /api/meta', 'get /api/openapi.json', 'get /api/problems', 'get /api/problems/:code', 'get /health/live', 'get /health/ready', 'get /metrics', 'post /api/session']);
});

test('a method that a path does not have is refused with those it has, an unknown path is not found', async () => {
  const staff = await two.as('mori.d');
  for (const [method, path, allow] of [['delete', '/api/tasks', 'GET, HEAD'], ['get', '/api/tasks/bulk', 'POST'], ['put', '/api/cases', 'POST'], ['patch', '/api/session', 'DELETE, GET, HEAD, POST']] as const) {
    const { status, body, headers } = await staff[method](path);
    expect({ status, type: body.type, allow: headers['allow'] }).toEqual({ status: 405, type: '/api/problems/method_not_allowed', allow });
  }
  for (const path of ['/api/nothing', '/', '/api/tasks/', '/API/tasks', '/api/%2e%2e/etc/passwd', '/api/tasks/%', '/api/tasks/%E0%A4%A', '/api//tasks', '/.env', '/api/docs/files/../../../package.json', '/api/docs/files/package.json']) {
    const { status, body, headers } = await staff.get(path);
    expect({ path, status, type: body.type }).toEqual({ path, status: 404, type: '/api/problems/not_found' });
    expect(headers['content-type']).toContain('application/problem+json');
  }
});

test('every answer forbids scripts of others, framing and keeping', async () => {
  for (const path of ['/api/problems', '/api/docs', '/nothing', '/health/live']) {
    const { headers } = await two.nobody.get(path);
    expect(headers['content-security-policy']).toBe("default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;font-src 'self';connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'");
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(headers['x-powered-by']).toBeUndefined();
  }
});

test('the page for browsing the document is local, without a script or style inside it', async () => {
  const { text } = await two.nobody.get('/api/docs').expect(200).expect('Content-Type', /text\/html/);
  expect(text).not.toMatch(/<style|style=|https?:|<script>|onload=/);
  for (const [, path] of text.matchAll(/(?:src|href)="([^"]+)"/g)) await two.nobody.get(path!).expect(200);
});

test('every refusal has its page, and docs/PROBLEMS.md is what the table says', async () => {
  for (const code of Object.keys(problemKinds)) await two.nobody.get(`/api/problems/${code}`).expect(200);
  for (const code of ['constructor', '__proto__', 'nothing']) await two.nobody.get(`/api/problems/${code}`).expect(404);
  expect(readFileSync(new URL('../../docs/PROBLEMS.md', import.meta.url), 'utf8')).toBe(writeProblems());
});

test('health and measurements tell by route, never by URL', async () => {
  await two.nobody.get('/health/live').expect(200, { status: 'live' });
  const { body } = await two.nobody.get('/health/ready').expect(200);
  expect(body).toMatchObject({ status: 'ready', database: 'up', queue: { waiting: expect.any(Number) } });
  const secret = '00000000-0000-7000-8000-00000000beef';
  for (let i = 0; i < 2; i += 1) await two.nobody.get(`/api/tasks/${secret}?text=private`);
  for (let i = 0; i < 2; i += 1) {
    const { text } = await two.nobody.get('/metrics').expect(200);
    expect(text).toContain('route="/api/tasks/:id",status="401"');
    expect(text).not.toMatch(/beef|private/);
  }
});

test('a request keeps the number that it brought when it is a UUID; what could be a name or words is replaced by ours', async () => {
  const number = '0198c0de-0000-7000-8000-00000000cafe';
  const { headers, body } = await two.nobody.get('/api/tasks').set('X-Request-Id', number);
  expect([headers['x-request-id'], body.instance]).toEqual([number, number]);
  for (const given of ['"><script>', 'Mori.Hanako-1950', `${number}0`]) {
    const made = await two.nobody.get('/api/tasks').set('X-Request-Id', given);
    expect(made.headers['x-request-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(made.headers['x-request-id']).not.toBe(given);
  }
});
