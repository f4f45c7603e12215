import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { assignTask } from '../../src/actions/assign-task.js';
import { bulkTasks } from '../../src/actions/bulk-tasks.js';
import { cancelInstance } from '../../src/actions/cancel-instance.js';
import { changeDue } from '../../src/actions/change-due.js';
import { claimTask } from '../../src/actions/claim-task.js';
import { commentTask } from '../../src/actions/comment-task.js';
import { completeTask } from '../../src/actions/complete-task.js';
import { delegateTask } from '../../src/actions/delegate-task.js';
import { discardDraft } from '../../src/actions/discard-draft.js';
import { saveDraft } from '../../src/actions/save-draft.js';
import { setFollowUp } from '../../src/actions/set-follow-up.js';
import { unclaimTask } from '../../src/actions/unclaim-task.js';
import { readAs, type Person } from '../../src/base/db.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { boundaryTimer, deploy, diagram, end, flows, form, keeper, message, openTask, startBy, task } from '../support/diagrams.js';
import { begin as publish, codeOf, fireDue, hourMs, refusal, testClock } from '../engine/store/setup.js';

const clock = testClock('2026-11-24T01:00:00Z'); // Tuesday 10:00 in Japan
let app: TestApp;
let mori: Person;
let hashimoto: Person;
let abe: Person;
let sato: Person;
let count = 0;

beforeAll(async () => {
  app = await testApp({ clock });
  const by = (login: string): Promise<Person> => personByLogin(app.database.ownerUrl, login);
  [mori, hashimoto, abe, sato] = [await by('mori.d'), await by('hashimoto.k'), await by('abe.k'), await by('sato.h')];
  const properties = { dueIn: '5BD', remindBefore: '1BD', escalateAfter: '1BD>manager;10BD>grp.chair' };
  await deploy(app, diagram('life', `${startBy('life')}${task('work', { form: 'f', properties })}${task('next', { group: '=["grp.intake.elder","grp.coordinator.city"]' })}${end()}${flows('start>work', 'work>next', 'next>end')}`, message('life')), { f: form });
  await deploy(app, diagram('timed', `${startBy('timed')}${task('slow')}${boundaryTimer('late', 'slow', 'PT2H')}${task('after')}${end()}${end('end_slow')}${flows('start>slow', 'slow>end_slow', 'late>after', 'after>end')}`, message('timed')));
});

afterAll(async () => app?.close());

async function begin(): Promise<{ key: string; taskId: string }> {
  count += 1;
  const key = `L-${count}`;
  await publish(app, 'life', key);
  return { key, taskId: (await openTask(app.database.ownerUrl, key)).id };
}

const timersOf = (taskId: string): Promise<{ rule: string; due: string }[]> =>
  query(app.database.ownerUrl, `select rule, to_char(due_at at time zone 'Asia/Tokyo', 'MM-DD HH24:MI') as due from timer where task_id = $1 and status = 'pending' order by due_at`, [taskId]);

