// One API process: any number of them, on one machine or on several. SIGTERM and SIGINT let it finish what it is
// answering.
import { createServer } from 'node:http';
import { openNudge } from '../workers/nudge.js';
import { openApp } from './app.js';
import { readEnv } from './base/env.js';
import { openHttp } from './http/app.js';

/** Requests that are still being answered get this long. */
const patienceMs = 10_000;

const env = readEnv();
const app = await openApp(env, 'api');
const nudge = openNudge(env, app.log);
app.onCommit(() => nudge.nudge());
const http = openHttp(app);
const server = createServer(http.express);
server.requestTimeout = 60_000;
// longer than a reverse proxy keeps its connections, so that it never writes into one that has just been closed
server.keepAliveTimeout = 75_000;

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  const closeBusy = setTimeout(() => server.closeAllConnections(), patienceMs);
  server.close(() => {
    clearTimeout(closeBusy);
    void closeRest();
  });
  server.closeIdleConnections();
}

async function closeRest(): Promise<void> {
  await http.close();
  await nudge.close();
  await app.close();
  app.log.info('api stopped');
  process.exit(process.exitCode ?? 0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
server.on('error', (error: NodeJS.ErrnoException) => {
  app.log.fatal({ code: error.code, host: env.HOST, port: env.PORT }, 'cannot listen');
  process.exitCode = 1;
  void closeRest();
});
server.listen(env.PORT, env.HOST, () => app.log.info({ address: server.address() }, 'api started'));
