// Who leads where, indexed once per graph. Only for graphs that are no longer changed.
import type { Graph } from './graph.js';

export interface Edges {
  /** node → ids of flows into it */
  into: Map<string, string[]>;
  /** node → ids of flows out of it */
  from: Map<string, string[]>;
  /** activity → its boundary events */
  boundaries: Map<string, string[]>;
}

const known = new WeakMap<Graph, Edges>();

export function edgesOf(graph: Graph): Edges {
  let made = known.get(graph);
  if (made) return made;
  made = { into: new Map(), from: new Map(), boundaries: new Map() };
  for (const flow of graph.flows.values()) {
    add(made.into, flow.targetId, flow.id);
    add(made.from, flow.sourceId, flow.id);
  }
  for (const node of graph.nodes.values()) if (node.attachedTo !== null) add(made.boundaries, node.attachedTo, node.id);
  known.set(graph, made);
  return made;
}

function add(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
