// bin/deploy: diagrams into the database of the bin/start that runs here, or into the one that DATABASE_URL names.
// Asks for no approval (decision 0019): whoever runs it has the machine, and the audit says so.
// `--once` (bin/start): only what was never deployed; what was changed since is left as it is.
import { openApp } from './app.js';
import { givenSettings, readEnv } from './base/env.js';
import { deployPaths, type Deployed } from './services/deploy.js';
import { findRunning } from './services/running.js';

function tell({ path, key, version, isNew, refusals }: Deployed): string {
  if (refusals.length === 0) return `${isNew ? '+' : '='} ${key} 第${version}版  ${path}`;
  return refusals.map(({ pointer, detail }) => `× ${path}  ${pointer} ${detail}`).join('\n');
}

async function main(): Promise<number> {
  const given = givenSettings();
  const running = given['DATABASE_URL'] ? null : findRunning(given['TSUNAGI_DATA'] ?? 'data');
  if (!given['DATABASE_URL'] && !running?.settings['DATABASE_URL']) {
    process.stderr.write('つなぎが起動していません。bin/start で起動するか、DATABASE_URL を指定してください。\n');
    return 1;
  }
  const env = readEnv({ ...running?.settings, LOG_LEVEL: 'warn', ...given });
  const app = await openApp(env, 'deploy');
  try {
    const once = process.argv[2] === '--once';
    const paths = process.argv.slice(once ? 3 : 2);
    const deployed = await deployPaths(app, paths.length > 0 ? paths : [env.PROCESSES_DIR], { once });
    process.stdout.write(`${deployed.map(tell).join('\n')}\n`);
    return deployed.some(({ refusals }) => refusals.length > 0) ? 2 : 0;
  } finally {
    await app.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const { code, message, path } = error as NodeJS.ErrnoException;
  process.stderr.write(code === 'ENOENT' ? `ファイルがありません: ${path}\n` : `${message}\n`);
  process.exitCode = 1;
}
