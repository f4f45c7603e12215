// The tree of what an instance is executing. It, and nothing else, says what is open: the package leaves timers and
// listeners behind when a scope is cut off (engine notes §9.1), but it always lets go of the branch that held them.
import { type Activity, type Definition, executing, type Frame, type Message, type ProcessExecution, tokens } from './elements.js';
import type { EventSpec, GraphNode } from './graph.js';
import { type Host, nodeOf, ownFrame } from './host.js';

/** A scope on the way from an element to the process: the sub-process and which run of it. */
export interface ScopeStep {
  nodeId: string;
  executionId: string;
}

/** One thing that executes and could be signalled: a task, a multi-instance run of one, an event definition. */
export interface Leaf {
  executionId: string;
  node: GraphNode;
  /** The event definition, for events. */
  spec: EventSpec | null;
  activity: Activity;
  message: Message;
  frame: Frame | null;
  /** Innermost scope first; the process last. */
  scopes: ScopeStep[];
}

export interface Walked {
  leaves: Leaf[];
  scopes: ProcessExecution[];
  /** Execution ids of everything alive, roots of multi-instance activities included. */
  alive: Set<string>;
  /** Everything that was entered and not yet left, by execution id: tasks, sub-processes, gateways and events that wait. */
  standing: Map<string, GraphNode>;
}

/** Walks what is alive. */
export function walk(host: Host, definition: Definition): Walked {
  const walked: Walked = { leaves: [], scopes: [], alive: new Set(), standing: new Map() };
  for (const process of definition.getProcesses()) {
    if (process.status && process.execution) walkScope(host, process.execution, [], walked);
  }
  return walked;
}

function walkScope(host: Host, scope: ProcessExecution, outer: ScopeStep[], walked: Walked): void {
  if (scope.completed) return;
  walked.scopes.push(scope);
  const scopes = [{ nodeId: scope.id, executionId: scope.executionId }, ...outer];
  const seen = new Set<string>();
  for (const token of tokens(scope)) {
    const { id, isSequenceFlow } = token.content;
    if (isSequenceFlow || seen.has(id)) continue;
    seen.add(id);
    const activity = scope.getActivityById(id);
    const execution = activity?.execution;
    if (!activity?.status || !execution || execution.completed) continue;
    const node = nodeOf(host, activity);
    if (activity.executionId !== undefined && node.attachedTo === null) walked.standing.set(activity.executionId, node);
    for (const message of executing(execution)) addLeaf(node, activity, message, scopes, walked);
    if (activity.isSubProcess) for (const inner of execution.source?.executions ?? []) walkScope(host, inner, scopes, walked);
  }
}

function addLeaf(node: GraphNode, activity: Activity, message: Message, scopes: ScopeStep[], walked: Walked): void {
  const { executionId, isRootScope, isDefinitionScope, index } = message.content;
  walked.alive.add(executionId);
  if (activity.isSubProcess) return;
  const isInside = isRootScope && (node.loop !== null || activity.eventDefinitions !== undefined);
  if (isInside) return;
  walked.leaves.push({
    executionId, node, activity, message, scopes,
    spec: isDefinitionScope ? node.events[index ?? 0] ?? null : null,
    frame: ownFrame(message.content, activity.environment.options.frame ?? null),
  });
}

/** A join at which a token waits for others that will not come, when nothing else is alive; null when there is none. */
export function stuckJoin(host: Host, walked: Walked): string | null {
  for (const scope of walked.scopes) {
    for (const { content } of tokens(scope)) {
      const target = content.isSequenceFlow ? host.graph.flows.get(content.id)?.targetId : undefined;
      if (target !== undefined) return target;
    }
  }
  return null;
}
