// The reference interpreter: a token game over the flat graph, written from the BPMN 2.0.2 specification (OMG
// formal/2013-12-09) alone. It shares no code with src/engine and knows nothing of how that works. Slow and plain on
// purpose: the state is one tree of plain objects, every action copies it, every rule stands in one place.
//
//   §13.3.1 sequence flow, uncontrolled split and merge   §13.4.1 parallel gateway     §13.4.2 exclusive gateway
//   §13.4.3 inclusive gateway, both clauses               §13.3.4 sub-process          §13.3.7 multi-instance
//   §13.5.3 boundary events                               §13.5.6 end events, termination
import type { Json, Variables } from '../../src/engine/model.js';
import type { Condition, Delay, Flow, Graph, Node } from './diagram.js';
import { levelOf, type Level } from './level.js';

export interface ReferenceWait {
  uid: number;
  elementId: string;
  kind: 'user' | 'job' | 'timer';
  /** position in a multi-instance activity, null elsewhere */
  index: number | null;
  /** the element variables in sight, as to-xml has them written out; null where there are none */
  path: string | null;
  /** kind timer; null after a cycle was re-armed (BPMN leaves open whether that counts from the due or the actual time) */
  dueAt: number | null;
}

export type ReferenceAction =
  | { kind: 'complete'; uid: number; variables: Variables }
  | { kind: 'fire'; uid: number }
  | { kind: 'variables'; variables: Variables };

interface TimerRun { uid: number; boundaryId: string; dueAt: number | null; left: number }

/** One instance inside an activity: the only one, or one of several. */
interface Instance { uid: number; index: number | null; locals: Variables; scope: Scope | null; dueAt: number | null }

interface ActivityRun {
  nodeId: string;
  timers: TimerRun[];
  instances: Instance[];
  multi: { total: number; items: Json[] | null; started: number; completed: number } | null;
}

/** A running process or sub-process: tokens on flows and activities at work. */
interface Scope {
  locals: Variables;
  tokens: string[];
  runs: ActivityRun[];
  /** For structured inclusive blocks: how many branches the split opened, checked when the join fires. */
  opened: Record<string, number>;
}

export interface ReferenceState {
  variables: Variables;
  root: Scope;
  ended: boolean;
  nextUid: number;
  now: number;
  /** Two tokens in one place: still defined by BPMN, but such a net is not safe (and not "sound"). */
  unsafe: boolean;
}

export interface Reference {
  start(variables: Variables, now: Date): ReferenceState;
  act(state: ReferenceState, action: ReferenceAction, now: Date): ReferenceState;
  waits(state: ReferenceState): ReferenceWait[];
}

/** The graph asked a question that it has no answer to: a fault of the model, not of the engine. */
export class ReferenceError extends Error {}

/** Opens the reference interpreter over a process. */
export function openReference(graph: Graph): Reference {
  const level = levelOf(graph);
  return {
    start(variables, now) {
      const state: ReferenceState = {
        variables: structuredClone(variables), root: openScope(level, {}), ended: false, nextUid: 1, now: now.getTime(), unsafe: false,
      };
      return settled(level, state);
    },
    act(before, action, now) {
      const state = structuredClone(before);
      state.now = now.getTime();
      if (action.kind !== 'fire') Object.assign(state.variables, structuredClone(action.variables));
      if (action.kind !== 'variables' && !actIn(state, level, state.root, action)) throw new ReferenceError(`no wait ${action.uid}`);
      return settled(level, state);
    },
    waits: (state) => (state.ended ? [] : waitsIn(level, state.root)),
  };
}

function openScope(level: Level, locals: Variables): Scope {
  const starts = level.graph.nodes.filter((node) => node.type === 'start');
  return { locals, tokens: starts.flatMap((start) => level.outOf(start.id).map((flow) => flow.id)), runs: [], opened: {} };
}

const isOver = (scope: Scope): boolean => scope.tokens.length === 0 && scope.runs.length === 0;

/** Plays until only waits are left. */
function settled(level: Level, state: ReferenceState): ReferenceState {
  settle(state, level, state.root);
  state.ended = isOver(state.root);
  state.unsafe = isUnsafe(level, state.root);
  return state;
}

