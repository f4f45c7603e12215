// The package asks Math.random for ids and Date.now for timestamps. For the length of one synchronous call they answer
// from the step's input, so that the same step has the same result to the byte.

export interface Steady {
  /** Epoch ms. */
  now: number;
  /** Last number given out; ids of one instance never repeat because it is saved with the state. */
  serial: number;
}

/** 2^32 ids for one instance: `Math.random().toString(16)` of n/2^32 is the number n in hexadecimal digits. */
const idSpace = 2 ** 32;

/** Runs `work` with a clock that stands and ids that count. `work` must be synchronous. */
export function steadily<T>(steady: Steady, work: () => T): T {
  const { random } = Math;
  const { now } = Date;
  Math.random = (): number => {
    steady.serial += 1;
    return steady.serial / idSpace;
  };
  Date.now = (): number => steady.now;
  try {
    return work();
  } finally {
    Math.random = random;
    Date.now = now;
  }
}
