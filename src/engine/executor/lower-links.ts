// A link is a sequence flow drawn as two circles: it becomes one. The package takes the second throw for the end.
import type { Refusal } from '../model.js';
import { connect, type Graph, type GraphNode } from './graph.js';

const linkName = (node: GraphNode): string | null => {
  const spec = node.events.find((one) => one.kind === 'link');
  return spec?.kind === 'link' ? spec.name : null;
};

/** Connects each link throw to the catch of its name in the same scope. */
export function lowerLinks(graph: Graph, refusals: Refusal[]): void {
  const links = [...graph.nodes.values()].filter((node) => linkName(node) !== null);
  for (const thrower of links.filter((node) => node.role === 'throw')) {
    const targets = links.filter((node) => node.role === 'event' && node.parentId === thrower.parentId && linkName(node) === linkName(thrower));
    if (targets.length !== 1) {
      refusals.push({ rule: 'link-without-target', element: thrower.id, message: `there must be one link catch named ${linkName(thrower)}, not ${targets.length}` });
      continue;
    }
    connect(graph, thrower.id, targets[0]!.id, `${thrower.id}_${targets[0]!.id}`);
  }
  for (const node of links) {
    node.events = [];
    node.role = 'pass';
    node.type = 'bpmn:IntermediateThrowEvent'; // runs through at once
  }
}
