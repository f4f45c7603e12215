// Who is asking: a session in Postgres, and behind it a person who is active this moment.
//
// Sessions live in the machine's time, not in the application's clock: a drill that lets three days pass signs nobody out.
import connectPgSimple from 'connect-pg-simple';
import type { Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import { Pool } from 'pg';
import { systemClock } from '../base/clock.js';
import { CountingClient } from '../base/connection.js';
import type { Person } from '../base/db.js';
import type { Env } from '../base/env.js';
import { errorFacts } from '../base/error-facts.js';
import type { Logger } from '../base/log.js';
import { Problem } from '../base/problem.js';

declare module 'express-session' {
  interface SessionData {
    userId: string;
    /** ms since the epoch */
    signedInAt: number;
  }
}

const idleS = 30 * 60;
const absoluteMs = 10 * 60 * 60 * 1000;
/** A session is written again at most this often; it may end that much early. */
const touchEveryMs = 60_000;

export interface Sessions {
  /** express-session, to be mounted before every route that asks who. */
  middleware: RequestHandler;
  /** The person behind the request, or null. A session whose person is gone ends here. */
  personOf(req: Request): Promise<Person | null>;
  begin(req: Request, userId: string): Promise<void>;
  end(req: Request, res: Response): Promise<void>;
  close(): Promise<void>;
}

const cookieName = 'tsunagi.sid';

interface PersonRow {
  id: string;
  name: string;
  agency_code: string;
  roles: string[];
  groups: string[];
}

/** The session and the person behind it, in one question: every request asks it. */
const askSql = `select s.sess, u.id, u.name, u.agency_code, u.roles,
    coalesce((select array_agg(m.group_key order by m.group_key) from membership m where m.user_id = u.id), '{}') as groups
  from session s left join app_user u on u.id = (s.sess->>'userId')::uuid and u.active where s.sid = $1 and s.expire >= to_timestamp($2)`;

type AskedRow = { sess: session.SessionData } & (PersonRow | { id: null });

/** What a request has asked and found. express-session asks its store before it returns, so `asking` is its request. */
interface Asked {
  asking: Request | null;
  found: WeakMap<Request, PersonRow | null>;
}

/** connect-pg-simple that reads the person too, and does not write the same expiry again with every request. */
function openStore(pool: Pool, log: Logger, asked: Asked) {
  const PgStore = connectPgSimple(session);
  const touchedAt = new Map<string, number>();
  class Store extends PgStore {
    override get(sid: string, done: (error: unknown, data?: session.SessionData | null) => void): void {
      const request = asked.asking;
      const seconds = Math.ceil(systemClock.now().getTime() / 1000);
      pool.query<AskedRow>({ name: 'ask', text: askSql, values: [sid, seconds] }, (error: Error | null, answer) => {
        if (error) return done(error);
        const [row] = answer.rows;
        if (row && request) asked.found.set(request, row.id === null ? null : row);
        return done(null, row?.sess ?? null);
      });
    }
    override touch(sid: string, data: session.SessionData, done?: (error?: unknown) => void): void {
      const nowMs = systemClock.now().getTime();
      if (nowMs - (touchedAt.get(sid) ?? 0) < touchEveryMs) {
        done?.();
        return;
      }
      if (touchedAt.size > 10_000) touchedAt.clear();
      touchedAt.set(sid, nowMs);
      super.touch(sid, data, done);
    }
  }
  return new Store({ pool, tableName: 'session', ttl: idleS, errorLog: (what, error) => log.warn(errorFacts(error), String(what)) });
}

function promised(run: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => run((error) => (error ? reject(error as Error) : resolve())));
}

/** Opens the session store with a small pool of its own, as the role that owns nothing. */
export function openSessions(env: Env, log: Logger): Sessions {
  const role = env.APP_DATABASE_URL ? '' : ' -c role=tsunagi_app';
  const pool = new Pool({
    connectionString: env.APP_DATABASE_URL ?? env.DATABASE_URL,
    max: 4,
    Client: CountingClient,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 30_000,
    query_timeout: 6000,
    options: `-c statement_timeout=5000${role}`,
    allowExitOnIdle: true,
  });
  pool.on('error', (error) => log.warn(errorFacts(error), 'session pool'));
  const asked: Asked = { asking: null, found: new WeakMap() };
  const store = openStore(pool, log, asked);
  const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure: env.SECURE_COOKIES } as const;
  const ofExpress = session({ name: cookieName, secret: env.SESSION_SECRET, store, resave: false, saveUninitialized: false, cookie, ...(env.SECURE_COOKIES ? { proxy: true } : {}) });
  return {
    middleware(req, res, next) {
      res.locals.askedAt = performance.now();
      asked.asking = req;
      try {
        ofExpress(req, res, next);
      } finally {
        asked.asking = null;
      }
    },
    async personOf(req) {
      const { userId, signedInAt = 0 } = req.session ?? {};
      if (!userId) return null;
      const over = systemClock.now().getTime() - signedInAt > absoluteMs;
      const found = over ? null : asked.found.get(req);
      if (found) return { kind: 'person', userId: found.id, name: found.name, agencyCode: found.agency_code, groups: found.groups, roles: found.roles };
      await promised((done) => req.session.destroy(done));
      return null;
    },
    async begin(req, userId) {
      // A new session id at every sign-in: one that was planted before is worth nothing.
      await promised((done) => req.session.regenerate(done));
      req.session.userId = userId;
      req.session.signedInAt = systemClock.now().getTime();
      await promised((done) => req.session.save(done));
    },
    async end(req, res) {
      await promised((done) => req.session.destroy(done));
      res.clearCookie(cookieName, cookie);
    },
    async close() {
      await store.close();
      await pool.end();
    },
  };
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Refuses state changes that another site's page sent (OWASP: Fetch Metadata, then Origin). Programs send neither. */
export function sameSite(publicUrl: string): RequestHandler {
  const own = new URL(publicUrl).host;
  return (req, _res, next) => {
    if (safeMethods.has(req.method)) return next();
    const site = req.get('sec-fetch-site');
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new Problem('cross_site');
    const origin = req.get('origin');
    if (origin !== undefined) {
      const host = URL.canParse(origin) ? new URL(origin).host : null;
      if (host === null || (host !== own && host !== req.get('host'))) throw new Problem('cross_site');
    }
    next();
  };
}
