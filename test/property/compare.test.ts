// The fuzz itself is tried on engines with a known fault: a comparison that never complains would prove nothing.
import { expect, test } from '@jest/globals';
import type { Action, HistoryEntry, StepInput, StepResult, Wait } from '../../src/engine/model.js';
import { play, type EngineFace } from './compare.js';
import type { Graph } from './diagram.js';
import { depthOf } from './diagram.js';
import { generate, isSound } from './generator.js';
import { openReference, type ReferenceAction, type ReferenceState, type ReferenceWait } from './reference.js';
import { shrink, type Failing } from './shrink.js';

type Fault = (result: StepResult, input: StepInput) => StepResult;

/** An engine that is the reference in disguise, over a graph that may have been spoiled, with results that may be too. */
function disguised(spoilGraph: (graph: Graph) => Graph, spoilResult: Fault = (result) => result): EngineFace {
  return {
    compile: (_, graph) => Promise.resolve({ processId: graph.id, name: '', executorVersion: '0', elements: new Map(), starts: [], context: spoilGraph(graph) }),
    step: (definition, input) => spoilResult(stepOf(definition.context as Graph, input), input),
  };
}

function stepOf(graph: Graph, input: StepInput): StepResult {
  const reference = openReference(graph);
  const before = input.state === null ? null : JSON.parse(input.state) as ReferenceState;
  const open = before ? reference.waits(before) : [];
  const { action } = input;
  const uid = 'executionId' in action ? Number(action.executionId.slice(1)) : 0;
  if ('executionId' in action && !open.some((wait) => wait.uid === uid)) throw Object.assign(new Error('closed'), { code: 'wait_not_open' });
  const after = before === null ? reference.start(input.variables, input.now) : reference.act(before, undisguised(action, uid), input.now);
  const waits = reference.waits(after);
  const opened = waits.filter((wait) => !open.some((old) => old.uid === wait.uid));
  const closed = open.filter((old) => !waits.some((wait) => wait.uid === old.uid));
  const told = (type: 'entered' | 'left', list: readonly ReferenceWait[]): HistoryEntry[] => list.map(({ uid: of, elementId }) => ({ type, elementId, executionId: `x${of}` }));
  return {
    state: after.ended ? null : JSON.stringify(after), variables: after.variables, ended: after.ended, error: after.error === null ? null : { code: after.error, elementId: '' }, thrown: [], history: [...told('entered', opened), ...told('left', closed)],
    waits: waits.map(disguise), opened: opened.map(disguise),
    closed: closed.map((wait) =>
      ({ executionId: `x${wait.uid}`, elementId: wait.elementId, kind: wait.kind, reason: wait.uid === uid && action.kind !== 'fail' ? 'completed' : 'cancelled' })),
  };
}

function undisguised(action: Action, uid: number): ReferenceAction {
  switch (action.kind) {
    case 'complete': case 'message': return { kind: action.kind, uid, variables: action.variables ?? {} };
    case 'fire': return { kind: 'fire', uid };
    case 'fail': return { kind: 'fail', uid, code: action.code };
    default: return { kind: 'variables', variables: action.kind === 'variables' ? action.variables : {} };
  }
}

function disguise(wait: ReferenceWait): Wait {
  return {
    executionId: `x${wait.uid}`, elementId: wait.elementId, kind: wait.kind, ...(wait.index === null ? {} : { index: wait.index }),
    ...(wait.dueAt === null ? {} : { dueAt: new Date(wait.dueAt).toISOString() }),
    ...(wait.kind === 'user' ? { task: { name: '', formKey: null, assignee: null, candidateGroups: wait.path === null ? [] : [wait.path], priority: 0, urgent: false, neverPaused: false, deadline: null } } : {}),
    ...(wait.kind === 'message' ? { correlationKey: wait.path } : {}),
    ...(wait.kind === 'job' ? { job: { handler: 'work', input: wait.path === null ? {} : { path: wait.path } } } : {}),
  };
}

