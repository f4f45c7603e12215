// moddle → graph: what of the diagram runs. Pools, message flows, data and annotations are pictures and left out.
import type { Refusal } from '../model.js';
import { type EventSpec, freeId, generatedNode, type Graph, type GraphNode, type LoopSpec, type Moddle, type NodeRole } from './graph.js';

const roles: Record<string, NodeRole> = {
  'bpmn:UserTask': 'user', 'bpmn:ManualTask': 'user', 'bpmn:ServiceTask': 'job', 'bpmn:BusinessRuleTask': 'job',
  'bpmn:SendTask': 'job', 'bpmn:ReceiveTask': 'message', 'bpmn:CallActivity': 'call', 'bpmn:Task': 'pass',
  'bpmn:ScriptTask': 'script', 'bpmn:SubProcess': 'scope', 'bpmn:Transaction': 'scope', 'bpmn:StartEvent': 'pass',
  'bpmn:EndEvent': 'pass', 'bpmn:IntermediateThrowEvent': 'pass', 'bpmn:IntermediateCatchEvent': 'event',
  'bpmn:BoundaryEvent': 'event', 'bpmn:ExclusiveGateway': 'gateway', 'bpmn:ParallelGateway': 'gateway',
  'bpmn:InclusiveGateway': 'gateway', 'bpmn:EventBasedGateway': 'gateway',
};
const pictures = new Set(['bpmn:DataObject', 'bpmn:DataObjectReference', 'bpmn:DataStoreReference']);

export interface ReadOptions {
  processId?: string | undefined;
}

/** The process to run. Refuses when there is none, or several without a choice. */
export function chooseProcess(definitions: Moddle, options: ReadOptions, refusals: Refusal[]): Moddle | null {
  const processes: Moddle[] = (definitions['rootElements'] ?? []).filter((element: Moddle) => element.$type === 'bpmn:Process');
  const refuse = (rule: string, element: string | null, message: string): null => {
    refusals.push({ rule, element, message });
    return null;
  };
  if (options.processId !== undefined) {
    return processes.find((process) => process.id === options.processId) ?? refuse('no-process', options.processId, 'the diagram has no process of this id');
  }
  const executable = processes.filter((process) => process['isExecutable'] === true);
  const candidates = executable.length > 0 ? executable : processes;
  if (candidates.length > 1) return refuse('several-processes', candidates[1]!.id ?? null, 'more than one process could run: name one');
  return candidates[0] ?? refuse('no-process', null, 'the diagram has no process');
}

/** Reads the elements of a process, sub-processes included. Everything that cannot run is a refusal. */
export function readGraph(process: Moddle, refusals: Refusal[]): Graph {
  process.id ??= 'process';
  const graph: Graph = { processId: process.id, name: process.name ?? process.id, nodes: new Map(), flows: new Map(), associations: [] };
  readScope(graph, process, process.id, refusals);
  for (const flow of graph.flows.values()) checkEnds(graph, flow.id, flow.sourceId, flow.targetId, refusals);
  return graph;
}

function checkEnds(graph: Graph, id: string, sourceId: string, targetId: string, refusals: Refusal[]): void {
  const source = graph.nodes.get(sourceId);
  const target = graph.nodes.get(targetId);
  // an element that was refused itself is named once
  if (source && target && source.parentId !== target.parentId) {
    refusals.push({ rule: 'flow-crosses-scope', element: id, message: 'a sequence flow may not cross the edge of a sub-process' });
  }
}

function readScope(graph: Graph, scope: Moddle, scopeId: string, refusals: Refusal[]): void {
  const elements: Moddle[] = scope['flowElements'] ?? [];
  for (const element of elements) {
    if (element.$type === 'bpmn:SequenceFlow' || pictures.has(element.$type)) continue;
    readNode(graph, element, scopeId, refusals);
  }
  for (const element of elements) if (element.$type === 'bpmn:SequenceFlow') readFlow(graph, element, scopeId, refusals);
  for (const artifact of (scope['artifacts'] ?? []) as Moddle[]) {
    if (artifact.$type !== 'bpmn:Association') continue;
    const [sourceId, targetId] = [artifact['sourceRef']?.id, artifact['targetRef']?.id];
    if (graph.nodes.has(sourceId) && graph.nodes.has(targetId)) {
      graph.associations.push({ id: artifact.id ?? `${sourceId}_${targetId}`, parentId: scopeId, sourceId, targetId });
    }
  }
}

function readFlow(graph: Graph, element: Moddle, scopeId: string, refusals: Refusal[]): void {
  const sourceId: string | undefined = element['sourceRef']?.id;
  const targetId: string | undefined = element['targetRef']?.id;
  element.id ??= freeId(graph, `flow_${sourceId ?? 'nowhere'}_${targetId ?? 'nowhere'}`);
  if (sourceId === undefined || targetId === undefined) {
    refusals.push({ rule: 'flow-without-end', element: element.id, message: 'a sequence flow needs a source and a target' });
    return;
  }
  const expression: Moddle | undefined = element['conditionExpression'];
  const condition = expression ? { kind: 'feel' as const, text: String(expression['body'] ?? ''), language: (expression['language'] as string | undefined) ?? null } : null;
  const isDefault = element['sourceRef'].default?.id === element.id;
  graph.flows.set(element.id, { id: element.id, parentId: scopeId, sourceId, targetId, condition: isDefault ? null : condition, isDefault });
}

