// The reference interpreter: a token game over the flat graph, written from the BPMN 2.0.2 specification (OMG
// formal/2013-12-09) alone. It shares no code with src/engine and knows nothing of how that works. Slow and plain on
// purpose: the state is one tree of plain objects, every action copies it, every rule stands in one place.
//
//   §13.3.1 sequence flow, uncontrolled split and merge   §13.4.1 parallel gateway     §13.4.2 exclusive gateway
//   §13.4.3 inclusive gateway, both clauses               §13.3.4 sub-process          §13.3.7 multi-instance
//   §13.5.3 boundary events                               §13.5.6 end events, termination
import type { Json, Variables } from '../../src/engine/model.js';
import type { Boundary, Condition, Delay, Flow, Graph, Node, Trigger } from './diagram.js';
import { levelOf, type Level } from './level.js';
import { isUnsafe, waitsIn, type ActivityRun, type Instance, type Listening, type ReferenceAction, type ReferenceState, type ReferenceWait, type Scope } from './reference-state.js';

export type { ReferenceAction, ReferenceState, ReferenceWait } from './reference-state.js';

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
        variables: structuredClone(variables), root: openScope(level, {}), ended: false, error: null, nextUid: 1, now: now.getTime(), unsafe: false,
      };
      return settled(level, state);
    },
    act(before, action, now) {
      const state = structuredClone(before);
      state.now = now.getTime();
      if ('variables' in action) Object.assign(state.variables, structuredClone(action.variables));
      if (action.kind !== 'variables' && !actIn(state, level, state.root, action)) throw new ReferenceError(`no wait ${action.uid}`);
      return settled(level, state);
    },
    waits: (state) => (state.ended ? [] : waitsIn(level, state.root)),
  };
}

function openScope(level: Level, locals: Variables): Scope {
  const starts = level.graph.nodes.filter((node) => node.type === 'start');
  return { locals, tokens: starts.flatMap((start) => level.outOf(start.id).map((flow) => flow.id)), runs: [], opened: {}, thrown: null };
}

const isOver = (scope: Scope): boolean => scope.tokens.length === 0 && scope.runs.length === 0;

