// One step of an instance: a pure function of definition, state, variables, action and time.
import type { Action, Compiled, StepInput, StepLimits, StepResult, Variables, Wait } from './model.js';
import { type Executable, startContext } from './executor/compile.js';
import { steadily } from './executor/determinism.js';
import { executorVersion } from './executor/elements.js';
import type { Start } from './executor/lower-scopes.js';
import { fail, type Host, type Loop, openHost } from './executor/host.js';
import { load, openRun, type Run, signalLeaf, start } from './executor/run.js';
import { lookAgain, settle } from './executor/settle.js';
import { broadcast, failLeaf, noteCaught } from './executor/throws.js';
import { type Leaf, stuckJoin, walk, type Walked } from './executor/walk.js';
import { openWait, outOf, waitKind } from './executor/waits.js';
import { inputParameters } from './executor/properties.js';
import type { DefinitionContext } from './executor/context.js';
import { sliceFor, sliceForStart } from './executor/slice.js';
import { SliceMiss } from './executor/slice-miss.js';
import { StepError } from './step-error.js';

/** Far below where the stack could run out, far above what an honest step does. */
export const defaultLimits: StepLimits = { perStep: 1000, perElement: 1000, wallMs: 10_000 };

/** The envelope around the package's state. Its text is opaque to everybody else. */
interface Saved {
  version: string;
  /** Last number given out for an id. */
  serial: number;
  counts: Record<string, number>;
  loops: Record<string, Loop>;
  waits: Wait[];
  core: unknown;
}

/**
 * Does one action to an instance and everything that follows from it by itself.
 *
 * The same input gives the same result, byte for byte. Nothing of a step that throws may be kept.
 * @throws StepError
 */
export function step(definition: Compiled, input: StepInput): StepResult {
  const limits = { ...defaultLimits, ...input.limits };
  const saved = input.state === null ? null : (JSON.parse(input.state) as Saved);
  if (saved && saved.version !== executorVersion) throw new StepError('bpmn', null, `状態は別の実行系（${saved.version}）のものです`);
  if ((saved === null) !== (input.action.kind === 'start')) throw new StepError('bpmn', null, saved ? 'すでに始まっています' : 'まだ始まっていません');
  const executable = definition.context as Executable;
  const begins = saved ? null : startOf(executable, input.action);
  const full = (): DefinitionContext => (begins ? startContext(executable, begins) : executable.full);
  if (input.context === 'full') return attemptStep(executable, full(), input, limits, saved);
  try {
    const slice = begins ? sliceForStart(executable, begins) : sliceFor(executable, saved!.core);
    return attemptStep(executable, slice, input, limits, saved);
  } catch (error) {
    if (!(error instanceof SliceMiss)) throw error;
    return attemptStep(executable, full(), input, limits, saved && (JSON.parse(input.state!) as Saved));
  }
}

function startOf(executable: Executable, action: Action): Start {
  const wanted = action.kind === 'start' ? action.startElementId : undefined;
  const from = wanted === undefined ? executable.starts[0] : executable.starts.find((one) => one.elementId === wanted);
  if (!from) throw new StepError('bpmn', wanted ?? null, 'この開始イベントは図にありません');
  return from;
}

function attemptStep(executable: Executable, context: DefinitionContext, input: StepInput, limits: StepLimits, saved: Saved | null): StepResult {
  const host = openHost(executable.graph, input, limits, saved);
  const clock = { now: input.now.getTime(), serial: saved?.serial ?? 0 };
  return steadily(clock, () => {
    const before = saved?.waits ?? [];
    const run = saved ? resume(host, context, saved) : begin(host, context);
    const stood = saved ? walk(host, run.definition) : null;
    if (stood) act(run, input.action, { stood, open: new Set(before.map((wait) => wait.executionId)) });
    let walked = settle(run);
    while (host.hasNews && !host.isOver) {
      host.hasNews = false;
      lookAgain(run);
      walked = settle(run);
    }
    noteCutOff(host, stood, walked);
    return result(run, walked, before, input.action, () => clock.serial);
  });
}

function begin(host: Host, context: DefinitionContext): Run {
  const run = openRun(host, context);
  start(run);
  return run;
}

function resume(host: Host, context: DefinitionContext, saved: Saved): Run {
  const run = openRun(host, context);
  load(run, saved.core);
  return run;
}

/** What there was before the action. */
interface Before {
  stood: Walked;
  /** Execution ids of the waits that the outside knows of. */
  open: ReadonlySet<string>;
}

function act(run: Run, action: Action, before: Before): void {
  const { host } = run;
  switch (action.kind) {
    case 'start':
      return;
    case 'signal':
      merge(host, action.variables);
      broadcast(run, action.name);
      break;
    case 'variables':
      merge(host, action.variables);
      break;
    case 'fail':
      return failLeaf(run, find(action.executionId, before, ['job', 'call', 'user']), action.code);
    case 'fire': {
      const leaf = find(action.executionId, before, ['timer']);
      noteCaught(host, leaf.node, 'fired', leaf.executionId);
      signalLeaf(run, leaf);
      return;
    }
    case 'message': {
      const leaf = find(action.executionId, before, ['message']);
      merge(host, action.variables);
      noteCaught(host, leaf.node, 'caught', leaf.executionId);
      signalLeaf(run, leaf);
      break;
    }
    case 'complete': {
      const leaf = find(action.executionId, before, ['user', 'job', 'call']);
      merge(host, leaf.node.role === 'call' ? outOf(host, leaf.node, action.variables ?? {}, leaf.frame) : action.variables);
      signalLeaf(run, leaf);
      break;
    }
  }
}