describe('the deadline of a task', () => {
  test('is drawn in the diagram: due, reminded and told to the manager on days that are worked', async () => {
    const { key, taskId } = await begin();
    expect((await openTask(app.database.ownerUrl, key)).dueAt).toEqual(new Date('2026-12-01T08:15:00Z'));
    expect(await timersOf(taskId)).toEqual([
      { rule: 'due-1BD', due: '11-30 08:45' },
      { rule: 'escalate:1BD>manager', due: '12-02 17:15' },
      { rule: 'escalate:10BD>grp.chair', due: '12-15 17:15' },
    ]);
  });

  test('is changed with a reason, and its reminder and escalations move along', async () => {
    const { taskId } = await begin();
    const dueAt = new Date('2026-12-08T08:15:00Z');
    expect(await codeOf(changeDue(app, mori, { taskId, dueAt, reason: '' }))).toBe('invalid');
    expect(await codeOf(changeDue(app, mori, { taskId, dueAt: new Date('2026-11-01T00:00:00Z'), reason: '入院のため' }))).toBe('invalid');
    expect(await changeDue(app, mori, { taskId, dueAt, reason: '入院のため' })).toMatchObject({ dueAt: dueAt.toISOString(), version: 2 });
    expect((await timersOf(taskId)).map((t) => t.due)).toEqual(['12-07 08:45', '12-09 17:15', '12-22 17:15']);
    const changes = await query(app.database.ownerUrl, `select from_due_at, to_due_at, reason, by_id from due_change where task_id = $1`, [taskId]);
    expect(changes).toEqual([{ from_due_at: new Date('2026-12-01T08:15:00Z'), to_due_at: dueAt, reason: '入院のため', by_id: mori.userId }]);
    // without a due time nobody is reminded and nobody is told: not for everybody to decide
    expect(await codeOf(changeDue(app, mori, { taskId, dueAt: null, reason: '期限をなくす' }))).toBe('forbidden');
    expect(await timersOf(taskId)).toHaveLength(3);
    await changeDue(app, abe, { taskId, dueAt: null, reason: '期限をなくす' });
    expect(await timersOf(taskId)).toEqual([]);
  });

  test('is over with the task: no reminder is left', async () => {
    const { taskId } = await begin();
    await completeTask(app, mori, { taskId, version: 1, answers: { result: 'ok' } });
    expect(await timersOf(taskId)).toEqual([]);
  });
});

describe('who holds a task', () => {
  test('is claimed, given back, and claimed by a colleague', async () => {
    const { taskId } = await begin();
    expect(await claimTask(app, mori, { taskId, version: 1 })).toMatchObject({ assigneeId: mori.userId, version: 2 });
    expect(await claimTask(app, mori, { taskId })).toMatchObject({ version: 2 });
    expect(await codeOf(claimTask(app, hashimoto, { taskId }))).toBe('task_claimed');
    expect(await unclaimTask(app, mori, { taskId })).toMatchObject({ assigneeId: null, version: 3 });
    expect(await codeOf(unclaimTask(app, mori, { taskId }))).toBe('task_not_claimed');
    expect(await claimTask(app, hashimoto, { taskId })).toMatchObject({ assigneeId: hashimoto.userId });
    expect(await codeOf(unclaimTask(app, mori, { taskId }))).toBe('forbidden');
  });

  test('is assigned within the group; what somebody holds only those who lead in its agency may move', async () => {
    const { taskId } = await begin();
    expect(await assignTask(app, mori, { taskId, assigneeId: hashimoto.userId })).toMatchObject({ assigneeId: hashimoto.userId });
    expect(await codeOf(assignTask(app, mori, { taskId, assigneeId: mori.userId }))).toBe('task_claimed');
    expect(await assignTask(app, abe, { taskId, assigneeId: mori.userId })).toMatchObject({ assigneeId: mori.userId });
    expect((await refusal(assignTask(app, abe, { taskId, assigneeId: sato.userId }))).errors[0]!.pointer).toBe('/assigneeId');
    expect(await codeOf(assignTask(app, sato, { taskId, assigneeId: sato.userId }))).toBe('not_found');
  });

  test('is delegated with a reason, and the one who delegated keeps seeing it', async () => {
    const { taskId } = await begin();
    await claimTask(app, mori, { taskId });
    expect(await codeOf(delegateTask(app, mori, { taskId, toUserId: sato.userId, reason: '休暇のため' }))).toBe('invalid');
    const done = await delegateTask(app, mori, { taskId, toUserId: abe.userId, reason: '休暇のため' });
    expect(done).toMatchObject({ assigneeId: abe.userId, ownerId: mori.userId });
    const seen = await readAs(app.db, { ...mori, groups: [] }, (tx) => tx.db.task.findMany({ where: { id: taskId } }));
    expect(seen.map((t) => t.id)).toEqual([taskId]);
    expect(await codeOf(completeTask(app, mori, { taskId, version: done.version, answers: { result: 'ok' } }))).toBe('task_claimed');
    await completeTask(app, abe, { taskId, version: done.version, answers: { result: 'ok' } });
  });

  test('puts it aside until a day', async () => {
    const { taskId } = await begin();
    const followUpAt = new Date(clock.now().getTime() + 72 * hourMs);
    expect(await setFollowUp(app, mori, { taskId, followUpAt })).toMatchObject({ followUpAt: followUpAt.toISOString() });
    expect(await codeOf(setFollowUp(app, mori, { taskId, followUpAt: new Date(clock.now().getTime() - hourMs) }))).toBe('invalid');
    expect(await setFollowUp(app, mori, { taskId, followUpAt: null })).toMatchObject({ followUpAt: null });
  });
});

