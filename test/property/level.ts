// Lookups over one level of a flat graph, for the reference interpreter.
import type { Boundary, Flow, Graph, Node } from './diagram.js';

/** One level of the graph with its lookups. */
export interface Level {
  graph: Graph;
  node: (id: string) => Node;
  flow: (id: string) => Flow;
  into: (id: string) => Flow[];
  outOf: (id: string) => Flow[];
  boundaries: (id: string) => Boundary[];
  inner: (id: string) => Level;
}

function group<T>(items: T[], key: (item: T) => string): (id: string) => T[] {
  const map = new Map<string, T[]>();
  for (const item of items) map.set(key(item), [...(map.get(key(item)) ?? []), item]);
  return (id) => map.get(id) ?? [];
}

function one<T>(items: T[], key: (item: T) => string): (id: string) => T {
  const map = new Map(items.map((item) => [key(item), item]));
  return (id) => {
    const found = map.get(id);
    if (found === undefined) throw new Error(`unknown ${id}`);
    return found;
  };
}

/** Indexes a graph and, inside it, its sub-processes. */
export function levelOf(graph: Graph): Level {
  const inner = one(graph.nodes.flatMap((node) => (node.scope ? [{ id: node.id, level: levelOf(node.scope) }] : [])), ({ id }) => id);
  return {
    graph,
    node: one(graph.nodes, (node) => node.id),
    flow: one(graph.flows, (flow) => flow.id),
    into: group(graph.flows, (flow) => flow.target),
    outOf: group(graph.flows, (flow) => flow.source),
    boundaries: group(graph.boundaries, (boundary) => boundary.attachedTo),
    inner: (id) => inner(id).level,
  };
}
