// Named places at which a drill may kill the process, as a power cut would: between two things that belong together.
import type { Env } from './env.js';

export type FaultPoint = 'afterMailAccept' | 'beforeOrder' | 'amidOrder' | 'withinCascade' | 'afterTimerFired' | 'afterOutboxDone' | 'afterClaim';

/** Ends the process without warning when FAULT_POINT names this place; otherwise does nothing. */
export function reach(place: FaultPoint, env: Pick<Env, 'FAULT_POINT'>): void {
  if (env.FAULT_POINT === place) process.kill(process.pid, 'SIGKILL');
}
