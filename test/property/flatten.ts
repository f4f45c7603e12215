// From the tree of blocks to the flat graph that is drawn: gateways, merges, boundary events and end events.
// "Loose ends" are flows that have left a block and look for a target; where several meet, a merge is drawn as an
// exclusive gateway or left implicit (several flows into one task), as people draw both.
import type { Block, Boundary, Condition, Graph, MultiInstance, Node, NodeType, EventBlock } from './diagram.js';

interface Loose {
  source: string;
  condition: Condition | null;
  isDefault: boolean;
}

interface Drawing {
  graph: Graph;
  /** element variables in sight, outermost first */
  items: string[];
  next: (prefix: string) => string;
}

const loose = (source: string, condition: Condition | null = null, isDefault = false): Loose => ({ source, condition, isDefault });

/** Draws a model's root as one process. */
export function flatten(root: Block, id: string): Graph {
  let count = 0;
  return scopeOf(root, id, [], (prefix) => `${prefix}_${(count += 1)}`);
}

function scopeOf(root: Block, id: string, items: string[], next: Drawing['next']): Graph {
  const drawing: Drawing = { graph: { id, nodes: [], boundaries: [], flows: [] }, items, next };
  const start = addNode(drawing, next('start'), 'start');
  const ends = draw(drawing, root, [loose(start)]);
  finish(drawing, ends);
  return drawing.graph;
}

function addNode(drawing: Drawing, id: string, type: NodeType, more: Partial<Node> = {}): string {
  drawing.graph.nodes.push({ id, type, mi: null, trigger: null, code: null, scope: null, items: drawing.items, ...more });
  return id;
}

function connect(drawing: Drawing, ends: Loose[], target: string): void {
  for (const end of ends) {
    drawing.graph.flows.push({ id: drawing.next('flow'), source: end.source, target, condition: end.condition, isDefault: end.isDefault });
  }
}

function finish(drawing: Drawing, ends: Loose[]): void {
  if (ends.length > 0) connect(drawing, ends, addNode(drawing, drawing.next('end'), 'end'));
}

/** One loose end out of several, through an exclusive merge. */
function single(drawing: Drawing, ends: Loose[]): Loose[] {
  if (ends.length < 2) return ends;
  const merge = addNode(drawing, drawing.next('merge'), 'xor');
  connect(drawing, ends, merge);
  return [loose(merge)];
}

function draw(drawing: Drawing, block: Block, ends: Loose[]): Loose[] {
  switch (block.kind) {
    case 'seq': return block.blocks.reduce((open, inner) => draw(drawing, inner, open), ends);
    case 'task': {
      const items = ownItems(drawing, block.mi);
      connect(drawing, ends, addNode(drawing, block.id, block.task, { mi: block.mi, items }));
      return withEvents(drawing, block.id, block.events);
    }
    case 'catch':
      connect(drawing, ends, addNode(drawing, block.id, 'catch', { trigger: block.trigger }));
      return [loose(block.id)];
    case 'sub': {
      const items = ownItems(drawing, block.mi);
      const scope = scopeOf(block.body, block.id, items, drawing.next);
      connect(drawing, ends, addNode(drawing, block.id, 'sub', { mi: block.mi, scope }));
      return withEvents(drawing, block.id, block.events);
    }
    case 'race':
      connect(drawing, single(drawing, ends), addNode(drawing, block.id, 'race'));
      return block.branches.flatMap(({ id, trigger, block: inner }) => {
        connect(drawing, [loose(block.id)], addNode(drawing, id, 'catch', { trigger }));
        return draw(drawing, inner, [loose(id)]);
      });
    case 'xor': return drawXor(drawing, block, ends);
    case 'and': return drawAnd(drawing, block, ends);
    case 'or': return drawOr(drawing, block, ends);
    case 'loop': return drawLoop(drawing, block, ends);
    case 'end':
      connect(drawing, ends, addNode(drawing, block.id, block.terminate ? 'terminate' : block.code === null ? 'end' : 'error', { code: block.code }));
      return [];
    case 'fork': {
      connect(drawing, single(drawing, ends), addNode(drawing, block.id, 'and'));
      for (const branch of block.branches) finish(drawing, draw(drawing, branch, [loose(block.id)]));
      return [];
    }
    default: return ends;
  }
}

