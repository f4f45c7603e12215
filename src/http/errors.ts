// The one exit for everything that goes wrong: RFC 9457 application/problem+json.
import { randomUUID } from 'node:crypto';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { asOutage } from '../base/db.js';
import { errorFacts } from '../base/error-facts.js';
import type { Logger } from '../base/log.js';
import { Outage, Problem, problemKinds, type ProblemCode } from '../base/problem.js';

/** Our own fault: nothing of it is told but that it happened and under which number to find it. */
const fault = { status: 500, title: '処理できませんでした', detail: 'システムの不具合です。何も変わっていません。続くときは、この番号を添えて担当に知らせてください。' };

const proposed = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Gives each request its number: the caller's X-Request-Id where it is a UUID (anything else could be a name). */
export const requestNumber: RequestHandler = (req, res, next) => {
  res.locals.arrivedAt = performance.now();
  const given = req.get('x-request-id');
  res.locals.requestId = given && proposed.test(given) ? given : randomUUID();
  res.set('X-Request-Id', String(res.locals.requestId));
  next();
};

export const requestIdOf = (res: Response): string => String(res.locals.requestId ?? '');

interface Sent {
  code: ProblemCode | 'fault';
  status: number;
  title: string;
  detail: string;
  errors?: Problem['errors'];
  extra?: Record<string, unknown>;
  retryAfterS?: number;
}

interface ParserError {
  type?: string;
  status?: number;
}

/** body-parser's, Express's and the drivers' errors in our words. */
function known(error: unknown): unknown {
  if (error instanceof Problem || error instanceof Outage) return error;
  const { type, status } = error as ParserError;
  if (type === 'entity.too.large') return new Problem('too_large');
  if (type === 'entity.parse.failed' || type === 'request.size.invalid' || type === 'request.aborted') return new Problem('bad_json');
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') return new Problem('media_type');
  if (error instanceof URIError || (status === 400 && error instanceof Error && error.message.startsWith('Failed to decode'))) return new Problem('not_found');
  return asOutage(error);
}

function describe(error: unknown): Sent {
  if (error instanceof Problem) {
    const { status, title } = problemKinds[error.code];
    return { code: error.code, status, title, detail: error.message, errors: error.errors, extra: error.extra };
  }
  if (error instanceof Outage) {
    const { status, title, detail } = problemKinds.unavailable;
    return { code: 'unavailable', status, title, detail, retryAfterS: error.retryAfterS };
  }
  return { code: 'fault', ...fault };
}

function send(res: Response, sent: Sent): void {
  if (sent.retryAfterS !== undefined) res.set('Retry-After', String(sent.retryAfterS));
  res.status(sent.status).type('application/problem+json').send(
    JSON.stringify({
      ...sent.extra,
      type: `/api/problems/${sent.code}`,
      title: sent.title,
      status: sent.status,
      detail: sent.detail,
      instance: requestIdOf(res),
      ...(sent.errors?.length ? { errors: sent.errors } : {}),
    }),
  );
}

/** Where it happened; never the message, which may quote what somebody wrote. */
const framesOf = (error: unknown): string[] => (error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)).map((line) => line.trim()).slice(0, 12) : []);

/** The last middleware. Logs faults with where they happened and outages with their cause; refusals are no news. */
export function onError(log: Logger): ErrorRequestHandler {
  return (thrown, _req, res, _next) => {
    const error = known(thrown);
    const requestId = requestIdOf(res);
    if (error instanceof Outage) log.warn({ requestId, ...errorFacts(error.cause) }, error.message);
    else if (!(error instanceof Problem)) log.error({ requestId, route: res.locals.route as string | undefined, ...errorFacts(error), stack: framesOf(error) }, 'fault');
    if (res.headersSent) {
      // an answer that is whole goes out (only the session's new expiry was not stored); one that broke off must look so
      if (!res.writableEnded) res.destroy();
      return;
    }
    send(res, describe(error));
  };
}

export const notFound = (_req: Request, _res: Response): never => {
  throw new Problem('not_found');
};
