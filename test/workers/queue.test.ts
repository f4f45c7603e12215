import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { openQueues, type Queues } from '../../workers/queues.js';
import { openNudge } from '../../workers/nudge.js';
import { hasRedis, ownRedis, type OwnRedis } from '../support/redis.js';
import { waitFor } from '../support/wait-for.js';
import { onBothBackends, type Queued } from './backends.js';
import { openScene, type Scene } from './scene.js';

const at = '2026-11-24T01:00:00Z';
const due = '2026-11-24T00:00:00Z';

/** Reminders for `n` tasks of a group of two people. */
async function plenty(scene: Scene, n: number): Promise<void> {
  await scene.person('grp.intake', 'a');
  await scene.person('grp.intake', 'b');
  const [row] = await scene.rows<{ id: string }>(`select id from process_instance`);
  await scene.rows(
    `with t as (insert into task (id, instance_id, definition_id, process_key, execution_id, element_id, name, business_key, candidate_groups, status, created_at)
       select gen_random_uuid(), $1::uuid, (select id from process_definition), 'p', 'x' || i, 'e', 'n', 'R8-00001', '{grp.intake}', 'open', now() from generate_series(1, $2) i returning id)
     insert into timer (id, kind, instance_id, task_id, element_id, rule, due_at, created_at) select gen_random_uuid(), 'reminder', $1::uuid, id, 'e', 'due-1BD', $3::timestamptz, now() from t`,
    row!.id, n, due,
  );
}

const firedOf = (scene: Scene): Promise<number> => scene.count(`select count(*) from timer where status = 'fired'`);

async function eachOnce(scene: Scene, n: number): Promise<void> {
  await waitFor(`${n} given`, async () => (await firedOf(scene)) === n, { timeoutMs: 40_000 });
  expect(await scene.count(`select count(*) from reminder_ledger`)).toBe(n);
  expect(await scene.count(`select count(*) from notification`)).toBe(2 * n);
}

onBothBackends('待ち行列', (open) => {
  let queued: Queued;
  let scene: Scene;
  beforeEach(async () => {
    queued = await open();
    scene = await openScene(at, queued.settings);
  });
  afterEach(async () => {
    await scene.close();
    await queued.drop();
  });

  it('a queue that is emptied again and again in the middle of the work is filled again and nothing is lost or doubled', async () => {
    await plenty(scene, 1500);
    const empty = async (): Promise<void> => {
      if (!queued.settings['REDIS_URL']) return void (await scene.rows(`delete from bullmq.job`));
      const redis = new Redis(queued.settings['REDIS_URL']);
      await redis.flushdb();
      await redis.quit();
    };
    const both = [scene.workers(scene.app()), scene.workers(scene.app())];
    for (const share of [1, 400, 800]) {
      await waitFor(`${share} given`, async () => (await firedOf(scene)) >= share);
      await empty();
    }
    await eachOnce(scene, 1500);
    await waitFor('noticed', async () => (await Promise.all(both.map((workers) => workers.figures.queueLost.get()))).some((lost) => lost.values.some(({ value }) => value > 0)));
  });

  it('a queue job that comes twice, late or for rows that are gone does nothing', async () => {
    await plenty(scene, 5);
    const app = scene.app();
    const ids = (await scene.rows<{ id: string }>(`select id from timer`)).map((row) => row.id);
    const queues = openQueues(app.env, app.log);
    scene.workers(app);
    const unknown = '019aaaaa-0000-7000-8000-000000000000';
    await waitFor('added', () => queues.add('notices', [{ id: 'twice-a', lane: 'notices', ids }, { id: 'twice-b', lane: 'notices', ids }, { id: 'gone', lane: 'notices', ids: [unknown] }, { id: 'nonsense', lane: 'nobody', ids: [unknown] }]));
    await waitFor('added', () => queues.add('timers', [{ id: 'wrong', lane: 'timers', ids: [unknown] }]));
    await waitFor('added', () => queues.add('mail', [{ id: 'wrong', lane: 'mail', ids: [unknown] }]));
    await eachOnce(scene, 5);
    await waitFor('empty', async () => (await queues.waiting('notices')) === 0 && (await queues.waiting('timers')) === 0 && (await queues.waiting('mail')) === 0);
    await queues.close();
    await eachOnce(scene, 5);
  });

  it('a worker that claims and dies loses its rows to the others once its lease is over', async () => {
    await plenty(scene, 20);
    await scene.rows(`update timer set claimed_until = $1::timestamptz`, '2026-11-24T01:01:00Z');
    // five of them rest after a failure; the others were handed to a queue that this worker finds empty, and are free at once
    await scene.rows(`update timer set attempts = 1 where id in (select id from timer limit 5)`);
    scene.workers(scene.app());
    await waitFor('the free ones', async () => (await firedOf(scene)) === 15);
    expect(await scene.count(`select count(*) from timer where status = 'pending'`)).toBe(5);
    scene.clock.set('2026-11-24T01:02:00Z');
    await eachOnce(scene, 20);
  });

  it('a nudge from the API makes the workers look at once', async () => {
    const app = scene.app();
    await scene.notice(await scene.task({ group: 'grp.empty' }), 'reminder', 'due-1BD', due);
    scene.workers(app, { everyMs: 3_600_000 });
    await waitFor('the first look', async () => (await firedOf(scene)) === 1);
    await plenty(scene, 3);
    const nudge = openNudge(app.env, app.log);
    await waitFor('given', async () => {
      nudge.nudge();
      return (await firedOf(scene)) === 4;
    });
    await nudge.close();
  });

  it('workers that are told to stop finish what they do and leave the rest to others', async () => {
    await plenty(scene, 800);
    const first = scene.workers(scene.app());
    await waitFor('some given', async () => (await firedOf(scene)) > 0);
    await first.stop();
    const before = await firedOf(scene);
    expect(await scene.count(`select count(*) from reminder_ledger`)).toBe(before);
    scene.clock.set('2026-11-24T01:05:00Z');
    scene.workers(scene.app());
    await eachOnce(scene, 800);
  });
});

