// Packages that bring no types: what we use of them.
declare module 'connect-pg-simple' {
  import type session from 'express-session';
  import type { Pool } from 'pg';
  interface Options {
    pool: Pool;
    tableName?: string;
    ttl?: number;
    pruneSessionInterval?: false | number;
    errorLog?: (...parts: unknown[]) => void;
  }
  class PgStore extends session.Store {
    constructor(options: Options);
    get(sid: string, done: (error: unknown, data?: session.SessionData | null) => void): void;
    set(sid: string, data: session.SessionData, done?: (error?: unknown) => void): void;
    destroy(sid: string, done?: (error?: unknown) => void): void;
    override touch(sid: string, data: session.SessionData, done?: (error?: unknown) => void): void;
    close(): Promise<void>;
  }
  const connect: (sessions: typeof session) => typeof PgStore;
  export default connect;
}
declare module 'swagger-ui-express' {
  import type { RequestHandler } from 'express';
  const swaggerUi: { serve: RequestHandler[] };
  export default swaggerUi;
}
