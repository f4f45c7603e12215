// @ts-check — Prisma's schema engine (WASM) on node-postgres. Used by schema-engine.mjs (the CLI), migrate.mjs and the test set-up.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
const require = createRequire(import.meta.url);
export const DIR = join(import.meta.dirname, 'migrations'), SCHEMA = join(import.meta.dirname, 'schema.prisma');
export const withDb = (url, db) => { const u = new URL(url); if (db) u.pathname = '/' + db; u.searchParams.delete('schema'); return u.href; };
export const admin = async (url, sql) => { const c = new pg.Client(url); await c.connect(); try { return await c.query(sql); } finally { await c.end(); } };
/** PrismaPg repaired for migrations: whole-script execution, catalog "char" columns, a shadow database that is never the main one. */
export class MigrationPg extends PrismaPg {
  constructor(url) { super(url); this.url = url; this.pools = []; }
  async close() { await Promise.all(this.pools.map((p) => (p.ended ? undefined : p.end()))); }
  async open(db, onEnd = async () => {}) {
    const pool = new pg.Pool({ connectionString: withDb(this.url, db), max: 1 }); this.pools.push(pool); // max 1: BEGIN…COMMIT in a script stays on one connection
    const a = await new PrismaPg(pool).connect(), queryRaw = a.queryRaw;
    return Object.assign(a, {
      queryRaw: async (q) => { const r = await a.performIO(q), ch = r.fields.map((f) => f.dataTypeID === 18 && !!(f.dataTypeID = 25)); const out = await queryRaw.call(Object.assign(Object.create(a), { performIO: async () => r }), q); return { ...out, columnTypes: out.columnTypes.map((t, i) => (ch[i] ? ColumnTypeEnum.Character : t)) }; },
      executeScript: async (s) => { try { await pool.query(s); } catch (e) { a.onError(e); } },
      dispose: async () => { await pool.end(); await onEnd(); },
    });
  }
  connect() { return this.open(); }
  async connectToShadowDb() { const n = `prisma_migrate_shadow_db_${crypto.randomUUID()}`, u = withDb(this.url); await admin(u, `CREATE DATABASE "${n}"`); return this.open(n, () => admin(u, `DROP DATABASE IF EXISTS "${n}" WITH (FORCE)`)); }
}
export let panic; globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (m) => { panic = m; } };
let wasm; // instantiate once per process: the glue module keeps global state
const load = () => (wasm ??= (async () => {
  const bg = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const imports = Object.fromEntries(Object.entries(bg).map(([k, v]) => [k, k.startsWith('__wbg_setTimeout_') ? (f, ms) => setTimeout(f, ms >>> 0).unref() : v])); // its 10 s lock timer is never cleared
  const inst = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm'))), { './schema_engine_bg.js': imports });
  bg.__wbg_set_wasm(inst.exports); inst.exports.__wbindgen_start(); return bg;
})());
export const schemaFiles = () => (statSync(SCHEMA).isDirectory() ? readdirSync(SCHEMA, { recursive: true }).filter((f) => f.endsWith('.prisma')).map((f) => join(SCHEMA, f)) : [SCHEMA]).map((path) => ({ path, content: readFileSync(path, 'utf8') }));
export async function withEngine(url, fn) { const f = new MigrationPg(url); try { return await fn(await (await load()).SchemaEngine.new({ datamodels: schemaFiles().map((x) => [x.path, x.content]) }, () => {}, bindMigrationAwareSqlAdapterFactory(f))); } finally { await f.close(); } }
export const filters = { externalTables: [], externalEnums: [] };
export const migrations = () => ({ baseDir: DIR, lockfile: { path: 'migration_lock.toml', content: existsSync(join(DIR, 'migration_lock.toml')) ? readFileSync(join(DIR, 'migration_lock.toml'), 'utf8') : null }, shadowDbInitScript: '',
  migrationDirectories: (existsSync(DIR) ? readdirSync(DIR, { withFileTypes: true }) : []).filter((d) => d.isDirectory()).map((d) => d.name).sort().map((path) => ({ path, migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: readFileSync(join(DIR, path, 'migration.sql'), 'utf8') } } })) });
export const deploy = (url) => withEngine(url, async (e) => (await e.applyMigrations({ migrationsList: migrations(), filters })).appliedMigrationNames);
