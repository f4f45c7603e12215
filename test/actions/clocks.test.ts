// 期限の時計: a deadline is a list of intervals.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { changeDue } from '../../src/actions/change-due.js';
import { claimDueTimers } from '../../src/actions/claim-due-timers.js';
import { completeTask } from '../../src/actions/complete-task.js';
import { fireReminder } from '../../src/actions/fire-reminder.js';
import { fireTimer } from '../../src/actions/fire-timer.js';
import { openCase } from '../../src/domain/cases.js';
import { pauseCaseClock, pauseTaskClock } from '../../src/actions/pause-clock.js';
import { publishMessage } from '../../src/actions/publish-message.js';
import { listDuePauses, resumeClock } from '../../src/actions/resume-clock.js';
import { resumeInstance } from '../../src/actions/resume-instance.js';
import { suspendInstance } from '../../src/actions/suspend-instance.js';
import { grantAccess } from '../../src/domain/access.js';
import { readAs, transact, type Person } from '../../src/base/db.js';
import { readLedger } from '../../src/engine/clocks.js';
import { heatOf, readInstanceDetail } from '../../src/engine/monitor.js';
import { testClock } from '../engine/store/setup.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { boundaryTimer, catchTimer, deploy, diagram, end, flows, keeper, message, openTask, startBy, task } from '../support/diagrams.js';
import { startWorkers } from '../../workers/start.js';
import { waitFor } from '../support/wait-for.js';

const deadline = { dueIn: '5BD', remindBefore: '1BD', escalateAfter: '1BD>grp.chair' };
const rescue = diagram('rescue', `${startBy('rescue')}${task('call', { properties: { dueIn: '1h', escalateAfter: '0h>grp.chair', neverPaused: 'true' } })}${boundaryTimer('night', 'call', 'PT3H', false)}${task('look')}${task('measure', { properties: { ...deadline, neverPaused: '=calm' } })}${end()}${end('end2')}${flows('start>call', 'call>measure', 'measure>end', 'night>look', 'look>end2')}`, message('rescue'));
const office = diagram('office', `${startBy('office')}${task('work', { properties: deadline })}${boundaryTimer('late', 'work', 'P3D', false)}${task('chase')}${task('second', { properties: deadline })}${catchTimer('review', 'P2D')}${task('look')}${end()}${end('end2')}${flows('start>work', 'work>second', 'second>review', 'review>look', 'look>end', 'late>chase', 'chase>end2')}`, message('office'));

