// npm run fuzz -- COUNT SEED      plays COUNT random models from SEED on (default 1000 1); exit 1 if anything differs
// --unsafe                        also actions that bring two tokens to one place
// npm run fuzz -- --replay FILE   plays one saved case again
import { compile } from '../../src/engine/executor/compile.js';
import { step } from '../../src/engine/step.js';
import { play, xmlOf, type EngineFace } from './compare.js';
import { fuzz } from './fuzz.js';
import { readReplay } from './report.js';

const engine: EngineFace = { compile: (xml) => compile(xml), step };

async function replay(file: string): Promise<number> {
  const { model, actions, actionSeed } = readReplay(file);
  const outcome = await play(engine, model, { actionSeed, recorded: actions });
  console.log(xmlOf(model));
  for (const action of outcome.actions) console.log(JSON.stringify(action));
  console.log(outcome.difference ? `${outcome.difference.kind}\n${outcome.difference.message}` : `no difference (${outcome.stopped})`);
  return outcome.difference ? 1 : 0;
}

async function run(count: number, firstSeed: number, most: number): Promise<number> {
  const started = performance.now();
  const result = await fuzz(engine, {
    firstSeed, count, most, shrinkTries: 500, unsafe: process.argv.includes('--unsafe'),
    progress: (done) => { if (done % 500 === 0) console.error(`${done} diagrams`); },
  });
  for (const difference of result.differences) console.log(`${difference}\n`);
  const seconds = (performance.now() - started) / 1000;
  console.log(`${result.diagrams} diagrams (${result.deep} nested four deep or more), ${result.steps} steps, ${result.ended} ended, `
    + `${result.differences.length} differences ${JSON.stringify(result.kinds)}, ${(result.diagrams / seconds).toFixed(1)} diagrams/s, ${(result.steps / seconds).toFixed(0)} steps/s`);
  return result.differences.length > 0 ? 1 : 0;
}

const [first, second, third] = process.argv.slice(2).filter((word) => word !== '--unsafe');
process.exitCode = first === '--replay' && second ? await replay(second) : await run(Number(first ?? 1000), Number(second ?? 1), Number(third ?? 10));
