// Loops in which nothing waits: variables do not change on the way round, so who goes round once goes round for ever.
import type { Refusal } from '../model.js';
import { isType, nameOf, refuse, text } from '../lint/support/diagram.js';
import { allGraphs, backward, onward, reach, waits, type Graph, type Node } from './graph.js';

interface BackEdge {
  from: Node;
  to: Node;
}

/** Edges that close a circle: all inside one strongly connected part, found by walking from the starts. */
function backEdges(graph: Graph): BackEdge[] {
  const found: BackEdge[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  for (const start of [...graph.starts, ...graph.handlers, ...graph.nodes]) {
    if (state.has(start)) continue;
    state.set(start, 'open');
    const stack = [{ node: start, rest: onward(start) }];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.rest.shift();
      if (!next) {
        state.set(top.node, 'done');
        stack.pop();
      } else if (state.get(next) === 'open') found.push({ from: top.node, to: next });
      else if (!state.has(next)) {
        state.set(next, 'open');
        stack.push({ node: next, rest: onward(next) });
      }
    }
  }
  return found;
}

/** What lies on the loop that an edge closes: all that can come to its source without passing its target. */
const bodyOf = ({ from, to }: BackEdge): Set<Node> => reach([from], (node) => (node === to ? [] : backward(node)));

const first = (graph: Graph, nodes: ReadonlySet<Node>): Node => graph.nodes.find((node) => nodes.has(node)) as Node;

/** `endless-loop`: a loop in which no element waits. */
export function endlessLoops(root: Graph): Refusal[] {
  return allGraphs(root).flatMap((graph) => {
    const told = new Set<Node>();
    return backEdges(graph).flatMap((edge) => {
      const reachable = reach([edge.to], onward);
      // entered at the target, kept to what can also be reached from it: a body that begins elsewhere is no natural loop
      const body = new Set([...bodyOf(edge), edge.to].filter((node) => reachable.has(node)));
      if ([...body].some(waits)) return [];
      const at = first(graph, body);
      if (told.has(at)) return [];
      told.add(at);
      return [refuse('endless-loop', at.id, `${nameOf(at.element)} から始まる繰り返しに、待つもの（タスクやタイマー）がありません`)];
    });
  });
}

/**
 * `endless-loop`, warned: there is a way round on which nothing waits, though another way round has a wait.
 * @param inside handlers that run in the step that reaches them: no wait, though they may change what the way round depends on
 */
export function possibleEndlessLoops(root: Graph, inside: ReadonlySet<string>): Refusal[] {
  const certain = new Set(endlessLoops(root).map(({ element }) => element));
  const passes = (node: Node): boolean => !waits(node) || inside.has(text(node.element, 'topic') ?? '');
  return allGraphs(root).flatMap((graph) => {
    const instant = new Set(graph.nodes.filter(passes));
    const circle = (): Set<Node> => new Set([...instant].filter((node) => node.next.some((next) => instant.has(next) && reach([next], (at) => at.next.filter((to) => instant.has(to))).has(node))));
    // a parallel join lets nothing through while one of its branches waits outside the circle
    for (let round = circle(); ; round = circle()) {
      const held = [...round].filter((node) => isType(node.element, 'ParallelGateway') && node.previous.some((from) => !round.has(from)));
      if (held.length === 0) {
        const at = round.size > 0 ? first(graph, round) : null;
        return at && !certain.has(at.id) ? [refuse('endless-loop', at.id, `${nameOf(at.element)} の繰り返しには、人・時計・知らせのどれも待たない回り方があります`)] : [];
      }
      for (const node of held) instant.delete(node);
    }
  });
}
