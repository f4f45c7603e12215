// Throws take effect when the step has come to rest: then every catch that a token can be waiting at is there.
import { fail, type Host, type Parked } from './host.js';
import type { EventSpec, GraphNode } from './graph.js';
import { type Run, signalLeaf } from './run.js';
import { resolveString, scopeOf } from './scope.js';
import { throwSignal } from './thrown.js';
import { type Leaf, type ScopeStep, walk, type Walked } from './walk.js';
import { eventName } from './waits.js';

/** Gives effect to the oldest throw that still stands. */
export function resolveParked(run: Run, walked: Walked): void {
  const parked = run.host.parked.shift()!;
  const thrower = walked.leaves.find((leaf) => leaf.executionId === parked.executionId);
  if (!thrower) return; // its scope was left in the meantime
  switch (parked.spec.kind) {
    case 'signal': return signalAll(run, thrower, parked);
    case 'escalation': return escalate(run, thrower, walked, parked.spec);
    case 'error': return throwError(run, thrower, walked, parked.spec);
    case 'terminate': return terminateOuter(run, thrower, walked);
    default: return finish(run, thrower);
  }
}

function finish(run: Run, thrower: Leaf): void {
  if (run.host.isOver || !walk(run.host, run.definition).alive.has(thrower.executionId)) return;
  signalLeaf(run, thrower);
}

function signalAll(run: Run, thrower: Leaf, parked: Parked): void {
  const name = parked.spec.kind === 'signal' ? parked.spec.name : null;
  broadcast(run, throwSignal(run.host, thrower.node, name, thrower.frame));
  finish(run, thrower);
}

/** A signal reaches all catches of its name that are open now. */
export function broadcast(run: Run, name: string): void {
  const { host, definition } = run;
  const listening = walk(host, definition).leaves.filter((leaf) => isSignalCatch(leaf)
    && eventName(host, leaf, () => scopeOf(host, leaf.frame)) === name);
  for (const leaf of listening) {
    if (host.isOver || !walk(host, definition).alive.has(leaf.executionId)) continue;
    noteCaught(host, leaf.node, 'caught', leaf.executionId);
    signalLeaf(run, leaf);
  }
}

const isSignalCatch = (leaf: Leaf): boolean => leaf.node.role === 'event' && leaf.spec?.kind === 'signal';

function escalate(run: Run, thrower: Leaf, walked: Walked, spec: Extract<EventSpec, { kind: 'escalation' }>): void {
  const { host } = run;
  const code = resolveString(host, thrower.node.id, spec.code, () => scopeOf(host, thrower.frame));
  const catcher = findCatcher(host, walked, hostsOf(thrower.scopes), 'escalation', code);
  if (catcher) {
    noteCaught(host, catcher.node, 'caught', catcher.executionId);
    signalLeaf(run, catcher);
  }
  finish(run, thrower);
}

function throwError(run: Run, thrower: Leaf, walked: Walked, spec: Extract<EventSpec, { kind: 'error' }>): void {
  const { host } = run;
  const code = resolveString(host, thrower.node.id, spec.code, () => scopeOf(host, thrower.frame)) ?? '';
  if (thrower.node.origin !== null) host.history.push({ type: 'thrown', elementId: thrower.node.origin, executionId: thrower.executionId });
  const catcher = findCatcher(host, walked, hostsOf(thrower.scopes), 'error', code);
  if (catcher) {
    noteCaught(host, catcher.node, 'caught', catcher.executionId);
    return signalLeaf(run, catcher);
  }
  host.error = { code, elementId: thrower.node.origin ?? thrower.node.id };
  host.isOver = true;
}

/** The end of a scope that lowering split in two: the boundary event of the inner part ends the outer one. */
function terminateOuter(run: Run, thrower: Leaf, walked: Walked): void {
  const catcher = findCatcher(run.host, walked, hostsOf(thrower.scopes), 'terminate', null);
  if (!catcher) fail(run.host, 'bpmn', thrower.node.id, '終わらせるものがありません');
  signalLeaf(run, catcher);
}

/**
 * A job, task or child instance failed with a BPMN error: its own boundary event, or one of a scope around it, catches.
 * @throws the step's fault when nobody does
 */
export function failLeaf(run: Run, leaf: Leaf, code: string): void {
  const { host } = run;
  const walked = walk(host, run.definition);
  const own: ScopeHost = { hostId: leaf.node.id, scopeExecutionId: leaf.scopes[0]!.executionId };
  const catcher = findCatcher(host, walked, [own, ...hostsOf(leaf.scopes)], 'error', code);
  if (!catcher) fail(host, 'bpmn', leaf.node.id, `エラー ${code} を受け止めるイベントがありません`);
  noteCaught(host, catcher.node, 'caught', catcher.executionId);
  signalLeaf(run, catcher);
}

interface ScopeHost {
  hostId: string;
  scopeExecutionId: string;
}

/** Each sub-process around an element, with the scope that it sits in: where boundary events may catch. */
function hostsOf(scopes: ScopeStep[]): ScopeHost[] {
  return scopes.slice(0, -1).map((scope, at) => ({ hostId: scope.nodeId, scopeExecutionId: scopes[at + 1]!.executionId }));
}

/** Innermost first; on one host a catch of this very code goes before one of every code. */
function findCatcher(host: Host, walked: Walked, hosts: ScopeHost[], kind: 'error' | 'escalation' | 'terminate', code: string | null): Leaf | undefined {
  for (const at of hosts) {
    const catches = walked.leaves.filter((leaf) => leaf.spec?.kind === kind && leaf.node.attachedTo === at.hostId && leaf.scopes[0]!.executionId === at.scopeExecutionId);
    const codeOf = (leaf: Leaf): string | null => (leaf.spec?.kind === 'error' || leaf.spec?.kind === 'escalation'
      ? resolveString(host, leaf.node.id, leaf.spec.code, () => scopeOf(host, leaf.frame)) : null);
    const exact = catches.find((leaf) => code !== null && codeOf(leaf) === code);
    const any = exact ?? catches.find((leaf) => codeOf(leaf) === null);
    if (any) return any;
  }
  return undefined;
}

export function noteCaught(host: Host, node: GraphNode, type: 'caught' | 'fired', executionId: string): void {
  if (node.origin !== null) host.history.push({ type, elementId: node.origin, executionId });
}
