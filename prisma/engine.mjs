// @ts-check
// Prisma's schema engine (its WASM build, from npm) on node-postgres. Used by schema-engine.mjs (what the `prisma`
// command calls), migrate.mjs and the tests, so that migrations need no download.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const require = createRequire(import.meta.url);

export const migrationsDir = join(import.meta.dirname, 'migrations');
const schemaDir = join(import.meta.dirname, 'schema');
const lockFile = join(migrationsDir, 'migration_lock.toml');

/** What the engine is told to leave alone: nothing. */
export const filters = { externalTables: [], externalEnums: [] };

/**
 * The same connection, to another database.
 * @param {string} url
 * @param {string} [database]
 */
export function withDatabase(url, database) {
  const changed = new URL(url);
  if (database) changed.pathname = `/${database}`;
  changed.searchParams.delete('schema');
  return changed.href;
}

/**
 * One statement over a connection of its own.
 * @param {string} url
 * @param {string} sql
 */
export async function runStatement(url, sql) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

const pgTypeChar = 18;
const pgTypeText = 25;

/**
 * PrismaPg repaired for migrations: runs whole scripts, reads the catalog's "char" columns, and makes a shadow
 * database that is never the main one.
 */
class MigrationPg extends PrismaPg {
  /** @param {string} url */
  constructor(url) {
    super(url);
    this.url = url;
    /** @type {pg.Pool[]} */
    this.pools = [];
  }

  async close() {
    await Promise.all(this.pools.filter((pool) => !pool.ended).map((pool) => pool.end()));
  }

  /**
   * @param {string} [database]
   * @param {() => Promise<unknown>} onEnd
   */
  async open(database, onEnd = async () => {}) {
    // one connection: BEGIN … COMMIT in a script must stay on it
    const pool = new pg.Pool({ connectionString: withDatabase(this.url, database), max: 1 });
    this.pools.push(pool);
    /** @type {any} the adapter's inner methods are not in its types */
    const adapter = await new PrismaPg(pool).connect();
    const plainQuery = adapter.queryRaw;
    return Object.assign(adapter, {
      /** @param {unknown} query */
      queryRaw: async (query) => {
        const result = await adapter.performIO(query);
        const isChar = result.fields.map((/** @type {{ dataTypeID: number }} */ field) => {
          if (field.dataTypeID !== pgTypeChar) return false;
          field.dataTypeID = pgTypeText;
          return true;
        });
        const answered = Object.assign(Object.create(adapter), { performIO: async () => result });
        const rows = await plainQuery.call(answered, query);
        const columnTypes = rows.columnTypes.map((/** @type {number} */ type, /** @type {number} */ i) =>
          isChar[i] ? ColumnTypeEnum.Character : type,
        );
        return { ...rows, columnTypes };
      },
      /** @param {string} script */
      executeScript: async (script) => {
        try {
          await pool.query(script);
        } catch (error) {
          adapter.onError(error);
        }
      },
      dispose: async () => {
        await pool.end();
        await onEnd();
      },
    });
  }

  /** @override */
  connect() {
    return this.open();
  }

  /** @override */
  async connectToShadowDb() {
    const name = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
    const url = withDatabase(this.url);
    await runStatement(url, `CREATE DATABASE "${name}"`);
    return this.open(name, () => runStatement(url, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
  }
}

/** @type {string | undefined} what the engine said when it gave up */
export let panic;
Object.assign(globalThis, {
  PRISMA_WASM_PANIC_REGISTRY: {
    /** @param {string} message */
    set_message(message) {
      panic = message;
    },
  },
});

/** @type {Promise<any> | undefined} instantiated once a process: the glue module keeps global state */
let loading;

function loadEngine() {
  loading ??= instantiate();
  return loading;
}

async function instantiate() {
  const glueName = '@prisma/schema-engine-wasm/schema_engine_bg';
  const glue = await import(glueName);
  // the engine never clears its ten-second lock timer, which would keep the process alive
  const letGo = (/** @type {() => void} */ run, /** @type {number} */ ms) =>
    setTimeout(run, ms >>> 0).unref();
  const imports = Object.fromEntries(
    Object.entries(glue).map(([name, value]) => [
      name,
      name.startsWith('__wbg_setTimeout_') ? letGo : value,
    ]),
  );
  const code = readFileSync(require.resolve(glueName).replace(/\.js$/, '.wasm'));
  /** @type {any} in neither lib ES2023 nor the types of Node 20 */
  const { WebAssembly } = /** @type {any} */ (globalThis);
  const module = new WebAssembly.Module(code);
  const instance = new WebAssembly.Instance(module, { './schema_engine_bg.js': imports });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}

/** The schema as the engine wants it, main.prisma (which names the provider) first. */
export const schemaFiles = () =>
  readdirSync(schemaDir)
    .filter((name) => name.endsWith('.prisma'))
    .sort((a, b) => Number(b === 'main.prisma') - Number(a === 'main.prisma') || (a < b ? -1 : 1))
    .map((name) => join(schemaDir, name))
    .map((path) => ({ path, content: readFileSync(path, 'utf8') }));

/**
 * Opens the engine on a database, gives it to `work`, and closes every connection.
 * @template T
 * @param {string} url
 * @param {(engine: any) => Promise<T>} work
 */
export async function withEngine(url, work) {
  const factory = new MigrationPg(url);
  try {
    const { SchemaEngine } = await loadEngine();
    const datamodels = schemaFiles().map(({ path, content }) => [path, content]);
    const adapter = bindMigrationAwareSqlAdapterFactory(/** @type {any} */ (factory));
    return await work(await SchemaEngine.new({ datamodels }, () => {}, adapter));
  } finally {
    await factory.close();
  }
}

const migrationNames = () =>
  (existsSync(migrationsDir) ? readdirSync(migrationsDir, { withFileTypes: true }) : [])
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

/** The SQL files, oldest first. */
export const migrationFiles = () =>
  migrationNames().map((name) => join(migrationsDir, name, 'migration.sql'));

/**
 * The migrations as the engine wants them.
 * @param {string} [last] none after this one
 */
export const migrations = (last) => ({
  baseDir: migrationsDir,
  lockfile: {
    path: 'migration_lock.toml',
    content: existsSync(lockFile) ? readFileSync(lockFile, 'utf8') : null,
  },
  shadowDbInitScript: '',
  migrationDirectories: migrationNames().filter((name) => last === undefined || name <= last).map((name) => ({
    path: name,
    migrationFile: {
      path: 'migration.sql',
      content: { tag: 'ok', value: readFileSync(join(migrationsDir, name, 'migration.sql'), 'utf8') },
    },
  })),
});

/**
 * Applies what is missing; returns the names of what it applied.
 * @param {string} url of a login that may change the schema
 * @param {string} [last] the name of the last one to apply
 * @returns {Promise<string[]>}
 */
export function deploy(url, last) {
  return withEngine(url, async (engine) => {
    const done = await engine.applyMigrations({ migrationsList: migrations(last), filters });
    return done.appliedMigrationNames;
  });
}
