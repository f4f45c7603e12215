// The same models through bpmn-engine's own Engine: a share of them, those without timers to fire and inclusive joins.
import { expect, test } from '@jest/globals';
import { compile } from '../../src/engine/executor/compile.js';
import type { StepResult } from '../../src/engine/model.js';
import { step } from '../../src/engine/step.js';
import { calendar, xmlOf } from './compare.js';
import { seeded } from './diagram.js';
import { playsFairly, startLive } from './engine-reference.js';
import { choose, generate, initialVariables } from './generator.js';

const keys = (result: StepResult): string[] => result.waits.filter((wait) => wait.kind === 'user' || wait.kind === 'job')
  .map((wait) => (wait.index === undefined ? wait.elementId : `${wait.elementId}#${wait.index}`)).toSorted();

async function playBoth(seed: number): Promise<number> {
  const model = generate(seed, { depth: 3, tasks: 5, more: false });
  if (!playsFairly(model.root)) return 0;
  const random = seeded(seed);
  const definition = await compile(xmlOf(model));
  const live = await startLive(xmlOf(model), model, initialVariables(model));
  const input = { calendar, businessKey: null, now: new Date('2026-11-23T00:00:00Z') };
  let result = step(definition, { ...input, state: null, variables: initialVariables(model), action: { kind: 'start' } });
  for (let at = 0; !result.ended && at < 30; at += 1) {
    expect([seed, at, ...live.waits()]).toEqual([seed, at, ...keys(result)]);
    const wait = random.pick(result.waits.filter((open) => open.kind === 'user' || open.kind === 'job'));
    const variables = Object.fromEntries(model.variables.map((spec) => [spec.name, choose(spec, random, at > 8)]));
    live.complete(wait.index === undefined ? wait.elementId : `${wait.elementId}#${wait.index}`, variables);
    result = step(definition, { ...input, state: result.state, variables: result.variables, action: { kind: 'complete', executionId: wait.executionId, variables } });
  }
  if (result.ended) expect([seed, live.ended()]).toEqual([seed, true]);
  live.stop();
  return 1;
}

test('a live Engine of bpmn-engine waits for the same tasks as the step does', async () => {
  let played = 0;
  for (let seed = 1; played < 40; seed += 1) played += await playBoth(seed);
  expect(played).toBe(40);
}, 120_000);