/** Inclusive joins look only when nothing else can move, so that the order of the other moves does not matter. */
function settle(state: ReferenceState, level: Level, scope: Scope): void {
  for (let moves = 0; moves < 5000; moves += 1) {
    if (!moveToken(state, level, scope) && !moveInside(state, level, scope) && !fireInclusive(state, level, scope)) return;
  }
  throw new ReferenceError('the model spins without ever waiting');
}

function moveToken(state: ReferenceState, level: Level, scope: Scope): boolean {
  for (const [at, flowId] of scope.tokens.entries()) {
    const node = level.node(level.flow(flowId).target);
    if (node.type === 'or' && level.into(node.id).length > 1) continue;
    if (node.type === 'and') {
      if (fireParallel(level, scope, node)) return true;
      continue;
    }
    scope.tokens.splice(at, 1);
    arrive(state, level, scope, node);
    return true;
  }
  return false;
}

function arrive(state: ReferenceState, level: Level, scope: Scope, node: Node): void {
  switch (node.type) {
    case 'xor': scope.tokens.push(exclusive(state, level, scope, node).id); return;
    case 'or': splitInclusive(state, level, scope, node); return;
    case 'end': return; // the token is consumed
    case 'terminate':
      scope.tokens = [];
      scope.runs = [];
      return;
    default: begin(state, level, scope, node);
  }
}

function exclusive(state: ReferenceState, level: Level, scope: Scope, node: Node): Flow {
  const out = level.outOf(node.id);
  if (out.length === 1 && out[0]) return out[0];
  const taken = out.find((flow) => flow.condition !== null && holds(flow.condition, sight(state, scope)))
    ?? out.find((flow) => flow.isDefault);
  if (!taken) throw new ReferenceError(`no way out of ${node.id}`);
  return taken;
}

function fireParallel(level: Level, scope: Scope, node: Node): boolean {
  const into = level.into(node.id);
  if (!into.every((flow) => scope.tokens.includes(flow.id))) return false;
  for (const flow of into) scope.tokens.splice(scope.tokens.indexOf(flow.id), 1);
  scope.tokens.push(...level.outOf(node.id).map((flow) => flow.id));
  return true;
}

function splitInclusive(state: ReferenceState, level: Level, scope: Scope, node: Node): void {
  const out = level.outOf(node.id);
  const taken = out.length === 1 ? out : out.filter((flow) => flow.condition !== null && holds(flow.condition, sight(state, scope)));
  if (taken.length === 0) taken.push(...out.filter((flow) => flow.isDefault));
  if (taken.length === 0) throw new ReferenceError(`no way out of ${node.id}`);
  scope.tokens.push(...taken.map((flow) => flow.id));
  scope.opened[node.id] = taken.length;
}

/**
 * §13.4.3: fires if an incoming flow holds a token, and each token elsewhere that can reach an empty incoming flow
 * without passing this gateway can also reach one that holds a token. A token in an activity may leave it by the
 * activity's own flows or by those of its boundary events.
 */
function fireInclusive(state: ReferenceState, level: Level, scope: Scope): boolean {
  for (const node of level.graph.nodes) {
    const into = level.into(node.id);
    if (node.type !== 'or' || into.length < 2) continue;
    const full = into.filter((flow) => scope.tokens.includes(flow.id));
    if (full.length === 0) continue;
    const reach = reaches(level, node.id);
    const elsewhere = [
      ...scope.tokens.filter((id) => level.flow(id).target !== node.id).map((id) => reach(level.flow(id).target)),
      ...scope.runs.map((run) => reach(run.nodeId)),
    ];
    const blocked = elsewhere.some((flows) => into.some((flow) => flows.has(flow.id) && !full.includes(flow))
      && !full.some((flow) => flows.has(flow.id)));
    if (blocked) continue;
    for (const flow of full) scope.tokens.splice(scope.tokens.indexOf(flow.id), 1);
    checkPair(scope, node, full.length);
    splitInclusive(state, level, scope, node);
    return true;
  }
  return false;
}

