// Plays one model through the engine and the reference side by side and says where they first differ.
import type { Action, Compiled, StepCalendar, StepInput, StepResult, Variables, Wait } from '../../src/engine/model.js';
import type { Graph, Model, Node, Random } from './diagram.js';
import { seeded } from './diagram.js';
import { flatten } from './flatten.js';
import { choose, initialVariables } from './generator.js';
import { openReference, type Reference, type ReferenceAction, type ReferenceState, type ReferenceWait } from './reference.js';
import { toXml } from './to-xml.js';

/** The engine's public face: all that the fuzz knows of it. */
export interface EngineFace {
  /** The engine reads the XML; the graph is for the engines with known faults that the fuzz is tried on. */
  compile(xml: string, graph: Graph): Promise<Compiled>;
  step(definition: Compiled, input: StepInput): StepResult;
}

export interface Difference {
  /** what kind of fault, so that the shrinker keeps to the same one */
  kind: string;
  message: string;
}

export interface Outcome {
  difference: Difference | null;
  actions: ReferenceAction[];
  /** how the run stopped: the instance ended, or the budget of actions did, or only unsafe actions were left */
  stopped: 'ended' | 'budget' | 'unsafe' | 'difference';
  steps: number;
}

export interface PlayOptions {
  actionSeed: number;
  /** replay these instead of choosing */
  recorded?: ReferenceAction[];
  /** also actions that bring two tokens to one place; off by default, because such a net is not sound */
  unsafe?: boolean;
  contexts?: readonly ('sliced' | 'full')[];
}

const FREE_ACTIONS = 8;
const MOST_ACTIONS = 40;
const STARTED_AT = Date.UTC(2026, 10, 23, 0, 0, 0);

/** The models count in minutes only. */
export const calendar: StepCalendar = {
  add(from, duration) {
    const minutes = /^PT(\d+)M$/.exec(duration)?.[1];
    if (minutes === undefined) throw new Error(`the model asks for no ${duration}`);
    return new Date(from.getTime() + Number(minutes) * 60_000);
  },
};

interface Line {
  context: 'sliced' | 'full';
  state: string | null;
  variables: Variables;
  waits: Wait[];
  /** reference uid → execution id */
  executions: Map<number, string>;
  seen: Set<string>;
  closed: { executionId: string; kind: Wait['kind'] }[];
  /** What the history says was entered and has not gone, by execution id. */
  inside: Map<string, string>;
}

class Differs extends Error {
  constructor(readonly kind: string, message: string) {
    super(message);
  }
}

interface Play {
  engine: EngineFace;
  compiled: Compiled;
  reference: Reference;
  nodes: Map<string, Node>;
  /** elements outside every multi-instance */
  pathless: Set<string>;
  /** chooses the actions; `probe` chooses the extra checks, so that these never change the actions */
  random: Random;
  probe: Random;
  steps: number;
}

/** Draws the model as the document that the engine gets. */
export function xmlOf(model: Model): string {
  return toXml(flatten(model.root, 'process_1'));
}

/** Plays a model to its end, or until something differs. Throws only on faults of the model or the reference. */
export async function play(engine: EngineFace, model: Model, options: PlayOptions): Promise<Outcome> {
  const graph = flatten(model.root, 'process_1');
  const outcome: Outcome = { difference: null, actions: [], stopped: 'difference', steps: 0 };
  const found = (error: unknown): Outcome => {
    if (!(error instanceof Differs)) throw error;
    return { ...outcome, difference: { kind: error.kind, message: error.message } };
  };
  let compiled: Compiled;
  try {
    compiled = await engine.compile(toXml(graph), graph);
  } catch (error) {
    return found(new Differs('compile', `compile refused: ${text(error)}`));
  }
  const running: Play = { engine, compiled, reference: openReference(graph), nodes: nodesOf(graph), pathless: pathlessOf(graph), random: seeded(options.actionSeed), probe: seeded(options.actionSeed + 1), steps: 0 };
  try {
    outcome.stopped = playOn(running, model, options, outcome.actions);
  } catch (error) {
    outcome.steps = running.steps;
    return found(error);
  }
  return { ...outcome, steps: running.steps };
}

