// Keeps one of our own programs running: started again when it ends by itself, stopped with us.
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { tether, type Tethered } from './tether.js';

export interface Program {
  /** What people call it, in messages. */
  name: string;
  /** Arguments of node. */
  args: readonly string[];
  cwd: string;
  env: Record<string, string | undefined>;
  /** Its output goes there, whole. */
  logFile: string;
}

export interface Kept {
  /** No restart any more; resolves when it has gone. */
  stop(): Promise<void>;
}

const firstDelayMs = 1000;
const longestDelayMs = 30_000;
const steadyAfterMs = 60_000;

/**
 * @param onEnd told each time it ended without being asked, with its last words and the time until it starts again
 */
export function keepRunning(
  program: Program,
  onEnd: (end: { code: number; lastWords: string; delayMs: number }) => void,
): Kept {
  const stopping = new AbortController();
  let running: Tethered | null = null;
  const loop = async (): Promise<void> => {
    let delayMs = firstDelayMs;
    while (!stopping.signal.aborted) {
      let lastWords = '';
      const startedAt = performance.now();
      running = tether(process.execPath, program.args, {
        cwd: program.cwd,
        env: program.env,
        stopSignal: 'TERM',
        onOutput: (text) => {
          lastWords = (lastWords + text).slice(-2000);
          appendFileSync(program.logFile, text);
        },
      });
      const code = await running.exited;
      if (stopping.signal.aborted) return;
      if (performance.now() - startedAt > steadyAfterMs) delayMs = firstDelayMs;
      onEnd({ code, lastWords, delayMs });
      await pause(delayMs, undefined, { signal: stopping.signal }).catch(() => {});
      delayMs = Math.min(delayMs * 2, longestDelayMs);
    }
  };
  const ended = loop();
  return {
    async stop() {
      stopping.abort();
      await running?.stop();
      await ended;
    },
  };
}