describe('期限の時計', () => {
  let app: TestApp;
  let mori: Person;
  let sato: Person;
  const clock = testClock();
  const url = (): string => app.database.ownerUrl;
  beforeAll(async () => {
    app = await testApp({ clock });
    [mori, sato] = [await personByLogin(url(), 'mori.d'), await personByLogin(url(), 'sato.h')];
    await deploy(app, office);
    await deploy(app, rescue);
  });
  beforeEach(() => clock.set('2026-11-24T10:00:00+09:00')); // a Tuesday
  afterAll(() => app.close());

  async function aCase(): Promise<string> {
    const { caseNo, id: caseId } = await transact(app.db, keeper, async (tx) => {
      const made = await openCase(tx, { field: 'elder', channel: 'phone', agencyCode: mori.agencyCode, urgent: false }, '2026-11-24', null);
      for (const reader of [`agency:${mori.agencyCode}`, `agency:${sato.agencyCode}`]) await grantAccess(tx, { caseId: made.id, reader, level: 'content', basis: 'intake', basisId: null });
      return made;
    });
    await publishMessage(app, keeper, { name: 'office', businessKey: caseNo, variables: { caseId } });
    return caseNo;
  }
  interface Times { due: string; timers: Record<string, string> }
  /** In Japan, to the minute. */
  const local = (at: Date | null): string => (at === null ? '-' : new Date(at.getTime() + 9 * 3_600_000).toISOString().slice(5, 16).replace('T', ' '));
  async function times(taskId: string): Promise<Times> {
    const [row] = await query<{ due: Date; instance: string }>(url(), 'select due_at as due, instance_id as instance from task where id = $1', [taskId]);
    const timers = await query<{ what: string; at: Date }>(url(), `select coalesce(rule, element_id) as what, due_at as at from timer where status = 'pending' and (task_id = $1 or (instance_id = $2 and kind = 'bpmn'))`, [taskId, row!.instance]);
    return { due: local(row!.due), timers: Object.fromEntries(timers.map(({ what, at }) => [what, local(at)])) };
  }
  const until = '2026-11-26';
  const work = async (caseNo: string): Promise<string> => (await openTask(url(), caseNo, 'work')).id;
  const before: Times = { due: '12-01 17:15', timers: { 'due-1BD': '11-30 08:45', 'escalate:1BD>grp.chair': '12-02 17:15', late: '11-27 10:00' } };
  // 7:15 of Tuesday and 8:30 of Wednesday later, in hours in which the office is open
  const after: Times = { due: '12-03 16:00', timers: { 'due-1BD': '12-01 16:00', 'escalate:1BD>grp.chair': '12-04 16:00', late: '11-30 17:15' } };

  test('due, reminder, escalation and the timer drawn on it move by the open hours for which the clock stood, by itself, on its day', async () => {
    const caseNo = await aCase();
    const taskId = await work(caseNo);
    expect(await times(taskId)).toEqual(before);
    const { pauseId, resumeAt } = await pauseTaskClock(app, mori, { taskId, reason: 'awaiting_person', resumeOn: until });
    expect(resumeAt).toBe('2026-11-25T23:45:00.000Z');
    clock.set('2026-11-26T08:44:59+09:00');
    expect(await transact(app.db, keeper, async () => listDuePauses(app, keeper))).not.toContain(pauseId);
    clock.set('2026-11-26T08:45:00+09:00');
    expect(await listDuePauses(app, keeper)).toEqual([pauseId]);
    expect(await resumeClock(app, keeper, { pauseId })).toMatchObject({ tasks: 1 });
    expect(await times(taskId)).toEqual(after);
    const ledger = await readAs(app.db, mori, (tx) => readLedger(tx, { businessKey: caseNo, taskId }));
    expect(ledger).toMatchObject([{ taskId, reason: 'awaiting_person', pausedByName: mori.name, endedByName: null, movedMs: 15.75 * 3_600_000 }]);
    await expect(query(url(), `update clock_event set kind = 'moved'`)).rejects.toThrow('append-only');
    await expect(query(url(), `update clock_pause set reason = 'disaster' where id = $1`, [pauseId])).rejects.toThrow('only end');
  });

  test('twice changes nothing more; two at once move it once', async () => {
    const taskId = await work(await aCase());
    const { pauseId } = await pauseTaskClock(app, mori, { taskId, reason: 'in_hospital', resumeOn: until });
    clock.set('2026-11-26T08:45:00+09:00');
    const all = await Promise.all([resumeClock(app, keeper, { pauseId }), resumeClock(app, mori, { pauseId }), resumeClock(app, keeper, { pauseId })]);
    expect(all.map(({ tasks }) => tasks).toSorted()).toEqual([0, 0, 1]);
    clock.set('2026-11-27T08:45:00+09:00');
    expect((await resumeClock(app, keeper, { pauseId })).tasks).toBe(0);
    expect(await times(taskId)).toEqual(after);
  });

  test('late: a clock that nobody let go on for a week longer has stood for that week too', async () => {
    const taskId = await work(await aCase());
    const { pauseId } = await pauseTaskClock(app, mori, { taskId, reason: 'in_hospital', resumeOn: until });
    clock.set('2026-12-03T08:45:00+09:00');
    await resumeClock(app, keeper, { pauseId });
    expect((await times(taskId)).due).toBe('12-10 16:00');
  });

  test('two stop it at once: one wins, and the other is told', async () => {
    const taskId = await work(await aCase());
    const both = await Promise.allSettled([1, 2].map(() => pauseTaskClock(app, mori, { taskId, reason: 'awaiting_agency', resumeOn: until })));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((both.find((one) => one.status === 'rejected') as PromiseRejectedResult).reason).toMatchObject({ code: 'clock_stands' });
  });

  test('while it stands nothing of it is reminded of, escalated, fired or late, whoever had claimed it before', async () => {
    const caseNo = await aCase();
    const taskId = await work(caseNo);
    clock.set('2026-11-30T09:00:00+09:00');
    const claimed = (await claimDueTimers(app, keeper, { kind: 'notices', leaseMs: 1 })).map(({ id }) => id);
    const drawn = (await query<{ id: string }>(url(), `select t.id from timer t join process_instance i on i.id = t.instance_id where i.business_key = $1 and t.element_id = 'late'`, [caseNo]))[0]!.id;
    clock.set('2026-11-24T10:00:00+09:00');
    await pauseTaskClock(app, mori, { taskId, reason: 'long_absence', resumeOn: '2026-12-24' });
    clock.set('2026-12-10T10:00:00+09:00');
    await fireReminder(app, keeper, { timerIds: claimed });
    expect((await query(url(), `select 1 from reminder_ledger where task_id = $1`, [taskId]))).toEqual([]);
    expect(await fireTimer(app, keeper, { timerId: drawn })).toEqual({ outcome: 'idle', again: false });
    const mine = await query<{ id: string }>(url(), `select id from timer where task_id = $1`, [taskId]);
    const ids = (await claimDueTimers(app, keeper, { kind: 'notices', leaseMs: 1 })).map(({ id }) => id);
    expect(mine.filter(({ id }) => ids.includes(id))).toEqual([]);
    expect((await claimDueTimers(app, keeper, { kind: 'flow', leaseMs: 1 })).map(({ id }) => id)).not.toContain(drawn);
    expect(await query(url(), `select distinct due_at from inbox_entry where task_id = $1 and due_at <> 'infinity'`, [taskId])).toEqual([]);
    await expect(changeDue(app, mori, { taskId, dueAt: new Date('2027-01-10T00:00:00Z'), reason: '延ばす' })).rejects.toMatchObject({ code: 'clock_stands' });
  });

  test('a case stops as a whole: the task that opens meanwhile stands from its start, and each moves by what it stood; an appointment does not', async () => {
    const caseNo = await aCase();
    const taskId = await work(caseNo);
    const { pauseId } = await pauseCaseClock(app, sato, { caseNo, reason: 'in_hospital', resumeOn: until });
    clock.set('2026-11-25T10:00:00+09:00');
    const { version } = await openTask(url(), caseNo, 'work');
    await completeTask(app, mori, { taskId, version });
    const second = (await openTask(url(), caseNo, 'second')).id;
    expect((await times(second)).due).toBe('12-02 17:15');
    clock.set('2026-11-26T08:45:00+09:00');
    expect((await resumeClock(app, sato, { pauseId })).tasks).toBe(1);
    expect((await times(second)).due).toBe('12-03 16:00'); // it stood from Wednesday ten o'clock
    const { version: next } = await openTask(url(), caseNo, 'second');
    await completeTask(app, mori, { taskId: second, version: next });
    await pauseCaseClock(app, sato, { caseNo, reason: 'in_hospital', resumeOn: '2026-12-10' });
    const review = async (): Promise<Date[]> => (await query<{ at: Date }>(url(), `select t.due_at as at from timer t join process_instance i on i.id = t.instance_id where i.business_key = $1 and t.element_id = 'review' and t.status = 'pending' and not t.paused`, [caseNo])).map(({ at }) => at);
    expect((await review()).map(local)).toEqual(['11-28 08:45']);
  });

  test('what is drawn on a task that opens while the clock of its case stands rests from its start, is not late anywhere, and moves by what it stood', async () => {
    await deploy(app, diagram('desk', `${startBy('desk')}${task('first')}${task('second', { properties: deadline })}${boundaryTimer('nudge', 'second', 'P1D', false)}${task('chase')}${end()}${end('end2')}${flows('start>first', 'first>second', 'second>end', 'nudge>chase', 'chase>end2')}`, message('desk')));
    const caseNo = await aCase();
    const { instanceId } = await publishMessage(app, keeper, { name: 'desk', businessKey: caseNo, variables: {} });
    const { pauseId } = await pauseCaseClock(app, sato, { caseNo, reason: 'in_hospital', resumeOn: '2026-12-04' });
    const { id: first, version } = await openTask(url(), caseNo, 'first');
    await completeTask(app, mori, { taskId: first, version });
    const nudge = async () => (await query<{ paused: boolean; at: Date }>(url(), `select paused, due_at as at from timer where instance_id = $1 and element_id = 'nudge' and status = 'pending'`, [instanceId]))[0]!;
    expect(await nudge()).toMatchObject({ paused: true });
    const before = (await nudge()).at;
    clock.set('2026-12-03T10:00:00+09:00');
    const [{ id }] = (await query<{ id: string }>(url(), `select definition_id as id from process_instance where id = $1`, [instanceId])) as [{ id: string }];
    const late = () => readAs(app.db, sato, async (tx) => (await heatOf(tx, id)).map(({ elementId, open, overdue }) => [elementId, open, overdue]));
    expect(await late()).toEqual([['nudge', 1, 0], ['second', 1, 0]]);
    const detail = await readAs(app.db, sato, (tx) => readInstanceDetail(tx, instanceId!, (definitionId) => app.definitions.byId(tx, definitionId)));
    expect(detail!.waits.map(({ elementId, overdue }) => [elementId, overdue])).toEqual([['nudge', false], ['second', false]]);
    clock.set('2026-12-04T08:45:00+09:00');
    await resumeClock(app, sato, { pauseId });
    const { paused, at } = await nudge();
    expect([paused, at]).toEqual([false, app.calendar.addOpenMs(before, app.calendar.openMs(new Date('2026-11-24T10:00:00+09:00'), new Date('2026-12-04T08:45:00+09:00')))]);
  });

  test('pauses that overlap are one interval: the clock goes on with the last of them', async () => {
    const caseNo = await aCase();
    const taskId = await work(caseNo);
    const one = await pauseTaskClock(app, mori, { taskId, reason: 'awaiting_person', resumeOn: '2026-11-25' });
    const two = await pauseCaseClock(app, sato, { caseNo, reason: 'in_hospital', resumeOn: until });
    clock.set('2026-11-25T08:45:00+09:00');
    expect((await resumeClock(app, keeper, one)).tasks).toBe(0);
    expect((await times(taskId)).due).toBe(before.due);
    clock.set('2026-11-26T08:45:00+09:00');
    expect((await resumeClock(app, keeper, two)).tasks).toBe(1);
    expect(await times(taskId)).toEqual(after);
  });

  test('a clock that the law or a life sets runs on: in a case whose clock stands, opened before or after, and by nobody of its own', async () => {
    const caseNo = await aCase();
    const rescued = (calm: boolean): Promise<unknown> => publishMessage(app, keeper, { name: 'rescue', businessKey: caseNo, variables: { calm } });
    const calls = () => query<{ id: string; paused: Date | null; due: Date }>(url(), `select id, paused_at as paused, due_at as due from task where business_key = $1 and element_id = 'call' and status = 'open' order by created_at`, [caseNo]);
    await rescued(true);
    const { pauseId } = await pauseCaseClock(app, sato, { caseNo, reason: 'in_hospital', resumeOn: '2026-12-10' });
    await rescued(false);
    const [first, second] = await calls();
    expect([first, second]).toMatchObject([{ paused: null }, { paused: null }]);
    expect((await openTask(url(), caseNo, 'work')).id).toBeDefined();
    expect(await query(url(), `select 1 from task where business_key = $1 and element_id = 'work' and paused_at is null`, [caseNo])).toEqual([]);
    await expect(pauseTaskClock(app, mori, { taskId: first!.id, reason: 'awaiting_person', resumeOn: until })).rejects.toMatchObject({ code: 'clock_runs_on' });
    // its ladder climbs, its timer fires, and it is late, while the case stands
    clock.set('2026-11-24T13:30:00+09:00');
    const due = await query<{ id: string; what: string }>(url(), `select t.id, coalesce(t.rule, t.element_id) as what from timer t join process_instance i on i.id = t.instance_id where i.business_key = $1 and coalesce(t.element_id, '') in ('call', 'night') and t.status = 'pending'`, [caseNo]);
    expect(due.map(({ what }) => what).toSorted()).toEqual(['escalate:0h>grp.chair', 'escalate:0h>grp.chair', 'night', 'night']);
    const taken = [...(await claimDueTimers(app, keeper, { kind: 'notices', leaseMs: 1 })), ...(await claimDueTimers(app, keeper, { kind: 'flow', leaseMs: 1 }))].map(({ id }) => id);
    expect(due.filter(({ id }) => !taken.includes(id))).toEqual([]);
    expect(await readAs(app.db, mori, (tx) => readLedger(tx, { businessKey: caseNo, taskId: first!.id }))).toEqual([]);
    // the next task of each is what its own expression says
    for (const { id } of [first!, second!]) await completeTask(app, mori, { taskId: id, version: 1 });
    const measures = await query<{ runs: boolean; stands: boolean }>(url(), `select never_paused as runs, paused_at is not null as stands from task where business_key = $1 and element_id = 'measure' order by never_paused`, [caseNo]);
    expect(measures).toEqual([{ runs: false, stands: true }, { runs: true, stands: false }]);
    expect((await resumeClock(app, sato, { pauseId })).tasks).toBe(2);
    expect(await calls()).toEqual([]);
  });

  test('a suspended process has its clocks stopped, and they go on with it', async () => {
    const caseNo = await aCase();
    const taskId = await work(caseNo);
    const { instanceId } = await openTask(url(), caseNo, 'work');
    await suspendInstance(app, keeper, { instanceId, reason: '確認' });
    const [pause] = await query<{ id: string }>(url(), `select id from clock_pause where root_id = $1`, [instanceId]);
    await expect(resumeClock(app, mori, { pauseId: pause!.id })).rejects.toMatchObject({ code: 'not_found' });
    clock.set('2026-11-26T08:45:00+09:00');
    await resumeInstance(app, keeper, { instanceId, reason: '再開' });
    expect(await times(taskId)).toEqual(after);
  });

  test('what was late before stays late by as much', async () => {
    const taskId = await work(await aCase());
    clock.set('2026-12-07T10:00:00+09:00');
    const { pauseId } = await pauseTaskClock(app, mori, { taskId, reason: 'awaiting_person', resumeOn: '2026-12-09' });
    clock.set('2026-12-09T08:45:00+09:00');
    await resumeClock(app, keeper, { pauseId });
    expect((await times(taskId)).due).toBe(before.due);
  });

  test('only who works on it may, for a day that lies ahead and not beyond a year', async () => {
    const caseNo = await aCase();
    const taskId = await work(caseNo);
    const fujita = await personByLogin(url(), 'fujita.h');
    await expect(pauseTaskClock(app, fujita, { taskId, reason: 'disaster', resumeOn: until })).rejects.toMatchObject({ code: 'not_found' });
    await expect(pauseCaseClock(app, mori, { caseNo, reason: 'disaster', resumeOn: until })).rejects.toMatchObject({ code: 'forbidden' });
    for (const resumeOn of ['2026-11-24', '2026-11-01', '2027-11-30']) await expect(pauseTaskClock(app, mori, { taskId, reason: 'disaster', resumeOn })).rejects.toMatchObject({ code: 'invalid' });
    const { pauseId } = await pauseTaskClock(app, mori, { taskId, reason: 'disaster', resumeOn: until });
    await expect(resumeClock(app, fujita, { pauseId })).rejects.toMatchObject({ code: 'not_found' });
    expect(await readAs(app.db, fujita, (tx) => readLedger(tx, { businessKey: caseNo }))).toEqual([]);
    expect(await readAs(app.db, await personByLogin(url(), 'nakamura.m'), (tx) => readLedger(tx, { businessKey: caseNo }))).toHaveLength(1); // the chair oversees
  });

  test('the workers let it go on by themselves', async () => {
    const taskId = await work(await aCase());
    await pauseTaskClock(app, mori, { taskId, reason: 'awaiting_person', resumeOn: until });
    clock.set('2026-11-26T08:45:00+09:00');
    const workers = startWorkers(app, { everyMs: 50, sendMail: async () => {} });
    try {
      await waitFor('it went on', async () => (await times(taskId)).due === after.due, { timeoutMs: 30_000 });
    } finally {
      await workers.stop();
    }
  });
});
