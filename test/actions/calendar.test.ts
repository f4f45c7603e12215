// 開庁日 changed while the office works.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { changeCalendar, previewCalendar, settleCalendar } from '../../src/actions/change-calendar.js';
import { changeDue } from '../../src/actions/change-due.js';
import { claimTask } from '../../src/actions/claim-task.js';
import { saveDraft } from '../../src/actions/save-draft.js';
import { publishMessage } from '../../src/actions/publish-message.js';
import type { Person } from '../../src/base/db.js';
import { testClock } from '../engine/store/setup.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin, seedTestCity } from '../support/city.js';
import { query } from '../support/database.js';
import { deploy, diagram, end, flows, form, keeper, message, openTask, startBy, task } from '../support/diagrams.js';
import { waitFor } from '../support/wait-for.js';

const office = diagram('office', `${startBy('office')}${task('work', { form: 'f', properties: { dueIn: '3BD', remindBefore: '1BD', escalateAfter: '1BD>grp.chair' } })}${end()}${flows('start>work', 'work>end')}`, message('office'));

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

  test('the preview names what would move and changes nothing; applied, exactly that moves, with reminders and escalations', async () => {
    const [free, claimed, drafted, byHand] = [await begin(), await begin(), await begin(), await begin()];
    await claimTask(app, mori, { taskId: claimed });
    await saveDraft(app, mori, { taskId: drafted, answers: { memo: '途中' }, version: null } as Parameters<typeof saveDraft>[2]);
    await changeDue(app, mori, { taskId: byHand, dueAt: new Date('2026-11-30T03:00:00Z'), reason: '本人の都合' });
    expect([await due(free), ...(await timers(free))]).toEqual(['11-27 17:15', 'due-1BD 11-26 08:45', 'escalate:1BD>grp.chair 11-30 17:15']);
    const seen = await previewCalendar(app, kato, { days: [close('2026-11-26')] });
    expect(seen.moved.map(({ taskId, fromDueAt, toDueAt }) => [taskId, local(fromDueAt), local(toDueAt)])).toEqual([[free, '11-27 17:15', '11-30 17:15']]);
    expect(await due(free)).toBe('11-27 17:15');
    const done = await changeCalendar(app, kato, { days: [close('2026-11-26')], revision: seen.revision, reason: '台風' });
    expect(done).toEqual({ revision: seen.revision + 1, moved: seen.moved });
    expect([await due(free), ...(await timers(free))]).toEqual(['11-30 17:15', 'due-1BD 11-27 08:45', 'escalate:1BD>grp.chair 12-01 17:15']);
    expect([await due(claimed), await due(drafted), await due(byHand)]).toEqual(['11-27 17:15', '11-27 17:15', '11-30 12:00']);
    const said = await query<{ reason: string }>(url(), `select reason from due_change where task_id = $1`, [free]);
    expect(said).toEqual([{ reason: '開庁日の変更: 台風' }]);
    await expect(query(url(), `update calendar_change set reason = ''`)).rejects.toThrow('append-only');
  });

  test('what opens next is counted with it, here at once and in another process within a second; nobody starts again', async () => {
    await changeCalendar(app, kato, { days: [close('2026-11-25')], revision: await revision(), reason: '設備点検' });
    expect(await due(await begin())).toBe('12-01 17:15');
    await waitFor('the other process knows', async () => (await due(await begin(other))) === '12-01 17:15', { timeoutMs: 10_000 });
  });

  test('what another process opened in the meantime with the old days is counted again afterwards', async () => {
    const before = other.db.refresh;
    other.db.refresh = async () => {}; // as if it had not looked yet
    await changeCalendar(app, kato, { days: [close('2026-11-27')], revision: await revision(), reason: '停電' });
    const late = await begin(other);
    other.db.refresh = before;
    expect(await due(late)).toBe('12-01 17:15');
    expect(await settleCalendar(app, keeper)).toBe(0); // not yet: some may still count with the old one
    clock.forward(31_000);
    expect(await settleCalendar(app, keeper)).toBe(1);
    expect(await due(late)).toBe('12-02 17:15');
    expect(await settleCalendar(app, keeper)).toBe(0);
  });

  test('two change it at once: one wins, the other looks again', async () => {
    const now = await revision();
    const both = await Promise.allSettled([close('2026-12-10'), close('2026-12-11')].map((day, index) => changeCalendar(index === 0 ? app : other, kato, { days: [day], revision: now, reason: '点検' })));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((both.find((one) => one.status === 'rejected') as PromiseRejectedResult).reason).toMatchObject({ code: 'version_conflict' });
  });

  test('a day that is opened again makes nothing late: a task that would have been due before now keeps its time', async () => {
    clock.set('2026-12-14T10:00:00+09:00');
    const days = ['2026-12-16', '2026-12-17', '2026-12-18'].map((day) => close(day));
    await changeCalendar(app, kato, { days, revision: await revision(), reason: '改修' });
    const task1 = await begin();
    expect(await due(task1)).toBe('12-22 17:15');
    clock.set('2026-12-18T10:00:00+09:00');
    await changeCalendar(app, kato, { days: [close('2026-12-18', true)], revision: await revision(), reason: '早く終わった' });
    expect(await due(task1)).toBe('12-21 17:15');
  });

  test('only those who keep the processes change it, for days that lie ahead; the city\'s files do not undo it', async () => {
    const now = await revision();
    await expect(previewCalendar(app, mori, { days: [close('2026-12-25')] })).rejects.toMatchObject({ code: 'forbidden' });
    for (const days of [[close('2026-11-01')], [close('2029-01-10')], [close('2026-12-25'), close('2026-12-25', true)]]) {
      await expect(changeCalendar(app, kato, { days, revision: now, reason: '試し' })).rejects.toMatchObject({ code: 'invalid' });
    }
    await changeCalendar(app, kato, { days: [close('2027-08-13', true)], revision: now, reason: '点検の延期' });
    await seedTestCity(url());
    expect((await query<{ open: boolean }>(url(), `select open from calendar_day where on_date = '2027-08-13'`))[0]!.open).toBe(true);
  });
});
