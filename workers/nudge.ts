// How a process without workers (the API) tells those that there is something to do: a queue job, after the commit. It
// saves the second until the next look and nothing more, so a failure is a line in the log.
import { setTimeout as rest } from 'node:timers/promises';
import type { Env } from '../src/base/env.js';
import type { Logger } from '../src/base/log.js';
import { openQueues } from './queues.js';

export interface Nudge {
  /** Returns at once and never throws. Calls close together are one. */
  nudge(): void;
  close(): Promise<void>;
}

/** After one nudge the next waits so long: a queue job costs as much as a statement of a step, and each would bring one. */
const restMs = 100;

export function openNudge(env: Env, log: Logger): Nudge {
  const queues = openQueues(env, log);
  let busy = false;
  let wanted = false;
  let closed = false;
  const send = async (): Promise<void> => {
    busy = true;
    do {
      wanted = false;
      if (!(await queues.add('work', [{ id: 'nudge', lane: 'nudge', ids: [] }]))) log.warn('the queue is away: workers look by themselves');
      await rest(restMs, undefined, { ref: false });
    } while (wanted && !closed);
    busy = false;
  };
  return {
    nudge() {
      wanted = true;
      if (!busy) void send();
    },
    close() {
      closed = true;
      return queues.close();
    },
  };
}
