// The token game on one scope, conditions left open: does a parallel join ever wait for a token that cannot come?
// Every node consumes from its own flows only (free choice), so it is enough to try the choices of one enabled node at a
// time: what deadlocks there are, are found. Bounded: beyond the caps nothing is claimed.
import type { Refusal } from '../model.js';
import { isType, nameOf, refuse } from '../lint/support/diagram.js';
import { allGraphs, onward, reach, type Graph, type Node } from './graph.js';

const maxStates = 4000;
const maxBranches = 6;

/** `edge index → tokens`, as a string key. */
type Marking = ReadonlyMap<number, number>;

interface Net {
  nodes: Node[];
  /** Edges into and out of a node, by index. Starts have one imaginary edge in. */
  into: Map<Node, number[]>;
  out: Map<Node, number[]>;
  target: Node[];
}

function netOf(graph: Graph): Net {
  const net: Net = { nodes: graph.nodes, into: new Map(graph.nodes.map((node) => [node, []])), out: new Map(graph.nodes.map((node) => [node, []])), target: [] };
  for (const node of graph.nodes) {
    for (const next of onward(node)) {
      net.out.get(node)?.push(net.target.length);
      net.into.get(next)?.push(net.target.length);
      net.target.push(next);
    }
  }
  return net;
}

function subsets(edges: readonly number[]): number[][] {
  if (edges.length > maxBranches) return [[...edges], ...edges.map((edge) => [edge])];
  return Array.from({ length: 2 ** edges.length - 1 }, (_, index) => edges.filter((_edge, bit) => ((index + 1) >> bit) & 1));
}

/** What a node may put out when it runs. */
function outputs(net: Net, node: Node): number[][] {
  const out = net.out.get(node) as number[];
  const flows = out.slice(0, node.next.length);
  const events = out.slice(node.next.length);
  if (isType(node.element, 'ExclusiveGateway', 'EventBasedGateway')) return flows.length > 0 ? flows.map((edge) => [edge]) : [[]];
  if (isType(node.element, 'InclusiveGateway') && flows.length > 1) return subsets(flows);
  const interrupting = events.filter((_, index) => node.boundaries[index]?.element['cancelActivity'] !== false);
  const beside = events.filter((edge) => !interrupting.includes(edge));
  return [flows, ...interrupting.map((edge) => [edge]), ...beside.map((edge) => [...flows, edge])];
}

const isJoin = (node: Node): boolean => isType(node.element, 'ParallelGateway') && node.previous.length > 1;

/** The tokens that a node takes to run, or null when it cannot. */
function takes(net: Net, node: Node, marking: Marking): number[] | null {
  const filled = (net.into.get(node) as number[]).filter((edge) => (marking.get(edge) ?? 0) > 0);
  if (filled.length === 0) return null;
  if (isJoin(node)) return filled.length === (net.into.get(node) as number[]).length ? filled : null;
  return isType(node.element, 'InclusiveGateway') ? filled : filled.slice(0, 1);
}

function after(marking: Marking, taken: readonly number[], put: readonly number[]): Marking | null {
  const next = new Map(marking);
  for (const edge of taken) {
    const left = (next.get(edge) ?? 0) - 1;
    if (left > 0) next.set(edge, left);
    else next.delete(edge);
  }
  for (const edge of put) {
    const held = (next.get(edge) ?? 0) + 1;
    if (held > 3) return null;
    next.set(edge, held);
  }
  return next;
}

const keyOf = (marking: Marking): string => [...marking].sort(([a], [b]) => a - b).map(([edge, count]) => `${edge}:${count}`).join(',');

/** The node to try next: an inclusive join only when nothing else can run, for it waits for all that may still come. */
function enabled(net: Net, marking: Marking): { node: Node; taken: number[] } | null {
  const nodes = [...new Set([...marking.keys()].map((edge) => net.target[edge] as Node))];
  const ready = nodes.flatMap((node) => {
    const taken = takes(net, node, marking);
    return taken ? [{ node, taken }] : [];
  });
  const isLate = ({ node }: { node: Node }): boolean => isType(node.element, 'InclusiveGateway') && node.previous.length > 1;
  // what has no choice goes first: branches that meet again then meet in the same state
  return ready.find((step) => !isLate(step) && outputs(net, step.node).length === 1) ?? ready.find((step) => !isLate(step)) ?? ready[0] ?? null;
}

interface Verdict {
  stuck: Set<Node>;
  fired: Set<Node>;
  complete: boolean;
}

function explore(net: Net, start: Node): Verdict {
  const verdict: Verdict = { stuck: new Set(), fired: new Set(), complete: true };
  const seen = new Set<string>();
  const stack: Marking[] = outputs(net, start).map((put) => after(new Map(), [], put) as Marking);
  for (let marking = stack.pop(); marking; marking = stack.pop()) {
    const key = keyOf(marking);
    if (marking.size === 0 || seen.has(key)) continue;
    seen.add(key);
    if (seen.size > maxStates) return { ...verdict, complete: false };
    const step = enabled(net, marking);
    if (!step) {
      for (const edge of marking.keys()) verdict.stuck.add(net.target[edge] as Node);
      continue;
    }
    verdict.fired.add(step.node);
    for (const put of outputs(net, step.node)) {
      const next = after(marking, step.taken, put);
      if (next) stack.push(next);
      else verdict.complete = false;
    }
  }
  return verdict;
}

/**
 * `deadlock`, warned: a parallel join that waits for ever on some way through (conditions may rule that way out, so it is
 * not refused; at run time it is an incident). Says so when it waits for ever on all of them.
 */
export function deadlocks(root: Graph): Refusal[] {
  return allGraphs(root).flatMap((graph) => {
    if (!graph.nodes.some(isJoin)) return [];
    const net = netOf(graph);
    return graph.starts.flatMap((start) => {
      const { stuck, fired, complete } = explore(net, start);
      return graph.nodes.filter((node) => stuck.has(node) && reach([start], onward).has(node)).map((node) => refuse('deadlock', node.id, complete && !fired.has(node) ? `合流 ${nameOf(node.element)} は、そろわない道を必ず待ち続けます` : `合流 ${nameOf(node.element)} は、来ない道を待ち続けることがあります`));
    });
  });
}
