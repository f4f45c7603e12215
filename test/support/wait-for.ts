import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again and again until `condition` gives something truthy, and returns that. Errors count as "not yet".
 * @param what the condition in words, for the message when time runs out
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeoutMs = 20_000, everyMs = 25 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const endAt = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > endAt) break;
    await pause(everyMs);
  }
  const seen = last instanceof Error ? last.message : JSON.stringify(last);
  throw new Error(`waited ${timeoutMs} ms in vain for: ${what} (last seen: ${seen})`);
}