function playOn(running: Play, model: Model, options: PlayOptions, actions: ReferenceAction[]): Outcome['stopped'] {
  const { reference } = running;
  let now = STARTED_AT;
  let state = reference.start(initialVariables(model), new Date(now));
  const lines = (options.contexts ?? ['sliced', 'full']).map((context): Line =>
    ({ context, state: null, variables: initialVariables(model), waits: [], executions: new Map(), seen: new Set(), closed: [], inside: new Map() }));
  for (const line of lines) check(running, line, state, { kind: 'start' }, new Date(now));
  for (let at = 0; !state.ended; at += 1) {
    if (at >= MOST_ACTIONS || (options.recorded && at >= options.recorded.length)) return 'budget';
    now += 60_000;
    const next = options.recorded ? recordedAction(running, state, options.recorded[at], now) : chooseAction(running, model, state, at, now, options.unsafe === true);
    if (next === null) return 'unsafe';
    now = next.now;
    actions.push(next.action);
    if (at % 5 === 1) for (const line of lines) staleActions(running, line, now);
    for (const line of lines) check(running, line, next.state, toEngine(line, state, next.action, running), new Date(now));
    state = next.state;
  }
  return 'ended';
}

interface Chosen { action: ReferenceAction; now: number; state: ReferenceState }

function recordedAction(running: Play, state: ReferenceState, action: ReferenceAction | undefined, now: number): Chosen | null {
  if (!action) return null;
  const at = timeOf(running, state, action, now);
  return { action, now: at, state: running.reference.act(state, action, new Date(at)) };
}

/** A timer does not fire before it is due, but others may be overdue by then: they wait for their own turn. */
function timeOf(running: Play, state: ReferenceState, action: ReferenceAction, now: number): number {
  if (action.kind !== 'fire') return now;
  return Math.max(now, running.reference.waits(state).find((wait) => wait.uid === action.uid)?.dueAt ?? now);
}

function chooseAction(running: Play, model: Model, state: ReferenceState, at: number, now: number, unsafe: boolean): Chosen | null {
  const { reference, random, nodes } = running;
  const leaving = at >= FREE_ACTIONS;
  const waits = reference.waits(state);
  const weight = (wait: ReferenceWait): number => (wait.kind === 'user' || wait.kind === 'job' ? 6 : nodes.has(wait.elementId) ? 4 : leaving ? 0.3 : 2);
  const order = waits.map((wait) => ({ wait, rank: random.next() ** (1 / weight(wait)) })).sort((a, b) => b.rank - a.rank);
  if (!leaving && random.chance(0.04)) {
    const action: ReferenceAction = { kind: 'variables', variables: decisions(model, random, leaving) };
    return { action, now, state: reference.act(state, action, new Date(now)) };
  }
  for (const { wait } of order) {
    const action = actionOn(wait, model, random, leaving);
    const due = timeOf(running, state, action, now);
    const next = reference.act(state, action, new Date(due));
    if (unsafe || !next.unsafe) return { action, now: due, state: next };
  }
  return null;
}

function actionOn(wait: ReferenceWait, model: Model, random: Random, leaving: boolean): ReferenceAction {
  const { uid, codes } = wait;
  if (wait.kind === 'timer') return { kind: 'fire', uid };
  if (wait.kind === 'job' && codes.length > 0 && random.chance(leaving ? 0.1 : 0.4)) return { kind: 'fail', uid, code: random.pick(codes) };
  return { kind: wait.kind === 'message' ? 'message' : 'complete', uid, variables: decisions(model, random, leaving) };
}

function decisions(model: Model, random: Random, leaving: boolean): Variables {
  return Object.fromEntries(model.variables.filter((spec) => random.chance(0.5) || (leaving && spec.kind === 'again'))
    .map((spec) => [spec.name, choose(spec, random, leaving)]));
}

function toEngine(line: Line, state: ReferenceState, action: ReferenceAction, running: Play): Action {
  if (action.kind === 'variables') return { kind: 'variables', variables: action.variables };
  const executionId = line.executions.get(action.uid);
  if (executionId === undefined) throw new Error(`uid ${action.uid} is unknown (${running.reference.waits(state).length} waits)`);
  switch (action.kind) {
    case 'fire': return { kind: 'fire', executionId };
    case 'fail': return { kind: 'fail', executionId, code: action.code };
    default: return { kind: action.kind, executionId, variables: action.variables };
  }
}

function input(line: Line, action: Action, now: Date): StepInput {
  return { state: line.state, variables: structuredClone(line.variables), action: structuredClone(action), now, calendar, businessKey: 'R8-00001', context: line.context };
}

