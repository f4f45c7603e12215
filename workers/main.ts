// A worker as a process of its own: `node --import tsx workers/main.ts`. Start as many as there is work for. SIGTERM and
// SIGINT let it finish what it does; SIGKILL loses nothing.
import { openApp } from '../src/app.js';
import { readEnv } from '../src/base/env.js';
import { serveFigures } from './figures.js';
import { startWorkers } from './start.js';

const env = readEnv();
const app = await openApp(env, 'worker');
const workers = startWorkers(app);
const server = env.METRICS_PORT === undefined ? null : await serveFigures(workers.figures, env.METRICS_PORT, env.HOST);
app.log.info({ queue: env.REDIS_URL ? 'redis' : 'postgres' }, 'worker started');

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  server?.close();
  await workers.stop();
  await app.close();
  app.log.info('worker stopped');
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
