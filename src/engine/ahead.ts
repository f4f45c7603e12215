// What comes after a task: read off the diagram, for the person who is about to complete it.
import type { Compiled, ElementInfo } from './model.js';

export interface Ahead {
  elementId: string;
  type: string;
  name: string | null;
  lane: string | null;
  /** The ways that lead there, each as the labels of its flows in order: the answers at the gateways. */
  ways: string[][];
}

/** Passed through on the way: they ask nobody and wait for nothing. */
const passes = new Set(['bpmn:ExclusiveGateway', 'bpmn:ParallelGateway', 'bpmn:InclusiveGateway', 'bpmn:IntermediateThrowEvent']);
const mostAhead = 50;
/** Ways looked at in all: a diagram of gateways alone could have more than anybody could read. */
const mostWays = 500;

/**
 * The activities, waits and ends that may follow an element, each with the ways that lead there. The end of a sub-process
 * leads on behind it. Which of them it will be is decided by the answers.
 */
export function whatFollows(compiled: Compiled, elementId: string): Ahead[] {
  const found = new Map<string, Ahead>();
  let count = 0;
  const walk = (from: ElementInfo, way: string[], passed: readonly string[]): void => {
    for (const flow of from.outgoing) {
      const target = compiled.elements.get(flow.targetId);
      if (!target || passed.includes(target.id) || count >= mostWays) continue;
      visit(target, flow.name ? [...way, flow.name] : way, passed);
    }
  };
  const visit = (target: ElementInfo, way: string[], passed: readonly string[]): void => {
    const outer = target.type === 'bpmn:EndEvent' && target.parentId ? compiled.elements.get(target.parentId) : undefined;
    if (passes.has(target.type) || outer?.type === 'bpmn:SubProcess') return walk(outer ?? target, way, [...passed, target.id]);
    count += 1;
    const { id, type, name, lane } = target;
    const known = found.get(id);
    if (!known && found.size >= mostAhead) return;
    if (!known) found.set(id, { elementId: id, type: type.replace(/^bpmn:/, ''), name, lane, ways: [way] });
    else if (!known.ways.some((other) => other.join('\n') === way.join('\n'))) known.ways.push(way);
  };
  const start = compiled.elements.get(elementId);
  if (start) walk(start, [], []);
  return [...found.values()];
}

export interface Beside {
  elementId: string;
  name: string | null;
  type: string;
  interrupting: boolean;
  follows: Ahead[];
}

/** The boundary events drawn on a task and on the sub-processes around it. */
export function boundariesOf(compiled: Compiled, elementId: string): Beside[] {
  const hosts = new Set<string>();
  for (let at: string | null | undefined = elementId; at && !hosts.has(at); at = compiled.elements.get(at)?.parentId) hosts.add(at);
  return [...compiled.elements.values()]
    .filter((e) => e.attachedToId !== null && hosts.has(e.attachedToId))
    .map((e) => ({ elementId: e.id, name: e.name, type: eventType(e), interrupting: e.cancelActivity !== false, follows: whatFollows(compiled, e.id) }));
}

const eventType = (e: ElementInfo): string => (e.timer ? 'timer' : e.eventName ? 'message' : 'other');