/** The flows on paths from a node that do not visit `gatewayId`. */
function reaches(level: Level, gatewayId: string): (nodeId: string) => Set<string> {
  const known = new Map<string, Set<string>>();
  return (from) => {
    const cached = known.get(from);
    if (cached) return cached;
    const flows = new Set<string>();
    const queue = [from];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      const out = [...level.outOf(id), ...level.boundaries(id).flatMap((boundary) => level.outOf(boundary.id))];
      for (const flow of out) {
        if (flows.has(flow.id)) continue;
        flows.add(flow.id);
        if (flow.target !== gatewayId) queue.push(flow.target);
      }
    }
    known.set(from, flows);
    return flows;
  };
}

/** A second opinion on the rule above: the join of a structured block takes as many tokens as its split gave. */
function checkPair(scope: Scope, node: Node, taken: number): void {
  const split = node.id.replace(/_join$/, '_split');
  const expected = scope.opened[split];
  if (split !== node.id && expected !== undefined && expected !== taken) {
    throw new ReferenceError(`${node.id} took ${taken} tokens of ${expected}`);
  }
}

function begin(state: ReferenceState, level: Level, scope: Scope, node: Node): void {
  const run: ActivityRun = { nodeId: node.id, timers: [], instances: [], multi: null };
  scope.runs.push(run);
  const visible = sight(state, scope);
  for (const boundary of level.boundaries(node.id)) {
    run.timers.push({ uid: uid(state), boundaryId: boundary.id, dueAt: dueAt(state, boundary.delay, visible), left: boundary.cycle ?? 1 });
  }
  if (!node.mi) {
    addInstance(state, level, scope, run, null);
    return;
  }
  const { count } = node.mi;
  const items = count.kind === 'collection' ? listOf(visible[count.name]) : null;
  const total = items ? items.length : count.kind === 'literal' ? count.value : count.kind === 'variable' ? Number(visible[count.name]) : 0;
  run.multi = { total, items, started: 0, completed: 0 };
  if (total === 0) leave(level, scope, run);
  else for (let at = 0; at < (node.mi.sequential ? 1 : total); at += 1) addInstance(state, level, scope, run, at);
}

function addInstance(state: ReferenceState, level: Level, scope: Scope, run: ActivityRun, index: number | null): void {
  const node = level.node(run.nodeId);
  const locals: Variables = { ...scope.locals };
  if (run.multi && node.mi && index !== null) {
    run.multi.started += 1;
    Object.assign(locals, { loopCounter: index, nrOfInstances: run.multi.total });
    if (node.mi.count.kind === 'collection') locals[node.mi.count.item] = run.multi.items?.[index] ?? null;
  }
  run.instances.push({
    uid: uid(state), index, locals,
    scope: node.scope ? openScope(level.inner(node.id), locals) : null,
    dueAt: node.delay ? dueAt(state, node.delay, { ...state.variables, ...locals }) : null,
  });
}

/** Sub-processes go on inside; what needs no waiting is done at once. */
function moveInside(state: ReferenceState, level: Level, scope: Scope): boolean {
  for (const run of scope.runs) {
    const node = level.node(run.nodeId);
    for (const instance of run.instances) {
      if (instance.scope) settle(state, level.inner(node.id), instance.scope);
      if (instance.scope ? isOver(instance.scope) : node.type === 'pass') {
        instanceDone(state, level, scope, run, instance);
        return true;
      }
    }
  }
  return false;
}

function instanceDone(state: ReferenceState, level: Level, scope: Scope, run: ActivityRun, instance: Instance): void {
  run.instances.splice(run.instances.indexOf(instance), 1);
  const { multi } = run;
  const { mi } = level.node(run.nodeId);
  if (!multi || !mi) {
    leave(level, scope, run);
    return;
  }
  multi.completed += 1;
  const visible = { ...state.variables, ...instance.locals, nrOfCompletedInstances: multi.completed };
  const enough = mi.completion !== null && holds(mi.completion, visible);
  if (enough || multi.completed === multi.total) leave(level, scope, run);
  else if (mi.sequential) addInstance(state, level, scope, run, multi.started);
}

