import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { claimDueTimers } from '../../src/actions/claim-due-timers.js';
import { fireReminder } from '../../src/actions/fire-reminder.js';
import { waitFor } from '../support/wait-for.js';
import { onBothBackends, type Queued } from './backends.js';
import { openScene, type Scene } from './scene.js';

const clockActor = { kind: 'system', name: 'clock' } as const;

onBothBackends('催促と上申', (open) => {
  let queued: Queued;
  let scene: Scene;
  beforeEach(async () => {
    queued = await open();
    scene = await openScene('2026-11-24T01:00:00Z', queued.settings); // Tuesday 10:00 in Japan
  });
  afterEach(async () => {
    await scene.close();
    await queued.drop();
  });
  const fired = (): Promise<number> => scene.count(`select count(*) from timer where status = 'fired'`);
  const pending = (): Promise<number> => scene.count(`select count(*) from timer where status = 'pending'`);
  const told = (): Promise<{ user: string; kind: string }[]> =>
    scene.rows(`select u.login as user, n.kind from notification n join app_user u on u.id = n.user_id order by n.kind, u.login`);

  it('everyone of the group is reminded of a task that nobody has claimed, and only its holder of one that is claimed', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    await scene.person('grp.intake', 'colleague');
    await scene.person('grp.intake', 'gone', { active: false });
    const open = await scene.task({ group: 'grp.intake' });
    const claimed = await scene.task({ group: 'grp.intake', assigneeId: holder });
    await scene.notice(open, 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    await scene.notice(claimed, 'reminder', 'due-2BD', '2026-11-24T00:00:00Z');
    scene.workers(scene.app());
    await waitFor('both reminders', async () => (await fired()) === 2);
    expect(await told()).toEqual([{ user: 'colleague', kind: 'reminder' }, { user: 'holder', kind: 'reminder' }, { user: 'holder', kind: 'reminder' }]);
  });

  it('an escalation goes to the manager of the agency with which the task lies, or to the named group, and raises a flag', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    await scene.person('grp.manager.houkatsu', 'manager');
    await scene.person('grp.manager.shakyo', 'stranger', { agency: 'shakyo' });
    await scene.person('grp.chair', 'chair', { agency: 'shakyo' });
    const open = await scene.task({ group: 'grp.intake', dueAt: '2026-11-20T08:15:00Z' });
    const claimed = await scene.task({ group: 'grp.intake', assigneeId: holder, dueAt: '2026-11-20T08:15:00Z' });
    await scene.notice(open, 'escalation', 'escalate:1BD>manager', '2026-11-24T00:00:00Z');
    await scene.notice(claimed, 'escalation', 'escalate:1BD>manager', '2026-11-24T00:00:01Z');
    await scene.notice(claimed, 'escalation', 'escalate:3BD>grp.chair', '2026-11-24T00:00:02Z');
    scene.workers(scene.app());
    await waitFor('three rungs', async () => (await fired()) === 3);
    expect(await told()).toEqual([{ user: 'chair', kind: 'escalation' }, { user: 'manager', kind: 'escalation' }, { user: 'manager', kind: 'escalation' }]);
    expect(await scene.rows(`select escalations, status from task order by escalations`)).toEqual([{ escalations: 1, status: 'open' }, { escalations: 2, status: 'open' }]);
  });

  it('where the one to be told has left, the group of the task is told rather than nobody', async () => {
    const gone = await scene.person(null, 'gone', { active: false });
    await scene.person('grp.intake', 'colleague');
    const task = await scene.task({ group: 'grp.intake', assigneeId: gone });
    await scene.notice(task, 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    await scene.notice(task, 'escalation', 'escalate:1BD>manager', '2026-11-24T00:00:00Z');
    scene.workers(scene.app());
    await waitFor('both', async () => (await fired()) === 2);
    expect(await told()).toEqual([{ user: 'colleague', kind: 'escalation' }, { user: 'colleague', kind: 'reminder' }]);
  });

  it('a notice of which nobody can be told is counted and logged, and does not stop the others', async () => {
    await scene.person('grp.intake', 'member');
    await scene.notice(await scene.task({ group: 'grp.empty' }), 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    await scene.notice(await scene.task({ group: 'grp.intake' }), 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    scene.workers(scene.app());
    await waitFor('both', async () => (await fired()) === 2);
    expect(await told()).toEqual([{ user: 'member', kind: 'reminder' }]);
    expect(scene.log.text()).toContain('nobody to tell');
  });

  it('two worker processes and queue jobs that come twice give each notice once', async () => {
    await scene.person('grp.intake', 'a');
    await scene.person('grp.intake', 'b');
    const ids: string[] = [];
    for (let i = 0; i < 40; i += 1) ids.push(await scene.notice(await scene.task({ group: 'grp.intake' }), 'reminder', 'due-1BD', '2026-11-24T00:00:00Z'));
    const app = scene.app();
    scene.workers(app);
    scene.workers(scene.app());
    await Promise.all([fireReminder(app, clockActor, { timerIds: ids }), fireReminder(app, clockActor, { timerIds: ids.toReversed() }), fireReminder(app, clockActor, { timerIds: ids })]);
    await waitFor('all', async () => (await pending()) === 0);
    expect(await scene.count(`select count(*) from reminder_ledger`)).toBe(40);
    expect(await scene.count(`select count(*) from notification`)).toBe(80);
    expect((await fireReminder(app, clockActor, { timerIds: ids })).fired).toBe(0);
  });

  it('a task that was done in the meantime is not reminded of', async () => {
    await scene.person('grp.intake', 'a');
    const task = await scene.task({ group: 'grp.intake', status: 'completed' });
    await scene.notice(task, 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    scene.workers(scene.app());
    await waitFor('called off', async () => (await pending()) === 0);
    expect(await fired()).toBe(0);
    expect(await told()).toEqual([]);
  });

  it('reminders of a stopped process wait until it goes on', async () => {
    await scene.person('grp.intake', 'a');
    await scene.notice(await scene.task({ group: 'grp.intake' }), 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    await scene.rows(`update process_instance set status = 'suspended'`);
    const workers = scene.workers(scene.app());
    await waitFor('some rounds', async () => (await workers.figures.registry.metrics()).length > 0 && (await pending()) === 1);
    await scene.rows(`update process_instance set status = 'active'`);
    await waitFor('the reminder', async () => (await fired()) === 1);
  });

  it('a rule that comes again for a changed due date is shown again, once', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    const task = await scene.task({ assigneeId: holder });
    await scene.notice(task, 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    scene.workers(scene.app());
    await waitFor('the first', async () => (await fired()) === 1);
    await scene.rows(`update notification set read_at = now()`);
    await scene.notice(task, 'reminder', 'due-1BD', '2026-11-24T00:30:00Z');
    await waitFor('the second', async () => (await fired()) === 2);
    expect(await scene.rows(`select count(*)::int as n, count(read_at)::int as read from notification`)).toEqual([{ n: 1, read: 0 }]);
    expect(await scene.count(`select count(*) from reminder_ledger`)).toBe(2);
  });

  it('late is not lost: after three days without workers every reminder and rung is given once, in due order', async () => {
    await scene.person('grp.intake', 'member');
    await scene.person('grp.manager.houkatsu', 'manager');
    for (let i = 0; i < 120; i += 1) {
      const task = await scene.task({ group: 'grp.intake' });
      await scene.notice(task, 'reminder', 'due-1BD', new Date(Date.UTC(2026, 10, 24, 2, 0, 0) + i * 20 * 60_000).toISOString());
      await scene.notice(task, 'escalation', 'escalate:1BD>manager', new Date(Date.UTC(2026, 10, 24, 2, 10, 0) + i * 20 * 60_000).toISOString());
    }
    const early = scene.workers(scene.app());
    await waitFor('a round', async () => (await early.figures.registry.metrics()).includes('tsunagi_worker'));
    expect(await fired()).toBe(0);
    await early.stop();
    scene.clock.set('2026-11-27T01:00:00Z');
    scene.workers(scene.app());
    scene.workers(scene.app());
    await waitFor('all', async () => (await pending()) === 0);
    expect(await scene.count(`select count(*) from timer where status = 'fired'`)).toBe(240);
    expect(await scene.count(`select count(*) from reminder_ledger`)).toBe(240);
    expect(await scene.count(`select count(*) from notification`)).toBe(240);
    // the ledger has the instant for which each was meant, not the one at which it was given
    expect(await scene.count(`select count(*) from reminder_ledger l join timer t on t.task_id = l.task_id and t.rule = l.rule and t.due_at = l.scheduled_for`)).toBe(240);
    const outOfOrder = await scene.count(`select count(*) from timer a join timer b on a.task_id = b.task_id and a.due_at < b.due_at and a.fired_at > b.fired_at`);
    expect(outOfOrder).toBe(0);
  });

  it('a suspended instance reminds and escalates nobody, also where the notice was claimed before or comes along, and does so once it is resumed', async () => {
    await scene.person('grp.intake', 'holder');
    const task = await scene.task({ group: 'grp.intake' });
    const claimed = await scene.notice(task, 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    await scene.notice(task, 'reminder', 'due-2BD', '2026-11-24T00:00:01Z');
    const app = scene.app();
    expect(await claimDueTimers(app, clockActor, { kind: 'notices', leaseMs: 60_000 })).toHaveLength(2);
    await scene.rows(`update process_instance set status = 'suspended'`);
    expect(await fireReminder(app, clockActor, { timerIds: [claimed] })).toMatchObject({ fired: 0, notices: 0 });
    expect([await fired(), await pending(), await told()]).toEqual([0, 2, []]);
    await scene.rows(`update process_instance set status = 'active'`);
    expect(await fireReminder(app, clockActor, { timerIds: [claimed] })).toMatchObject({ fired: 2, notices: 2 });
  });

  it('a notice whose instance is being suspended this moment waits for nobody and is not given', async () => {
    await scene.person('grp.intake', 'holder');
    const claimed = await scene.notice(await scene.task({ group: 'grp.intake' }), 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    const other = new pg.Client(scene.database.ownerUrl);
    await other.connect();
    try {
      await other.query(`begin`);
      await other.query(`update process_instance set status = 'suspended'`);
      expect(await fireReminder(scene.app(), clockActor, { timerIds: [claimed] })).toMatchObject({ fired: 0 });
      await other.query(`commit`);
    } finally {
      await other.end();
    }
    expect([await fired(), await pending()]).toEqual([0, 1]);
  });
});