/** One step of the engine, and everything about it that the reference can judge. */
function check(running: Play, line: Line, state: ReferenceState, doing: Action, now: Date): void {
  const given = input(line, doing, now);
  const before = JSON.stringify(given);
  let result: StepResult;
  running.steps += 1;
  try {
    result = running.engine.step(running.compiled, given);
  } catch (error) {
    throw new Differs(`threw ${codeOf(error)}`, `${line.context}: step threw ${text(error)}; expected ${show(running.reference.waits(state))}`);
  }
  const fail = (kind: string, message: string): never => { throw new Differs(kind, `${line.context}: ${message}`); };
  if (JSON.stringify(given) !== before) fail('input', 'the step changed what it was given');
  if (running.probe.chance(0.05)) {
    running.steps += 1;
    const again = running.engine.step(running.compiled, input(line, doing, now));
    if (JSON.stringify(again) !== JSON.stringify(result)) fail('determinism', 'the same input gave another result');
  }
  if (result.ended !== state.ended) fail('ended', `ended is ${result.ended}, expected ${state.ended}; waits ${show(running.reference.waits(state))}`);
  if ((result.state === null) !== result.ended) fail('ended', 'the state must be null exactly when the instance ended');
  if ((result.error?.code ?? null) !== state.error) fail('error', `the error is ${result.error?.code}, expected ${state.error}`);
  if (result.thrown.length > 0) fail('thrown', 'a thrown event out of nowhere');
  const wanted = canonical(state.variables);
  if (canonical(result.variables) !== wanted) fail('variables', `variables are ${canonical(result.variables)}, expected ${wanted}`);
  checkWaits(running, line, state, result, fail);
  checkSets(line, result, doing, fail);
  checkHistory(line, result, fail);
  for (const wait of line.waits) if (!result.waits.some((open) => open.executionId === wait.executionId)) line.closed.push(wait);
  for (const wait of result.waits) line.seen.add(wait.executionId);
  Object.assign(line, { state: result.state, variables: result.variables, waits: result.waits });
}

function checkWaits(running: Play, line: Line, state: ReferenceState, result: StepResult, fail: (kind: string, message: string) => never): void {
  const expected = running.reference.waits(state);
  const keyed = (waits: Wait[]): string => waits.map((wait) => engineKey(running, wait, true)).sort().join(', ');
  const differ = (why: string): never => fail('waits', `${why}; open are [${keyed(result.waits)}], expected [${show(expected)}]`);
  const open = new Map(result.waits.map((wait) => [wait.executionId, wait]));
  if (open.size !== result.waits.length) fail('ids', 'one execution id twice');
  const executions = new Map<number, string>();
  const opened: ReferenceWait[] = [];
  for (const wait of expected) {
    const executionId = line.executions.get(wait.uid);
    const same = executionId === undefined ? undefined : open.get(executionId);
    if (executionId === undefined) opened.push(wait);
    else if (!same || same.elementId !== wait.elementId) differ(`${wait.elementId} should have stayed open as it was`);
    else {
      executions.set(wait.uid, executionId);
      open.delete(executionId);
    }
  }
  for (const wait of opened) {
    const match = [...open.values()].find((candidate) => engineKey(running, candidate, wait.dueAt !== null) === referenceKey(wait));
    if (!match) return differ(`${referenceKey(wait)} is not open`);
    if (line.seen.has(match.executionId)) fail('ids', `the execution id of ${wait.elementId} was used before`);
    executions.set(wait.uid, match.executionId);
    open.delete(match.executionId);
  }
  if (open.size > 0) differ('too many waits');
  line.executions = executions;
}

/** opened and closed must be the difference between the waits before and after. */
function checkSets(line: Line, result: StepResult, doing: Action, fail: (kind: string, message: string) => never): void {
  const before = new Set(line.waits.map((wait) => wait.executionId));
  const after = new Set(result.waits.map((wait) => wait.executionId));
  const opened = result.waits.filter((wait) => !before.has(wait.executionId)).map((wait) => wait.executionId);
  if (canonical(opened.toSorted()) !== canonical(result.opened.map((wait) => wait.executionId).toSorted())) fail('opened', 'opened is not what is new');
  const acted = 'executionId' in doing && doing.kind !== 'fail' ? doing.executionId : null; // a job that failed was not completed
  const closed = line.waits.filter((wait) => !after.has(wait.executionId))
    .map((wait) => `${wait.elementId} ${wait.executionId} ${wait.executionId === acted ? 'completed' : 'cancelled'}`);
  const told = result.closed.map((wait) => `${wait.elementId} ${wait.executionId} ${wait.reason}`);
  if (canonical(closed.toSorted()) !== canonical(told.toSorted())) fail('closed', `closed are ${told.toSorted().join(', ')}; expected ${closed.toSorted().join(', ')}`);
}

