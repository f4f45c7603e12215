// The OpenAPI document, written from the routes themselves: what is served and what is described cannot differ.
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject, type ZodOpenApiResponsesObject } from 'zod-openapi';
import { problemKinds, type ProblemCode } from '../base/problem.js';
import type { Route } from './route.js';
import { nothing } from './shape.js';

const problem = z
  .object({
    type: z.string().meta({ description: '説明のある場所 /api/problems/<code>' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: '何が起きたか、どうすればよいか' }),
    instance: z.string().meta({ description: 'リクエストの番号（X-Request-Id と同じ）' }),
    errors: z.array(z.object({ pointer: z.string().meta({ description: 'RFC 6901。/path と /query で始まるものはその部分、ほかは本文を指す' }), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

/** Whether a repetition under one Idempotency-Key gets the first answer: whatever a person changes; signing out has nothing to repeat. */
const takesKey = (route: Route): boolean => route.method !== 'get' && route.who === 'person' && route.action !== 'session.close';

/** What every route may answer besides its own refusals. */
function commonProblems(route: Route): ProblemCode[] {
  const codes: ProblemCode[] = ['unavailable'];
  if (route.who === 'person') codes.push('not_signed_in', 'forbidden');
  if (route.params !== nothing || route.query !== nothing || route.body !== nothing || route.method !== 'get') codes.push('invalid');
  if (route.method !== 'get') codes.push('bad_json', 'too_large', 'media_type', 'cross_site');
  if (takesKey(route)) codes.push('idempotency_mismatch');
  return codes;
}

/** With what a route may refuse, as its document says. */
export const problemsOf = (route: Route): readonly ProblemCode[] => [...new Set([...commonProblems(route), ...(route.problems ?? [])])];

function responsesOf(route: Route): ZodOpenApiResponsesObject {
  const type = route.media ?? 'application/json';
  const responses: Record<string, unknown> = {
    [route.status]: route.status === 204 ? { description: '済んだ' } : { description: '成功', content: { [type]: { schema: route.reply } } },
  };
  const codes = problemsOf(route);
  for (const status of new Set(codes.map((code) => problemKinds[code].status))) {
    const lines = codes.filter((code) => problemKinds[code].status === status).map((code) => `\`${code}\` ${problemKinds[code].title}`);
    responses[status] = { description: lines.join('、'), content: { 'application/problem+json': { schema: problem } } };
  }
  return responses as ZodOpenApiResponsesObject;
}

const idempotencyKey = z.string().min(1).max(200).optional().meta({ description: '同じ操作を二度しないための鍵。同じ鍵の再送には最初の答えを返します。' });
const ifMatch = z.string().optional().meta({ description: '読んだときの ETag（"3" など）。本文の version の代わり。' });

const takesVersion = (route: Route): boolean => route.body instanceof z.ZodObject && 'version' in route.body.shape;

function operationOf(route: Route): ZodOpenApiOperationObject {
  const headers = {
    ...(takesKey(route) ? { 'Idempotency-Key': idempotencyKey } : {}),
    ...(takesVersion(route) ? { 'If-Match': ifMatch } : {}),
  };
  const requestParams = {
    ...(route.params === nothing ? {} : { path: route.params as z.ZodObject }),
    ...(route.query === nothing ? {} : { query: route.query as z.ZodObject }),
    ...(Object.keys(headers).length > 0 ? { header: z.object(headers) } : {}),
  };
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, `action: \`${route.action}\``].filter(Boolean).join('\n\n'),
    ...(route.who === 'person' ? { security: [{ session: [] }] } : { security: [] }),
    ...(Object.keys(requestParams).length > 0 ? { requestParams } : {}),
    ...(route.body === nothing ? {} : { requestBody: { required: true, content: { [route.raw ?? 'application/json']: { schema: route.body } } } }),
    responses: responsesOf(route),
  };
}

const operationId = (route: Route): string =>
  `${route.method}_${route.path
    .replace(/^\/(api\/)?/, '')
    .replaceAll(/[/.-]/g, '_')
    .replaceAll(':', '')}`;

/** The path as OpenAPI writes it. */
export const openApiPath = (path: string): string => path.replaceAll(/:([A-Za-z]+)/g, '{$1}');

/** The document for these routes (OpenAPI 3.1). */
export function writeOpenApi(routes: readonly Route[]): ReturnType<typeof createDocument> {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const r of routes) (paths[openApiPath(r.path)] ??= {})[r.method] = operationOf(r);
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'つなぎ API', version: '0.1.0', description: '受信箱、手続き、相談ケース。サインインは POST /api/session、以後は Cookie で。日時は ISO 8601、エラーは RFC 9457。' },
    servers: [{ url: '/' }],
    components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'tsunagi.sid' } } },
    paths: paths as ZodOpenApiPathsObject,
  });
}
