// XML → a definition ready to run. Reads, refuses what cannot run, and lowers what the package does wrong to what it does
// right; ids of the author stay in every wait and history entry.
import type { Compiled, Refusal } from '../model.js';
import { CompileError } from './compile-error.js';
import { contextElements, type ContextElement, DefinitionContext } from './context.js';
import { executorVersion } from './elements.js';
import type { Graph } from './graph.js';
import { elementInfos } from './info.js';
import { lowerEventScopes } from './lower-event-scopes.js';
import { lowerInclusiveBlocks } from './lower-inclusive.js';
import { lowerLinks } from './lower-links.js';
import { lowerStarts, separateTwinFlows, type Start } from './lower-scopes.js';
import { chooseProcess, readGraph } from './read-graph.js';
import { readXml } from './read-xml.js';

/** What the executor keeps of a definition (Compiled.context). */
export interface Executable {
  graph: Graph;
  elements: Map<string, ContextElement>;
  starts: Start[];
  /** Everything but the start events of the process: what a running instance can still touch. */
  full: DefinitionContext;
  /** sub-process → its start */
  firstOf: Map<string, string[]>;
  mayBeSliced: boolean;
}

export interface CompileOptions {
  /** Which process, where the diagram has several. */
  processId?: string;
  /** Diagrams from elsewhere: what the parser does not know is left out instead of refused. */
  lenient?: boolean;
}

/**
 * Compiles a diagram.
 * @throws CompileError with every refusal found
 */
export async function compile(xml: string, options: CompileOptions = {}): Promise<Compiled> {
  const { definitions, refusals } = await readXml(xml);
  const found: Refusal[] = options.lenient && definitions ? [] : [...refusals];
  const process = definitions && chooseProcess(definitions, options, found);
  if (!process) throw new CompileError(found);
  const graph = readGraph(process, found);
  const elements = elementInfos(graph, process);
  const starts = lower(graph, found);
  if (found.length > 0) throw new CompileError(found);
  return {
    processId: graph.processId, name: graph.name, executorVersion, elements,
    starts: starts.flatMap((start) => (start.elementId === null ? [] : [{ elementId: start.elementId, messageName: start.messageName }])),
    context: executable(graph, starts),
  };
}

function lower(graph: Graph, refusals: Refusal[]): Start[] {
  lowerLinks(graph, refusals);
  const bodyId = lowerEventScopes(graph, refusals);
  const starts = lowerStarts(graph, bodyId, refusals);
  lowerInclusiveBlocks(graph);
  separateTwinFlows(graph);
  return starts;
}

function executable(graph: Graph, starts: Start[]): Executable {
  const elements = contextElements(graph);
  const isStart = new Set(starts.map((start) => start.nodeId));
  const rest = [...graph.nodes.keys()].filter((id) => !isStart.has(id));
  const firstOf = new Map<string, string[]>();
  for (const node of graph.nodes.values()) {
    if (node.type === 'bpmn:StartEvent') firstOf.set(node.parentId, [...(firstOf.get(node.parentId) ?? []), node.id]);
  }
  return {
    graph, elements, starts, firstOf, full: new DefinitionContext(graph, elements, rest, graph.flows.values()),
    // compensation handlers are reached by no flow and may be wanted at any time
    mayBeSliced: graph.associations.length === 0 && ![...graph.nodes.values()].some((node) => node.isForCompensation),
  };
}

/** The context in which an instance begins at one of the starts of its process. */
export function startContext(executable: Executable, start: Start): DefinitionContext {
  const others = new Set(executable.starts.filter((other) => other !== start).map((other) => other.nodeId));
  const nodeIds = [...executable.graph.nodes.keys()].filter((id) => !others.has(id));
  return new DefinitionContext(executable.graph, executable.elements, nodeIds, executable.graph.flows.values());
}
