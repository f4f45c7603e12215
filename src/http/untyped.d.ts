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
  const connect: (sessions: typeof session) => new (options: Options) => session.Store & { close(): Promise<void> };
  export default connect;
}
declare module 'swagger-ui-express' {
  import type { RequestHandler } from 'express';
  const swaggerUi: { serve: RequestHandler[] };
  export default swaggerUi;
}