describe('beside a task', () => {
  test('comments are written by those who see it', async () => {
    const { taskId } = await begin();
    await commentTask(app, mori, { taskId, body: '家族と話した' });
    expect(await codeOf(commentTask(app, mori, { taskId, body: ' ' }))).toBe('invalid');
    expect(await codeOf(commentTask(app, sato, { taskId, body: '見たい' }))).toBe('not_found');
    const rows = await readAs(app.db, mori, (tx) => tx.db.taskComment.findMany({ where: { taskId } }));
    expect(rows.map((r) => [r.body, r.authorId])).toEqual([['家族と話した', mori.userId]]);
    expect(await readAs(app.db, sato, (tx) => tx.db.taskComment.findMany({ where: { taskId } }))).toEqual([]);
  });

  test('a draft belongs to its author alone and is gone when the task is done', async () => {
    const { taskId } = await begin();
    expect(await saveDraft(app, mori, { taskId, answers: { memo: '途中' } })).toMatchObject({ version: 1 });
    expect(await codeOf(saveDraft(app, mori, { taskId, answers: { memo: '別の画面' } }))).toBe('version_conflict');
    expect(await saveDraft(app, mori, { taskId, answers: { memo: '続き' }, draftVersion: 1 })).toMatchObject({ version: 2 });
    expect(await readAs(app.db, hashimoto, (tx) => tx.db.draft.findMany())).toEqual([]);
    await saveDraft(app, hashimoto, { taskId, answers: { memo: '私の' } });
    expect(await discardDraft(app, hashimoto, { taskId })).toEqual({ discarded: true });
    await claimTask(app, mori, { taskId });
    expect(await codeOf(saveDraft(app, hashimoto, { taskId, answers: {} }))).toBe('task_claimed');
    await completeTask(app, mori, { taskId, version: 2, answers: { result: 'ok' } });
    expect(await query(app.database.ownerUrl, `select 1 from draft where task_id = $1`, [taskId])).toEqual([]);
    expect(await codeOf(saveDraft(app, mori, { taskId, answers: {} }))).toBe('task_closed');
  });

  test('a draft goes with its task however that closes, and throwing it away is then no fault', async () => {
    const drafts = (taskId: string): Promise<unknown[]> => query(app.database.ownerUrl, `select 1 from draft where task_id = $1`, [taskId]);
    const { key, taskId } = await begin();
    await saveDraft(app, mori, { taskId, answers: { memo: '途中' } });
    const { instanceId } = await openTask(app.database.ownerUrl, key);
    await cancelInstance(app, keeper, { instanceId, reason: '重複' });
    expect(await drafts(taskId)).toEqual([]);
    expect(await discardDraft(app, mori, { taskId })).toEqual({ discarded: false });
    expect(await codeOf(discardDraft(app, sato, { taskId }))).toBe('not_found');

    const timed = 'L-timed';
    await publish(app, 'timed', timed);
    const { id } = await openTask(app.database.ownerUrl, timed, 'slow');
    await saveDraft(app, mori, { taskId: id, answers: { memo: '途中' } });
    clock.forward(3 * hourMs);
    await fireDue(app);
    expect(await openTask(app.database.ownerUrl, timed)).toMatchObject({ elementId: 'after' });
    expect(await drafts(id)).toEqual([]);
  });

  test('a draft that is saved while its task closes is refused and leaves nothing behind', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { taskId } = await begin();
      const done = completeTask(app, mori, { taskId, answers: { result: 'ok' }, version: 1 });
      const saved = await Promise.allSettled([saveDraft(app, mori, { taskId, answers: { memo: '途中' } }), saveDraft(app, hashimoto, { taskId, answers: { memo: '途中' } })]);
      await done;
      for (const one of saved) if (one.status === 'rejected') expect(['task_closed', 'task_claimed']).toContain((one.reason as { code: string }).code);
      expect(await query(app.database.ownerUrl, `select 1 from draft where task_id = $1`, [taskId])).toEqual([]);
    }
  });
});

