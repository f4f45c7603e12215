// Chance that comes out the same each time: the same seed, the same town.

export interface Chance {
  /** 0 ≤ x < 1 */
  next(): number;
  /** A whole number from 0 to n - 1. */
  below(n: number): number;
  pick<T>(of: readonly T[]): T;
  /** True with this probability. */
  likely(share: number): boolean;
}

/** mulberry32 */
export function openChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return { next, below, pick: (of) => of[below(of.length)]!, likely: (share) => next() < share };
}
