// The loop around generate, play and shrink that the test and the command line share.
import { generate } from './generator.js';
import { depthOf } from './diagram.js';
import { play, type EngineFace, type PlayOptions } from './compare.js';
import { report } from './report.js';
import { shrink } from './shrink.js';

export interface FuzzResult {
  diagrams: number;
  /** nested four deep or more */
  deep: number;
  steps: number;
  /** runs that came to the end of the instance */
  ended: number;
  /** readable reports, one for each difference */
  differences: string[];
  /** how often each kind of difference was met */
  kinds: Record<string, number>;
}

export interface FuzzOptions {
  firstSeed: number;
  count: number;
  /** stop after that many differences */
  most: number;
  /** plays spent on making each difference small; 0: reported as found */
  shrinkTries: number;
  unsafe?: boolean;
  progress?: (done: number) => void;
}

/** Plays `count` random models, seeds `firstSeed` upwards. */
export async function fuzz(engine: EngineFace, options: FuzzOptions): Promise<FuzzResult> {
  const result: FuzzResult = { diagrams: 0, deep: 0, steps: 0, ended: 0, differences: [], kinds: {} };
  for (let seed = options.firstSeed; seed < options.firstSeed + options.count; seed += 1) {
    const model = generate(seed);
    const playing: PlayOptions = { actionSeed: seed, unsafe: options.unsafe ?? false };
    const outcome = await play(engine, model, playing);
    result.diagrams += 1;
    result.steps += outcome.steps;
    if (depthOf(model.root) >= 4) result.deep += 1;
    if (outcome.stopped === 'ended') result.ended += 1;
    if (outcome.difference) {
      result.kinds[outcome.difference.kind] = (result.kinds[outcome.difference.kind] ?? 0) + 1;
      const failing = { model, options: playing, outcome };
      result.differences.push(report(options.shrinkTries > 0 ? await shrink(engine, failing, options.shrinkTries) : failing, seed));
      if (result.differences.length >= options.most) break;
    }
    options.progress?.(result.diagrams);
  }
  return result;
}
