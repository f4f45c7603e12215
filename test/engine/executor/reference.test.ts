// bpmn-engine's own Engine, living and never reloaded, beside our steps, which reload before every action: the same diagrams,
// the same actions, the same waits.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Engine } from 'bpmn-engine';
import { compile, type Executable, startContext } from '../../../src/engine/executor/compile.js';
import type { Definition } from '../../../src/engine/executor/elements.js';
import { openHost } from '../../../src/engine/executor/host.js';
import { executorOptions, type Run, signalLeaf, watchRun } from '../../../src/engine/executor/run.js';
import { settle } from '../../../src/engine/executor/settle.js';
import { waitKind } from '../../../src/engine/executor/waits.js';
import type { Compiled, Variables, Wait } from '../../../src/engine/model.js';
import { defaultLimits } from '../../../src/engine/step.js';
import { bpmn, calendar, end, flow, monday, path, Play, start, timer, boundary, user } from './diagram.js';

/** Waits of the living engine, by element and multi-instance position. */
const openOf = (run: Run): string[] => settle(run).leaves.flatMap((leaf) => {
  const kind = waitKind(leaf);
  if (!kind) return [];
  const suffix = leaf.message.content.isMultiInstance ? `#${leaf.message.content.index}` : leaf.frame ? `#${leaf.frame.executionId.split('_').at(-1)}` : '';
  return [`${leaf.node.origin}${suffix}`];
}).sort();

async function openEngine(definition: Compiled, variables: Variables): Promise<Run> {
  const executable = definition.context as Executable;
  const host = openHost(executable.graph, { state: null, variables, action: { kind: 'start' }, now: monday, calendar, businessKey: null }, { ...defaultLimits, wallMs: 60_000 }, null);
  const engine = new Engine({ name: 'reference', sourceContext: startContext(executable, executable.starts[0]!), ...executorOptions(host) } as never);
  const { definitions } = (await engine.execute()) as unknown as { definitions: Definition[] };
  return watchRun(host, definitions[0]!);
}

/** Plays both until the end, or until enough was seen; `choose` says which wait is next. */
async function compare(xml: string, variables: Variables, choose: (waits: Wait[], at: number) => Wait, answer: (at: number) => Variables): Promise<number> {
  const definition = await compile(xml);
  const play = new Play(definition, 'sliced', structuredClone(variables), { wallMs: 60_000 });
  const run = await openEngine(definition, structuredClone(variables));
  play.act({ kind: 'start' });
  let at = 0;
  for (; at < 25 && !play.ended; at++) {
    expect(openOf(run)).toEqual(play.open());
    const wait = choose(play.waits, at);
    const leaf = settle(run).leaves.find((one) => one.node.origin === wait.elementId && (wait.index === undefined || (one.message.content.index ?? -1) === wait.index || one.frame?.executionId.endsWith(`_${wait.index}`)))!;
    const given = answer(at);
    Object.assign(run.host.variables, given);
    signalLeaf(run, leaf);
    if (wait.kind === 'timer') play.set(given).act({ kind: 'fire', executionId: wait.executionId });
    else play.act({ kind: wait.kind === 'message' ? 'message' : 'complete', executionId: wait.executionId, variables: given });
  }
  if (play.ended) expect(settle(run).leaves).toEqual([]);
  return at;
}

/** A small generator (mulberry32), so that each run of the tests sees the same games. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % sides;
  };
}

describe('beside bpmn-engine', () => {
  const diagrams: [string, string, Variables][] = [
    ['branches and deadlines', bpmn(start + `<parallelGateway id="f"/><parallelGateway id="j"/><exclusiveGateway id="m"/>` + user('a', 'b', 'c') + boundary('t', 'a', timer('P1D')) + boundary('r', 'b', timer('R2/PT1H', 'timeCycle'), false) + end('x') + path('start', 'f', 'a', 'm', 'j', 'c') + path('f', 'b', 'j') + path('t', 'm') + path('r', 'x')), {}],
    ['many in a scope', bpmn(start + `<subProcess id="s"><multiInstanceLoopCharacteristics camunda:collection="=list" camunda:elementVariable="one"/><startEvent id="s0"/>${user('a', 'b')}<exclusiveGateway id="g" default="g_b"/>${end('e')}${path('s0', 'a', 'g')}${flow('g', 'e', '=one = 2')}${flow('g', 'b')}</subProcess>` + user('z') + path('start', 's', 'z')), { list: [1, 2, 3] }],
    ['some of several', bpmn(start + `<inclusiveGateway id="o"/><inclusiveGateway id="j"/>` + user('a', 'b', 'c') + path('start', 'o') + flow('o', 'a', '=n > 0') + flow('o', 'b', '=n > 1') + path('a', 'j', 'c') + path('b', 'j')), { n: 2 }],
  ];

  test.each(diagrams)('%s', async (_name, xml, variables) => {
    for (let seed = 1; seed <= 3; seed++) {
      const roll = dice(seed);
      expect(await compare(xml, variables, (waits) => waits[roll(waits.length)]!, () => ({}))).toBeGreaterThan(0);
    }
  });

  const folder = 'processes';
  const shipped = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);

  test.each(shipped)('the shipped process %s opens the same first tasks', async (name) => {
    const file = readdirSync(`${folder}/${name}`).find((one) => one.endsWith('.bpmn'));
    if (file === undefined) return;
    const xml = readFileSync(`${folder}/${name}/${file}`, 'utf8');
    // what each process asks of its variables is its own tests' matter; here a case with nothing known begins, or does not, alike
    const definition = await compile(xml);
    const play = new Play(definition, 'sliced', {}, { wallMs: 60_000 });
    const startOurs = (): string[] => play.act({ kind: 'start' }).open();
    const startTheirs = async (): Promise<string[]> => openOf(await openEngine(definition, {}));
    const ours = ((): string[] | string => { try { return startOurs(); } catch (error) { return (error as { code: string }).code; } })();
    const theirs = await startTheirs().catch((error: { code?: string; message: string }) => error.code ?? error.message);
    if (typeof ours !== 'string') expect(theirs).toEqual(ours);
  });
});
