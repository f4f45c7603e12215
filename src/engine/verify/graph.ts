// The flow of one scope (the process or one sub-process) as a plain graph: what verification walks.
import { child, eventDefinitions, isEventSubProcess, isSubProcess, isType, listOf, text, type Element } from '../lint/support/diagram.js';

export interface Node {
  id: string;
  element: Element;
  next: Node[];
  previous: Node[];
  /** Boundary events attached to it. */
  boundaries: Node[];
  host: Node | null;
  /** The flow of a sub-process. */
  inner: Graph | null;
}

export interface Graph {
  scope: Element;
  nodes: Node[];
  /** Where a token begins when the scope is entered. */
  starts: Node[];
  /** Event sub-processes: begun from outside the flow. */
  handlers: Node[];
}

const isFlowNode = (element: Element): boolean => !isType(element, 'SequenceFlow', 'DataObject', 'DataObjectReference', 'DataStoreReference');

const linkName = (element: Element): string | null => {
  const definition = eventDefinitions(element).find(({ $type }) => $type === 'bpmn:LinkEventDefinition');
  return definition ? text(definition, 'name') : null;
};

function connect(from: Node | undefined, to: Node | undefined): void {
  if (!from || !to) return;
  from.next.push(to);
  to.previous.push(from);
}

/** The graph of a scope, sub-processes nested. Links are edges. */
export function graphOf(scope: Element): Graph {
  const nodes = listOf(scope['flowElements']).filter(isFlowNode).map((element): Node => ({ id: element.id ?? '', element, next: [], previous: [], boundaries: [], host: null, inner: isSubProcess(element) ? graphOf(element) : null }));
  const of = new Map(nodes.map((node) => [node.element, node]));
  const at = (element: Element | null): Node | undefined => (element ? of.get(element) : undefined);
  for (const flow of listOf(scope['flowElements'])) {
    if (isType(flow, 'SequenceFlow')) connect(at(child(flow, 'sourceRef')), at(child(flow, 'targetRef')));
  }
  for (const node of nodes) {
    const host = isType(node.element, 'BoundaryEvent') ? at(child(node.element, 'attachedToRef')) : undefined;
    if (host) {
      node.host = host;
      host.boundaries.push(node);
    }
    const link = isType(node.element, 'IntermediateThrowEvent') ? linkName(node.element) : null;
    if (link !== null) for (const target of nodes) if (isType(target.element, 'IntermediateCatchEvent') && linkName(target.element) === link) connect(node, target);
  }
  const drawn = nodes.filter((node) => isType(node.element, 'StartEvent'));
  const handlers = nodes.filter((node) => isEventSubProcess(node.element));
  // a sub-process drawn without a start event begins with whatever has no inbound flow
  const bare = nodes.filter((node) => node.previous.length === 0 && !node.host && !handlers.includes(node) && node.element['isForCompensation'] !== true);
  return { scope, nodes, starts: drawn.length > 0 ? drawn : bare, handlers };
}

export const allGraphs = (graph: Graph): Graph[] => [graph, ...graph.nodes.flatMap((node) => (node.inner ? allGraphs(node.inner) : []))];

/** Whether a token may rest here: for a person, a handler, a clock, a message. */
export function waits(node: Node): boolean {
  const { element } = node;
  if (node.inner) return allGraphs(node.inner).some((graph) => graph.nodes.some((inner) => !inner.inner && waits(inner)));
  if (isType(element, 'SendTask')) return text(element, 'topic') !== null || child(element, 'messageRef') === null;
  if (isType(element, 'UserTask', 'ManualTask', 'ServiceTask', 'BusinessRuleTask', 'ReceiveTask', 'CallActivity', 'EventBasedGateway')) return true;
  if (isType(element, 'IntermediateCatchEvent')) return linkName(element) === null;
  return isType(element, 'BoundaryEvent') && !eventDefinitions(element).some(({ $type }) => /Error|Escalation|Compensate|Cancel/.test($type));
}

/** Where a token may go from here: along its flows, or out of a boundary event. */
export const onward = (node: Node): Node[] => [...node.next, ...node.boundaries];
export const backward = (node: Node): Node[] => (node.host ? [...node.previous, node.host] : node.previous);

/** All nodes that can be reached from `from` by `step`, themselves included, never passing `without`. */
export function reach(from: readonly Node[], step: (node: Node) => readonly Node[], without: Node | null = null): Set<Node> {
  const seen = new Set<Node>(from.filter((node) => node !== without));
  const stack = [...seen];
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const next of step(node)) {
      if (next === without || seen.has(next)) continue;
      seen.add(next);
      stack.push(next);
    }
  }
  return seen;
}
