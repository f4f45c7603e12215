// Only what one step can touch: the active elements of the saved state and what a token can reach from them before it must
// wait for somebody. The cost of a step then does not grow with the diagram. Where the closure is not complete after all, a
// flow notices that its target is missing, and the step is done again with the whole diagram (see SliceMiss).
import { DefinitionContext } from './context.js';
import { type Executable, startContext } from './compile.js';
import type { Start } from './lower-scopes.js';
import type { EventSpec, GraphFlow, GraphNode } from './graph.js';
import { edgesOf, type Edges } from './edges.js';
import { lru, type Lru } from '../lru.js';

/** Slices that one definition keeps; each is a list of references. */
const slicesKept = 300;
const slices = new WeakMap<Executable, Lru<DefinitionContext>>();
const startSlices = new WeakMap<Start, DefinitionContext>();

/** The package's state, as far as it tells which elements are active. */
interface SavedScope {
  children?: { id: string; execution?: SavedScope & { executions?: SavedScope[] } }[];
}

/** The context for a step from this state; the whole one where a slice would save nothing or cannot be proved. */
export function sliceFor(executable: Executable, core: unknown): DefinitionContext {
  if (!executable.mayBeSliced) return executable.full;
  const active = activeIds(core);
  const key = active.join(' ');
  let kept = slices.get(executable);
  if (!kept) slices.set(executable, (kept = lru(slicesKept)));
  const known = kept.get(key);
  if (known) return known;
  const made = makeSlice(executable, active);
  kept.set(key, made);
  return made;
}

/** The context in which an instance begins: all that one start leads to before the first waits. */
export function sliceForStart(executable: Executable, start: Start): DefinitionContext {
  if (!executable.mayBeSliced) return startContext(executable, start);
  let kept = startSlices.get(start);
  if (kept) return kept;
  const closure = new Closure(executable);
  for (const id of executable.firstOf.get(executable.graph.processId) ?? []) if (isOpen(executable, start, id)) closure.enter(id);
  closure.enter(start.nodeId);
  closure.run();
  kept = sliceOf(executable, closure, (id) => isOpen(executable, start, id));
  startSlices.set(start, kept);
  return kept;
}

/** An instance has one start; the other start events of its process stay out. */
const isOpen = (executable: Executable, start: Start, id: string): boolean => executable.starts.every((other) => other === start || other.nodeId !== id);

function activeIds(core: unknown): string[] {
  const found = new Set<string>();
  const visit = (scope: SavedScope | undefined): void => {
    for (const child of scope?.children ?? []) {
      found.add(child.id);
      if (child.execution?.executions) child.execution.executions.forEach(visit);
      else visit(child.execution);
    }
  };
  for (const process of (core as { execution?: { processes?: { execution?: SavedScope }[] } }).execution?.processes ?? []) visit(process.execution);
  return [...found].sort();
}

function makeSlice(executable: Executable, active: string[]): DefinitionContext {
  const closure = new Closure(executable);
  for (const id of active) closure.addActive(id);
  closure.run();
  return sliceOf(executable, closure, () => true);
}

function sliceOf(executable: Executable, closure: Closure, isIn: (id: string) => boolean): DefinitionContext {
  const nodeIds = [...executable.graph.nodes.keys()].filter((id) => closure.nodes.has(id) && isIn(id));
  const flows = [...executable.graph.flows.values()].filter((flow) => closure.flows.has(flow));
  return new DefinitionContext(executable.graph, executable.elements, nodeIds, flows);
}

/** Boundary events that a step can set off on an activity that it has only just entered. */
const firesAtOnce = (specs: EventSpec[]): boolean => specs.some((spec) => spec.kind !== 'timer' && spec.kind !== 'message');

class Closure {
  readonly nodes = new Set<string>();
  readonly flows = new Set<GraphFlow>();
  private readonly entered = new Set<string>();
  private readonly followed = new Set<string>();
  private readonly open: (() => void)[] = [];
  private readonly executable: Executable;
  private readonly edges: Edges;

  constructor(executable: Executable) {
    this.executable = executable;
    this.edges = edgesOf(executable.graph);
  }

  run(): void {
    for (let work = this.open.pop(); work; work = this.open.pop()) work();
  }

  /** An element of the state: any of its events may come, and it may end. */
  addActive(id: string): void {
    const node = this.executable.graph.nodes.get(id);
    if (!node) return;
    this.include(node);
    this.follow(id);
    for (const boundary of this.edges.boundaries.get(id) ?? []) this.follow(boundary);
    // the next run of a sequential multi-instance begins in the step that ends the last one
    if (node.role === 'scope') this.enterScope(node);
  }

  /** Makes an element part of the slice, with all that it touches when it is made. */
  private include(node: GraphNode): void {
    if (this.nodes.has(node.id)) return;
    this.nodes.add(node.id);
    for (const id of this.edges.into.get(node.id) ?? []) this.flows.add(this.executable.graph.flows.get(id)!);
    for (const id of this.edges.from.get(node.id) ?? []) this.flows.add(this.executable.graph.flows.get(id)!);
    const { nodes } = this.executable.graph;
    for (const boundary of this.edges.boundaries.get(node.id) ?? []) this.include(nodes.get(boundary)!);
    const parent = nodes.get(node.parentId);
    if (parent) this.include(parent);
    if (node.attachedTo !== null) this.include(nodes.get(node.attachedTo)!);
  }

  /** A token may come here within the step. */
  enter(id: string): void {
    if (this.entered.has(id)) return;
    this.entered.add(id);
    const node = this.executable.graph.nodes.get(id)!;
    this.include(node);
    for (const boundary of this.edges.boundaries.get(id) ?? []) {
      if (firesAtOnce(this.executable.graph.nodes.get(boundary)!.events)) this.follow(boundary);
    }
    if (node.role === 'scope') this.enterScope(node);
    if (!waits(node)) this.follow(id);
  }

  private enterScope(scope: GraphNode): void {
    for (const id of this.executable.firstOf.get(scope.id) ?? []) this.enter(id);
  }

  private follow(id: string): void {
    if (this.followed.has(id)) return;
    this.followed.add(id);
    for (const flowId of this.edges.from.get(id) ?? []) {
      const { targetId } = this.executable.graph.flows.get(flowId)!;
      this.open.push(() => this.enter(targetId));
    }
    this.endOf(id);
  }

  /** Where a path may end, its scope may end, and a token goes on behind it. */
  private endOf(id: string): void {
    if ((this.edges.from.get(id) ?? []).length > 0) return;
    const { parentId } = this.executable.graph.nodes.get(id)!;
    if (this.executable.graph.nodes.has(parentId)) this.follow(parentId);
  }
}

/** True when a token that enters cannot leave before somebody acts. Empty collections make no such promise. */
function waits(node: GraphNode): boolean {
  if (node.loop) return false;
  if (node.role === 'user' || node.role === 'job' || node.role === 'message' || node.role === 'call') return true;
  if (node.role === 'scope') return true; // followed from its ends
  return node.role === 'event' && node.attachedTo === null && node.events.every((spec) => spec.kind === 'timer' || spec.kind === 'message');
}
