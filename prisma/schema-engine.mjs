#!/usr/bin/env node
// Stands in for Prisma's native schema-engine binary (JSON-RPC on stdio), so the real `prisma migrate …` CLI runs without any download.
import { createInterface } from 'node:readline';
import { admin, panic, withDb, withEngine } from './engine.mjs';
const argv = process.argv.slice(2), { url } = JSON.parse(argv[argv.indexOf('--datasource') + 1] ?? '{}');
if (argv.includes('cli')) {
  const log = (level, message, error_code) => console.error(JSON.stringify({ timestamp: new Date().toISOString(), level, fields: { message, is_panic: false, error_code, meta: {} }, target: 'schema_engine::logger' }));
  log('INFO', 'start'); // the CLI drops the first stderr line
  const db = decodeURIComponent(new URL(url).pathname.slice(1)), maint = withDb(url, 'postgres');
  try {
    if (argv.includes('can-connect-to-database')) await admin(withDb(url), 'select 1');
    else if (argv.includes('create-database')) await admin(maint, `CREATE DATABASE "${db}"`);
    else if (argv.includes('drop-database')) await admin(maint, `DROP DATABASE IF EXISTS "${db}" WITH (FORCE)`);
    process.exit(0);
  } catch (e) { log('ERROR', e.message, { '3D000': 'P1003', '42P04': 'P1009', '28P01': 'P1000' }[e.code] ?? 'P1001'); process.exit(1); }
}
const send = (m) => new Promise((r) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\n', r));
await withEngine(url, async (engine) => {
  for await (const line of createInterface({ input: process.stdin })) {
    if (!line.trim()) continue; const { id, method, params } = JSON.parse(line); if (!method) continue;
    try {
      if (method === 'createMigration' || method === 'evaluateDataLoss') await engine.devDiagnostic({ migrationsList: params.migrationsList, filters: params.filters }); // fills the engine's migration-schema cache (only devDiagnostic/diagnose/diff can open the shadow database)
      const result = await engine[method](params);
      if (method === 'diff' && result.stdout) { await send({ id: 0, method: 'print', params: { content: result.stdout } }); result.stdout = null; }
      await send({ id, result: result ?? {} });
    } catch (e) { const [message, ...rest] = String(panic ?? e.message).split('\n   0: '); await send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data: { is_panic: !!panic, message, error_code: e.code ?? null, meta: e.meta ?? {}, backtrace: rest.join('\n') || null } } }); }
  }
}).catch((e) => send({ id: 1, error: { code: 4466, message: e.message, data: { is_panic: false, message: e.message, meta: {} } } }));
process.exit(0);