function leave(level: Level, scope: Scope, run: ActivityRun): void {
  scope.runs.splice(scope.runs.indexOf(run), 1);
  scope.tokens.push(...level.outOf(run.nodeId).map((flow) => flow.id));
}

/** Finds the wait and acts on it; false if it is not in this scope. */
function actIn(state: ReferenceState, level: Level, scope: Scope, action: { kind: 'complete' | 'fire'; uid: number }): boolean {
  for (const run of scope.runs) {
    const timer = run.timers.find((candidate) => candidate.uid === action.uid);
    if (timer) {
      fireBoundary(state, level, scope, run, timer);
      return true;
    }
    const node = level.node(run.nodeId);
    for (const instance of run.instances) {
      if (instance.uid === action.uid && !instance.scope) {
        instanceDone(state, level, scope, run, instance);
        return true;
      }
      if (instance.scope && actIn(state, level.inner(node.id), instance.scope, action)) return true;
    }
  }
  return false;
}

function fireBoundary(state: ReferenceState, level: Level, scope: Scope, run: ActivityRun, timer: TimerRun): void {
  const boundary = level.boundaries(run.nodeId).find((candidate) => candidate.id === timer.boundaryId);
  if (!boundary) throw new ReferenceError(`no boundary event ${timer.boundaryId}`);
  timer.left -= 1;
  if (boundary.interrupting) scope.runs.splice(scope.runs.indexOf(run), 1);
  else if (timer.left > 0) Object.assign(timer, { uid: uid(state), dueAt: null });
  else run.timers.splice(run.timers.indexOf(timer), 1);
  scope.tokens.push(...level.outOf(boundary.id).map((flow) => flow.id));
}

function waitsIn(level: Level, scope: Scope): ReferenceWait[] {
  return scope.runs.flatMap((run) => {
    const node = level.node(run.nodeId);
    const timers = run.timers.map((timer): ReferenceWait =>
      ({ uid: timer.uid, elementId: timer.boundaryId, kind: 'timer', index: null, path: null, dueAt: timer.dueAt }));
    const instances = run.instances.flatMap((instance): ReferenceWait[] => {
      if (instance.scope) return waitsIn(level.inner(node.id), instance.scope);
      const { uid: id, index, locals, dueAt: at } = instance;
      const kind = node.type === 'catch' ? 'timer' : node.type === 'user' ? 'user' : 'job';
      const path = kind === 'timer' || node.items.length === 0 ? null : ['g', ...node.items.map((item) => String(locals[item]))].join('.');
      return [{ uid: id, elementId: node.id, kind, index, path, dueAt: at }];
    });
    return [...timers, ...instances];
  });
}

function isUnsafe(level: Level, scope: Scope): boolean {
  const places = [...scope.tokens, ...scope.runs.map((run) => run.nodeId)];
  return new Set(places).size < places.length
    || scope.runs.some((run) => run.instances.some((instance) => instance.scope !== null && isUnsafe(level.inner(run.nodeId), instance.scope)));
}

function sight(state: ReferenceState, scope: Scope): Variables {
  return { ...state.variables, ...scope.locals };
}

function uid(state: ReferenceState): number {
  state.nextUid += 1;
  return state.nextUid;
}

function dueAt(state: ReferenceState, delay: Delay, visible: Variables): number {
  const minutes = delay.perItem.reduce((sum, [item, each]) => sum + each * Number(visible[item]), delay.minutes);
  return state.now + minutes * 60_000;
}

function listOf(value: Json | undefined): Json[] {
  if (!Array.isArray(value)) throw new ReferenceError('a collection must be a list');
  return value;
}

function holds(condition: Condition, visible: Variables): boolean {
  const actual = visible[condition.name];
  const { value } = condition;
  switch (condition.op) {
    case '=': return actual === value;
    case 'in': return Array.isArray(value) && value.includes(actual ?? null);
    case '>=': return typeof actual === 'number' && typeof value === 'number' && actual >= value;
    case '<': return typeof actual === 'number' && typeof value === 'number' && actual < value;
    default: throw new ReferenceError('unknown operator');
  }
}