describe('Postgres の待ち行列', () => {
  it('holds nothing but ids: no name, address or case number ever goes to it', async () => {
    const scene = await openScene(at);
    await plenty(scene, 30);
    scene.workers(scene.app());
    await eachOnce(scene, 30);
    const kept = (await scene.rows<{ text: string }>(`select data::text as text from bullmq.event union all select row_to_json(j)::text from bullmq.job j`)).map((row) => row.text).join('\n');
    await scene.close();
    expect(kept).toContain('timer-');
    expect(kept).not.toMatch(/カナリア|mail\.invalid|R8-00001/);
  });
});

if (hasRedis()) {
  describe('Redis が止まったとき', () => {
    let redis: OwnRedis;
    let scene: Scene;
    let queues: Queues | null = null;
    beforeEach(async () => {
      redis = await ownRedis();
      scene = await openScene(at, { REDIS_URL: redis.url });
    });
    afterEach(async () => {
      await queues?.close();
      queues = null;
      await scene.close();
      await redis.drop().catch(() => {});
    });

    it('the work goes on without it, and through it again when it is back', async () => {
      const round = (rule: string): Promise<unknown> =>
        scene.rows(`insert into timer (id, kind, instance_id, task_id, element_id, rule, due_at, created_at) select gen_random_uuid(), 'reminder', instance_id, id, 'e', $1, $2::timestamptz, now() from task`, rule, due);
      await plenty(scene, 200);
      const workers = scene.workers(scene.app());
      await eachOnce(scene, 200);
      await redis.kill();
      await round('due-2BD');
      await waitFor('the second round', async () => (await firedOf(scene)) === 400, { timeoutMs: 40_000 });
      expect((await workers.figures.queueAway.get()).values[0]?.value).toBeGreaterThan(0);
      await redis.start();
      await round('due-3BD');
      await waitFor('the third round', async () => (await firedOf(scene)) === 600, { timeoutMs: 40_000 });
      expect(await scene.count(`select count(*) from reminder_ledger`)).toBe(600);
    });

    it('adding to it fails at once instead of hanging', async () => {
      const app = scene.app();
      queues = openQueues(app.env, app.log);
      const job = [{ id: 'x-1', lane: 'notices', ids: ['1'] }];
      await waitFor('added', () => queues!.add('notices', job));
      expect(await queues.look()).toBe('new');
      await redis.kill();
      expect(await queues.add('notices', job)).toBe(false);
      expect(await queues.waiting('notices')).toBeNull();
      expect(await queues.look()).toBe('away');
      await redis.start();
      await waitFor('added again', () => queues!.add('notices', job));
      expect(await queues.look()).toBe('lost');
      expect(await queues.look()).toBe('kept');
    });

    it('holds nothing but ids: no name and no address ever goes to it', async () => {
      const client = new Redis(redis.url);
      const monitor = await client.monitor();
      const sent: string[] = [];
      monitor.on('monitor', (_time: string, args: string[]) => void sent.push(args.join(' ')));
      await plenty(scene, 30);
      scene.workers(scene.app());
      await eachOnce(scene, 30);
      await waitFor('seen', () => sent.some((line) => line.includes('notices')));
      monitor.disconnect();
      client.disconnect();
      expect(sent.join('\n')).toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-4/);
      expect(sent.join('\n')).not.toMatch(/カナリア|mail\.invalid|R8-00001/);
      expect(scene.log.text()).not.toMatch(/カナリア|mail\.invalid/);
    });
  });
}
