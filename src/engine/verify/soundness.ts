// What is proven of a diagram's flow before it may run, and what is only doubtful.
import type { Refusal } from '../model.js';
import type { Element } from '../lint/support/diagram.js';
import { graphOf } from './graph.js';
import { endlessLoops, possibleEndlessLoops } from './loops.js';
import { deadEnds, noWayOut, unreachable } from './reachable.js';
import { deadlocks } from './tokens.js';

/** Faults (`orphan`, `unreachable`, `no-way-out`, `endless-loop`) and doubts (`dead-end`, `endless-loop`, `deadlock`) of a process. `inside`: handlers that wait for nothing. */
export function verifyFlow(process: Element, inside: ReadonlySet<string> = new Set()): { refusals: Refusal[]; warnings: Refusal[] } {
  const graph = graphOf(process);
  return { refusals: [...unreachable(graph), ...noWayOut(graph), ...endlessLoops(graph)], warnings: [...deadEnds(graph), ...possibleEndlessLoops(graph, inside), ...deadlocks(graph)] };
}
