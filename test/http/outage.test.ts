import { createServer, connect, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bulkTasks } from '../../src/actions/bulk-tasks.js';
import { freshDatabase, query, type TestDatabase } from '../support/database.js';
import { personByLogin, seedTestCity } from '../support/city.js';
import { deploy, diagram, end, flows, form, message, startBy, task } from '../support/diagrams.js';
import { waitFor } from '../support/wait-for.js';
import { openTwo, type Client, type Two } from './two-instances.js';

/** The way to Postgres, which can be cut and mended. */
interface Cable {
  port: number;
  cut(): void;
  mend(): Promise<void>;
  close(): void;
}

async function layCable(to: URL): Promise<Cable> {
  const sockets = new Set<Socket>();
  let server: Server;
  let port = 0;
  const mend = (): Promise<void> =>
    new Promise((resolve) => {
      server = createServer((client) => {
        const far = connect(Number(to.port), to.hostname);
        for (const [from, into] of [[client, far], [far, client]] as const) {
          sockets.add(from);
          from.on('error', () => into.destroy());
          from.on('close', () => into.destroy());
          from.pipe(into);
        }
      });
      server.listen(port, '127.0.0.1', () => {
        port = (server.address() as { port: number }).port;
        resolve();
      });
    });
  await mend();
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return { port, cut, mend, close: cut };
}

let database: TestDatabase;
let cable: Cable;
let two: Two;
let staff: Client;
let unplugged: Record<string, unknown>[];

beforeAll(async () => {
  database = await freshDatabase();
  await seedTestCity(database.ownerUrl);
  cable = await layCable(new URL(database.ownerUrl));
  const through = (url: string): string => {
    const made = new URL(url);
    made.port = String(cable.port);
    return made.href;
  };
  two = await openTwo({ database: { ...database, ownerUrl: through(database.ownerUrl), appUrl: through(database.appUrl), queueUrl: through(database.queueUrl) } });
  await deploy(two.app, diagram('intake', startBy('consultation_received') + task('screen', { form: 'screen' }) + end() + flows('start>screen', 'screen>end'), message('consultation_received')), { screen: form });
  staff = await two.as('mori.d');
}, 180_000);
afterAll(async () => {
  await two.close();
  cable.close();
  await database.drop();
});

test('while Postgres is away for ten seconds every request gets a 503 in our own words and nothing is half done; then work goes on', async () => {
  const { body } = await staff.post('/api/cases', { field: 'elder' }).expect(201);
  const id = body.next[0].id as string;
  cable.cut();
  unplugged = [];
  const tries = [
    () => staff.get('/api/tasks'),
    () => staff.get('/api/tasks/counts'),
    () => staff.get('/api/session'),
    () => staff.post('/api/cases', { field: 'elder' }),
    () => staff.post(`/api/tasks/${id}/complete`, { version: 1, answers: { result: 'ok' } }),
    () => staff.put(`/api/tasks/${id}/draft`, { answers: {} }),
    () => two.nobody.post('/api/session', { login: 'mori.d', password: 'x' }),
    () => two.nobody.get('/health/ready'),
  ];
  const back = performance.now() + 10_000;
  for (let turn = 0; turn < tries.length || performance.now() < back; turn += 1) {
    const attempt = tries[turn % tries.length]!;
    const response = await attempt();
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect({ status: response.status, type: response.body.type }).toEqual({ status: 503, type: '/api/problems/unavailable' });
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    unplugged.push(response.body as Record<string, unknown>);
  }
  expect(JSON.stringify(unplugged)).not.toMatch(/ECONN|postgres|127\.0\.0\.1|terminated/i);
  await two.nobody.get('/health/live').expect(200);
  await cable.mend();
  await waitFor('both instances to answer again', async () => (await staff.get('/api/tasks')).status === 200 && (await staff.get('/api/tasks')).status === 200);
  await staff.post(`/api/tasks/${id}/complete`, { version: 1, answers: { result: 'ok' } }).expect(200);
  const cases = await query(database.ownerUrl, `select status from task`);
  expect(cases).toEqual([{ status: 'completed' }]);
}, 180_000);

test('when Postgres goes away in the middle of bulk work, what was done is told as done and the rest as unavailable; the same key does the rest', async () => {
  const taken = [];
  for (let i = 0; i < 3; i += 1) taken.push((await staff.post('/api/cases', { field: 'elder' }).expect(201)).body.next[0].id as string);
  const mori = await personByLogin(database.ownerUrl, 'mori.d');
  const ask = { taskIds: taken, do: { kind: 'claim' }, idempotencyKey: 'bulk-cut' } as const;
  const breaking = { ...two.app, committed: () => cable.cut() };
  const { rows } = await bulkTasks(breaking, mori, ask);
  expect(rows.map((r) => (r.ok ? r.task.assigneeId : r.problem.code))).toEqual([mori.userId, 'unavailable', 'unavailable']);
  await cable.mend();
  await waitFor('both instances to answer again', async () => (await staff.get('/api/tasks')).status === 200 && (await staff.get('/api/tasks')).status === 200);
  const again = await staff.post('/api/tasks/bulk', { taskIds: taken, do: { kind: 'claim' } }).set('Idempotency-Key', 'bulk-cut').expect(200);
  expect(again.body.rows.map((r: { ok: boolean; task: { version: number } }) => [r.ok, r.task.version])).toEqual([[true, 2], [true, 2], [true, 2]]);
  const other = await staff.post('/api/tasks/bulk', { taskIds: taken.slice(1), do: { kind: 'claim' } }).set('Idempotency-Key', 'bulk-cut').expect(409);
  expect(other.body.type).toBe('/api/problems/idempotency_mismatch');
}, 180_000);
