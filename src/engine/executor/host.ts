// What surrounds one step: the clock, the variables, and what the step has come to so far. Lives for one call of step().
import type { HistoryEntry, Json, StepCalendar, StepErrorCode, StepInput, StepLimits, Thrown, Variables } from '../model.js';
import { StepError } from '../step-error.js';
import type { Activity, Content, Frame, RunEnvironment } from './elements.js';
import type { SliceMiss } from './slice-miss.js';
import type { EventSpec, Graph, GraphNode } from './graph.js';

/** A multi-instance activity: its collection and number are fixed when it is entered. */
export interface Loop {
  items: Json[] | null;
  count: number | null;
  variable: string | null;
  done: number;
}

/** An event that throws and waits for the step to come to rest before the throw takes effect. */
export interface Parked {
  executionId: string;
  nodeId: string;
  spec: EventSpec;
}

export interface Host {
  graph: Graph;
  now: Date;
  calendar: StepCalendar;
  /** What `businessDays(n)` handed out to the expression that is being read. */
  reckoned: Map<string, Date>;
  businessKey: string | null;
  variables: Variables;
  /** Variables were written: conditional events look again. */
  hasNews: boolean;
  limits: StepLimits;
  loops: Record<string, Loop>;
  /** Activations, over the life of the instance, of each element that a loop could come round to. */
  counts: Record<string, number>;
  activations: number;
  isLoading: boolean;
  isOver: boolean;
  fault: StepError | null;
  /** The slice was too small: goes before every fault that follows from it. */
  missed: SliceMiss | null;
  /** Tokens that arrived and wait for their turn: keeps the stack flat however long the diagram. */
  arrivals: (() => void)[];
  parked: Parked[];
  thrown: Thrown[];
  history: HistoryEntry[];
  /** Execution ids of waits that came to their proper end in this step. */
  completed: Set<string>;
  /** Execution ids of activities that ended before they left. */
  properEnds: Set<string>;
  /** An error that nobody caught. */
  error: { code: string; elementId: string } | null;
  deadline: () => boolean;
}

export const hostOf = (environment: RunEnvironment): Host => environment.options.host as Host;

/** The author's id of a node; null for nodes that nobody should hear of. */
export const originOf = (host: Host, nodeId: string): string | null => host.graph.nodes.get(nodeId)?.origin ?? null;

/** Remembers the first thing that went wrong and unwinds. The step ends with it whatever the diagram would catch. */
export function fail(host: Host, code: StepErrorCode, nodeId: string | null, message: string, cause?: unknown): never {
  host.fault ??= new StepError(code, nodeId === null ? null : originOf(host, nodeId) ?? nodeId, message, { cause });
  throw host.fault;
}

/** The node that an activity runs. */
export function nodeOf(host: Host, activity: Activity): GraphNode {
  const node = host.graph.nodes.get(activity.id);
  if (!node) throw new Error(`no such node: ${activity.id}`);
  return node;
}

/** The multi-instance run that a message belongs to, if it is one. */
export function ownFrame(content: Content, outer: Frame | null): Frame | null {
  return content.isMultiInstance ? { executionId: content.executionId, outer } : outer;
}

/** What surrounds a step that begins now. `saved` is what the state keeps of earlier ones. */
export function openHost(graph: Graph, input: StepInput, limits: StepLimits, saved: Pick<Host, 'loops' | 'counts'> | null): Host {
  const started = performance.now();
  return {
    graph, now: input.now, calendar: input.calendar, businessKey: input.businessKey,
    variables: structuredClone(input.variables), hasNews: false, limits,
    loops: saved?.loops ?? {}, counts: saved?.counts ?? {}, activations: 0,
    reckoned: new Map(), isLoading: false, isOver: false, fault: null, missed: null, error: null,
    arrivals: [], parked: [], thrown: [], history: [], completed: new Set(), properEnds: new Set(),
    deadline: () => performance.now() - started > limits.wallMs,
  };
}
