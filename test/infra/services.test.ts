// What bin/start starts: each part with a real process or a real connection.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import nodemailer from 'nodemailer';
import { systemClock } from '../../src/base/clock.js';
import { keepRunning } from '../../src/services/keep-running.js';
import { startMailCatcher, type MailCatcher } from '../../src/services/mail-catcher.js';
import { commandOf } from '../../src/services/process-table.js';
import { readDiagrams } from '../../src/services/process-folder.js';
import { tether } from '../../src/services/tether.js';
import { root } from '../house/source.js';
import { waitFor } from '../support/wait-for.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tsunagi-services-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a program on a tether', () => {
  const tethered = `import { tether } from ${JSON.stringify(join(root, 'src/services/tether.ts'))};
    tether(process.execPath, ['-e', 'console.log(process.pid); setInterval(() => {}, 1000)'],
      { stopSignal: 'TERM', onOutput: (text) => process.stdout.write(text) });`;

  test('goes when the process that asked for it is killed', async () => {
    const args = ['--import', 'tsx', '--input-type=module', '-e', tethered];
    const holder = spawn(process.execPath, args, { cwd: root, env: { ...process.env, NODE_OPTIONS: '' } });
    const pid = await new Promise<number>((resolve) => {
      holder.stdout.once('data', (text) => resolve(Number(String(text))));
    });
    expect(commandOf(pid)).toContain('setInterval');
    holder.kill('SIGKILL');
    await waitFor('the program to go', () => commandOf(pid) === '');
  });

  test('tells its exit code and what it said', async () => {
    let said = '';
    const program = tether('/bin/sh', ['-c', 'echo words; exit 3'], {
      stopSignal: 'TERM',
      onOutput: (text) => void (said += text),
    });
    expect(await program.exited).toBe(3);
    await waitFor('its words', () => said === 'words\n');
  });

  test('is killed when it does not want to stop', async () => {
    const program = tether('/bin/sh', ['-c', 'trap "" TERM; while :; do :; done'], { stopSignal: 'TERM' });
    await program.stop(200);
    expect(await program.exited).not.toBe(0);
  });
});

describe('a program that is kept running', () => {
  test('is started again when it ends by itself', async () => {
    const logFile = join(folder, 'kept.log');
    const ends: number[] = [];
    const program = { name: 'kept', args: ['-e', 'console.log("began"); process.exit(7)'], cwd: '/', env: {}, logFile };
    const kept = keepRunning(program, ({ code }) => void ends.push(code));
    await waitFor('its second start', () => readFileSync(logFile, 'utf8') === 'began\nbegan\n');
    await kept.stop();
    expect(ends[0]).toBe(7);
  });
});

describe('the mail catcher', () => {
  let catcher: MailCatcher;
  beforeAll(async () => {
    const at = { folder: join(folder, 'mails'), host: '127.0.0.1', smtpPort: 0, webPort: 0 };
    catcher = await startMailCatcher({ ...at, clock: systemClock });
  });
  afterAll(() => catcher.close());
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${catcher.webPort}${path}`);

  test('shows a mail that came, and keeps it as a file', async () => {
    const transport = nodemailer.createTransport(`smtp://127.0.0.1:${catcher.smtpPort}`);
    await transport.sendMail({
      from: 'a@example.invalid',
      to: 'b@example.invalid',
      subject: '<b>期限</b>のお知らせ',
      text: '仕事が1件あります',
    });
    transport.close();
    const [mail] = (await (await get('/mails.json')).json()) as { id: string; text: string }[];
    expect(mail?.text).toContain('仕事が1件あります');
    expect(await (await get(`/mails/${mail!.id}`)).text()).toContain('To: b@example.invalid');
    const page = await (await get('/')).text();
    expect(page).toContain('のお知らせ');
    expect(page).not.toContain('<b>');
  });

  test('shows nothing but mails', async () => {
    expect((await get('/mails/..%2fkept.log')).status).toBe(404);
    expect((await get('/mails/none.eml')).status).toBe(404);
  });

  test('says at once when its port is taken', async () => {
    const again = { folder, host: '127.0.0.1', smtpPort: 0, webPort: catcher.webPort, clock: systemClock };
    await expect(startMailCatcher(again)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('the folder of a process', () => {
  test('gives its diagram with the forms beside it', () => {
    const diagrams = readDiagrams(join(root, 'processes'));
    expect(diagrams.length).toBeGreaterThan(0);
    for (const { xml } of diagrams) expect(xml).toContain('<bpmn:definitions');
  });
});
