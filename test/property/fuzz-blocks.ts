// The thousand models of the test run, in blocks of a hundred, so that a slow machine says how far it is. Two test files
// take half of them each, so that two cores share the work.
import { expect, test } from '@jest/globals';
import { compile } from '../../src/engine/executor/compile.js';
import { step } from '../../src/engine/step.js';
import type { EngineFace } from './compare.js';
import { fuzz } from './fuzz.js';

const engine: EngineFace = { compile: (xml) => compile(xml), step };
const MINUTES = 60_000;

/** Declares `blocks` tests of a hundred models each, from a seed upwards. */
export function fuzzBlocks(firstSeed: number, blocks: number): void {
  const seeds = Array.from({ length: blocks }, (_, at) => firstSeed + at * 100);
  test.each(seeds)('a hundred random diagrams from number %i run in the engine exactly as the BPMN rules say, reloaded before every action', async (seed) => {
    const result = await fuzz(engine, { firstSeed: seed, count: 100, most: 3, shrinkTries: 300 });
    expect(result.differences.join('\n\n')).toBe('');
    expect(result.diagrams).toBe(100);
    expect(result.deep).toBeGreaterThan(35); // nested four deep or more
    expect(result.ended).toBeGreaterThan(90);
  }, 5 * MINUTES);
}
