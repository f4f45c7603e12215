import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cancelInstance } from '../../src/actions/cancel-instance.js';
import { changeDue } from '../../src/actions/change-due.js';
import { claimTask } from '../../src/actions/claim-task.js';
import { editVariables } from '../../src/actions/edit-variables.js';
import { delegateTask } from '../../src/actions/delegate-task.js';
import { resumeInstance } from '../../src/actions/resume-instance.js';
import { suspendInstance } from '../../src/actions/suspend-instance.js';
import { readAs, type Person } from '../../src/base/db.js';
import { readHistory } from '../../src/engine/history.js';
import { begin, testClock } from '../engine/store/setup.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { deploy, diagram, end, flows, message, openTask, startBy, task } from '../support/diagrams.js';

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ clock: testClock() });
  await deploy(app, diagram('p', startBy('p') + task('t') + end() + flows('start>t', 't>end'), message('p')));
});
afterAll(() => app.close());

test('why an instance was suspended, resumed, changed or cancelled is read by overseers in its history, and by nobody else', async () => {
  const by = (login: string): Promise<Person> => personByLogin(app.database.ownerUrl, login);
  const [keeper, lead, staff] = [await by('kimura.s'), await by('sato.h'), await by('mori.d')];
  await begin(app, 'p', 'R8-00001');
  const { instanceId } = await openTask(app.database.ownerUrl, 'R8-00001');
  await suspendInstance(app, keeper, { instanceId, reason: '図を直すため' });
  await resumeInstance(app, keeper, { instanceId, reason: '直した' });
  await editVariables(app, keeper, { instanceId, variables: { urgency: 'none' }, reason: '値の訂正' });
  await cancelInstance(app, keeper, { instanceId, reason: '重複' });
  const read = async (person: Person): Promise<unknown[]> =>
    (await readAs(app.db, person, (tx) => readHistory(tx, instanceId, { limit: 100 }))).filter(({ type }) => type === 'intervention').map(({ actorId, data }) => ({ actorId, data }));
  expect(await read(lead)).toEqual([
    { actorId: keeper.userId, data: { action: 'instance.suspend', reason: '図を直すため' } },
    { actorId: keeper.userId, data: { action: 'instance.resume', reason: '直した' } },
    { actorId: keeper.userId, data: { action: 'variables.edit', reason: '値の訂正' } },
    { actorId: keeper.userId, data: { action: 'instance.cancel', reason: '重複' } },
  ]);
  expect(await read(staff)).toEqual([]);
});

test('what somebody typed as a reason does not stand in the audit', async () => {
  const staff = await personByLogin(app.database.ownerUrl, 'mori.d');
  const colleague = await personByLogin(app.database.ownerUrl, 'hashimoto.k');
  await begin(app, 'p', 'R8-00002');
  const { id, instanceId } = await openTask(app.database.ownerUrl, 'R8-00002');
  const keeper = await personByLogin(app.database.ownerUrl, 'kimura.s');
  await changeDue(app, staff, { taskId: id, dueAt: new Date('2026-12-01T08:15:00Z'), reason: '理由カナリア' });
  await claimTask(app, staff, { taskId: id });
  await delegateTask(app, staff, { taskId: id, toUserId: colleague.userId, reason: '理由カナリア' });
  await suspendInstance(app, keeper, { instanceId, reason: '理由カナリア' });
  expect(await query(app.database.ownerUrl, `select action from audit_event where reason like '%カナリア%'`)).toEqual([]);
  expect(await query(app.database.ownerUrl, `select c.reason, k.delegate_reason from due_change c join task k on k.id = c.task_id`)).toEqual([{ reason: '理由カナリア', delegate_reason: '理由カナリア' }]);
});