/** What the first models show of an engine. */
async function differences(engine: EngineFace, count: number): Promise<{ kinds: string[]; first: Failing | null }> {
  const kinds: string[] = [];
  let first: Failing | null = null;
  for (let seed = 1; seed <= count; seed += 1) {
    const model = generate(seed);
    const options = { actionSeed: seed };
    const outcome = await play(engine, model, options);
    if (!outcome.difference) continue;
    kinds.push(outcome.difference.kind);
    first ??= { model, options, outcome };
  }
  return { kinds, first };
}

const spoilNodes = (change: (graph: Graph) => void) => function spoil(graph: Graph): Graph {
  const copy = structuredClone(graph);
  change(copy);
  for (const node of copy.nodes) if (node.scope) node.scope = spoil(node.scope);
  return copy;
};

test('an engine that follows the rules shows no difference', async () => {
  expect((await differences(disguised((graph) => graph), 60)).kinds).toEqual([]);
});

test('an engine whose inclusive joins pass every token is found out', async () => {
  const spoil = spoilNodes((graph) => {
    for (const node of graph.nodes) if (node.id.startsWith('or_') && node.id.endsWith('_join')) node.type = 'xor';
  });
  expect((await differences(disguised(spoil), 60)).kinds.length).toBeGreaterThan(5);
});

test('an engine whose interrupting timers interrupt nothing is found out', async () => {
  const spoil = spoilNodes((graph) => { for (const boundary of graph.boundaries) boundary.interrupting = false; });
  expect((await differences(disguised(spoil), 60)).kinds.length).toBeGreaterThan(3);
});

test('an engine that runs several instances one by one is found out', async () => {
  const spoil = spoilNodes((graph) => { for (const node of graph.nodes) if (node.mi) node.mi.sequential = true; });
  expect((await differences(disguised(spoil), 60)).kinds.length).toBeGreaterThan(3);
});

test('an engine that loses a variable, reuses an id, accepts a late answer or forgets its end is found out', async () => {
  const lossy = disguised((graph) => graph, (result) => ({ ...result, variables: {} }));
  expect((await differences(lossy, 10)).kinds).toContain('variables');
  const unstable = disguised((graph) => graph, (result, input) => ({ ...result, waits: result.waits.map((wait) => ({ ...wait, executionId: `${wait.executionId}${input.now.getTime()}` })) }));
  expect((await differences(unstable, 10)).kinds.length).toBeGreaterThan(5);
  const endless = disguised((graph) => graph, (result) => ({ ...result, ended: false }));
  expect((await differences(endless, 10)).kinds).toContain('ended');
  const honest = disguised((graph) => graph);
  const lenient: EngineFace = { ...honest, step: (definition, input) => {
    try {
      return honest.step(definition, input);
    } catch {
      return honest.step(definition, { ...input, action: { kind: 'variables', variables: {} } });
    }
  } };
  expect((await differences(lenient, 20)).kinds).toContain('stale');
});

test('a failing model shrinks to a handful of blocks that still fail in the same way', async () => {
  const spoil = spoilNodes((graph) => {
    for (const node of graph.nodes) if (node.id.startsWith('or_') && node.id.endsWith('_join')) node.type = 'xor';
  });
  const engine = disguised(spoil);
  const { first } = await differences(engine, 60);
  if (!first) throw new Error('nothing to shrink');
  const small = await shrink(engine, first, 600);
  expect(small.outcome.difference?.kind).toBe(first.outcome.difference?.kind);
  expect(JSON.stringify(small.model.root).match(/"kind":"(or|and|xor|loop|sub)"/g)?.length ?? 0).toBeLessThanOrEqual(3);
});

test('every model is sound, the same for the same seed, and most nest four deep', () => {
  const models = Array.from({ length: 300 }, (_, at) => generate(at + 1));
  expect(models.every(isSound)).toBe(true);
  expect(JSON.stringify(generate(17))).toBe(JSON.stringify(generate(17)));
  expect(models.filter((model) => depthOf(model.root) >= 4).length).toBeGreaterThan(150);
  const all = JSON.stringify(models);
  for (const word of ['"xor"', '"and"', '"or"', '"loop"', '"sub"', '"fork"', '"catch"', '"end"', '"interrupting":true', '"interrupting":false', '"sequential":true', '"sequential":false', '"collection"', '"literal"', '"terminate":true', '"cycle":2', '"byDefault":true']) {
    expect(all).toContain(word);
  }
});
