// The mail catcher as a process of its own (docker-compose.yml). SIGTERM and SIGINT end it.
import { join } from 'node:path';
import { systemClock } from './base/clock.js';
import { readMailCatcherEnv } from './base/env.js';
import { openLog } from './base/log.js';
import { startMailCatcher } from './services/mail-catcher.js';

const env = readMailCatcherEnv();
const log = openLog('info', 'mail-catcher');
const catcher = await startMailCatcher({
  folder: join(env.TSUNAGI_DATA, 'mails'),
  host: env.HOST,
  smtpPort: env.MAIL_CATCHER_PORT,
  webPort: env.MAIL_CATCHER_WEB_PORT,
  clock: systemClock,
});
log.info({ smtpPort: catcher.smtpPort, webPort: catcher.webPort }, 'mail catcher started');
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void catcher.close());
