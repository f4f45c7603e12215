// Every setting, read once. No other file reads process.env (test/house.test.ts).
import { z } from 'zod';

/** For trying out: everybody knows it. */
const developmentKey = Buffer.alloc(32, 'development only').toString('base64');

const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  /** Owner of the schema: migrations. Also the application's when APP_DATABASE_URL is unset (then with role tsunagi_app). */
  DATABASE_URL: z.string().startsWith('postgres'),
  /** Login that owns nothing. */
  APP_DATABASE_URL: z.string().startsWith('postgres').optional(),
  /** Where BullMQ keeps its tables when there is no Redis. */
  QUEUE_DATABASE_URL: z.string().startsWith('postgres').optional(),
  REDIS_URL: z.string().startsWith('redis').optional(),
  /** Separates several installations on one Redis or one queue schema. */
  QUEUE_PREFIX: z.string().default('tsunagi'),
  SMTP_URL: z.string().startsWith('smtp').default('smtp://127.0.0.1:1025'),
  MAIL_FROM: z.string().default('つなぎ <tsunagi@example.invalid>'),
  /** What links in mails begin with. */
  PUBLIC_URL: z.string().default('http://localhost:3000'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  /** Where a worker process serves its figures (Prometheus); unset: nowhere. */
  METRICS_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  HOST: z.string().default('127.0.0.1'),
  /** Whose X-Forwarded-For is believed: how many proxies stand in front, or their addresses (Express: `loopback`, subnets). */
  TRUST_PROXY: z.string().default('loopback').transform((v) => (/^\d+$/.test(v) ? Number(v) : v.split(',').map((part) => part.trim()))),
  SESSION_SECRET: z.string().min(16).default('development-only-secret'),
  /** Wraps the keys of attachments: 32 bytes, base64. */
  ATTACHMENT_KEY: z.string().regex(/^[A-Za-z0-9+/]{43}=$/).default(developmentKey),
  /** Keys that wrapped before and still open what they wrapped, with commas. */
  ATTACHMENT_OLD_KEYS: z.string().default('').transform((v) => v.split(',').map((part) => part.trim()).filter((part) => part !== '')),
  /** Cookies only over https. */
  SECURE_COOKIES: z.enum(['true', 'false']).default('false').transform((v) => v === 'true'),
  /** Folder with the city's data: agencies, groups, closed days, people. */
  CITY_DIR: z.string().default('city'),
  PROCESSES_DIR: z.string().default('processes'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  DB_POOL_MAX: z.coerce.number().int().min(1).default(10),
  /** How far this process's clock runs ahead; refused in production. For drills and tests. */
  CLOCK_OFFSET_MS: z.coerce.number().int().default(0),
  /** Folder of bin/start: its database, mails, logs and passwords. */
  TSUNAGI_DATA: z.string().default('data'),
  /** Where the mail catcher takes mail, and where it shows what came. */
  MAIL_CATCHER_PORT: z.coerce.number().int().min(0).max(65535).default(1025),
  MAIL_CATCHER_WEB_PORT: z.coerce.number().int().min(0).max(65535).default(8025),
  /** Password that people newly loaded from the city's files start with; unset: nobody is loaded (bin/start has its own). */
  PEOPLE_PASSWORD: z.string().min(8).optional(),
  /** A test names a place in the code at which the process kills itself (base/fault-points). */
  FAULT_POINT: z.string().optional(),
});

export type Env = Readonly<z.infer<typeof schema>>;

/** The names of all settings (docs/OPERATIONS.md and docker-compose.yml may name no other). */
export const settingNames: readonly string[] = Object.keys(schema.shape);

/** What was really set, before any default: for bin/start, which starts what nobody named. */
export function givenSettings(): Record<string, string | undefined> {
  return { ...process.env };
}

const ofMailCatcher = schema.pick({ HOST: true, TSUNAGI_DATA: true, MAIL_CATCHER_PORT: true, MAIL_CATCHER_WEB_PORT: true });

/** The mail catcher as a process of its own needs no database. */
export function readMailCatcherEnv(): z.infer<typeof ofMailCatcher> {
  return ofMailCatcher.parse(process.env);
}

/**
 * Reads all settings; one that is set to nothing counts as unset.
 * @throws Error naming each setting that is missing or wrong
 */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(source).filter(([, value]) => value !== '')));
  if (!parsed.success) throw new Error(`settings: ${parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')}`);
  const env = parsed.data;
  if (env.NODE_ENV === 'production') {
    if (env.CLOCK_OFFSET_MS !== 0) throw new Error('settings: CLOCK_OFFSET_MS is refused in production');
    if (env.ATTACHMENT_KEY === developmentKey) throw new Error('settings: ATTACHMENT_KEY must be set in production');
    if (env.SESSION_SECRET === 'development-only-secret') throw new Error('settings: SESSION_SECRET must be set in production');
  }
  return Object.freeze(env);
}
