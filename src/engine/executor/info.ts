// What is known of each element of a diagram, as its author wrote it.
import type { ElementInfo } from '../model.js';
import type { Graph, GraphNode, Moddle } from './graph.js';
import { propertiesOf } from './properties.js';
import { handlerOf } from './read-graph.js';

/** Reads the elements before anything is lowered. `process` is the author's process. */
export function elementInfos(graph: Graph, process: Moddle): Map<string, ElementInfo> {
  const lanes = new Map<string, string>();
  readLanes(process['laneSets'] ?? [], lanes);
  const infos = new Map<string, ElementInfo>();
  for (const node of graph.nodes.values()) infos.set(node.id, elementInfo(graph, node, lanes));
  return infos;
}

function readLanes(laneSets: Moddle[], lanes: Map<string, string>): void {
  for (const lane of laneSets.flatMap((set) => (set['lanes'] ?? []) as Moddle[])) {
    for (const node of (lane['flowNodeRef'] ?? []) as Moddle[]) if (node.id !== undefined) lanes.set(node.id, lane.name ?? lane.id ?? '');
    if (lane['childLaneSet']) readLanes([lane['childLaneSet']], lanes);
  }
}

function laneOf(graph: Graph, node: GraphNode, lanes: Map<string, string>): string | null {
  for (let at: GraphNode | undefined = node; at; at = graph.nodes.get(at.attachedTo ?? at.parentId)) {
    const lane = lanes.get(at.id);
    if (lane !== undefined) return lane;
  }
  return null;
}

function elementInfo(graph: Graph, node: GraphNode, lanes: Map<string, string>): ElementInfo {
  const element = node.element!;
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const timer = node.events.find((spec) => spec.kind === 'timer');
  const named = node.events.find((spec) => spec.kind === 'message' || spec.kind === 'signal');
  return {
    id: node.id, type: element.$type, name: node.name, lane: laneOf(graph, node, lanes),
    parentId: node.parentId === graph.processId ? null : node.parentId, attachedToId: node.attachedTo,
    properties: propertiesOf(element),
    outgoing: [...graph.flows.values()].filter((flow) => flow.sourceId === node.id)
      .map((flow) => ({ id: flow.id, name: flowName(element, flow.id), targetId: flow.targetId })),
    formKey: text(element['formKey']), candidateGroups: text(element['candidateGroups']),
    handler: node.role === 'job' ? handlerOf(element) : null,
    calledElement: text(element['calledElement']),
    eventName: named?.kind === 'message' || named?.kind === 'signal' ? named.name : null,
    timer: timer?.kind === 'timer' ? { kind: timer.timer, value: timer.value } : null,
    cancelActivity: element.$type === 'bpmn:BoundaryEvent' ? node.cancelActivity : null,
  };
}

function flowName(source: Moddle, flowId: string): string | null {
  const siblings: Moddle[] = source.$parent?.['flowElements'] ?? [];
  return siblings.find((element) => element.id === flowId)?.name ?? null;
}