/** Variables of an action go into the instance's one scope, last wins. */
function merge(host: Host, variables: Variables | undefined): void {
  if (!variables) return;
  Object.assign(host.variables, structuredClone(variables));
  host.hasNews = true;
}

function find(executionId: string, { stood, open }: Before, kinds: readonly string[]): Leaf {
  const leaf = stood.leaves.find((one) => one.executionId === executionId);
  const kind = leaf && waitKind(leaf);
  if (!leaf || !kind || !kinds.includes(kind) || !open.has(executionId)) {
    throw new StepError('wait_not_open', leaf ? leaf.node.origin : null, '待ちの状態ではありません');
  }
  return leaf;
}

function result(run: Run, walked: Walked, before: Wait[], action: Action, serial: () => number): StepResult {
  const { host } = run;
  const known = new Map(before.map((wait) => [wait.executionId, wait]));
  const waits: Wait[] = [];
  for (const leaf of walked.leaves) {
    const kind = waitKind(leaf);
    const wait = known.get(leaf.executionId);
    if (kind) waits.push(wait ? stayed(host, leaf, wait, action.kind === 'variables') : openWait(host, leaf, kind));
  }
  if (!host.isOver && waits.length === 0) fail(host, 'deadlock', stuckJoin(host, walked), '終わりに着かず、待つものもありません（行き止まり）');
  const now = new Set(waits.map((wait) => wait.executionId));
  const closed = before.filter((wait) => !now.has(wait.executionId)).map((wait) => ({
    executionId: wait.executionId, elementId: wait.elementId, kind: wait.kind,
    reason: host.completed.has(wait.executionId) ? 'completed' as const : 'cancelled' as const,
  }));
  noteCancelled(host, closed);
  if (host.isOver) host.history.push({ type: 'ended', elementId: host.graph.processId, executionId: null });
  return {
    state: host.isOver ? null : save(run, walked, waits, serial()),
    variables: host.variables, opened: waits.filter((wait) => !known.has(wait.executionId)), closed, waits,
    history: host.history, thrown: host.thrown, ended: host.isOver, error: host.error,
  };
}

/**
 * A wait stays as it was opened; only a job without declared input always sees the variables of now. Where somebody has
 * edited variables, every job is told anew what it is told: that is how one that failed by its input is repaired.
 */
function stayed(host: Host, leaf: Leaf, wait: Wait, edited: boolean): Wait {
  if (wait.kind !== 'job') return wait;
  if (edited) return { ...wait, job: openWait(host, leaf, 'job').job! };
  if (inputParameters(leaf.node.element)) return wait;
  return { ...wait, job: { handler: wait.job!.handler, input: structuredClone(host.variables) } };
}

/** What was entered, before or in this step, and is neither left nor still there, was cut off: its scope went, or the instance. */
function noteCutOff(host: Host, stood: Walked | null, walked: Walked): void {
  const gone = new Set(host.history.filter((entry) => entry.type === 'left' || entry.type === 'cancelled').map((entry) => entry.executionId));
  const stands = (executionId: string | null): boolean => executionId !== null && !host.isOver && walked.standing.has(executionId);
  const entered = host.history.filter((entry) => entry.type === 'entered').map(({ elementId, executionId }) => ({ elementId, executionId }));
  const before = [...(stood?.standing ?? [])].flatMap(([executionId, { origin }]) => (origin === null ? [] : [{ elementId: origin, executionId }]));
  for (const { elementId, executionId } of [...before, ...entered]) {
    if (gone.has(executionId) || stands(executionId)) continue;
    gone.add(executionId);
    host.history.push({ type: 'cancelled', elementId, executionId });
  }
}

/** What is cut off with its scope leaves without a word of its own. */
function noteCancelled(host: Host, closed: StepResult['closed']): void {
  const told = new Set(host.history.filter((entry) => entry.type === 'left' || entry.type === 'cancelled').map((entry) => entry.executionId));
  for (const wait of closed) {
    if (wait.reason !== 'cancelled' || wait.kind === 'timer') continue;
    const root = wait.executionId.slice(0, wait.executionId.lastIndexOf('_'));
    if (!told.has(wait.executionId) && !told.has(root)) host.history.push({ type: 'cancelled', elementId: wait.elementId, executionId: wait.executionId });
  }
}

function save(run: Run, walked: Walked, waits: Wait[], serial: number): string {
  const { host, definition } = run;
  const loops = Object.fromEntries(Object.entries(host.loops).filter(([executionId]) => walked.alive.has(executionId)));
  const kept = waits.map((wait) => (wait.kind === 'job' && !inputParameters(host.graph.nodes.get(wait.elementId)?.element ?? null)
    ? { ...wait, job: { handler: wait.job!.handler, input: {} } } : wait));
  const saved: Saved = { version: executorVersion, serial, counts: host.counts, loops, waits: kept, core: definition.getState() };
  return JSON.stringify(saved);
}
