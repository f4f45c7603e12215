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

test('a thousand random diagrams run in the engine exactly as the BPMN rules say, reloaded before every action', async () => {
  const result = await fuzz(engine, { firstSeed: 1, count: 1000, most: 3, shrinkTries: 400 });
  expect(result.differences.join('\n\n')).toBe('');
  expect(result.diagrams).toBe(1000);
  expect(result.deep).toBeGreaterThan(500);
  expect(result.ended).toBeGreaterThan(900);
}, 6 * MINUTES);
