// node prisma/migrate.mjs deploy | create NAME [--empty] | status | check      (DATABASE_URL says where)
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deploy, filters, migrations, migrationsDir, schemaFiles, withEngine } from './engine.mjs';

const url = process.env.DATABASE_URL;
const [command, name = 'change'] = process.argv.slice(2);

const fromMigrations = () => ({ tag: 'migrations', ...migrations() });
const toSchema = () => ({ tag: 'schemaDatamodel', files: schemaFiles() });
const inDatabase = () => ({ tag: 'schemaDatasource', files: schemaFiles(), configDir: import.meta.dirname });

async function difference(engine, from, to) {
  const found = await engine.diff({ from, to, script: true, exitCode: true, filters, shadowDatabaseUrl: null });
  return found.stdout ?? '';
}

const saysNothing = (sql) => sql.split('\n').every((line) => !line.trim() || line.startsWith('--'));

/** diff(), not createMigration(): on Postgres the WASM build of the latter cannot open a shadow database. */
async function create(engine) {
  mkdirSync(migrationsDir, { recursive: true });
  const lock = join(migrationsDir, 'migration_lock.toml');
  if (!existsSync(lock)) writeFileSync(lock, 'provider = "postgresql"\n');
  const sql = await difference(engine, fromMigrations(), toSchema());
  if (saysNothing(sql) && !process.argv.includes('--empty')) return console.log('no change');
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(migrationsDir, `${stamp}_${name}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'migration.sql'), sql);
  console.log('created', folder);
}

async function status(engine) {
  const found = await engine.diagnoseMigrationHistory({
    migrationsList: migrations(),
    optInToShadowDatabase: false,
    filters,
  });
  console.log(found);
  const { history, failedMigrationNames: failed, editedMigrationNames: edited } = found;
  process.exitCode = history || failed.length || edited.length ? 1 : 0;
}

async function check(engine) {
  const ahead = await difference(engine, fromMigrations(), toSchema());
  const drift = await difference(engine, fromMigrations(), inDatabase());
  console.log(`schema vs migrations:\n${ahead}\nmigrations vs database:\n${drift}`);
  process.exitCode = saysNothing(ahead) && saysNothing(drift) ? 0 : 2;
}

const commands = { create, status, check };

try {
  if (command === 'deploy') {
    console.log('applied:', await deploy(url));
  } else if (commands[command]) {
    await withEngine(url, commands[command]);
  } else {
    console.error('usage: migrate deploy | create NAME [--empty] | status | check');
    process.exitCode = 64;
  }
} catch (error) {
  console.error(error.message.split('\n   0: ')[0]);
  process.exitCode = 1;
}
