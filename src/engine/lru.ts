/** A map that forgets what was asked for longest ago. Two of the same size that see the same calls forget alike. */
export interface Lru<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
}

export function lru<T>(size: number): Lru<T> {
  const kept = new Map<string, T>();
  return {
    get(key) {
      const value = kept.get(key);
      if (value === undefined) return undefined;
      kept.delete(key);
      kept.set(key, value);
      return value;
    },
    set(key, value) {
      kept.delete(key);
      kept.set(key, value);
      if (kept.size > size) kept.delete(kept.keys().next().value!);
    },
  };
}
