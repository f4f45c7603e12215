import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { root } from '../house/source.js';

const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
const all = { ...dependencies, ...devDependencies };

describe('docs/DEPENDENCIES.md', () => {
  const rows = read('docs/DEPENDENCIES.md').split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((line) => [...line.split('|')[1]!.matchAll(/`([^`]+)`/g)].map((found) => found[1]!));

  test('gives each dependency its line, and has no line for another', () => {
    expect(named.toSorted()).toEqual(Object.keys(all).toSorted());
  });

  test('every version is exact', () => {
    expect(Object.entries(all).filter(([, version]) => !/^\d/.test(version))).toEqual([]);
  });

  test('the lock file holds every platform of each optional package, so that npm ci works on all of them', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.entries(optionalDependencies)
        .filter(([name, range]) => /^\d/.test(range) && !packages[`${path}/node_modules/${name}`])
        .filter(([name]) => !packages[`node_modules/${name}`])
        .map(([name]) => name),
    );
    expect(missing).toEqual([]);
  });
});
