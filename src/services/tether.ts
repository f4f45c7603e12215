// Runs a program that must never outlive the process that asked for it, however that one ends (SIGKILL included).
import { spawn, type ChildProcess } from 'node:child_process';

export interface TetherOptions {
  /** Run as this user (only root can). */
  uid?: number;
  gid?: number;
  cwd?: string;
  /** The whole environment of the program; ours when absent. */
  env?: Record<string, string | undefined>;
  /** What the program takes as "finish and go". */
  stopSignal: 'INT' | 'TERM';
  onOutput?: (text: string) => void;
}

export interface Tethered {
  /** The exit code, once the program has gone. */
  readonly exited: Promise<number>;
  /** Asks the program to stop; after `patienceMs` it is killed. Resolves when it has gone. */
  stop(patienceMs?: number): Promise<void>;
  /** SIGKILL to the program and to its helpers: a crash, for drills. */
  kill(): Promise<void>;
}

// A shell of our own session holds the line: its standard input is a pipe from us. When we go, the pipe ends, `read`
// returns, and the program is told to stop. Its own session also keeps a Ctrl-C at the terminal away from it, so that
// the database is still there while the API finishes its last requests.
const holder = `
exec 3<&0
signal="$1"; shift
"$@" </dev/null 3<&- &
program=$!
{ read -r _ <&3; kill -"$signal" "$program"; } 2>/dev/null &
watch=$!
wait "$program"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
`;

/**
 * @param command absolute path of the program
 */
export function tether(command: string, args: readonly string[], options: TetherOptions): Tethered {
  const { uid, gid, cwd = '/', env, stopSignal, onOutput = () => {} } = options;
  const child = spawn('/bin/sh', ['-c', holder, 'tether', stopSignal, command, ...args], {
    cwd,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(env === undefined ? {} : { env }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', onOutput);
  }
  child.stdin.on('error', () => {});
  const exited = new Promise<number>((resolve) => {
    child.on('error', (error) => {
      onOutput(String(error));
      resolve(127);
    });
    child.on('exit', (code) => resolve(code ?? 128));
  });
  return {
    exited,
    async stop(patienceMs = 10_000) {
      child.stdin.end();
      const timer = setTimeout(() => killGroup(child), patienceMs);
      await exited;
      clearTimeout(timer);
    },
    async kill() {
      killGroup(child);
      await exited;
    },
  };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // already gone
  }
}
