// The differential fuzz: engine against reference, state saved and loaded before every action, sliced and full.
// A failing case prints its seed, the shrunk diagram and the actions, and leaves a file that `npm run fuzz -- --replay`
// plays again. Longer runs: npm run fuzz -- 10000 SEED
import { expect, test } from '@jest/globals';
import { compile } from '../../src/engine/executor/compile.js';
import { step } from '../../src/engine/step.js';
import type { EngineFace } from './compare.js';
import { fuzz } from './fuzz.js';

const engine: EngineFace = { compile: (xml) => compile(xml), step };
const MINUTES = 60_000;

// Ten blocks, so that a slow machine says how far it is; 1,000 models altogether.
test.each(Array.from({ length: 10 }, (_, at) => 1 + at * 100))('a hundred random diagrams from number %i run in the engine exactly as the BPMN rules say, reloaded before every action', async (firstSeed) => {
  const result = await fuzz(engine, { firstSeed, count: 100, most: 3, shrinkTries: 300 });
  expect(result.differences.join('\n\n')).toBe('');
  expect(result.diagrams).toBe(100);
  expect(result.deep).toBeGreaterThan(35); // nested four deep or more
  expect(result.ended).toBeGreaterThan(90);
}, 5 * MINUTES);
