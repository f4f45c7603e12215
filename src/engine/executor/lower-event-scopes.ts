// An event sub-process becomes a boundary event: what stands beside it in its scope moves into a scope of its own, and the
// start event of the event sub-process listens on the edge of that. The package never arms timers or messages there.
import type { Refusal } from '../model.js';
import { children, connect, freeId, generatedNode, type Graph, type GraphNode } from './graph.js';

const isEventScope = (node: GraphNode): boolean => node.role === 'scope' && node.element?.['triggeredByEvent'] === true;

/** Lowers all event sub-processes. Returns the id of the scope that holds the start events of the process. */
export function lowerEventScopes(graph: Graph, refusals: Refusal[]): string {
  const scopes = [...graph.nodes.values()].filter((node) => node.role === 'scope').map((node) => node.id);
  for (const scopeId of scopes) lowerScope(graph, scopeId, refusals);
  return lowerScope(graph, graph.processId, refusals);
}

function lowerScope(graph: Graph, scopeId: string, refusals: Refusal[]): string {
  const handlers = children(graph, scopeId).filter(isEventScope);
  if (handlers.length === 0) return scopeId;
  // what interrupts listens one level further out: it also ends the handlers that run beside the body, and stays while they do
  const beside = handlers.filter((handler) => !interrupts(graph, handler));
  const around = handlers.filter((handler) => !beside.includes(handler));
  const outer = around.length > 0 ? wrap(graph, scopeId, around, refusals) : null;
  const body = beside.length > 0 ? wrap(graph, outer?.id ?? scopeId, beside, refusals) : outer!;
  passTermination(graph, body, children(graph, body.id));
  return body.id;
}

const interrupts = (graph: Graph, handler: GraphNode): boolean =>
  children(graph, handler.id).find((node) => node.type === 'bpmn:StartEvent')?.element?.['isInterrupting'] !== false;

/** Moves all but these handlers of a scope into a scope of their own, on whose edge the handlers listen. */
function wrap(graph: Graph, scopeId: string, handlers: GraphNode[], refusals: Refusal[]): GraphNode {
  const body = generatedNode({ id: freeId(graph, `${scopeId}_body`), type: 'bpmn:SubProcess', role: 'scope', parentId: scopeId });
  const stay = new Set(handlers.map((node) => node.id));
  const moved = children(graph, scopeId).filter((node) => !stay.has(node.id));
  graph.nodes.set(body.id, body);
  for (const node of moved) node.parentId = body.id;
  for (const flow of graph.flows.values()) if (flow.parentId === scopeId && !stay.has(flow.sourceId)) flow.parentId = body.id;
  for (const one of graph.associations) if (one.parentId === scopeId) one.parentId = body.id;
  const start = generatedNode({ id: freeId(graph, `${scopeId}_begin`), type: 'bpmn:StartEvent', role: 'pass', parentId: scopeId });
  graph.nodes.set(start.id, start);
  connect(graph, start.id, body.id, `${start.id}_${body.id}`);
  for (const handler of handlers) listen(graph, body, handler, refusals);
  return body;
}

/** The start event of the handler waits on the edge of the body, under its own name. */
function listen(graph: Graph, body: GraphNode, handler: GraphNode, refusals: Refusal[]): void {
  const starts = children(graph, handler.id).filter((node) => node.type === 'bpmn:StartEvent');
  const [first] = starts;
  if (starts.length !== 1 || !first || first.events.length === 0) {
    refusals.push({ rule: 'event-sub-process-start', element: handler.id, message: 'an event sub-process needs one start event that says what it waits for' });
    return;
  }
  const edge = generatedNode({
    id: freeId(graph, `${first.id}_edge`), type: 'bpmn:BoundaryEvent', role: 'event', parentId: body.parentId, name: first.name,
    origin: first.id, attachedTo: body.id, cancelActivity: first.element?.['isInterrupting'] !== false, events: first.events, element: first.element,
  });
  graph.nodes.set(edge.id, edge);
  connect(graph, edge.id, handler.id, `${edge.id}_${handler.id}`);
  first.events = [];
  first.origin = null; // heard of as the edge
}

/** A terminate end event inside the body ends the whole scope, its event sub-processes included. */
function passTermination(graph: Graph, body: GraphNode, moved: GraphNode[]): void {
  const ends = moved.filter((node) => node.events.some((spec) => spec.kind === 'terminate'));
  if (ends.length === 0) return;
  for (const node of ends) node.events = node.events.map((spec) => (spec.kind === 'terminate' ? { kind: 'terminate', isOuter: true } : spec));
  const edge = generatedNode({
    id: freeId(graph, `${body.id}_terminated`), type: 'bpmn:BoundaryEvent', role: 'event', parentId: body.parentId, attachedTo: body.id, events: [{ kind: 'terminate' }],
  });
  const end = generatedNode({ id: freeId(graph, `${body.id}_end`), type: 'bpmn:EndEvent', role: 'throw', parentId: body.parentId, events: [{ kind: 'terminate' }] });
  graph.nodes.set(edge.id, edge);
  graph.nodes.set(end.id, end);
  connect(graph, edge.id, end.id, `${edge.id}_${end.id}`);
}
