import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { z } from 'zod';
import { signIn } from '../actions/sign-in.js';
import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { actionNames, decide } from '../domain/authorize.js';
import { route, type Route } from './route.js';
import { id } from './shape.js';

const who = z
  .object({
    userId: id,
    name: z.string(),
    agency: z.object({ code: z.string(), name: z.string().nullable() }),
    roles: z.array(z.string()),
    groups: z.array(z.object({ key: z.string(), name: z.string(), agencyName: z.string().nullable() })),
    invented: z.boolean().meta({ description: '架空の市: 画面にその旨を掲げる' }),
    may: z.array(z.object({ action: z.string(), why: z.string() })).meta({ description: 'できる操作と、その理由。仕事ごとの判断は別にある。' }),
  })
  .meta({ id: 'Who' });

async function describe(app: App, person: Person): Promise<z.input<typeof who>> {
  const reader = { db: app.db.prisma };
  const groups = await app.directory.groups(reader, person.groups);
  const agency = await app.db.prisma.agency.findUnique({ where: { code: person.agencyCode }, select: { name: true } });
  const may = actionNames.flatMap((action) => {
    const decision = decide(person, action);
    return decision.allowed ? [{ action, why: decision.basis }] : [];
  });
  return { userId: person.userId, name: person.name, agency: { code: person.agencyCode, name: agency?.name ?? null }, roles: [...person.roles], groups, invented: app.city.invented, may };
}

const windowMs = 60_000;
const withLogin = z.object({ login: z.string() });

/** What was typed as login, before its shape has been looked at. */
const loginOf = (body: unknown): string => (withLogin.safeParse(body).data?.login ?? '').slice(0, 200).toLowerCase();

/** So many wrong passwords a minute; right ones do not count. Each process counts for itself. */
const wrongPasswords = (limit: number, keyGenerator: (req: Request) => string): RequestHandler =>
  rateLimit({
    windowMs,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_req, res) => res.statusCode !== 401,
    keyGenerator,
    validate: { keyGeneratorIpFallback: false },
    handler: (_req, _res, next) => next(new Problem('too_many_requests')),
  });

/** The network that counts as one place: an IPv6 subscriber has a /56 to choose addresses from. */
const placeOf = (req: Request): string => ipKeyGenerator(req.ip ?? '', 56);

/** Ten for one login from one place, and sixty from one place whatever the logins (one password tried on everybody). */
function fewTries(): RequestHandler {
  const ofPlace = wrongPasswords(60, placeOf);
  const ofLogin = wrongPasswords(10, (req) => `${loginOf(req.body)}\n${placeOf(req)}`);
  return (req, res, next) => {
    const second = (error?: unknown): void => (error === undefined ? void ofLogin(req, res, next) : next(error));
    void ofPlace(req, res, second);
  };
}

export function sessionRoutes(): Route[] {
  return [
    route({
      method: 'post', path: '/api/session', action: 'session.open', who: 'anyone', tag: 'session', summary: 'サインイン',
      body: z.strictObject({ login: z.string().min(1).max(200), password: z.string().min(1).max(1000) }),
      reply: who, status: 201, problems: ['sign_in_failed', 'too_many_requests'],
      before: fewTries(),
      async handler({ app, sessions, body, req, requestId }) {
        const person = await signIn(app, { ...body, requestId });
        await sessions.begin(req, person.userId);
        return describe(app, person);
      },
    }),
    route({
      method: 'get', path: '/api/session', action: 'session.read', tag: 'session', summary: 'いまサインインしている人、所属、できること',
      reply: who,
      handler: ({ app, person }) => describe(app, person),
    }),
    route({
      method: 'delete', path: '/api/session', action: 'session.close', tag: 'session', summary: 'サインアウト',
      reply: z.undefined(), status: 204,
      async handler({ sessions, req, res }) {
        await sessions.end(req, res);
        res.set('Clear-Site-Data', '"cache", "storage"');
        return undefined;
      },
    }),
  ];
}
