// A failing case for a person to read, and as a file that fuzz-cli can replay.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { xmlOf } from './compare.js';
import type { Model } from './diagram.js';
import type { ReferenceAction } from './reference.js';
import type { Failing } from './shrink.js';

export interface Replay {
  seed: number;
  actionSeed: number;
  model: Model;
  actions: ReferenceAction[];
  difference: { kind: string; message: string } | null;
}

/** Writes the replay file and says everything that is needed to see the fault again. */
export function report(failing: Failing, seed: number): string {
  const { model, outcome, options } = failing;
  const replay: Replay = { seed, actionSeed: options.actionSeed, model, actions: outcome.actions, difference: outcome.difference };
  const folder = mkdtempSync(join(tmpdir(), 'tsunagi-fuzz-'));
  const file = join(folder, `seed-${seed}.json`);
  writeFileSync(file, JSON.stringify(replay, null, 1));
  writeFileSync(join(folder, `seed-${seed}.bpmn`), xmlOf(model));
  return [
    `seed ${seed}: ${outcome.difference?.kind ?? 'no difference'}`,
    outcome.difference?.message ?? '',
    `variables at the start: ${JSON.stringify(Object.fromEntries(model.variables.map((spec) => [spec.name, spec.initial])))}`,
    `actions:\n${outcome.actions.map((action) => `  ${JSON.stringify(action)}`).join('\n')}`,
    `diagram:\n${xmlOf(model)}`,
    `replay: npm run fuzz -- --replay ${file}`,
  ].join('\n');
}

/** Reads a replay file back. */
export function readReplay(file: string): Replay {
  return JSON.parse(readFileSync(file, 'utf8')) as Replay;
}
