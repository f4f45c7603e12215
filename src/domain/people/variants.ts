// 異体字・旧字体 in names, as the city has them (city/variants.json). What is typed and kept stays as it is; only what search compares is
// folded (casework.md §2.4).
import { usualVariants } from '../../base/city.js';

function foldsOf(groups: readonly string[]): ReadonlyMap<string, string> {
  const folded = new Map<string, string>();
  for (const group of groups) {
    const [first, ...others] = Array.from(group);
    for (const other of others) if (other !== first && first !== undefined && !folded.has(first)) folded.set(other, first);
  }
  return folded;
}

let folds = foldsOf(usualVariants());

/**
 * From now on this process compares names by these groups, the character of everyday writing first in each. Keys that are kept were made
 * by those of the last start: `refoldNames` (prisma/seed) makes them anew.
 */
export function useVariants(groups: readonly string[]): void {
  folds = foldsOf(groups);
}

/** The character of everyday writing in place of an old or a variant one; any other character as it is. */
export const everyday = (character: string): string => folds.get(character) ?? character;
