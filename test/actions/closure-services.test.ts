// What still runs for a case ends when the case is closed.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openCase } from '../../src/actions/open-case.js';
import { transact } from '../../src/base/db.js';
import { listParticipations, startParticipation } from '../../src/domain/participation/participation.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';

let app: TestApp;
const clerk = { kind: 'system', name: 'test' } as const;
beforeAll(async () => {
  app = await testApp({ deploy: ['processes/intake_screening'] });
}, 120_000);
afterAll(() => app.close());

test('participation support of a case that closes ends with it, once', async () => {
  const { caseId, instanceId } = await openCase(app, await personByLogin(app.database.ownerUrl, 'mori.d'), { field: 'elder' });
  await transact(app.db, clerk, (tx) => startParticipation(tx, { caseId, clientId: null, planNo: null, purposes: [], criteria: {} as never }));
  const close = app.handlers.get('register_closure');
  if (close?.kind !== 'inside') throw new Error('register_closure works inside');
  const context = { instanceId, businessKey: null, elementId: 'x', jobId: 'x', input: { caseId, reason: 'informed' }, calendar: app.calendar };
  for (const _ of [1, 2]) await transact(app.db, clerk, (tx) => close.run(tx, context));
  const left = await transact(app.db, clerk, (tx) => listParticipations(tx, caseId));
  expect(left.map(({ endedAt, outcome }) => [endedAt !== null, outcome])).toEqual([[true, 'interrupted']]);
  expect(await query(app.database.ownerUrl, 'select status, close_reason from support_case where id = $1', [caseId])).toEqual([{ status: 'closed', close_reason: 'informed' }]);
});
