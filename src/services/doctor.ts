// What an installation stands on, looked at from outside: each check says what it found, and what to do.
import { connect } from 'node:net';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Env } from '../base/env.js';
import { isPortFree } from './free-port.js';

export interface Finding {
  name: string;
  state: 'good' | 'warning' | 'bad';
  /** What was found and what to do, in words for whoever runs the installation. */
  text: string;
}

const good = (text: string): Omit<Finding, 'name'> => ({ state: 'good', text });
const warning = (text: string): Omit<Finding, 'name'> => ({ state: 'warning', text });
const bad = (text: string): Omit<Finding, 'name'> => ({ state: 'bad', text });

type Check = () => Promise<Omit<Finding, 'name'>> | Omit<Finding, 'name'>;

export interface Looked {
  env: Env;
  /** Login that owns the schema; null: not known here. */
  ownerUrl: string | null;
  /** Names of the migrations in this version. */
  migrations: readonly string[];
  nodeVersion: string;
  timeZone: string;
  now: () => Date;
}

/** Runs every check; one that fails does not keep the others from running. */
export async function examine(looked: Looked): Promise<Finding[]> {
  const checks: Record<string, Check> = {
    'Node.js': () => nodeVersion(looked.nodeVersion),
    時間帯: () => timeZone(looked),
    データベース: () => database(looked.env),
    権限: () => ownership(looked.env),
    移行: () => migrations(looked),
    時計: () => clock(looked),
    図: () => diagrams(looked.env),
    キュー: () => (looked.env.REDIS_URL ? redis(looked.env.REDIS_URL) : postgresQueue(looked.env)),
    ワーカー: () => workers(looked),
    メール: () => smtp(looked.env.SMTP_URL),
    ポート: () => port(looked.env),
  };
  const findings: Finding[] = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      findings.push({ name, ...(await check()) });
    } catch (error) {
      findings.push({ name, ...bad(`確かめられません: ${messageOf(error)}`) });
    }
  }
  return findings;
}

