// One run of the executor: load or start, act, come to rest. Synchronous; every effect stays in the host.
import './api.js';
import { core, type Definition, type Message } from './elements.js';
import { extensions, type DefinitionContext } from './context.js';
import { plainBrokers } from './broker.js';
import { flowConditions, loopExpressions, SharedEnvironment, countDone } from './behaviours.js';
import { edgesOf } from './edges.js';
import { fail, type Host } from './host.js';
import type { Leaf } from './walk.js';

export interface Run {
  host: Host;
  definition: Definition;
}

const silent = { debug(): void {}, error(): void {}, warn(): void {}, info(): void {} };
const noTimers = {
  executing: [],
  register(): never {
    throw new Error('timers are rows, nothing here keeps time');
  },
  setTimeout(): never {
    throw new Error('timers are rows, nothing here keeps time');
  },
  clearTimeout(): void {},
};

/** What the package is given through its public options; the same for its `Definition` and for bpmn-engine's `Engine`. */
export function executorOptions(host: Host): Record<string, unknown> {
  return {
    Logger: () => silent, settings: { disableTrackState: true, batchSize: 1_000_000 },
    timers: noTimers, scripts: flowConditions, expressions: loopExpressions, extensions, services: {}, host,
  };
}

/** Builds the package's objects around a context; nothing runs yet. */
export function openRun(host: Host, context: DefinitionContext): Run {
  return watchRun(host, new core.Definition(core.Context(context, new SharedEnvironment({ ...executorOptions(host), ...plainBrokers }))));
}

/** Listens to a definition that somebody else built with `executorOptions`. */
export function watchRun(host: Host, definition: Definition): Run {
  definition.broker.subscribeTmp('event', '#', (key, message) => onEvent(host, key, message), { noAck: true });
  return { host, definition };
}

/** Starts the process. */
export function start(run: Run): void {
  attempt(run, () => run.definition.run());
}

/** Takes up a saved state; nothing happens but that all open waits are back. */
export function load(run: Run, state: unknown): void {
  run.host.isLoading = true;
  attempt(run, () => {
    run.definition.recover(state);
    run.definition.resume();
  });
  run.host.isLoading = false;
}

/** Completes a leaf: a task done, a timer due, a message or signal come. */
export function signalLeaf(run: Run, leaf: Leaf): void {
  run.host.completed.add(leaf.executionId);
  if (leaf.message.content.isMultiInstance) countDone(run.host, leaf.executionId);
  attempt(run, () => leaf.activity.getApi(leaf.message).signal({}));
}

/** Does something to the executor and drains what arrives. Any error becomes the step's fault and is thrown. */
export function attempt(run: Run, work: () => void): void {
  const { host } = run;
  try {
    work();
    for (let arrival = host.arrivals.shift(); arrival && !host.fault && !host.missed; arrival = host.arrivals.shift()) {
      if (host.deadline()) fail(host, 'timeout', null, `一歩に ${host.limits.wallMs} ミリ秒より長くかかりました`);
      arrival();
    }
  } catch (error) {
    if (host.missed ?? host.fault) throw host.missed ?? host.fault;
    if (error instanceof RangeError && /call stack/.test(error.message)) fail(host, 'loop', null, '一歩が深くなりすぎました（終わらない繰り返しの疑い）', error);
    fail(host, 'bpmn', null, error instanceof Error ? error.message : 'the executor failed', error);
  }
  if (host.missed ?? host.fault) throw host.missed ?? host.fault;
}

function onEvent(host: Host, key: string, message: Message): void {
  if (key === 'definition.leave') host.isOver = true;
  if (key === 'activity.error' || key === 'definition.error') return onError(host, message);
  if (host.isLoading) return;
  const { id, executionId } = message.content;
  const node = host.graph.nodes.get(id);
  if (!node || (key !== 'activity.enter' && key !== 'activity.end' && key !== 'activity.leave')) return;
  const isArming = node.attachedTo !== null;
  if (key === 'activity.enter' && !isArming) countActivation(host, id);
  if (node.origin === null) return;
  if (key === 'activity.end') host.properEnds.add(executionId);
  else if (key === 'activity.enter') {
    if (!isArming) host.history.push({ type: 'entered', elementId: node.origin, executionId });
  } else if (host.properEnds.has(executionId)) host.history.push({ type: 'left', elementId: node.origin, executionId });
  else if (!isArming) host.history.push({ type: 'cancelled', elementId: node.origin, executionId });
}

function onError(host: Host, message: Message): void {
  const error = message.content['error'] as { message?: string; source?: { content?: { id?: string } } } | undefined;
  const nodeId = error?.source?.content?.id ?? message.content.id;
  const text = error?.message ?? 'the executor failed';
  const isNoFlow = text.includes('no conditional flow taken');
  if (!host.fault) fail(host, isNoFlow ? 'no_flow' : 'bpmn', nodeId, isNoFlow ? 'どの条件も成り立たず、既定の道もありません' : text, error);
}

function countActivation(host: Host, nodeId: string): void {
  host.activations++;
  if (host.activations > host.limits.perStep) fail(host, 'loop', nodeId, `一歩のうちに要素が ${host.limits.perStep} 回より多く動きました（終わらない繰り返しの疑い）`);
  // every loop has a node that is entered from within and from without; to count those is enough, and keeps the state small
  if ((edgesOf(host.graph).into.get(nodeId)?.length ?? 0) < 2) return;
  const count = (host.counts[nodeId] ?? 0) + 1;
  host.counts[nodeId] = count;
  if (count > host.limits.perElement) fail(host, 'loop', nodeId, `一つの要素が ${host.limits.perElement} 回より多く動きました（終わらない繰り返しの疑い）`);
}
