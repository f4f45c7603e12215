// Makes a failing model small: cut one thing, keep the cut if the model is still sound and still fails in the same way.
import { sizeOf, type Block, type Model, type MultiInstance, type EventBlock } from './diagram.js';
import { isSound } from './generator.js';
import { play, type EngineFace, type Outcome, type PlayOptions } from './compare.js';

export interface Failing {
  model: Model;
  options: PlayOptions;
  outcome: Outcome;
}

/** Shrinks until nothing more can go or `tries` plays are spent. Each cut is played with a few action seeds. */
export async function shrink(engine: EngineFace, first: Failing, tries = 1500): Promise<Failing> {
  let best = await shortest(engine, first);
  let left = tries;
  const kind = first.outcome.difference?.kind;
  // quickly first, then once more with more patience for cuts that need a lucky order of actions
  for (const seeds of [2, 15]) {
    for (let progress = true; progress && left > 0;) {
      progress = false;
      for (const root of cuts(best.model.root).sort((a, b) => sizeOf(a) - sizeOf(b))) {
        const model = { ...best.model, root };
        if (left <= 0 || !isSound(model)) continue;
        const failing = await stillFails(engine, model, best.options, kind, seeds);
        left -= failing ? 1 : seeds;
        if (!failing) continue;
        best = failing;
        progress = true;
        break;
      }
    }
  }
  return shortest(engine, { ...best, model: withoutUnused(best.model) });
}

async function stillFails(engine: EngineFace, model: Model, options: PlayOptions, kind: string | undefined, seeds: number): Promise<Failing | null> {
  for (let at = 0; at < seeds; at += 1) {
    const tried = { ...options, actionSeed: options.actionSeed + at };
    const outcome = await quietly(engine, model, tried);
    if (outcome?.difference?.kind === kind && outcome?.difference) return { model, options: tried, outcome };
  }
  return null;
}

/** A cut may make a model that the reference itself refuses: such a cut is no use. */
async function quietly(engine: EngineFace, model: Model, options: PlayOptions): Promise<Outcome | null> {
  try {
    return await play(engine, model, options);
  } catch {
    return null;
  }
}

/** The same model with the fewest actions among some action seeds. */
async function shortest(engine: EngineFace, failing: Failing): Promise<Failing> {
  let best = failing;
  for (let at = 0; at < 25; at += 1) {
    const options = { ...failing.options, actionSeed: failing.options.actionSeed + at };
    const outcome = await quietly(engine, failing.model, options);
    if (outcome?.difference?.kind !== failing.outcome.difference?.kind || !outcome) continue;
    if (outcome.actions.length < best.outcome.actions.length || best.model !== failing.model) best = { model: failing.model, options, outcome };
  }
  return best;
}

function withoutUnused(model: Model): Model {
  const text = JSON.stringify(model.root);
  return { ...model, variables: model.variables.filter((spec) => text.includes(`"${spec.name}"`)) };
}

/** All models that are one cut smaller. */
function cuts(block: Block): Block[] {
  const inside = inner(block);
  const plain: Block[] = block.kind === 'task' && block.task === 'user' && block.mi === null && block.events.length === 0 ? []
    : block.kind === 'seq' || block.kind === 'end' ? [] : [{ kind: 'task', id: `t_${idOf(block)}`, task: 'user', mi: null, events: [] }];
  return [...plain, ...inside];
}

function idOf(block: Block): string {
  return 'id' in block ? block.id : 'seq';
}

function inner(block: Block): Block[] {
  switch (block.kind) {
    case 'seq': return [
      ...(block.blocks.length > 1 ? block.blocks : []),
      ...without(block.blocks).map((blocks): Block => ({ kind: 'seq', blocks })),
      ...each(block.blocks, cuts).map((blocks): Block => ({ kind: 'seq', blocks })),
    ];
    case 'task': return attributes(block);
    case 'xor': return [
      ...block.branches.map((branch) => branch.block),
      ...(block.byDefault ? [{ ...block, byDefault: false }] : []),
      ...(block.merge ? [] : [{ ...block, merge: true }]),
      // only conditions that are left out may leave a gap: what is last becomes the default
      ...(block.branches.length > 2 ? without(block.branches).map((branches): Block => ({ ...block, branches, byDefault: true })) : []),
      ...each(block.branches, (branch) => cuts(branch.block).map((inside) => ({ ...branch, block: inside }))).map((branches): Block => ({ ...block, branches })),
    ];
    case 'and': case 'fork': return [
      ...block.branches,
      ...(block.kind === 'and' && block.fromTask ? [{ ...block, fromTask: false }] : []),
      ...(block.branches.length > 2 ? without(block.branches).map((branches): Block => ({ ...block, branches })) : []),
      ...each(block.branches, cuts).map((branches): Block => ({ ...block, branches })),
    ];
    case 'race': return [
      ...block.branches.map((branch) => branch.block),
      ...each(block.branches, (branch) => cuts(branch.block).map((inside) => ({ ...branch, block: inside }))).map((branches): Block => ({ ...block, branches })),
    ];
    case 'or': return [
      ...block.branches.map((branch) => branch.block),
      ...each(block.branches, (branch) => cuts(branch.block).map((inside) => ({ ...branch, block: inside }))).map((branches): Block => ({ ...block, branches })),
      ...(block.byDefault ? cuts(block.byDefault).map((inside): Block => ({ ...block, byDefault: inside })) : []),
    ];
    case 'loop': return [block.body, ...(block.form === 'while' ? [{ ...block, form: 'until' as const }] : []), ...cuts(block.body).map((body): Block => ({ ...block, body }))];
    case 'sub': return [block.body, ...attributes(block), ...cuts(block.body).map((body): Block => ({ ...block, body }))];
    default: return [];
  }
}

function attributes(block: Extract<Block, { kind: 'task' | 'sub' }>): Block[] {
  const events = [
    ...without(block.events),
    ...each(block.events, (event): EventBlock[] => [
      ...cuts(event.handler).map((handler) => ({ ...event, handler })),
      ...(event.handler.kind === 'seq' && event.handler.blocks.length === 0 ? [] : [{ ...event, handler: { kind: 'seq' as const, blocks: [] } }]),
      ...(event.trigger.kind === 'timer' && event.trigger.cycle !== null ? [{ ...event, trigger: { ...event.trigger, cycle: null } }] : []),
    ]),
  ];
  const multi = block.mi ? [null, ...simpler(block.mi)] : [];
  return [...multi.map((mi): Block => ({ ...block, mi })), ...events.map((some): Block => ({ ...block, events: some }))];
}

function simpler(mi: MultiInstance): MultiInstance[] {
  return [
    ...(mi.completion ? [{ ...mi, completion: null }] : []),
    ...(mi.count.kind === 'literal' && mi.count.value > 1 ? [{ ...mi, count: { kind: 'literal' as const, value: mi.count.value - 1 } }] : []),
  ];
}

function without<T>(items: T[]): T[][] {
  return items.map((_, at) => items.filter((__, other) => other !== at));
}

function each<T>(items: T[], change: (item: T) => T[]): T[][] {
  return items.flatMap((item, at) => change(item).map((changed) => items.map((other, index) => (index === at ? changed : other))));
}