/** Plays until only waits are left. */
function settled(level: Level, state: ReferenceState): ReferenceState {
  settle(state, level, state.root);
  state.ended = isOver(state.root);
  state.error = state.root.thrown;
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
    case 'error': raise(level, scope, null, node.code ?? ''); return;
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
    checkPair(level, scope, node, full.length);
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

/**
 * A second opinion on the rule above: the join of a structured block takes as many tokens as its split gave. It may take
 * fewer where a branch can come to an end event of its own.
 */
function checkPair(level: Level, scope: Scope, node: Node, taken: number): void {
  const split = node.id.replace(/_join$/, '_split');
  const expected = scope.opened[split];
  if (split === node.id || expected === undefined || expected === taken) return;
  const mayEnd = [...reaches(level, node.id)(split)].some((id) => level.outOf(level.flow(id).target).length === 0);
  if (taken > expected || !mayEnd) throw new ReferenceError(`${node.id} took ${taken} tokens of ${expected}`);
}

function begin(state: ReferenceState, level: Level, scope: Scope, node: Node): void {
  const run: ActivityRun = { nodeId: node.id, listening: [], instances: [], multi: null };
  scope.runs.push(run);
  const visible = sight(state, scope);
  for (const boundary of level.boundaries(node.id)) {
    if (boundary.trigger.kind !== 'error') run.listening.push(listen(state, boundary, visible));
  }
  if (node.type === 'race') {
    for (const flow of level.outOf(node.id)) addInstance(state, level, scope, run, null, flow.target);
    return;
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

function addInstance(state: ReferenceState, level: Level, scope: Scope, run: ActivityRun, index: number | null, elementId = run.nodeId): void {
  const node = level.node(run.nodeId);
  const locals: Variables = { ...scope.locals };
  if (run.multi && node.mi && index !== null) {
    run.multi.started += 1;
    Object.assign(locals, { loopCounter: index, nrOfInstances: run.multi.total });
    if (node.mi.count.kind === 'collection') locals[node.mi.count.item] = run.multi.items?.[index] ?? null;
  }
  run.instances.push({
    uid: uid(state), elementId, index, locals,
    scope: node.scope ? openScope(level.inner(node.id), locals) : null,
    dueAt: triggerDueAt(state, level.node(elementId).trigger, { ...state.variables, ...locals }),
  });
}

/** Sub-processes go on inside; what needs no waiting is done at once. */
function moveInside(state: ReferenceState, level: Level, scope: Scope): boolean {
  for (const run of scope.runs) {
    const node = level.node(run.nodeId);
    for (const instance of run.instances) {
      if (instance.scope) settle(state, level.inner(node.id), instance.scope);
      if (instance.scope?.thrown) {
        raise(level, scope, run, instance.scope.thrown);
        return true;
      }
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

/** 13.5.3: an error goes up to the nearest activity with a boundary event for its code, and ends all that it passes. */
function raise(level: Level, scope: Scope, run: ActivityRun | null, code: string): void {
  const boundary = run ? level.boundaries(run.nodeId).find(({ trigger }) => trigger.kind === 'error' && trigger.code === code) : undefined;
  if (run && boundary) {
    scope.runs.splice(scope.runs.indexOf(run), 1);
    scope.tokens.push(...level.outOf(boundary.id).map((flow) => flow.id));
    return;
  }
  scope.tokens = [];
  scope.runs = [];
  scope.thrown = code;
}

function leave(level: Level, scope: Scope, run: ActivityRun, from = run.nodeId): void {
  scope.runs.splice(scope.runs.indexOf(run), 1);
  scope.tokens.push(...level.outOf(from).map((flow) => flow.id));
}

/** Finds the wait and acts on it; false if it is not in this scope. */
function actIn(state: ReferenceState, level: Level, scope: Scope, action: Exclude<ReferenceAction, { kind: 'variables' }>): boolean {
  for (const run of scope.runs) {
    const event = run.listening.find((candidate) => candidate.uid === action.uid);
    if (event) {
      fireBoundary(state, level, scope, run, event);
      return true;
    }
    const node = level.node(run.nodeId);
    for (const instance of run.instances) {
      if (instance.uid === action.uid && !instance.scope) {
        if (action.kind === 'fail') raise(level, scope, run, action.code);
        else if (node.type === 'race') leave(level, scope, run, instance.elementId);
        else instanceDone(state, level, scope, run, instance);
        return true;
      }
      if (instance.scope && actIn(state, level.inner(node.id), instance.scope, action)) return true;
    }
  }
  return false;
}

function fireBoundary(state: ReferenceState, level: Level, scope: Scope, run: ActivityRun, event: Listening): void {
  const boundary = level.boundaries(run.nodeId).find((candidate) => candidate.id === event.boundaryId);
  if (!boundary) throw new ReferenceError(`no boundary event ${event.boundaryId}`);
  event.left -= 1;
  if (boundary.interrupting) scope.runs.splice(scope.runs.indexOf(run), 1);
  else if (event.left > 0) Object.assign(event, { uid: uid(state), dueAt: null });
  else run.listening.splice(run.listening.indexOf(event), 1);
  scope.tokens.push(...level.outOf(boundary.id).map((flow) => flow.id));
}

/** A timer fires as often as its cycle says; a message is awaited for as long as the activity lasts. */
function listen(state: ReferenceState, boundary: Boundary, visible: Variables): Listening {
  const { trigger } = boundary;
  const left = trigger.kind === 'timer' ? trigger.cycle ?? 1 : Number.MAX_SAFE_INTEGER;
  return { uid: uid(state), boundaryId: boundary.id, dueAt: triggerDueAt(state, trigger, visible), left };
}

function triggerDueAt(state: ReferenceState, trigger: Trigger | null, visible: Variables): number | null {
  return trigger?.kind === 'timer' ? dueAt(state, trigger.delay, visible) : null;
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
