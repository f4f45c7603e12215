// Can every element be reached, and can a token everywhere still get to an end?
import type { Refusal } from '../model.js';
import { eventDefinitions, isEventSubProcess, isType, nameOf, refuse } from '../lint/support/diagram.js';
import { allGraphs, backward, onward, reach, type Graph, type Node } from './graph.js';

const isCompensation = (node: Node): boolean => node.element['isForCompensation'] === true;

/** `orphan`: nothing leads to it; `unreachable`: what leads to it is never reached. */
export function unreachable(root: Graph): Refusal[] {
  return allGraphs(root).flatMap((graph) => {
    const roots = [...graph.starts, ...graph.handlers, ...graph.nodes.filter(isCompensation)];
    const seen = reach(roots, onward);
    return graph.nodes
      .filter((node) => !seen.has(node) && !(node.host && !seen.has(node.host)) && !isType(node.element, 'BoundaryEvent'))
      .map((node) => (node.previous.length === 0 ? refuse('orphan', node.id, `${nameOf(node.element)} につながるフローがありません`) : refuse('unreachable', node.id, `${nameOf(node.element)} に着く道がありません`)));
  });
}

const isEnd = (node: Node): boolean => isType(node.element, 'EndEvent') || (node.next.length === 0 && !isCompensation(node) && !node.host) || (node.host !== null && node.next.length === 0);

/** Something outside the flow can end the scope: an interrupting event on it or in it, or a terminate end event beside. */
function canBeCut(graph: Graph): boolean {
  const interrupting = graph.nodes.some((node) => isEventSubProcess(node.element) && node.inner?.starts.some((start) => start.element['isInterrupting'] !== false));
  const terminates = graph.nodes.some((node) => eventDefinitions(node.element).some(({ $type }) => $type === 'bpmn:TerminateEventDefinition'));
  return interrupting || terminates;
}

/** `no-way-out`: a part of the flow that never comes to an end, once entered. One refusal a scope, at its first element. */
export function noWayOut(root: Graph): Refusal[] {
  const check = (graph: Graph, cut: boolean): Refusal[] => {
    const free = cut || canBeCut(graph);
    const ending = reach(graph.nodes.filter(isEnd), backward);
    const trapped = free ? undefined : [...reach(graph.starts, onward)].find((node) => !ending.has(node) && !isCompensation(node));
    const here = trapped ? [refuse('no-way-out', trapped.id, `${nameOf(trapped.element)} から終わりに着く道がありません`)] : [];
    const inner = graph.nodes.flatMap((node) => (node.inner ? check(node.inner, free || node.boundaries.some((event) => event.element['cancelActivity'] !== false)) : []));
    return [...here, ...inner];
  };
  return check(root, false);
}

/** `dead-end`, warned: the flow stops at a task or gateway that is no end event (BPMN lets it; a reader wonders). */
export function deadEnds(root: Graph): Refusal[] {
  return allGraphs(root).flatMap((graph) =>
    graph.nodes
      .filter((node) => node.next.length === 0 && !isType(node.element, 'EndEvent') && !isEventSubProcess(node.element) && !isCompensation(node))
      .filter((node) => !eventDefinitions(node.element).some(({ $type }) => $type === 'bpmn:CompensateEventDefinition' || $type === 'bpmn:LinkEventDefinition'))
      .map((node) => refuse('dead-end', node.id, `${nameOf(node.element)} の先に終了イベントがありません`)),
  );
}
