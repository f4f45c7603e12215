import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { servers } from '../support/run.js';
import { waitFor } from '../support/wait-for.js';
import { onBothBackends, type Queued } from './backends.js';
import { proxyTo, type Proxy } from './proxy.js';
import { openScene, type Scene } from './scene.js';

onBothBackends('データベースが一時止まったとき', (open) => {
  let queued: Queued;
  let scene: Scene;
  let proxy: Proxy;
  beforeEach(async () => {
    queued = await open();
    scene = await openScene('2026-11-24T01:00:00Z', queued.settings);
    proxy = await proxyTo(Number(new URL(servers().adminUrl).port));
  });
  afterEach(async () => {
    await scene.close();
    await proxy.close();
    await queued.drop();
  });
  const through = (url: string): string => {
    const made = new URL(url);
    made.port = String(proxy.port);
    return made.href;
  };
  const fired = (): Promise<number> => scene.count(`select count(*) from timer where status = 'fired'`);

  it('the workers wait without a storm of errors and then go on: nothing is lost, nothing is given twice', async () => {
    await scene.person('grp.intake', 'a');
    for (let i = 0; i < 250; i += 1) await scene.notice(await scene.task({ group: 'grp.intake' }), 'reminder', 'due-1BD', '2026-11-24T00:00:00Z');
    await scene.rows(`update timer set due_at = '2026-11-25T00:00:00Z' where id in (select id from timer limit 200)`);
    const urls = { APP_DATABASE_URL: through(scene.database.appUrl), QUEUE_DATABASE_URL: through(scene.database.queueUrl) };
    const workers = scene.workers(scene.app(urls), { everyMs: 200 });
    await waitFor('the first ones', async () => (await fired()) === 50);
    await proxy.cut();
    const failures = async (): Promise<number> => (await workers.figures.failures.get()).values.reduce((sum, { value }) => sum + value, 0);
    const linesBefore = scene.log.text().split('\n').length;
    await waitFor('they have noticed for a while', async () => (await failures()) >= 25);
    // five lanes looking five times a second, and the queue's own loops at rest: not thousands of lines
    expect(scene.log.text().split('\n').length - linesBefore).toBeLessThan(150);
    scene.clock.set('2026-11-25T01:00:00Z');
    await proxy.mend();
    await waitFor('the others', async () => (await fired()) === 250, { timeoutMs: 40_000 });
    expect(await scene.count(`select count(*) from notification`)).toBe(250);
    expect(await scene.count(`select count(*) from reminder_ledger`)).toBe(250);
    expect(scene.log.text()).not.toMatch(/カナリア|mail\.invalid|postgres(ql)?:\/\//);
  });
});
