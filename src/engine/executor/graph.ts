// A diagram as the executor runs it: nodes and flows after reading and lowering, before anything of bpmn-elements.
// Generated nodes carry `origin`: the author's id that they stand for, or null when nobody should ever hear of them.
import type { WaitKind } from '../model.js';

/** An element of the parsed XML (bpmn-moddle); it has no useful types of its own. */
export interface Moddle {
  $type: string;
  id?: string;
  name?: string;
  $parent?: Moddle;
  // bpmn-moddle objects are bags of properties; readers below check what they take
  [key: string]: any;
}

export type TimerKind = 'date' | 'duration' | 'cycle';

/** What an event waits for or throws. */
export type EventSpec =
  | { kind: 'timer'; timer: TimerKind; value: string }
  | { kind: 'message'; name: string | null }
  | { kind: 'signal'; name: string | null }
  | { kind: 'conditional'; condition: string; language: string | null }
  /** code null: catches every code */
  | { kind: 'error'; code: string | null }
  | { kind: 'escalation'; code: string | null }
  /** isOuter: ends the scope around the one that it stands in (lowering put a scope between) */
  | { kind: 'terminate'; isOuter?: boolean }
  | { kind: 'compensate' }
  | { kind: 'link'; name: string };

export interface LoopSpec {
  isSequential: boolean;
  collection: string | null;
  elementVariable: string | null;
  cardinality: string | null;
  completionCondition: string | null;
}

/** `pass` runs through at once; `scope` is a sub-process; `event` waits or throws by its event definitions. */
export type NodeRole = WaitKind | 'pass' | 'scope' | 'event' | 'gateway' | 'throw' | 'script';

export interface GraphNode {
  id: string;
  type: string;
  role: NodeRole;
  name: string | null;
  parentId: string;
  origin: string | null;
  attachedTo: string | null;
  cancelActivity: boolean;
  events: EventSpec[];
  loop: LoopSpec | null;
  isForCompensation: boolean;
  /** The author's element, for properties that are read when a wait opens. */
  element: Moddle | null;
}

/** `rest` = no condition of the group was true (the default of a lowered inclusive gateway). */
export type FlowCondition =
  | { kind: 'feel'; text: string; language: string | null }
  | { kind: 'branch'; conditions: { text: string; language: string | null }[]; index: number; gatewayId: string; hasDefault: boolean }
  | { kind: 'rest'; conditions: { text: string; language: string | null }[]; gatewayId: string };

export interface GraphFlow {
  id: string;
  parentId: string;
  sourceId: string;
  targetId: string;
  condition: FlowCondition | null;
  isDefault: boolean;
}

export interface Association {
  id: string;
  parentId: string;
  sourceId: string;
  targetId: string;
}

export interface Graph {
  processId: string;
  name: string;
  nodes: Map<string, GraphNode>;
  flows: Map<string, GraphFlow>;
  associations: Association[];
}


/** A node that no author drew. */
export function generatedNode(part: Pick<GraphNode, 'id' | 'type' | 'role' | 'parentId'> & Partial<GraphNode>): GraphNode {
  return { name: null, origin: null, attachedTo: null, cancelActivity: true, events: [], loop: null, isForCompensation: false, element: null, ...part };
}

/** Adds a flow; generated ones have no condition unless given. */
export function connect(graph: Graph, sourceId: string, targetId: string, id: string, condition: FlowCondition | null = null): GraphFlow {
  const flow: GraphFlow = { id: freeId(graph, id), parentId: graph.nodes.get(sourceId)!.parentId, sourceId, targetId, condition, isDefault: false };
  graph.flows.set(flow.id, flow);
  return flow;
}

/** `wanted`, or `wanted_2`, … when an author already uses it. */
export function freeId(graph: Graph, wanted: string): string {
  let id = wanted;
  for (let n = 2; graph.nodes.has(id) || graph.flows.has(id) || id === graph.processId; n++) id = `${wanted}_${n}`;
  return id;
}

export const outgoing = (graph: Graph, nodeId: string): GraphFlow[] => [...graph.flows.values()].filter((flow) => flow.sourceId === nodeId);
export const incoming = (graph: Graph, nodeId: string): GraphFlow[] => [...graph.flows.values()].filter((flow) => flow.targetId === nodeId);
export const children = (graph: Graph, scopeId: string): GraphNode[] => [...graph.nodes.values()].filter((node) => node.parentId === scopeId);
