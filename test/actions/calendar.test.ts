// 開庁日 changed while the office works.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { changeCalendar, previewCalendar, settleCalendar } from '../../src/actions/change-calendar.js';
import { changeDue } from '../../src/actions/change-due.js';
import { claimTask } from '../../src/actions/claim-task.js';
import { saveDraft } from '../../src/actions/save-draft.js';
import { publishMessage } from '../../src/actions/publish-message.js';
import { transact, type Person } from '../../src/base/db.js';
import { pauseTaskClock } from '../../src/actions/pause-clock.js';
import { resumeClock } from '../../src/actions/resume-clock.js';
import { tellMoment } from '../../src/domain/counted.js';
import { openCase } from '../../src/domain/cases.js';
import { setTimer } from '../../src/domain/timers.js';
import { testClock } from '../engine/store/setup.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin, seedTestCity } from '../support/city.js';
import { query } from '../support/database.js';
import { catchTimer, deploy, diagram, end, flows, form, keeper, message, openTask, startBy, task } from '../support/diagrams.js';
import { waitFor } from '../support/wait-for.js';

const office = diagram('office', `${startBy('office')}${task('work', { form: 'f', properties: { dueIn: '3BD', remindBefore: '1BD', escalateAfter: '1BD>grp.chair' } })}${end()}${flows('start>work', 'work>end')}`, message('office'));

// drawn clocks: counted by FEEL, as a duration, in days of the calendar, told by a record, a day that somebody named
const catchDate = (id: string, value: string): string => catchTimer(id, value).replaceAll('timeDuration', 'timeDate');
const clocks = diagram('clocks', `${startBy('clocks')}<bpmn:parallelGateway id="all"/>${catchDate('by_feel', '=if told = null then businessDays(3) else told')}${catchTimer('as_duration', '=if told = null then "4BD" else told')}
  ${catchTimer('in_days', 'P3D')}${catchDate('told_by_record', '=if toldAt = null then businessDays(9) else toldAt')}${catchDate('named', '=if namedAt = null then businessDays(9) else namedAt')}${end()}
  ${flows('start>all', ...['by_feel', 'as_duration', 'in_days', 'told_by_record', 'named'].flatMap((one) => [`all>${one}`, `${one}>end`]))}`, message('clocks'));

