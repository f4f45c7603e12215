import { openApp, type App, type AppOptions } from '../../src/app.js';
import { readEnv, type Env } from '../../src/base/env.js';
import { cityDir, seedTestCity } from './city.js';
import { freshDatabase, sharedTemplate, type TestDatabase } from './database.js';

export interface TestAppOptions extends AppOptions {
  /** Settings beside those of the database. */
  env?: Record<string, string>;
  /** A database that somebody else made and drops: a second process on the same data. */
  database?: TestDatabase;
  /** Load the city's files (default: yes, unless `database` is given). */
  city?: boolean;
  /** Folders or .bpmn files to deploy, from the root; every refusal fails the test. */
  deploy?: readonly string[];
}

/** An App on a database of its own. `close` also drops that database. */
export interface TestApp extends App {
  database: TestDatabase;
}

/** The settings of a process that works on `database`. */
export function testEnv(database: TestDatabase, settings: Record<string, string> = {}): Env {
  return readEnv({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    DATABASE_URL: database.ownerUrl,
    APP_DATABASE_URL: database.appUrl,
    QUEUE_DATABASE_URL: database.queueUrl,
    CITY_DIR: cityDir,
    ...settings,
  });
}

export async function testApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { env, database: given, city = !given, deploy = [], ...appOptions } = options;
  const shipped = !given && city && deploy.join() === 'processes';
  const database = given ?? (await freshDatabase(shipped ? await cityAtWork() : city ? await cityAlone() : undefined));
  if (given && city) await seedTestCity(database.ownerUrl);
  const app = await openApp(testEnv(database, env), 'test', appOptions);
  const close = async (): Promise<void> => {
    await app.close();
    if (!given) await database.drop();
  };
  try {
    if (deploy.length > 0 && !shipped) await deployAll(app, deploy);
  } catch (error) {
    await close();
    throw error;
  }
  return { ...app, database, close };
}

/** The test city as its files have it; made once in a run. @returns the template's name */
const cityAlone = (): Promise<string> => sharedTemplate('city', (database) => seedTestCity(database.ownerUrl));

/** The test city with all that is shipped deployed, long before any test begins; made once in a run. @returns the template's name */
const cityAtWork = (): Promise<string> =>
  sharedTemplate('at_work', async (database) => {
    const app = await testApp({ database, city: true, clock: { now: () => new Date('2026-01-05T09:00:00+09:00') } });
    try {
      await deployAll(app, ['processes']);
    } finally {
      await app.close();
    }
  });

async function deployAll(app: App, paths: readonly string[]): Promise<void> {
  const { deployPaths } = await import('../../src/services/deploy.js');
  for (const { path, refusals } of await deployPaths(app, paths)) {
    if (refusals.length > 0) throw new Error(`${path} was refused: ${JSON.stringify(refusals)}`);
  }
}
