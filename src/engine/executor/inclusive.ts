// The inclusive join, by the rule of BPMN 2.0.2 §13.4.3. The package's own lets every token through.
import { type Activity, core, handlersOf, type InboundHandler, type Message, type ProcessExecution, tokens } from './elements.js';
import { edgesOf } from './edges.js';
import type { Graph } from './graph.js';
import type { Host } from './host.js';

/** A join that keeps its tokens until it fires. */
export interface KeepingJoin extends Activity {
  /** Tokens that wait, by the flow that brought them. */
  arrived: Map<string, Message[]>;
  isInclusiveJoin?: boolean;
}

class PassThrough {
  private readonly activity: Activity;
  constructor(activity: Activity) {
    this.activity = activity;
  }
  execute(message: Message): void {
    this.activity.broker.publish('execution', 'execute.completed', { ...message.content });
  }
}

/** An inclusive gateway; with several incoming flows it keeps tokens until the step has come to rest and the rule is met. */
export function InclusiveJoin(definition: Record<string, unknown>, context: { getInboundSequenceFlows(id: unknown): unknown[] }): unknown {
  if (context.getInboundSequenceFlows(definition['id']).length < 2) return new core['InclusiveGateway']!(definition, context);
  const { join, take } = keepingJoin(definition, context);
  join.isInclusiveJoin = true;
  const lay: InboundHandler = (_key, message) => take(message);
  handlersOf(join).onInbound = lay; // named first: see api.ts
  return join;
}

/** A gateway that keeps its tokens, oldest first, and fires when it is told to; `take` lays a token down. */
export function keepingJoin(definition: Record<string, unknown>, context: unknown): { join: KeepingJoin; take: (message: Message) => void } {
  // as a parallel gateway its queue hands over all tokens and keeps them, in the state too, until they are acknowledged
  const join = new core.Activity(PassThrough, { ...definition, isParallelGateway: true }, context) as KeepingJoin;
  const arrived = (join.arrived = new Map<string, Message[]>());
  const take = (message: Message): void => {
    const waiting = arrived.get(message.content.id);
    if (waiting) waiting.push(message);
    else arrived.set(message.content.id, [message]);
  };
  return { join, take };
}

/** How many incoming flows have a token that waits. */
export function waitingFlows(join: KeepingJoin): number {
  for (const [flowId, waiting] of join.arrived) {
    const alive = waiting.filter((message) => message.pending);
    if (alive.length === 0) join.arrived.delete(flowId);
    else join.arrived.set(flowId, alive);
  }
  return join.arrived.size;
}

/** Fires one inclusive join of this scope that the rule allows; false when there is none. */
export function fireInclusiveJoin(host: Host, scope: ProcessExecution): boolean {
  for (const activity of scope.getActivities() as KeepingJoin[]) {
    if (!activity.isInclusiveJoin || activity.status) continue;
    if (waitingFlows(activity) === 0 || isBlocked(host.graph, scope, activity)) continue;
    fireJoin(activity);
    return true;
  }
  return false;
}

/** Takes one token from each flow that has one and runs the gateway. */
export function fireJoin(join: KeepingJoin): void {
  const inbound: unknown[] = [];
  for (const waiting of join.arrived.values()) {
    const message = waiting[0]!;
    message.ack();
    inbound.push(structuredClone(message.content));
  }
  // what is left goes back into the queue and arrives again when the gateway has run
  join.arrived.clear();
  (join.broker as { cancel(tag: string): void }).cancel('_run-on-inbound');
  join.run({ inbound });
}

/**
 * True while a token elsewhere in the scope can still reach an incoming flow that has none, unless it can as well reach
 * one that has (second clause of the rule: such a token is a later round, as in a loop around the block).
 */
function isBlocked(graph: Graph, scope: ProcessExecution, join: KeepingJoin): boolean {
  const incoming = edgesOf(graph).into.get(join.id) ?? [];
  const full = new Set(join.arrived.keys());
  const empty = new Set(incoming.filter((flowId) => !full.has(flowId)));
  if (empty.size === 0) return false;
  for (const message of tokens(scope)) {
    const { id, isSequenceFlow } = message.content;
    if (id === join.id || (isSequenceFlow && graph.flows.get(id)?.targetId === join.id)) continue;
    if (!isSequenceFlow && graph.nodes.get(id)?.attachedTo) continue; // an armed boundary event is part of its host
    const reached = reachable(graph, isSequenceFlow ? [id] : flowsFrom(graph, id), join.id);
    if ([...empty].some((flowId) => reached.has(flowId)) && ![...full].some((flowId) => reached.has(flowId))) return true;
  }
  return false;
}

/** Flows that a token on a node can take, its boundary events included. */
function flowsFrom(graph: Graph, nodeId: string): string[] {
  const { from, boundaries } = edgesOf(graph);
  return [nodeId, ...(boundaries.get(nodeId) ?? [])].flatMap((id) => from.get(id) ?? []);
}

/** All flows on a path that begins with one of `start` and does not pass through `joinId`. */
function reachable(graph: Graph, start: string[], joinId: string): Set<string> {
  const seen = new Set(start);
  const open = [...start];
  while (open.length > 0) {
    const target = graph.flows.get(open.pop()!)?.targetId;
    if (target === undefined || target === joinId) continue;
    for (const next of flowsFrom(graph, target)) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return seen;
}

