import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemClock } from '../../src/base/clock.js';
import { freePort } from '../../src/services/free-port.js';
import { testSmtp, type TestSmtp } from '../support/smtp.js';
import { waitFor } from '../support/wait-for.js';
import { onBothBackends, type Queued } from './backends.js';
import { openScene, type Scene } from './scene.js';

/** A process takes seconds to start on a busy machine. */
const patience = { timeoutMs: 120_000 };
async function died(child: ChildProcess): Promise<unknown> {
  await waitFor('it died', () => child.signalCode !== null || child.exitCode !== null, patience);
  return child.signalCode;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

onBothBackends('別プロセスのワーカー', (open) => {
  let queued: Queued;
  let smtp: TestSmtp;
  let scene: Scene;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    queued = await open();
    smtp = await testSmtp();
    scene = await openScene(systemClock.now().toISOString(), queued.settings);
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await scene.close();
    await smtp.stop();
    await queued.drop();
  });
  const begin = (settings: Record<string, string> = {}): { child: ChildProcess; output: () => string } => {
    const child = spawn(process.execPath, ['--no-warnings', '--import', 'tsx', 'workers/main.ts'], {
      cwd: root,
      env: { PATH: process.env['PATH'], TZ: 'Asia/Tokyo', NODE_ENV: 'test', DATABASE_URL: scene.database.appUrl, APP_DATABASE_URL: scene.database.appUrl, QUEUE_DATABASE_URL: scene.database.queueUrl, SMTP_URL: smtp.url, ...queued.settings, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.on('data', (data: Buffer) => void (text += data.toString()));
    child.stderr.on('data', (data: Buffer) => void (text += data.toString()));
    children.push(child);
    return { child, output: () => text };
  };
  it('is killed with a reminder claimed, and again with a mail sent: the reminder is given once, the mail comes twice at most', async () => {
    const holder = await scene.person('grp.intake', 'holder');
    const task = await scene.task({ assigneeId: holder, urgent: true, dueIn: '48h' });
    await scene.notice(task, 'reminder', 'due-24h', new Date(scene.clock.now().getTime() - 60_000).toISOString());

    expect(await died(begin({ FAULT_POINT: 'afterClaim' }).child)).toBe('SIGKILL');
    expect(await scene.count(`select count(*) from timer where status = 'pending' and claimed_until is not null`)).toBe(1);

    expect(await died(begin({ FAULT_POINT: 'afterMailAccept', CLOCK_OFFSET_MS: '120000' }).child)).toBe('SIGKILL');
    await waitFor('the mail', () => smtp.mails.length === 1, patience);
    expect(await scene.rows(`select status, attempts from mail`)).toEqual([{ status: 'pending', attempts: 1 }]);

    const port = await freePort();
    const { child, output } = begin({ METRICS_PORT: String(port), CLOCK_OFFSET_MS: '900000' });
    await waitFor('marked', async () => (await scene.count(`select count(*) from mail where status = 'sent'`)) === 1, patience);
    expect(new Set(smtp.mails.map((mail) => mail.messageId)).size).toBe(1);
    expect(smtp.mails).toHaveLength(2);
    expect(await scene.rows(`select count(*)::int as n from notification`)).toEqual([{ n: 1 }]);

    await waitFor('counted', async () => (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).includes('tsunagi_worker_done_total{lane="mail"} 1'), patience);
    child.kill('SIGTERM');
    await waitFor('it stopped', () => child.exitCode !== null, patience);
    expect(child.exitCode).toBe(0);
    expect(output()).toContain('worker stopped');
    expect(output()).not.toMatch(/カナリア|mail\.invalid/);
  }, 300_000);
});
