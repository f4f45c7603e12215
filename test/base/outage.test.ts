import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { asOutage, readAs, transact, type Person, type Tx } from '../../src/base/db.js';
import { Outage } from '../../src/base/problem.js';
import { testApp, type TestApp } from '../support/app.js';
import { query } from '../support/database.js';
import { keeper } from '../support/diagrams.js';
import { waitFor } from '../support/wait-for.js';

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ city: false });
});
afterAll(() => app.close());

const someone: Person = { kind: 'person', userId: '00000000-0000-7000-8000-000000000001', name: 'x', agencyCode: 'x', groups: [], roles: [] };

/** Ends the connection that is asleep in this database, from outside. */
const cutTheSleeper = (): Promise<unknown> =>
  waitFor('a sleeper to cut', async () => (await query(app.database.ownerUrl, `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid() and query ~ '^select pg_sleep'`, [app.database.name]))[0]);

const sleep = async (tx: Tx): Promise<void> => void (await tx.db.$queryRawUnsafe(`select pg_sleep(15)::text`));
/** Goes on with the connection that is gone, as work does that swallows an error. */
const sleepAndGoOn = async (tx: Tx): Promise<void> => {
  await sleep(tx).catch(() => {});
  await tx.db.$queryRawUnsafe(`select 1`);
};

test('a connection that is cut in the middle of a statement is an outage every time, for actions, workers and reads, and the next one works', async () => {
  for (let round = 0; round < 4; round += 1) {
    for (const work of [sleep, sleepAndGoOn]) {
      for (const run of [() => transact(app.db, keeper, work), () => readAs(app.db, someone, work)]) {
        const failed = run().then(() => 'nothing', (error: unknown) => error);
        await cutTheSleeper();
        expect(await failed).toBeInstanceOf(Outage);
        expect(await transact(app.db, keeper, (tx) => tx.db.$queryRawUnsafe(`select 1 as one`))).toEqual([{ one: 1 }]);
      }
    }
  }
}, 180_000);

test('what the driver says of a connection that it has lost or closed is an outage', () => {
  for (const message of ['Client has encountered a connection error and is not queryable', 'Client was closed and is not queryable']) {
    expect(asOutage(new Error(message))).toBeInstanceOf(Outage);
    expect(asOutage(new Error('wrapped', { cause: new Error(message) }))).toBeInstanceOf(Outage);
  }
  const other = new Error('relation "x" does not exist');
  expect(asOutage(other)).toBe(other);
});
