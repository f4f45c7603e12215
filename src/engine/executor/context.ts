// graph → the definition context that bpmn-elements runs: the same questions as moddle-context-serializer answers, indexed,
// so that nothing scans the whole diagram. One context is shared by all instances and never changed by them.
import { adoptActivity, ScriptTask, SubProcess, TakenFlow, type LoopQuestion } from './behaviours.js';
import { core } from './elements.js';
import { CatchDefinition, ThrowDefinition } from './events.js';
import type { Association, EventSpec, Graph, GraphFlow, GraphNode, LoopSpec } from './graph.js';
import { InclusiveJoin } from './inclusive.js';
import { ParallelJoin } from './parallel.js';

export interface ContextElement {
  id: string;
  type: string;
  parent: { id: string; type: string };
  behaviour: Record<string, unknown>;
  Behaviour: unknown;
  [key: string]: unknown;
}

export interface ExecutorContext {
  readonly size: number;
  getActivityById(id: string): ContextElement | undefined;
}

const behaviours: Record<string, unknown> = {
  'bpmn:StartEvent': core['StartEvent'], 'bpmn:EndEvent': core['EndEvent'], 'bpmn:IntermediateThrowEvent': core['IntermediateThrowEvent'],
  'bpmn:IntermediateCatchEvent': core['IntermediateCatchEvent'], 'bpmn:BoundaryEvent': core['BoundaryEvent'],
  'bpmn:ExclusiveGateway': core['ExclusiveGateway'], 'bpmn:ParallelGateway': ParallelJoin,
  'bpmn:EventBasedGateway': core['EventBasedGateway'], 'bpmn:InclusiveGateway': InclusiveJoin,
  'bpmn:Task': core['Task'], 'bpmn:ScriptTask': ScriptTask, 'bpmn:SubProcess': SubProcess,
};

/** Makes the package's view of every node of a graph. */
export function contextElements(graph: Graph): Map<string, ContextElement> {
  const made = new Map<string, ContextElement>();
  for (const node of graph.nodes.values()) made.set(node.id, activity(graph, node));
  return made;
}

function activity(graph: Graph, node: GraphNode): ContextElement {
  const waits = node.role === 'user' || node.role === 'job' || node.role === 'message' || node.role === 'call';
  const isEvent = node.role === 'event' || node.role === 'throw';
  const parent = { id: node.parentId, type: node.parentId === graph.processId ? 'bpmn:Process' : 'bpmn:SubProcess' };
  return {
    id: node.id, type: node.type, parent,
    behaviour: {
      ...(node.attachedTo !== null && { attachedTo: { id: node.attachedTo }, cancelActivity: node.cancelActivity }),
      ...(node.isForCompensation && { isForCompensation: true }),
      ...(isEvent && { eventDefinitions: node.events.map((spec) => eventDefinition(node, spec)) }),
      ...(node.loop && { loopCharacteristics: loopCharacteristics(node, node.loop) }),
    },
    // every task that somebody else does is the same to the executor: it waits until it is signalled
    Behaviour: waits ? core['SignalTask'] : behaviours[node.type],
  };
}

function eventDefinition(node: GraphNode, spec: EventSpec): Record<string, unknown> {
  const type = `bpmn:${spec.kind[0]!.toUpperCase()}${spec.kind.slice(1)}EventDefinition`;
  const stock: Record<string, unknown> = { terminate: core['TerminateEventDefinition'], compensate: core['CompensateEventDefinition'] };
  const isStock = spec.kind === 'compensate' || (spec.kind === 'terminate' && node.role === 'throw' && !spec.isOuter);
  const Behaviour = isStock ? stock[spec.kind] : node.role === 'throw' ? ThrowDefinition : CatchDefinition;
  return { id: `${node.id}_event`, type, behaviour: { spec }, Behaviour };
}

function loopCharacteristics(node: GraphNode, loop: LoopSpec): Record<string, unknown> {
  const variable = loop.collection === null ? null : loop.elementVariable ?? 'item';
  const question = (ask: LoopQuestion['ask'], text: string): LoopQuestion => ({ ask, nodeId: node.id, text, variable });
  return {
    type: 'bpmn:MultiInstanceLoopCharacteristics', Behaviour: core['MultiInstanceLoopCharacteristics'],
    behaviour: {
      isSequential: loop.isSequential,
      ...(loop.collection !== null && { collection: question('collection', loop.collection), elementVariable: variable }),
      ...(loop.cardinality !== null && { loopCardinality: question('cardinality', loop.cardinality) }),
      ...(loop.completionCondition !== null && { completionCondition: question('completion', loop.completionCondition) }),
    },
  };
}

const flowElements = new WeakMap<GraphFlow, ContextElement>();

