// The OpenAPI document and a page to browse it. The page's files are local and run under our Content-Security-Policy.
import type { RequestHandler } from 'express';
import swaggerUi from 'swagger-ui-express';
import { z } from 'zod';
import { writeOpenApi } from './openapi.js';
import { route, type Route } from './route.js';

const page = `<!doctype html>
<html lang="ja">
<head><meta charset="utf-8"><title>つなぎ API</title><link rel="stylesheet" href="/api/docs/files/swagger-ui.css"></head>
<body><div id="swagger-ui"></div><script src="/api/docs/files/swagger-ui-bundle.js"></script><script src="/api/docs/start.js"></script></body>
</html>
`;
const start = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#swagger-ui', deepLinking: true, tryItOutEnabled: true, validatorUrl: null });
`;

const files = new Set(['/swagger-ui.css', '/swagger-ui-bundle.js']);
const fromPackage = swaggerUi.serve[1]!;

/** The page's own files, and no other of that package. */
export const docsFiles: { path: string; serve: RequestHandler } = {
  path: '/api/docs/files',
  serve: (req, res, next) => (files.has(req.path) ? fromPackage(req, res, next) : next()),
};

export function docsRoutes(described: () => readonly Route[]): Route[] {
  let written: string | undefined;
  return [
    route({
      method: 'get',
      path: '/api/openapi.json',
      action: 'meta.read',
      who: 'anyone',
      tag: 'docs',
      summary: 'この API の OpenAPI 3.1 文書',
      media: 'application/json',
      reply: z.string().meta({ description: 'OpenAPI 3.1' }),
      handler: () => (written ??= JSON.stringify(writeOpenApi(described()))),
    }),
    route({
      method: 'get',
      path: '/api/docs',
      action: 'meta.read',
      who: 'anyone',
      tag: 'docs',
      summary: 'この API を読んで試すページ',
      media: 'text/html; charset=utf-8',
      reply: z.string(),
      handler: () => page,
    }),
    route({
      method: 'get',
      path: '/api/docs/start.js',
      action: 'meta.read',
      who: 'anyone',
      tag: 'docs',
      summary: 'そのページを始めるスクリプト',
      media: 'text/javascript; charset=utf-8',
      reply: z.string(),
      handler: () => start,
    }),
  ];
}
