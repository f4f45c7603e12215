// How the test files learn where the servers of this run are: through one environment variable, set before Jest starts
// its workers.

export interface Servers {
  /** Superuser, database `postgres`. */
  adminUrl: string;
  template: string;
  /** Of tsunagi_app and tsunagi_queue. */
  password: string;
  /** null: this machine has no redis-server. */
  redisUrl: string | null;
  redisServer: string | null;
}

const variable = 'TSUNAGI_TEST_SERVERS';

export function publishServers(servers: Servers): void {
  process.env[variable] = JSON.stringify(servers);
}

/** @throws Error outside a Jest run */
export function servers(): Servers {
  const text = process.env[variable];
  if (!text) throw new Error('no test servers: run through Jest, whose globalSetup starts them');
  return JSON.parse(text) as Servers;
}
