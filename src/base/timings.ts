// Where the time of a request goes, summed per part since the process started. Read by /metrics and by bench/step, so
// that the next improvement is chosen from facts.

/**
 * http: reading a request and writing its answer; access: who is asking; load: lock and read; act: the step itself; save:
 * writing it; commit: making it last. And across all of them sql: every statement, from when it was sent to its answer.
 */
export type Part = 'http' | 'access' | 'load' | 'act' | 'save' | 'commit' | 'sql';

const sums = new Map<Part, { count: number; ms: number }>();

/** Runs `work` and adds the time until it settles to the part's sum. */
export async function timed<T>(part: Part, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    return await work();
  } finally {
    addTime(part, performance.now() - startedAt);
  }
}

export function addTime(part: Part, ms: number): void {
  const sum = sums.get(part) ?? { count: 0, ms: 0 };
  sum.count += 1;
  sum.ms += ms;
  sums.set(part, sum);
}

/** Sums so far: how often, and how many milliseconds in all. */
export function timings(): ReadonlyMap<Part, Readonly<{ count: number; ms: number }>> {
  return sums;
}
