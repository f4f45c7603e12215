// The job that runs before API and workers of a new version (docker-compose.yml): migrations, the application's password,
// the city's files, the diagrams. DATABASE_URL is the owner here. A second run changes nothing.
import { migrate, setRolePassword } from '../prisma/prepare.js';
import { seedCity } from '../prisma/seed.js';
import { openApp } from './app.js';
import { systemClock } from './base/clock.js';
import { readEnv } from './base/env.js';
import { openLog } from './base/log.js';
import { deployPaths } from './services/deploy.js';

const env = readEnv();
const log = openLog(env.LOG_LEVEL, 'migrate');
const applied = await migrate(env.DATABASE_URL);
for (const url of [env.APP_DATABASE_URL, env.QUEUE_DATABASE_URL]) {
  if (url) await setRolePassword(env.DATABASE_URL, url);
}
const { peopleAdded } = await seedCity({
  ownerUrl: env.DATABASE_URL,
  cityDir: env.CITY_DIR,
  now: systemClock.now(),
  demoPassword: env.PEOPLE_PASSWORD ?? null,
});
const app = await openApp(env, 'migrate');
try {
  const deployed = await deployPaths(app, [env.PROCESSES_DIR]);
  const refused = deployed.filter(({ refusals }) => refusals.length > 0);
  log.info({ applied, peopleAdded, deployed: deployed.length - refused.length }, 'prepared');
  for (const { path, refusals } of refused) log.error({ path, refusals }, 'diagram refused');
  if (refused.length > 0) process.exitCode = 2;
} finally {
  await app.close();
}
