// The only place that asks what time it is. Everything above takes a Clock or a Date.

export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock that runs `offsetMs` ahead of the machine's: how tests and drills let three days pass at once. */
export function offsetClock(offsetMs: number): Clock {
  return { now: () => new Date(Date.now() + offsetMs) };
}
