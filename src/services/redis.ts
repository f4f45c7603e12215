// A redis-server of the machine, where there is one: for the tests, never for the truth.
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tether, type Tethered } from './tether.js';

export interface RunningRedis extends Tethered {
  readonly url: string;
}

/** Path of redis-server or of the compatible valkey-server, or null. `path`: the PATH to look through. */
export function findRedisServer(path: string): string | null {
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of [...path.split(delimiter), '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']) {
      if (folder && existsSync(join(folder, name))) return join(folder, name);
    }
  }
  return null;
}

/**
 * Starts it without any file of its own and waits until it answers.
 * @throws Error when it does not answer within ten seconds
 */
export async function startRedis(server: string, port: number): Promise<RunningRedis> {
  let output = '';
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const running = tether(server, [...settings, '--databases', '1024'], {
    stopSignal: 'TERM',
    cwd: '/tmp',
    onOutput: (text) => void (output = (output + text).slice(-4000)),
  });
  let gone = false;
  void running.exited.then(() => (gone = true));
  for (let tries = 0; tries < 200; tries += 1) {
    if (await answersPing(port)) return { ...running, url: `redis://127.0.0.1:${port}` };
    if (gone) break;
    await pause(50);
  }
  await running.kill();
  throw new Error(`redis-server did not start on port ${port}: ${output}`);
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => done(false));
    socket.on('error', () => done(false));
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (data) => done(data.toString().startsWith('+PONG')));
  });
}