function sequenceFlow(graph: Graph, flow: GraphFlow): ContextElement {
  const known = flowElements.get(flow);
  if (known) return known;
  const made = flowElement(graph, flow);
  flowElements.set(flow, made);
  return made;
}

function flowElement(graph: Graph, flow: GraphFlow): ContextElement {
  return {
    id: flow.id, type: 'bpmn:SequenceFlow', sourceId: flow.sourceId, targetId: flow.targetId,
    ...(flow.isDefault && { isDefault: true }),
    parent: { id: flow.parentId, type: flow.parentId === graph.processId ? 'bpmn:Process' : 'bpmn:SubProcess' },
    behaviour: flow.condition ? { conditionExpression: { language: 'feel', condition: flow.condition } } : {},
    Behaviour: TakenFlow,
  };
}

/** The elements that the package asks for, by every question that it asks. */
export class DefinitionContext implements ExecutorContext {
  readonly id = 'definition';
  readonly type = 'bpmn:Definitions';
  readonly name = undefined;
  private readonly byId = new Map<string, ContextElement>();
  private readonly flowsById = new Map<string, ContextElement>();
  private readonly inbound = new Map<string, ContextElement[]>();
  private readonly outbound = new Map<string, ContextElement[]>();
  private readonly activitiesOf = new Map<string, ContextElement[]>();
  private readonly flowsOf = new Map<string, ContextElement[]>();
  private readonly associationsOf = new Map<string, ContextElement[]>();
  private readonly process: ContextElement;

  constructor(graph: Graph, elements: Map<string, ContextElement>, nodeIds: Iterable<string>, flows: Iterable<GraphFlow>) {
    this.process = { id: graph.processId, type: 'bpmn:Process', parent: { id: this.id, type: this.type }, behaviour: { isExecutable: true }, Behaviour: core['Process'] };
    for (const id of nodeIds) {
      const element = elements.get(id)!;
      this.byId.set(id, element);
      push(this.activitiesOf, element.parent.id, element);
    }
    for (const flow of flows) {
      const element = sequenceFlow(graph, flow);
      this.flowsById.set(flow.id, element);
      push(this.outbound, flow.sourceId, element);
      push(this.inbound, flow.targetId, element);
      push(this.flowsOf, flow.parentId, element);
    }
    for (const one of graph.associations) this.addAssociation(graph, one);
  }

  private addAssociation(graph: Graph, one: Association): void {
    if (!this.byId.has(one.sourceId) || !this.byId.has(one.targetId)) return;
    const parent = { id: one.parentId, type: one.parentId === graph.processId ? 'bpmn:Process' : 'bpmn:SubProcess' };
    push(this.associationsOf, one.parentId, { id: one.id, type: 'bpmn:Association', sourceId: one.sourceId, targetId: one.targetId, parent, behaviour: {}, Behaviour: core['Association'] });
  }

  get size(): number {
    return this.byId.size;
  }
  getActivityById(id: string): ContextElement | undefined {
    return this.byId.get(id);
  }
  getSequenceFlowById(id: string): ContextElement | undefined {
    return this.flowsById.get(id);
  }
  getActivities(scopeId?: string): ContextElement[] {
    return scopeId === undefined ? [...this.byId.values()] : this.activitiesOf.get(scopeId) ?? [];
  }
  getSequenceFlows(scopeId?: string): ContextElement[] {
    return scopeId === undefined ? [...this.flowsById.values()] : this.flowsOf.get(scopeId) ?? [];
  }
  getInboundSequenceFlows(id: string): ContextElement[] {
    return this.inbound.get(id) ?? [];
  }
  getOutboundSequenceFlows(id: string): ContextElement[] {
    return this.outbound.get(id) ?? [];
  }
  getAssociations(scopeId?: string): ContextElement[] {
    return scopeId === undefined ? [...this.associationsOf.values()].flat() : this.associationsOf.get(scopeId) ?? [];
  }
  getInboundAssociations(id: string): ContextElement[] {
    return this.getAssociations().filter((one) => one['targetId'] === id);
  }
  getOutboundAssociations(id: string): ContextElement[] {
    return this.getAssociations().filter((one) => one['sourceId'] === id);
  }
  getProcessById(id: string): ContextElement | undefined {
    return id === this.process.id ? this.process : undefined;
  }
  getProcesses(): ContextElement[] {
    return [this.process];
  }
  getExecutableProcesses(): ContextElement[] {
    return [this.process];
  }
  getMessageFlows(): never[] {
    return [];
  }
  getDataObjectById(): undefined {}
  getDataStoreById(): undefined {}
  getDataStoreReferenceById(): undefined {}
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** Extensions that the package calls for every activity that it makes. */
export const extensions = { adoptActivity };
