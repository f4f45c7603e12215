#!/usr/bin/env node
// Stands in for Prisma's native schema-engine executable (JSON-RPC on standard input and output), so that the ordinary
// `prisma migrate …` commands run without any download. prisma.config.ts names it.
import { createInterface } from 'node:readline';
import { filters, panic, runStatement, withDatabase, withEngine } from './engine.mjs';

const argv = process.argv.slice(2);
const { url } = JSON.parse(argv[argv.indexOf('--datasource') + 1] ?? '{}');

if (argv.includes('cli')) await answerCommand();
else await answerCalls();
process.exit(process.exitCode ?? 0);

/** `schema-engine cli can-connect-to-database | create-database | drop-database` */
async function answerCommand() {
  log('INFO', 'start'); // the caller drops the first line of standard error
  const database = decodeURIComponent(new URL(url).pathname.slice(1));
  const maintenance = withDatabase(url, 'postgres');
  try {
    if (argv.includes('can-connect-to-database')) {
      await runStatement(withDatabase(url), 'select 1');
    } else if (argv.includes('create-database')) {
      await runStatement(maintenance, `CREATE DATABASE "${database}"`);
    } else if (argv.includes('drop-database')) {
      await runStatement(maintenance, `DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
    }
  } catch (error) {
    const codes = { '3D000': 'P1003', '42P04': 'P1009', '28P01': 'P1000' };
    log('ERROR', error.message, codes[error.code] ?? 'P1001');
    process.exitCode = 1;
  }
}

function log(level, message, errorCode) {
  const fields = { message, is_panic: false, error_code: errorCode, meta: {} };
  const timestamp = new Date().toISOString();
  console.error(JSON.stringify({ timestamp, level, fields, target: 'schema_engine::logger' }));
}

/** One JSON-RPC call a line, until the caller closes our input. */
async function answerCalls() {
  try {
    await withEngine(url, async (engine) => {
      for await (const line of createInterface({ input: process.stdin })) {
        const { id, method, params } = line.trim() ? JSON.parse(line) : {};
        if (!method) continue;
        try {
          await send({ id, result: (await call(engine, method, params)) ?? {} });
        } catch (error) {
          await send({ id, error: refusal(error) });
        }
      }
    });
  } catch (error) {
    await send({ id: 1, error: refusal(error) });
  }
}

async function call(engine, method, params) {
  if (method === 'createMigration' || method === 'evaluateDataLoss') {
    // only devDiagnostic, diagnose and diff can open the shadow database; this one fills the engine's cache of what
    // the migrations make
    const { migrationsList } = params;
    await engine.devDiagnostic({ migrationsList, filters: params.filters ?? filters });
  }
  const result = await engine[method](params);
  if (method === 'diff' && result.stdout) {
    await send({ id: 0, method: 'print', params: { content: result.stdout } });
    result.stdout = null;
  }
  return result;
}

function refusal(error) {
  const [message, ...trace] = String(panic ?? error.message).split('\n   0: ');
  return {
    code: 4466,
    message: 'An error happened. Check the data field for details.',
    data: {
      is_panic: Boolean(panic),
      message,
      error_code: error.code ?? null,
      meta: error.meta ?? {},
      backtrace: trace.join('\n') || null,
    },
  };
}

function send(message) {
  const line = `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
  return new Promise((resolve) => process.stdout.write(line, resolve));
}
