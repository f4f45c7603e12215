// The one way to make a route. It names the action that authorize() decides on, the shapes of all that comes in and goes
// out, and what may be answered; the OpenAPI document is written from the same. An Express route made in any other way
// keeps the application from starting (checkRoutes).
import express, { type Express, type IRouter, type Request, type RequestHandler, type Response } from 'express';
import type { z } from 'zod';
import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem, type ProblemCode } from '../base/problem.js';
import { addTime } from '../base/timings.js';
import { authorize, isOpen, type ActionName } from '../domain/authorize.js';
import { requestIdOf } from './errors.js';
import { nothing, readShape } from './shape.js';
import type { Sessions } from './who.js';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Who = 'person' | 'anyone';

export interface Context<P, Q, B, W extends Who> {
  app: App;
  sessions: Sessions;
  person: W extends 'person' ? Person : Person | null;
  params: P;
  query: Q;
  body: B;
  requestId: string;
  idempotencyKey?: string;
  /** The version in If-Match, where there is one. */
  ifMatch: number | undefined;
  req: Request;
  res: Response;
}

interface Spec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType, W extends Who> {
  method: Method;
  /** As Express has it: `/api/tasks/:id`. */
  path: string;
  /** What authorize() is asked. */
  action: ActionName;
  /** The noun under which the OpenAPI document lists it. */
  tag: string;
  summary: string;
  description?: string;
  who?: W;
  params?: P;
  query?: Q;
  body?: B;
  /** What goes out; members that it does not name are dropped. */
  reply: R;
  status?: 200 | 201 | 202 | 204;
  /** Media type of a reply that is a text and not JSON. */
  media?: string;
  /** Largest body, bytes. */
  bodyBytes?: number;
  /** The body is bytes of this media type, taken as they are. */
  raw?: string;
  /** Refusals of its own, beside those that every route has. */
  problems?: readonly ProblemCode[];
  /** Runs when the body has been read, before its shape is looked at (a rate limit). */
  before?: RequestHandler;
  handler(context: Context<z.output<P>, z.output<Q>, z.output<B>, W>): Promise<z.input<R>> | z.input<R>;
}

type AnySpec = Spec<z.ZodType, z.ZodType, z.ZodType, z.ZodType, Who>;
declare const made: unique symbol;
export interface Route extends Omit<AnySpec, 'handler'> {
  readonly [made]: true;
  params: z.ZodType;
  query: z.ZodType;
  body: z.ZodType;
  who: Who;
  status: 200 | 201 | 202 | 204;
  handler(context: Context<unknown, unknown, unknown, Who>): unknown;
}

export function route<P extends z.ZodType = typeof nothing, Q extends z.ZodType = typeof nothing, B extends z.ZodType = typeof nothing, R extends z.ZodType = z.ZodType, W extends Who = 'person'>(
  spec: Spec<P, Q, B, R, W>,
): Route {
  if (spec.who === 'anyone' && !isOpen(spec.action)) throw new Error(`${spec.method} ${spec.path}: ${spec.action} is not open to anyone`);
  // the handler takes what its own schemas made; `serve` gives it just that
  return { status: 200, who: 'person', params: nothing, query: nothing, body: nothing, ...spec } as unknown as Route;
}

const defaultBodyBytes = 256 * 1024;
const parsers = new Map<number, RequestHandler>();

/** Reads a JSON body; none at all is {}. */
async function readBody(req: Request, res: Response, limit: number): Promise<unknown> {
  if (req.get('transfer-encoding') === undefined && Number(req.get('content-length') ?? 0) === 0) return {};
  if (!req.is('application/json')) throw new Problem('media_type');
  let parse = parsers.get(limit);
  if (!parse) parsers.set(limit, (parse = express.json({ limit, strict: false, inflate: false, type: () => true })));
  await passed(parse, req, res);
  return req.body === undefined ? {} : req.body; // null is a body, and no object
}

/** Reads a body of bytes. @throws Problem media_type, too_large */
async function readBytes(req: Request, res: Response, limit: number, type: string): Promise<Buffer> {
  if (!req.is(type)) throw new Problem('media_type');
  await passed(express.raw({ limit, inflate: false, type: () => true }), req, res);
  return Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
}

/** Runs one middleware to its `next`. */
function passed(middleware: RequestHandler, req: Request, res: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    void Promise.resolve(middleware(req, res, (error?: unknown) => (error ? reject(error as Error) : resolve()))).catch(reject);
  });
}

const keyShape = /^[\x21-\x7e]{1,200}$/;

