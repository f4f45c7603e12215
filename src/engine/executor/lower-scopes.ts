// Lowering of every scope: one start, no element that starts by itself, no two flows between the same two nodes.
import type { Refusal } from '../model.js';
import { children, connect, freeId, generatedNode, type Graph, type GraphNode, incoming } from './graph.js';

export interface Start {
  /** null: the scope had no start event, its first elements start */
  elementId: string | null;
  nodeId: string;
  messageName: string | null;
  isPlain: boolean;
}

/** Gives each scope exactly one start and drops what no token can reach. Returns the starts of the process, which stand in `bodyId`. */
export function lowerStarts(graph: Graph, bodyId: string, refusals: Refusal[]): Start[] {
  for (const scope of [...graph.nodes.values()]) if (scope.role === 'scope' && scope.id !== bodyId) lowerScope(graph, scope.id, refusals);
  const starts = startEvents(graph, bodyId);
  dropUnreachable(graph, bodyId, starts.length > 0);
  if (starts.length === 0) {
    const made = implicitStart(graph, bodyId);
    if (!made) refusals.push({ rule: 'no-start', element: graph.processId, message: 'the process has nothing to start with' });
    return made ? [{ elementId: null, nodeId: made.id, messageName: null, isPlain: true }] : [];
  }
  return starts.map((node) => {
    const message = node.events.find((spec) => spec.kind === 'message');
    const start: Start = { elementId: node.id, nodeId: node.id, messageName: message?.kind === 'message' ? message.name : null, isPlain: node.events.length === 0 };
    node.events = [];
    return start;
  }).sort((a, b) => Number(b.isPlain) - Number(a.isPlain));
}

const startEvents = (graph: Graph, scopeId: string): GraphNode[] => children(graph, scopeId).filter((node) => node.type === 'bpmn:StartEvent');

function lowerScope(graph: Graph, scopeId: string, refusals: Refusal[]): void {
  const starts = startEvents(graph, scopeId);
  for (const node of starts) node.events = [];
  dropUnreachable(graph, scopeId, starts.length > 0);
  if (starts.length === 1) return;
  if (!implicitStart(graph, scopeId)) refusals.push({ rule: 'empty-scope', element: scopeId, message: 'a sub-process needs something to do' });
}

/** A start that leads to every element without a way in; null when there is none. */
function implicitStart(graph: Graph, scopeId: string): GraphNode | null {
  const first = children(graph, scopeId).filter((node) => startsByItself(graph, node));
  if (first.length === 0) return null;
  const start = generatedNode({ id: freeId(graph, `${scopeId}_start`), type: 'bpmn:StartEvent', role: 'pass', parentId: scopeId });
  graph.nodes.set(start.id, start);
  for (const node of first) connect(graph, start.id, node.id, `${start.id}_${node.id}`);
  return start;
}

const startsByItself = (graph: Graph, node: GraphNode): boolean =>
  node.attachedTo === null && !node.isForCompensation && incoming(graph, node.id).length === 0;

/** With a start event in the scope, BPMN starts nothing else; the package would. */
function dropUnreachable(graph: Graph, scopeId: string, hasStart: boolean): void {
  if (!hasStart) return;
  for (;;) {
    const orphan = children(graph, scopeId).find((node) => node.type !== 'bpmn:StartEvent' && startsByItself(graph, node));
    if (!orphan) return;
    drop(graph, orphan);
  }
}

function drop(graph: Graph, node: GraphNode): void {
  graph.nodes.delete(node.id);
  for (const flow of [...graph.flows.values()]) if (flow.sourceId === node.id || flow.targetId === node.id) graph.flows.delete(flow.id);
  graph.associations = graph.associations.filter((one) => one.sourceId !== node.id && one.targetId !== node.id);
  for (const other of [...graph.nodes.values()]) if (other.parentId === node.id || other.attachedTo === node.id) drop(graph, other);
}

/** The package sends one token where two flows lead from one node to the same other: a node between them keeps both. */
export function separateTwinFlows(graph: Graph): void {
  const seen = new Set<string>();
  for (const flow of [...graph.flows.values()]) {
    const key = `${flow.sourceId} ${flow.targetId}`;
    if (!seen.has(key)) {
      seen.add(key);
      continue;
    }
    const between = generatedNode({ id: freeId(graph, `${flow.id}_between`), type: 'bpmn:ExclusiveGateway', role: 'gateway', parentId: flow.parentId });
    graph.nodes.set(between.id, between);
    connect(graph, between.id, flow.targetId, `${flow.id}_on`);
    flow.targetId = between.id;
  }
}