function ownItems(drawing: Drawing, mi: MultiInstance | null): string[] {
  return mi?.count.kind === 'collection' ? [...drawing.items, mi.count.item] : drawing.items;
}

function withEvents(drawing: Drawing, id: string, events: EventBlock[]): Loose[] {
  const out = [loose(id)];
  for (const event of events) {
    const { interrupting, trigger } = event;
    const boundary: Boundary = { id: event.id, attachedTo: id, interrupting, trigger, items: drawing.items };
    drawing.graph.boundaries.push(boundary);
    const ends = draw(drawing, event.handler, [loose(event.id)]);
    if (event.onwards === 'merge') out.push(...ends);
    else finish(drawing, ends);
  }
  return out;
}

function drawXor(drawing: Drawing, block: Extract<Block, { kind: 'xor' }>, ends: Loose[]): Loose[] {
  connect(drawing, ends, addNode(drawing, block.id, 'xor'));
  const last = block.branches.length - 1;
  const out = block.branches.flatMap(({ condition, block: inner }, at) => {
    const isDefault = block.byDefault && at === last;
    return draw(drawing, inner, [loose(block.id, isDefault ? null : condition, isDefault)]);
  });
  return block.merge ? single(drawing, out) : out;
}

function drawAnd(drawing: Drawing, block: Extract<Block, { kind: 'and' }>, ends: Loose[]): Loose[] {
  const from = implicitSplit(drawing, block.fromTask, ends);
  const split = from ?? addNode(drawing, `${block.id}_split`, 'and');
  if (from === null) connect(drawing, single(drawing, ends), split);
  const join = addNode(drawing, `${block.id}_join`, 'and');
  for (const branch of block.branches) connect(drawing, single(drawing, draw(drawing, branch, [loose(split)])), join);
  return [loose(join)];
}

/** Several unconditional flows out of a task split like a parallel gateway (BPMN 2.0.2, 13.3.1: uncontrolled flow). */
function implicitSplit(drawing: Drawing, wanted: boolean, ends: Loose[]): string | null {
  const [only] = ends;
  if (!wanted || ends.length !== 1 || !only || only.condition !== null || only.isDefault) return null;
  const node = drawing.graph.nodes.find((n) => n.id === only.source);
  return node && ['user', 'job', 'pass', 'sub', 'catch'].includes(node.type) ? node.id : null;
}

function drawOr(drawing: Drawing, block: Extract<Block, { kind: 'or' }>, ends: Loose[]): Loose[] {
  const split = addNode(drawing, `${block.id}_split`, 'or');
  connect(drawing, single(drawing, ends), split);
  const join = addNode(drawing, `${block.id}_join`, 'or');
  const close = (open: Loose[]): void => connect(drawing, single(drawing, open), join);
  for (const { condition, block: inner } of block.branches) close(draw(drawing, inner, [loose(split, condition)]));
  if (block.byDefault) close(draw(drawing, block.byDefault, [loose(split, null, true)]));
  return [loose(join)];
}

function drawLoop(drawing: Drawing, block: Extract<Block, { kind: 'loop' }>, ends: Loose[]): Loose[] {
  const again: Condition = { name: block.again, op: '=', value: true };
  const entry = addNode(drawing, `${block.id}_entry`, 'xor');
  connect(drawing, ends, entry);
  if (block.form === 'until') {
    const question = addNode(drawing, `${block.id}_question`, 'xor');
    connect(drawing, draw(drawing, block.body, [loose(entry)]), question);
    connect(drawing, [loose(question, again)], entry);
    return [loose(question, null, true)];
  }
  // while: the entry asks as well as merges
  connect(drawing, draw(drawing, block.body, [loose(entry, again)]), entry);
  return [loose(entry, null, true)];
}