function idempotencyKeyOf(req: Request): { idempotencyKey?: string } {
  const key = req.get('idempotency-key');
  if (key === undefined) return {};
  if (!keyShape.test(key)) throw new Problem('invalid', { errors: [{ pointer: '/header/Idempotency-Key', detail: '1〜200文字の英数字と記号で指定してください。' }] });
  return { idempotencyKey: key };
}

/** @throws Problem invalid: a condition that cannot be read must not be taken as none */
function ifMatchOf(req: Request): number | undefined {
  const given = req.get('if-match');
  if (given === undefined) return undefined;
  const found = /^(?:W\/)?"(\d{1,9})"$/.exec(given);
  if (!found) throw new Problem('invalid', { errors: [{ pointer: '/header/If-Match', detail: '読んだときの ETag（"3" など）をそのまま指定してください。' }] });
  return Number(found[1]);
}

async function serve(route: Route, app: App, sessions: Sessions, req: Request, res: Response): Promise<void> {
  const { arrivedAt = performance.now(), askedAt = performance.now() } = res.locals as { arrivedAt?: number; askedAt?: number };
  const person = await sessions.personOf(req);
  const knownAt = performance.now();
  addTime('access', knownAt - askedAt);
  if (!person && route.who === 'person') throw new Problem('not_signed_in');
  res.locals.userId = person?.userId;
  if (route.who === 'person') authorize(person!, route.action);
  const params = readShape(route.params, req.params, '/path');
  const query = readShape(route.query, req.query, '/query');
  const hasBody = route.method !== 'get';
  const most = route.bodyBytes ?? defaultBodyBytes;
  const raw = !hasBody ? {} : route.raw ? await readBytes(req, res, most, route.raw) : await readBody(req, res, most);
  if (route.before) await passed(route.before, req, res);
  const body = !hasBody ? {} : route.raw ? raw : readShape(route.body, raw, '');
  const handedAt = performance.now();
  const result = await route.handler({ app, sessions, person, params, query, body, requestId: requestIdOf(res), ...idempotencyKeyOf(req), ifMatch: ifMatchOf(req), req, res });
  const handledAt = performance.now();
  if (res.headersSent) return;
  const reply = route.reply.parse(result);
  res.status(route.status);
  if (route.status === 204) res.end();
  else if (route.media) res.type(route.media).send(reply as string);
  else res.type('application/json').send(JSON.stringify(reply));
  addTime('http', askedAt - arrivedAt + (handedAt - knownAt) + (performance.now() - handledAt));
}

const ours = new WeakSet<object>();

/** Marks a middleware that is no route (sessions, headers, static files) as placed on purpose. */
export function placed<H extends object>(middleware: H): H {
  ours.add(middleware);
  return middleware;
}

/** Puts the routes on the application: per path its methods, and 405 for the others. */
export function mount(express: Express, routes: readonly Route[], app: App, sessions: Sessions): void {
  for (const path of new Set(routes.map((r) => r.path))) {
    const atPath = routes.filter((r) => r.path === path);
    const methods = new Set(atPath.map((r) => r.method));
    if (methods.size !== atPath.length) throw new Error(`two routes for one method at ${path}`);
    const target = express.route(path);
    ours.add(target);
    for (const r of atPath) {
      target[r.method](async (req: Request, res: Response) => {
        res.locals.route = path;
        await serve(r, app, sessions, req, res);
      });
    }
    const allowed = [...methods, ...(methods.has('get') ? ['head'] : [])].map((m) => m.toUpperCase()).toSorted().join(', ');
    target.all((_req: Request, res: Response) => {
      res.locals.route = path;
      res.set('Allow', allowed);
      throw new Problem('method_not_allowed');
    });
  }
}

interface Layer {
  route?: object;
  handle: object & { stack?: Layer[] };
}

/**
 * Walks what Express will serve.
 * @throws Error naming the first route or middleware that was not made by `route` nor `placed`
 */
export function checkRoutes(express: Express): void {
  const walk = (stack: readonly Layer[], at: string): void => {
    for (const layer of stack) {
      const name = (layer.route as { path?: string } | undefined)?.path ?? (layer.handle as { name?: string }).name ?? '';
      if (layer.route ? !ours.has(layer.route) : !ours.has(layer.handle)) throw new Error(`${at}${name || 'a middleware'} was not made by http/route`);
      if (!layer.route && layer.handle.stack) walk(layer.handle.stack, `${at}${name}/`);
    }
  };
  walk((express.router as unknown as IRouter & { stack: Layer[] }).stack, '');
}