function readNode(graph: Graph, element: Moddle, scopeId: string, refusals: Refusal[]): void {
  const role = roles[element.$type];
  element.id ??= freeId(graph, element.$type.slice('bpmn:'.length));
  const refuse = (rule: string, message: string): void => void refusals.push({ rule, element: element.id!, message });
  if (!role) return refuse('unsupported-element', `${element.$type.slice('bpmn:'.length)} cannot run`);
  const events = readEvents(element, refuse);
  const node: GraphNode = generatedNode({
    id: element.id, type: element.$type, role, parentId: scopeId, name: element.name ?? null, origin: element.id,
    attachedTo: element['attachedToRef']?.id ?? null, cancelActivity: element['cancelActivity'] !== false,
    events, loop: readLoop(element, refuse), isForCompensation: element['isForCompensation'] === true, element,
  });
  graph.nodes.set(node.id, node);
  settleRole(node, refuse);
  if (role === 'scope') {
    node.type = 'bpmn:SubProcess';
    readScope(graph, element, node.id, refusals);
  }
}

function settleRole(node: GraphNode, refuse: (rule: string, message: string) => void): void {
  const element = node.element!;
  if (node.type === 'bpmn:EndEvent' || node.type === 'bpmn:IntermediateThrowEvent') {
    node.role = node.events.length > 0 ? 'throw' : 'pass';
  } else if (node.type === 'bpmn:SendTask' && handlerOf(element) === null && element['messageRef'] && !node.loop) {
    node.role = 'throw';
    node.type = 'bpmn:IntermediateThrowEvent';
    node.events = [{ kind: 'message', name: nameOf(element['messageRef']) }];
  } else if (node.type === 'bpmn:ReceiveTask') {
    node.events = [{ kind: 'message', name: nameOf(element['messageRef']) }];
  } else if (node.type === 'bpmn:BoundaryEvent' && node.attachedTo === null) {
    refuse('boundary-without-host', 'a boundary event must be attached to an activity');
  } else if (node.type === 'bpmn:ScriptTask' && !/^feel$/i.test(element['scriptFormat'] ?? '')) {
    refuse('unsupported-script', 'scripts other than FEEL do not run');
  }
  if (node.role === 'event' && node.events.length === 0) refuse('event-without-definition', 'an event that waits must say for what');
}

const nameOf = (reference: Moddle | undefined): string | null => reference?.name ?? reference?.id ?? null;

/** The name of the handler behind a service, send or business rule task; null if none is named. */
export function handlerOf(element: Moddle): string | null {
  const implementation: string | undefined = /^(##|https?:)/.test(element['implementation'] ?? '##') ? undefined : element['implementation'];
  const text: unknown = element['topic'] ?? element['delegateExpression'] ?? element['class'] ?? element['decisionRef'] ?? element['expression'] ?? implementation;
  if (typeof text !== 'string' || text.trim() === '') return null;
  return text.trim().replace(/^[$#]\{([^}]*)\}$/, '$1');
}

function readLoop(element: Moddle, refuse: (rule: string, message: string) => void): LoopSpec | null {
  const loop: Moddle | undefined = element['loopCharacteristics'];
  if (!loop) return null;
  if (loop.$type !== 'bpmn:MultiInstanceLoopCharacteristics') {
    refuse('unsupported-element', 'a standard loop cannot run: draw the loop with a gateway');
    return null;
  }
  return {
    isSequential: loop['isSequential'] === true,
    collection: text(loop['collection']), elementVariable: text(loop['elementVariable']),
    cardinality: text(loop['loopCardinality']?.body), completionCondition: text(loop['completionCondition']?.body),
  };
}

const text = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value.trim() : null);

function readEvents(element: Moddle, refuse: (rule: string, message: string) => void): EventSpec[] {
  const definitions: Moddle[] = [...(element['eventDefinitions'] ?? []), ...(element['eventDefinitionRef'] ?? [])];
  return definitions.flatMap((definition) => readEvent(definition, refuse) ?? []);
}

function readEvent(definition: Moddle, refuse: (rule: string, message: string) => void): EventSpec | null {
  switch (definition.$type) {
    case 'bpmn:TimerEventDefinition': {
      const value = (name: string): string | null => text(definition[name]?.body);
      const [date, duration, cycle] = [value('timeDate'), value('timeDuration'), value('timeCycle')];
      if (date !== null) return { kind: 'timer', timer: 'date', value: date };
      if (duration !== null) return { kind: 'timer', timer: 'duration', value: duration };
      if (cycle !== null) return { kind: 'timer', timer: 'cycle', value: cycle };
      refuse('empty-timer', 'a timer needs a date, a duration or a cycle');
      return null;
    }
    case 'bpmn:MessageEventDefinition': return { kind: 'message', name: nameOf(definition['messageRef']) };
    case 'bpmn:SignalEventDefinition': return { kind: 'signal', name: nameOf(definition['signalRef']) };
    case 'bpmn:ConditionalEventDefinition': return { kind: 'conditional', condition: definition['condition']?.body ?? '', language: definition['condition']?.language ?? null };
    case 'bpmn:ErrorEventDefinition': return { kind: 'error', code: text(definition['errorRef']?.errorCode) ?? text(definition['errorRef']?.name) };
    case 'bpmn:EscalationEventDefinition': return { kind: 'escalation', code: text(definition['escalationRef']?.escalationCode) ?? text(definition['escalationRef']?.name) };
    case 'bpmn:TerminateEventDefinition': return { kind: 'terminate' };
    case 'bpmn:CompensateEventDefinition':
      // the package tells all handlers of the scope, whichever is named
      if (definition['activityRef']) refuse('unsupported-element', 'compensation of one named activity cannot run: leave the activity out to undo the whole scope');
      return { kind: 'compensate' };
    case 'bpmn:LinkEventDefinition': return { kind: 'link', name: definition.name ?? '' };
    default:
      refuse('unsupported-element', `${definition.$type.slice('bpmn:'.length)} cannot run`);
      return null;
  }
}
