// node prisma/migrate.mjs deploy | create NAME | status | check
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIR, deploy, filters, migrations, schemaFiles, withEngine } from './engine.mjs';
const url = process.env.DATABASE_URL, [cmd, name = 'change'] = process.argv.slice(2), schema = { files: schemaFiles() };
const diff = async (e, from, to) => (await e.diff({ from, to, script: true, exitCode: true, filters, shadowDatabaseUrl: null })).stdout ?? '';
const empty = (sql) => sql.split('\n').every((l) => !l.trim() || l.startsWith('--'));
try {
  if (cmd === 'deploy') console.log('applied:', await deploy(url));
  else await withEngine(url, async (e) => {
    if (cmd === 'create') { // diff(), not createMigration(): on Postgres/WASM the latter cannot open a shadow database
      mkdirSync(DIR, { recursive: true }); const lock = join(DIR, 'migration_lock.toml'); if (!existsSync(lock)) writeFileSync(lock, 'provider = "postgresql"\n');
      const sql = await diff(e, { tag: 'migrations', ...migrations() }, { tag: 'schemaDatamodel', ...schema }); if (empty(sql) && !process.argv.includes('--empty')) return console.log('no change');
      const d = join(DIR, `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`); mkdirSync(d); writeFileSync(join(d, 'migration.sql'), sql); console.log('created', d);
    } else if (cmd === 'status') { const s = await e.diagnoseMigrationHistory({ migrationsList: migrations(), optInToShadowDatabase: false, filters }); console.log(s); process.exitCode = s.history || s.failedMigrationNames.length || s.editedMigrationNames.length ? 1 : 0; }
    else if (cmd === 'check') { const a = await diff(e, { tag: 'migrations', ...migrations() }, { tag: 'schemaDatamodel', ...schema }), b = await diff(e, { tag: 'migrations', ...migrations() }, { tag: 'schemaDatasource', ...schema, configDir: import.meta.dirname }); console.log(`schema vs migrations:\n${a}\nmigrations vs database:\n${b}`); process.exitCode = empty(a) && empty(b) ? 0 : 2; }
    else { console.error('usage: migrate deploy|create NAME|status|check'); process.exitCode = 64; }
  });
} catch (x) { console.error(x.message.split('\n   0: ')[0]); process.exitCode = 1; }
