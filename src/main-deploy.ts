// bin/deploy: diagrams into the database that DATABASE_URL (or a running bin/start) names.
import { openApp } from './app.js';
import { readEnv } from './base/env.js';
import { deployPaths } from './services/deploy.js';

const paths = process.argv.slice(2);
const env = readEnv();
const app = await openApp({ ...env, LOG_LEVEL: 'warn' }, 'deploy');
try {
  const deployed = await deployPaths(app, paths.length > 0 ? paths : [env.PROCESSES_DIR]);
  for (const { path, key, version, isNew, refusals } of deployed) {
    if (refusals.length === 0) process.stdout.write(`${isNew ? '+' : '='} ${key} 第${version}版  ${path}\n`);
    for (const { pointer, detail } of refusals) process.stdout.write(`× ${path}  ${pointer} ${detail}\n`);
  }
  process.exitCode = deployed.some(({ refusals }) => refusals.length > 0) ? 2 : 0;
} finally {
  await app.close();
}