describe('開庁日の変更', () => {
  let app: TestApp;
  let other: TestApp;
  let mori: Person;
  let kato: Person;
  const clock = testClock();
  const url = (): string => app.database.ownerUrl;
  let number = 0;
  beforeAll(async () => {
    app = await testApp({ clock });
    other = await testApp({ clock, database: app.database });
    [mori, kato] = [await personByLogin(url(), 'mori.d'), await personByLogin(url(), 'kato.m')];
    await deploy(app, office, { f: form });
    await deploy(app, clocks);
  });
  beforeEach(() => clock.set('2026-11-24T10:00:00+09:00')); // a Tuesday
  afterAll(async () => {
    await other.close();
    await app.close();
  });

  const begin = async (at: TestApp = app): Promise<string> => {
    const key = `R8-9${String((number += 1)).padStart(4, '0')}`;
    await publishMessage(at, keeper, { name: 'office', businessKey: key });
    return (await openTask(url(), key)).id;
  };
  const local = (at: Date): string => new Date(at.getTime() + 9 * 3_600_000).toISOString().slice(5, 16).replace('T', ' ');
  const due = async (id: string): Promise<string> => local((await query<{ at: Date }>(url(), 'select due_at as at from task where id = $1', [id]))[0]!.at);
  const timers = async (id: string): Promise<string[]> => (await query<{ rule: string; at: Date }>(url(), `select rule, due_at as at from timer where task_id = $1 and status = 'pending' order by due_at`, [id])).map(({ rule, at }) => `${rule} ${local(at)}`);
  const revision = async (): Promise<number> => (await query<{ revision: number }>(url(), 'select revision from calendar_revision'))[0]!.revision;
  const close = (onDate: string, open = false): { onDate: string; open: boolean; name: string } => ({ onDate, open, name: '臨時閉庁' });

  /** Looks, and changes what was seen. */
  const change = async (at: TestApp, days: ReturnType<typeof close>[], why = '点検') => {
    const seen = await previewCalendar(at, kato, { days });
    return changeCalendar(at, kato, { days, revision: seen.revision, digest: seen.digest, reason: why });
  };

  test('the preview names what would move and changes nothing; applied, exactly that moves, begun or not, with reminders and escalations', async () => {
    const [free, claimed, drafted, byHand] = [await begin(), await begin(), await begin(), await begin()];
    await claimTask(app, mori, { taskId: claimed });
    await saveDraft(app, mori, { taskId: drafted, answers: { memo: '途中' }, version: null } as Parameters<typeof saveDraft>[2]);
    await changeDue(app, mori, { taskId: byHand, dueAt: new Date('2026-11-30T03:00:00Z'), reason: '本人の都合' });
    expect([await due(free), ...(await timers(free))]).toEqual(['11-27 17:15', 'due-1BD 11-26 08:45', 'escalate:1BD>grp.chair 11-30 17:15']);
    const seen = await previewCalendar(app, kato, { days: [close('2026-11-26')] });
    expect(seen.moved.map(({ taskId, fromDueAt, toDueAt }) => [taskId, local(fromDueAt), local(toDueAt)]).toSorted()).toEqual([free, claimed, drafted].map((id) => [id, '11-27 17:15', '11-30 17:15']).toSorted());
    expect(seen).toMatchObject({ kinds: [{ kind: 'task', name: 'work', count: 3 }], left: [{ kind: 'task', name: 'work', reason: 'by_hand', count: 1 }], rungs: 6 });
    expect(await due(free)).toBe('11-27 17:15');
    const done = await changeCalendar(app, kato, { days: [close('2026-11-26')], revision: seen.revision, digest: seen.digest, reason: '台風' });
    expect(done).toEqual({ ...seen, revision: seen.revision + 1 });
    expect([await due(free), ...(await timers(free))]).toEqual(['11-30 17:15', 'due-1BD 11-27 08:45', 'escalate:1BD>grp.chair 12-01 17:15']);
    expect([await due(claimed), await due(drafted), await due(byHand)]).toEqual(['11-30 17:15', '11-30 17:15', '11-30 12:00']);
    const said = await query<{ reason: string }>(url(), `select reason from due_change where task_id = $1`, [claimed]);
    expect(said).toEqual([{ reason: '開庁日の変更: 台風' }]);
    expect((await query<Record<string, unknown>>(url(), `select moved, kinds, left_alone from calendar_change order by revision desc limit 1`))[0]).toEqual({ moved: 3, kinds: seen.kinds, left_alone: seen.left });
    await expect(query(url(), `update calendar_change set reason = ''`)).rejects.toThrow('append-only');
    // opened again: everything is where it was
    await change(app, [close('2026-11-26', true)], '台風がそれた');
    expect([await due(free), await due(claimed), ...(await timers(free))]).toEqual(['11-27 17:15', '11-27 17:15', 'due-1BD 11-26 08:45', 'escalate:1BD>grp.chair 11-30 17:15']);
  });

  test('what is overdue stays, and its ladder counts the days between; what changed since the preview is looked at again', async () => {
    const late = await begin();
    const other1 = await begin();
    clock.set('2026-11-30T10:00:00+09:00');
    await query(url(), `update timer set status = 'fired' where task_id = $1 and rule like 'due-%'`, [late]);
    const seen = await previewCalendar(app, kato, { days: [close('2026-11-30')] });
    expect(seen.moved).toEqual([]);
    await change(app, [close('2026-11-30')], '停電');
    expect([await due(late), ...(await timers(late))]).toEqual(['11-27 17:15', 'escalate:1BD>grp.chair 12-01 17:15']);
    const opened = await begin();
    const next = await previewCalendar(app, kato, { days: [close('2026-12-02')] });
    expect(next.moved.map(({ taskId }) => taskId)).toEqual([opened]);
    const another = await begin();
    await expect(changeCalendar(app, kato, { days: [close('2026-12-02')], revision: next.revision, digest: next.digest, reason: '点検' })).rejects.toMatchObject({ code: 'preview_stale', status: 409 });
    expect([await due(opened), await due(another), await due(other1)]).toEqual(['12-03 17:15', '12-03 17:15', '11-27 17:15']);
    await change(app, [close('2026-11-30', true)]);
  });

  test('drawn clocks that have not fired move too, also what a record told them and while a clock stood; a named day and days of the calendar stay, and the preview says how many and why', async () => {
    const made = await transact(app.db, keeper, (tx) => openCase(tx, { field: 'elder', channel: 'phone', agencyCode: mori.agencyCode, urgent: false }, '2026-11-24', null));
    const toldAt = await transact(app.db, keeper, (tx) => tellMoment(tx, made.id, app.calendar.subtract(new Date('2026-12-04T14:59:59Z'), '2BD')));
    await publishMessage(app, keeper, { name: 'clocks', businessKey: made.caseNo, variables: { told: null, toldAt, namedAt: '2026-12-01T01:00:00.000Z' } });
    const drawn = async () => Object.fromEntries((await query<{ e: string; at: Date }>(url(), `select t.element_id as e, t.due_at as at from timer t join process_instance i on i.id = t.instance_id where i.business_key = $1`, [made.caseNo])).map(({ e, at }) => [e, local(at)]));
    expect(await drawn()).toEqual({ by_feel: '11-27 17:15', as_duration: '11-30 17:15', in_days: '11-27 10:00', told_by_record: '12-02 08:45', named: '12-01 10:00' });
    // as an earlier version armed it: the diagram says how
    await query(url(), `update timer set counted = null where element_id = 'by_feel'`);
    const promised = '0190aaaa-0000-7000-8000-000000000001';
    await transact(app.db, keeper, async (tx) => {
      await setTimer(tx, { rule: 'promise_passed', aboutId: promised, caseId: made.id, dueAt: app.calendar.add(app.calendar.openingOf('2026-11-26'), '1BD') });
      await setTimer(tx, { rule: 'disclosure_answer_due', aboutId: promised, caseId: made.id, dueAt: new Date('2026-12-10T14:59:59Z') });
      await setTimer(tx, { rule: 'promise_due', aboutId: promised, caseId: made.id, dueAt: new Date('2026-12-10T14:59:59Z') });
    });
    await query(url(), `update timer set counted = null where rule = 'promise_due' and about_id = $1`, [promised]);
    const days = [close('2026-11-27'), close('2026-12-03')];
    const seen = await previewCalendar(app, kato, { days });
    const mine = seen.timers.filter(({ caseNo }) => caseNo === made.caseNo);
    expect(mine.map(({ name, fromDueAt, toDueAt }) => [name, local(fromDueAt), local(toDueAt)])).toEqual([['by_feel', '11-27 17:15', '11-30 17:15'], ['as_duration', '11-30 17:15', '12-01 17:15'], ['told_by_record', '12-02 08:45', '12-01 08:45']]);
    expect(seen.watched.map(({ rule, fromDueAt, toDueAt }) => [rule, local(fromDueAt), local(toDueAt)])).toEqual([['promise_passed', '11-27 17:15', '11-30 17:15']]);
    expect(seen.kinds.filter(({ kind }) => kind !== 'task')).toEqual([...['as_duration', 'by_feel', 'told_by_record'].map((name) => ({ kind: 'timer', name, count: 1 })), { kind: 'watched', name: 'promise_passed', count: 1 }]);
    expect(seen.left.filter(({ kind }) => kind !== 'task')).toEqual([{ kind: 'timer', name: 'named', reason: 'said_day', count: 1 }, { kind: 'watched', name: 'promise_due', reason: 'unknown', count: 1 }]);
    await changeCalendar(app, kato, { days, revision: seen.revision, digest: seen.digest, reason: '台風' });
    expect(await drawn()).toEqual({ by_feel: '11-30 17:15', as_duration: '12-01 17:15', in_days: '11-27 10:00', told_by_record: '12-01 08:45', named: '12-01 10:00' });
    expect(await query(url(), `select count(*)::int as n from history_event h join process_instance i on i.id = h.instance_id where i.business_key = $1 and h.type = 'timer_due_changed'`, [made.caseNo])).toEqual([{ n: 3 }]);
    // the other way: they go back, but into no past; what would have passed stays and is named
    clock.set('2026-11-27T18:00:00+09:00');
    const opened = days.map(({ onDate }) => close(onDate, true));
    const reopened = await previewCalendar(app, kato, { days: opened });
    expect(reopened.timers.map(({ name, toDueAt }) => [name, local(toDueAt)])).toEqual([['as_duration', '11-30 17:15'], ['told_by_record', '12-02 08:45']].toSorted((x, y) => (x[0]! < y[0]! ? 1 : -1)));
    expect(reopened.left.filter(({ kind }) => kind !== 'task')).toEqual([
      { kind: 'timer', name: 'by_feel', reason: 'would_pass', count: 1 }, { kind: 'timer', name: 'named', reason: 'said_day', count: 1 },
      { kind: 'watched', name: 'promise_due', reason: 'unknown', count: 1 }, { kind: 'watched', name: 'promise_passed', reason: 'would_pass', count: 1 },
    ]);
    await changeCalendar(app, kato, { days: opened, revision: reopened.revision, digest: reopened.digest, reason: '早く済んだ' });
    expect(await drawn()).toMatchObject({ by_feel: '11-30 17:15', as_duration: '11-30 17:15', told_by_record: '12-02 08:45' });
  });

  test('a clock that stood is counted with the hours for which it stood', async () => {
    const id = await begin();
    await claimTask(app, mori, { taskId: id });
    const { pauseId } = (await pauseTaskClock(app, mori, { taskId: id, reason: 'awaiting_person', resumeOn: '2026-12-24' })) as unknown as { pauseId: string };
    clock.set('2026-11-25T10:00:00+09:00');
    await resumeClock(app, mori, { pauseId });
    const at = await due(id);
    const seen = await previewCalendar(app, kato, { days: [close('2026-12-04')] });
    expect(seen.left.filter(({ kind }) => kind === 'task')).toEqual([]);
    await change(app, [close('2026-11-27')]);
    expect([at, await due(id)]).toEqual(['11-30 17:15', '12-01 17:15']);
    await change(app, [close('2026-11-27', true)]);
    expect(await due(id)).toBe('11-30 17:15');
  });

  test('what opens next is counted with it, here at once and in another process within a second; nobody starts again', async () => {
    await change(app, [close('2026-11-25')], '設備点検');
    expect(await due(await begin())).toBe('11-30 17:15');
    await waitFor('the other process knows', async () => (await due(await begin(other))) === '11-30 17:15', { timeoutMs: 10_000 });
  });

  test('what another process opened in the meantime with the old days is counted again afterwards', async () => {
    const before = other.db.refresh;
    other.db.refresh = async () => {}; // as if it had not looked yet
    await change(app, [close('2026-11-27')], '停電');
    const late = await begin(other);
    other.db.refresh = before;
    expect(await due(late)).toBe('11-30 17:15');
    expect(await settleCalendar(app, keeper)).toBe(0); // not yet: some may still count with the old one
    clock.forward(31_000);
    expect(await settleCalendar(app, keeper)).toBe(1);
    expect(await due(late)).toBe('12-01 17:15');
    expect(await settleCalendar(app, keeper)).toBe(0);
  });

  test('two change it at once: one wins, the other looks again', async () => {
    const asked = await Promise.all([close('2026-12-10'), close('2026-12-11')].map(async (day) => ({ day, seen: await previewCalendar(app, kato, { days: [day] }) })));
    const both = await Promise.allSettled(asked.map(({ day, seen: { revision: now, digest } }, index) => changeCalendar(index === 0 ? app : other, kato, { days: [day], revision: now, digest, reason: '点検' })));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((both.find((one) => one.status === 'rejected') as PromiseRejectedResult).reason).toMatchObject({ code: 'version_conflict' });
  });

  test('a day that is opened again makes nothing late: a task that would have been due before now keeps its time', async () => {
    clock.set('2026-12-14T10:00:00+09:00');
    const days = ['2026-12-16', '2026-12-17', '2026-12-18'].map((day) => close(day));
    await change(app, days, '改修');
    const task1 = await begin();
    expect(await due(task1)).toBe('12-22 17:15');
    clock.set('2026-12-18T10:00:00+09:00');
    await change(app, [close('2026-12-18', true)], '早く終わった');
    expect(await due(task1)).toBe('12-21 17:15');
  });

  test('only those who keep the processes change it, for days that lie ahead; the city\'s files do not undo it', async () => {
    const now = await revision();
    await expect(previewCalendar(app, mori, { days: [close('2026-12-25')] })).rejects.toMatchObject({ code: 'forbidden' });
    for (const days of [[close('2026-11-01')], [close('2029-01-10')], [close('2026-12-25'), close('2026-12-25', true)]]) {
      await expect(changeCalendar(app, kato, { days, revision: now, digest: '', reason: '試し' })).rejects.toMatchObject({ code: 'invalid' });
    }
    await change(app, [close('2027-08-13', true)], '点検の延期');
    await seedTestCity(url());
    expect((await query<{ open: boolean }>(url(), `select open from calendar_day where on_date = '2027-08-13'`))[0]!.open).toBe(true);
  });
});
