// The words of the differential fuzz: a random model as a tree of blocks (what the generator makes and the shrinker cuts),
// and the flat graph that it is drawn as (what the reference interpreter plays and to-xml writes). Types and small
// questions only; nothing here comes from src/engine.
import type { Json } from '../../src/engine/model.js';

/** A condition small enough to be evaluated without FEEL; to-xml writes it as FEEL. */
export interface Condition {
  name: string;
  op: '=' | '>=' | '<' | 'in';
  value: Json;
}

/** Minutes until a timer is due; in a multi-instance body the element variables tell the runs apart. */
export interface Delay {
  minutes: number;
  /** [element variable, minutes that each unit of it adds] */
  perItem: [string, number][];
}

/** What an event waits for. `cycle` n: `Rn/…`, null: once. */
export type Trigger =
  | { kind: 'timer'; delay: Delay; cycle: number | null }
  | { kind: 'message'; name: string }
  | { kind: 'error'; code: string };

export interface MultiInstance {
  sequential: boolean;
  /** A number, the name of a number variable, or a collection variable with its element variable. */
  count: { kind: 'literal'; value: number } | { kind: 'variable'; name: string } | { kind: 'collection'; name: string; item: string };
  completion: Condition | null;
}

/** A boundary event with what follows it. */
export interface EventBlock {
  id: string;
  interrupting: boolean;
  trigger: Trigger;
  handler: Block;
  /** Where the handler's path goes; a non-interrupting one always ends by itself. */
  onwards: 'merge' | 'end';
}

export type TaskType = 'user' | 'job' | 'pass';

export type Block =
  | { kind: 'task'; id: string; task: TaskType; mi: MultiInstance | null; events: EventBlock[] }
  | { kind: 'catch'; id: string; trigger: Trigger }
  /** An event-based gateway: the first of the events to happen decides. */
  | { kind: 'race'; id: string; branches: { id: string; trigger: Trigger; block: Block }[] }
  | { kind: 'seq'; blocks: Block[] }
  | { kind: 'xor'; id: string; branches: { condition: Condition; block: Block }[]; byDefault: boolean; merge: boolean }
  | { kind: 'and'; id: string; branches: Block[]; fromTask: boolean }
  | { kind: 'or'; id: string; branches: { condition: Condition; block: Block }[]; byDefault: Block | null }
  /** until: the body, then the question; while: the question, then the body */
  | { kind: 'loop'; id: string; form: 'until' | 'while'; again: string; body: Block }
  | { kind: 'sub'; id: string; body: Block; mi: MultiInstance | null; events: EventBlock[] }
  /** An end event before the end: nothing may follow it. `terminate` ends the whole scope, a code throws an error. */
  | { kind: 'end'; id: string; terminate: boolean; code: string | null }
  /** A split without join at the end of a scope: each branch runs to its own end event. */
  | { kind: 'fork'; id: string; branches: Block[] };

/** How a variable of the model is chosen; the driver gives new values on completion. */
export interface VariableSpec {
  name: string;
  kind: 'choice' | 'mask' | 'maskOrNone' | 'again' | 'count' | 'list';
  /** choice: values 0..size-1; mask: size bits; count: 0..size; list: up to size different numbers below 5 */
  size: number;
  initial: Json;
}

export interface Model {
  seed: number;
  root: Block;
  variables: VariableSpec[];
}

export type NodeType = 'start' | 'end' | 'terminate' | 'user' | 'job' | 'pass' | 'xor' | 'and' | 'or' | 'sub' | 'catch' | 'race' | 'error';

export interface Flow {
  id: string;
  source: string;
  target: string;
  condition: Condition | null;
  isDefault: boolean;
}

export interface Boundary {
  id: string;
  attachedTo: string;
  interrupting: boolean;
  trigger: Trigger;
  /** message: the element variables in sight */
  items: string[];
}

export interface Node {
  id: string;
  type: NodeType;
  mi: MultiInstance | null;
  /** catch */
  trigger: Trigger | null;
  /** error end event */
  code: string | null;
  /** sub */
  scope: Graph | null;
  /** The element variables in sight, outermost first; written as candidate groups, job input or correlation key. */
  items: string[];
}

/** One level of a diagram: a process or a sub-process. */
export interface Graph {
  id: string;
  nodes: Node[];
  boundaries: Boundary[];
  flows: Flow[];
}

/** Every path through the block meets a task that waits (so that a loop around it cannot spin). */
export function mustWait(block: Block): boolean {
  switch (block.kind) {
    case 'task': return block.task !== 'pass' && neverEmpty(block.mi);
    case 'catch': case 'race': return true;
    case 'seq': return block.blocks.some(mustWait);
    case 'xor': return block.branches.every((branch) => mustWait(branch.block));
    case 'and': return block.branches.some(mustWait);
    case 'or': return block.branches.every((branch) => mustWait(branch.block)) && (block.byDefault === null || mustWait(block.byDefault));
    case 'loop': return block.form === 'until' && mustWait(block.body);
    case 'sub': return neverEmpty(block.mi) && !endsEarly(block.body) && mustWait(block.body);
    case 'end': return true; // nothing passes
    case 'fork': return block.branches.some(mustWait);
    default: return false;
  }
}

/** An end event on some path through this level, other than at its very end. */
function endsEarly(block: Block): boolean {
  return block.kind === 'end' || (block.kind !== 'sub' && children(block).some(endsEarly))
    || (block.kind === 'sub' && block.events.some((event) => endsEarly(event.handler)))
    || ((block.kind === 'task' || block.kind === 'sub') && block.events.some((event) => event.onwards === 'end' && event.interrupting));
}

function neverEmpty(mi: MultiInstance | null): boolean {
  return mi === null || (mi.count.kind === 'literal' && mi.count.value > 0);
}

/** No token leaves the block: it ends on every path. */
export function neverPasses(block: Block): boolean {
  switch (block.kind) {
    case 'end': case 'fork': return true;
    case 'seq': return block.blocks.some(neverPasses);
    case 'xor': return block.branches.every((branch) => neverPasses(branch.block));
    default: return false;
  }
}

/** The blocks directly inside, handlers of boundary timers included. */
export function children(block: Block): Block[] {
  switch (block.kind) {
    case 'task': return block.events.map((event) => event.handler);
    case 'seq': return block.blocks;
    case 'xor': case 'race': return block.branches.map((branch) => branch.block);
    case 'and': case 'fork': return block.branches;
    case 'or': return [...block.branches.map((branch) => branch.block), ...(block.byDefault ? [block.byDefault] : [])];
    case 'loop': return [block.body];
    case 'sub': return [block.body, ...block.events.map((event) => event.handler)];
    default: return [];
  }
}

export function depthOf(block: Block): number {
  const inner = Math.max(0, ...children(block).map(depthOf));
  return block.kind === 'seq' || block.kind === 'task' ? inner : inner + 1;
}

export function sizeOf(block: Block): number {
  return 1 + children(block).reduce((sum, child) => sum + sizeOf(child), 0);
}

/** A seeded random source (mulberry32): the same seed gives the same run on every machine. */
export interface Random {
  next(): number;
  /** whole number in 0..n-1 */
  below(n: number): number;
  chance(p: number): boolean;
  pick<T>(items: readonly T[]): T;
}

export function seeded(seed: number): Random {
  let a = (seed ^ 0x9e3779b9) >>> 0;
  const next = (): number => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next, below,
    chance: (p) => next() < p,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}