/** A refused connection to a host with several addresses has its words one level down. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

function nodeVersion(version: string): ReturnType<Check> {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return good(version);
  return bad(`${version} では動きません。20.19 以上にしてください。`);
}

function timeZone({ timeZone: zone, env }: Looked): ReturnType<Check> {
  if (env.CLOCK_OFFSET_MS !== 0) return warning(`時計を ${env.CLOCK_OFFSET_MS} ms 進めています(CLOCK_OFFSET_MS)。`);
  return zone === 'Asia/Tokyo' ? good(zone) : bad(`${zone} です。TZ=Asia/Tokyo で起動してください。`);
}

async function ask<Row extends pg.QueryResultRow>(url: string, sql: string, role?: string): Promise<Row[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 3000,
    ...(role ? { options: `-c role=${role}` } : {}),
  });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(`SELECT set_config('app.scope', 'engine', false)`);
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

function askAsApp<Row extends pg.QueryResultRow>(env: Env, sql: string): Promise<Row[]> {
  return env.APP_DATABASE_URL
    ? ask<Row>(env.APP_DATABASE_URL, sql)
    : ask<Row>(env.DATABASE_URL, sql, 'tsunagi_app');
}

async function database(env: Env): Promise<Omit<Finding, 'name'>> {
  const [row] = await askAsApp<{ number: number; version: string }>(
    env,
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version`,
  );
  if (!row || row.number < 160000) return bad(`PostgreSQL ${row?.version} です。16 以上にしてください。`);
  return good(`PostgreSQL ${row.version} に接続できます。`);
}

async function ownership(env: Env): Promise<Omit<Finding, 'name'>> {
  const [row] = await askAsApp<{ user: string; owned: number; risky: boolean; open: string[] }>(
    env,
    `SELECT current_user AS user,
       (SELECT count(*)::int FROM pg_class WHERE relowner = current_user::regrole) AS owned,
       (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS risky,
       (SELECT coalesce(array_agg(relname::text ORDER BY relname), '{}') FROM pg_class
         WHERE relname IN ('task', 'submission', 'support_case', 'draft', 'notification') AND relkind = 'r'
           AND relnamespace = 'public'::regnamespace AND NOT relrowsecurity) AS open`,
  );
  if (!row) return bad('役割を読めません。');
  if (row.risky) return bad(`${row.user} は管理者の権限を持っています。APP_DATABASE_URL を tsunagi_app にしてください。`);
  if (row.owned > 0) return bad(`${row.user} は表を ${row.owned} 個所有しています。何も所有しない役割にしてください。`);
  if (row.open.length > 0) return bad(`行ごとの制限が外れています: ${row.open.join(', ')}`);
  return good(`${row.user} は何も所有せず、行ごとの制限を受けます。`);
}

async function migrations({ ownerUrl, migrations: wanted }: Looked): Promise<Omit<Finding, 'name'>> {
  if (!ownerUrl) return warning('所有者の接続先(DATABASE_URL)が分からないため、確かめていません。');
  const rows = await ask<{ name: string; done: boolean }>(
    ownerUrl,
    `SELECT migration_name AS name, finished_at IS NOT NULL AS done FROM _prisma_migrations
     WHERE rolled_back_at IS NULL`,
  );
  const half = rows.filter((row) => !row.done).map((row) => row.name);
  if (half.length > 0) return bad(`途中で止まった移行があります: ${half.join(', ')}`);
  const applied = new Set(rows.map((row) => row.name));
  const missing = wanted.filter((name) => !applied.has(name));
  if (missing.length > 0) return bad(`まだの移行が ${missing.length} 件あります。node prisma/migrate.mjs deploy`);
  return good(`${wanted.length} 件すべて済んでいます。`);
}

async function clock({ env, now }: Looked): Promise<Omit<Finding, 'name'>> {
  const before = now().getTime();
  const [row] = await askAsApp<{ at: Date }>(env, 'SELECT clock_timestamp() AS at');
  const middle = (before + now().getTime()) / 2;
  const apartMs = Math.abs((row?.at.getTime() ?? 0) - middle);
  if (apartMs > 5000) return bad(`データベースの時計と ${Math.round(apartMs / 1000)} 秒ずれています。時刻を合わせてください。`);
  return good('データベースの時計と合っています。');
}

async function diagrams(env: Env): Promise<Omit<Finding, 'name'>> {
  const rows = await askAsApp<{ key: string }>(env, 'SELECT DISTINCT key FROM process_definition ORDER BY key');
  if (rows.length === 0) return bad('登録された図がありません。bin/deploy を実行してください。');
  return good(`${rows.length} 件: ${rows.map((row) => row.key).join(', ')}`);
}

async function redis(url: string): Promise<Omit<Finding, 'name'>> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    const policy = /maxmemory_policy:(\S+)/.exec(await client.info('memory'))?.[1];
    if (policy !== 'noeviction') return warning(`Redis の maxmemory-policy は ${policy} です。noeviction にしてください。`);
    return good('Redis に接続できます。');
  } finally {
    client.disconnect();
  }
}

async function postgresQueue(env: Env): Promise<Omit<Finding, 'name'>> {
  const url = env.QUEUE_DATABASE_URL;
  const sql = `SELECT has_schema_privilege('bullmq', 'CREATE') AS allowed, has_table_privilege('task', 'SELECT') AS reads`;
  const role = url ? undefined : 'tsunagi_queue';
  const [row] = await ask<{ allowed: boolean; reads: boolean }>(url ?? env.DATABASE_URL, sql, role);
  if (!row?.allowed) return bad('キューの役割が自分のスキーマ(bullmq)を使えません。');
  if (row.reads) return bad('キューの役割が業務の表を読めます。QUEUE_DATABASE_URL を tsunagi_queue にしてください。');
  return good('PostgreSQL の中のキューを使います。');
}

async function workers({ env, now }: Looked): Promise<Omit<Finding, 'name'>> {
  const [row] = await askAsApp<{ oldest: Date | null; left: number; relayed: Date | null }>(
    env,
    'SELECT min(created_at) FILTER (WHERE relayed_at IS NULL) AS oldest, (count(*) FILTER (WHERE relayed_at IS NULL))::int AS left, max(relayed_at) AS relayed FROM outbox',
  );
  const agoS = (at: Date | null | undefined): number => (at ? Math.round((now().getTime() - at.getTime()) / 1000) : 0);
  const ageS = agoS(row?.oldest);
  // what waited while the town moved in, or while nobody ran, is being given out
  if (ageS > 60 && row?.relayed && agoS(row.relayed) <= 60) return good(`たまっていた仕事を配っています（残り ${row.left} 件）。`);
  if (ageS > 60) return bad(`${ageS} 秒前からの仕事が配られていません。ワーカーが動いているか確かめてください。`);
  return good('配られずに残っている仕事はありません。');
}

function smtp(url: string): Promise<Omit<Finding, 'name'>> {
  const { hostname, port: given, protocol } = new URL(url);
  const at = Number(given) || (protocol === 'smtps:' ? 465 : 25);
  return new Promise((resolve) => {
    const socket = connect(at, hostname);
    const end = (finding: Omit<Finding, 'name'>): void => {
      socket.destroy();
      resolve(finding);
    };
    socket.setTimeout(3000, () => end(bad(`メールサーバー(${hostname}:${at})が応答しません。`)));
    socket.on('error', (error) => end(bad(`メールサーバー(${hostname}:${at})につながりません: ${messageOf(error)}`)));
    if (protocol === 'smtps:') socket.on('connect', () => end(good(`${hostname}:${at} につながります。`)));
    socket.on('data', (data) =>
      end(data.toString().startsWith('220') ? good(`${hostname}:${at} が応答します。`) : bad(`SMTP ではない応答です。`)),
    );
  });
}

async function port(env: Env): Promise<Omit<Finding, 'name'>> {
  try {
    const host = env.HOST === '0.0.0.0' ? '127.0.0.1' : env.HOST;
    const answer = await fetch(`http://${host}:${env.PORT}/health/live`, { signal: AbortSignal.timeout(3000) });
    const { status } = (await answer.json()) as { status?: string };
    if (status === 'live') return good(`${env.PORT} 番で API が動いています。`);
  } catch {
    if (await isPortFree(env.PORT, env.HOST)) return good(`${env.PORT} 番は空いています(API は動いていません)。`);
  }
  return bad(`${env.PORT} 番をほかのプログラムが使っています。PORT で別の番号を指定してください。`);
}
