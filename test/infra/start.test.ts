// bin/start as a person uses it: a fresh folder, sign in, stop, start again.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../src/services/free-port.js';
import { findRunning } from '../../src/services/running.js';
import { root } from '../house/source.js';
import { follow, readmeWalk } from '../support/readme.js';
import { waitFor } from '../support/wait-for.js';

interface Started {
  child: ChildProcess;
  said(): string;
  exited: Promise<number | null>;
}

describe('bin/start', () => {
  const readme = readmeWalk();
  const home = mkdtempSync(join(tmpdir(), 'tsunagi-start-'));
  chmodSync(home, 0o755); // the user that runs Postgres must be able to enter
  const data = join(home, 'データ folder');
  const environment = (port: number, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
    const { DATABASE_URL: _database, REDIS_URL: _redis, SMTP_URL: _smtp, ...rest } = process.env;
    return { ...rest, NODE_OPTIONS: '', NODE_ENV: 'development', TSUNAGI_DATA: data, PORT: `${port}`, CI: '', SEED_HOUSEHOLDS: '3', ...more };
  };
  const all: Started[] = [];
  const begin = (port: number, args: string[] = [], more: NodeJS.ProcessEnv = {}): Started => {
    const child = spawn(join(root, 'bin/start'), args, { cwd: tmpdir(), env: environment(port, more) });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => void (text += String(part)));
    const exited = new Promise<number | null>((resolve) => {
      child.on('exit', resolve);
    });
    const started = { child, said: () => text, exited };
    all.push(started);
    return started;
  };
  const upWith = async (started: Started, words: string): Promise<void> => {
    let gone = false;
    void started.exited.then(() => (gone = true));
    await waitFor(`"${words}"`, () => gone || started.said().includes(words), { timeoutMs: 100_000 });
    if (!started.said().includes(words)) throw new Error(`bin/start said: ${started.said()}`);
  };
  const signIn = (port: number): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login: 'sato.h', password: 'tsunagi-demo' }),
    });

  let port: number;
  beforeAll(async () => {
    port = await freePort();
  });
  afterAll(async () => {
    for (const { child, exited } of all) {
      child.kill('SIGTERM');
      await exited;
    }
    rmSync(home, { recursive: true, force: true });
  });

  test('brings up a town; README leads one consultation down each route to its end, over a restart', async () => {
    const first = begin(port);
    await upWith(first, 'Ctrl-C');
    expect(first.said()).toContain(`http://localhost:${port}`);
    expect((await signIn(port)).status).toBe(201);
    expect(await (await fetch(`http://127.0.0.1:${port}/api/meta`)).json()).toMatchObject({ invented: true });
    await upWith(first, '架空の 3 世帯を入れました');

    const again = begin(await freePort());
    expect(await again.exited).toBe(1);
    expect(again.said()).toContain('すでに起動しています');

    // the workers give out what waited while the town moved in
    const doctor = await waitFor('the doctor finds nothing', () => promisify(execFile)(join(root, 'bin/doctor'), { env: environment(port) }), { timeoutMs: 90_000, everyMs: 2_000 });
    expect(doctor.stdout).not.toContain('×');

    const secondPort = await freePort();
    const beside = begin(secondPort, ['--api-only']);
    await upWith(beside, `http://localhost:${secondPort}`);
    expect((await signIn(secondPort)).status).toBe(201);
    beside.child.kill('SIGINT');
    expect(await beside.exited).toBe(0);

    const today = await follow([...readme.before, 'echo "CONSENTED=$CONSENTED REFUSED=$REFUSED"'], { B: `http://127.0.0.1:${port}` });
    expect(today).not.toContain('×');
    const ended = today.split('\n').filter((line) => line.includes('"processKey"'));
    expect(ended.map((line) => line.includes('"active"'))).toEqual([false, false]);
    const cases = today.trim().split('\n').at(-1)!;

    first.child.kill('SIGINT');
    expect(await first.exited).toBe(0);
    expect(findRunning(data)).toBeNull();
    await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow('fetch failed');

    const second = begin(port, [], { CLOCK_OFFSET_MS: `${100 * 86_400_000}` });
    await upWith(second, 'Ctrl-C');
    expect(second.said()).not.toContain('登録しました');
    const later = await follow([readme.before[0]!, readme.before[2]!, cases, ...readme.after], { B: `http://127.0.0.1:${port}` });
    expect(later).not.toContain('×');
    const states = later.split('\n').filter((line) => line.includes('"processKey"'));
    expect(states).toHaveLength(2);
    for (const state of states) expect(state).not.toContain('"active"');
  }, 400_000);

  test('says what to do when the port is taken', async () => {
    const server = createServer();
    const taken = await freePort();
    await new Promise<void>((resolve) => void server.listen(taken, '127.0.0.1', resolve));
    const started = begin(taken, ['--api-only']);
    expect(await started.exited).toBe(1);
    expect(started.said()).toContain(`PORT=${taken + 1} bin/start`);
    server.close();
  });

  test('refuses words that it does not know', async () => {
    const started = begin(port, ['--everything']);
    expect(await started.exited).toBe(1);
    expect(started.said()).toContain('--everything');
  });
});