/** Whoever enters also goes: leaves, or is cut off; nobody twice, and nobody while a task or job of theirs is still open. */
function checkHistory(line: Line, result: StepResult, fail: (kind: string, message: string) => never): void {
  for (const { type, elementId, executionId } of result.history) {
    if (executionId === null) continue;
    if (type === 'entered' && line.inside.has(executionId)) fail('history', `${elementId} was entered twice`);
    if (type === 'entered') line.inside.set(executionId, elementId);
    else if (type === 'left' || type === 'cancelled') line.inside.delete(executionId);
  }
  const there = new Set(line.inside.values());
  for (const { kind, elementId } of result.waits) if ((kind === 'user' || kind === 'job') && !there.has(elementId)) fail('history', `${elementId} is open, but the history says that it has gone`);
  if (result.ended && line.inside.size > 0) fail('history', `ended, but never left: ${[...there].toSorted().join(', ')}`);
}

/** Acting on what is closed must be refused, whatever it was. */
function staleActions(running: Play, line: Line, now: number): void {
  if (line.closed.length === 0 || line.state === null) return;
  const { executionId, kind } = running.probe.pick(line.closed);
  const action: Action = kind === 'timer' ? { kind: 'fire', executionId } : { kind: kind === 'message' ? 'message' : 'complete', executionId, variables: { stray: true } };
  try {
    running.engine.step(running.compiled, input(line, action, new Date(now)));
  } catch (error) {
    if (codeOf(error) === 'wait_not_open') return;
    throw new Differs('stale', `${line.context}: a closed wait was refused with ${text(error)} instead of wait_not_open`);
  }
  throw new Differs('stale', `${line.context}: an action on a closed ${kind} wait was accepted`);
}

function engineKey(running: Play, wait: Wait, withDue: boolean): string {
  const node = running.nodes.get(wait.elementId);
  const index = node?.mi ? wait.index ?? null : null;
  const path = running.pathless.has(wait.elementId) ? null : wait.kind === 'user' ? wait.task?.candidateGroups.join() ?? null
    : wait.kind === 'message' ? wait.correlationKey ?? null : wait.kind === 'job' ? `${(wait.job?.input['path'] ?? null) as string | null}` : null;
  return key(wait.elementId, wait.kind, index, path, withDue && wait.dueAt !== undefined ? Date.parse(wait.dueAt) : null);
}

function referenceKey(wait: ReferenceWait): string {
  return key(wait.elementId, wait.kind, wait.index, wait.path, wait.dueAt);
}

function key(elementId: string, kind: string, index: number | null, path: string | null, dueAt: number | null): string {
  return [elementId, kind, ...(index === null ? [] : [`#${index}`]), ...(path === null ? [] : [path]), ...(dueAt === null ? [] : [`+${(dueAt - STARTED_AT) / 60_000}m`])].join(' ');
}

function show(waits: ReferenceWait[]): string {
  return waits.map(referenceKey).sort().join(', ');
}

function nodesOf(graph: Graph): Map<string, Node> {
  return new Map(graph.nodes.flatMap((node) => [[node.id, node] as const, ...(node.scope ? nodesOf(node.scope) : [])]));
}

function pathlessOf(graph: Graph): Set<string> {
  const here = [...graph.nodes, ...graph.boundaries].filter((element) => element.items.length === 0).map((element) => element.id);
  return new Set([...here, ...graph.nodes.flatMap((node) => (node.scope ? [...pathlessOf(node.scope)] : []))]);
}

/** JSON with its keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (inner !== null && typeof inner === 'object' && !Array.isArray(inner)
    ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}

function text(error: unknown): string {
  const refusals = error instanceof Error && 'refusals' in error ? ` ${JSON.stringify(error.refusals)}` : '';
  return error instanceof Error ? `${codeOf(error)}: ${error.message}${refusals}` : String(error);
}