describe('several tasks at once', () => {
  test('each is answered for itself', async () => {
    const [a, b, c] = [await begin(), await begin(), await begin()];
    await claimTask(app, hashimoto, { taskId: b.taskId });
    const absent = '0198c0de-0000-7000-8000-000000000000';
    const { rows } = await bulkTasks(app, mori, { taskIds: [a.taskId, b.taskId, absent, c.taskId], do: { kind: 'claim' } });
    expect(rows.map((r) => (r.ok ? r.task.assigneeId === mori.userId : r.problem.code))).toEqual([true, 'task_claimed', 'not_found', true]);
    expect(rows[1]).toMatchObject({ problem: { by: '橋本 久美', status: 409 } });
    const moved = await bulkTasks(app, mori, { taskIds: [a.taskId, c.taskId], do: { kind: 'changeDue', dueAt: new Date('2026-12-20T00:00:00Z'), reason: '年内に' } });
    expect(moved.rows.every((r) => r.ok)).toBe(true);
    const given = await bulkTasks(app, abe, { taskIds: [a.taskId, c.taskId], do: { kind: 'assign', assigneeId: hashimoto.userId } });
    expect(given.rows.map((r) => r.ok && r.task.assigneeId)).toEqual([hashimoto.userId, hashimoto.userId]);
    expect(await codeOf(bulkTasks(app, mori, { taskIds: [], do: { kind: 'claim' } }))).toBe('invalid');
  });
});

test('a fault of ours in one row of bulk work is told for that row; the others are done', async () => {
  const [a, b, c] = [await begin(), await begin(), await begin()];
  let asked = 0;
  const groups: typeof app.directory.groups = (tx, keys) => {
    asked += 1;
    if (asked === 2) throw new TypeError('broken');
    return app.directory.groups(tx, keys);
  };
  const { rows } = await bulkTasks({ ...app, directory: { ...app.directory, groups } }, mori, { taskIds: [a.taskId, b.taskId, c.taskId], do: { kind: 'claim' } });
  expect(rows.map((r) => (r.ok ? r.task.version : r.problem.code))).toEqual([2, 'fault', 2]);
});

describe('row-level security', () => {
  test('shows a person the tasks of their groups and their own, and nothing to nobody', async () => {
    const { taskId } = await begin();
    const ids = (person: Person): Promise<string[]> => readAs(app.db, person, async (tx) => (await tx.db.task.findMany({ where: { id: taskId } })).map((t) => t.id));
    expect(await ids(mori)).toEqual([taskId]);
    expect(await ids(sato)).toEqual([]);
    expect(await app.db.prisma.task.count()).toBe(0);
    expect(await app.db.prisma.processInstance.count()).toBe(0);
  });

  test('lets a reader change nothing', async () => {
    const { taskId } = await begin();
    await expect(readAs(app.db, mori, (tx) => tx.db.$executeRawUnsafe(`insert into task_comment (id, task_id, author_id, body, at) values (gen_random_uuid(), $1::uuid, $2::uuid, 'x', now())`, taskId, mori.userId))).rejects.toThrow();
    expect(await readAs(app.db, mori, (tx) => tx.db.$executeRawUnsafe(`update task set status = 'completed' where id = $1::uuid`, taskId))).toBe(0);
  });
});

test('the history and the audit cannot be rewritten, not even by their owner', async () => {
  await expect(query(app.database.ownerUrl, `update history_event set type = 'x'`)).rejects.toThrow('append-only');
  await expect(query(app.database.ownerUrl, `delete from audit_event`)).rejects.toThrow('append-only');
});
