// A seeded generator of random sound diagrams. Sound: every token can reach an end and nothing is left behind, so that
// any difference between two interpreters is a fault of one of them and not of the diagram.
import type { Json, Variables } from '../../src/engine/model.js';
import { children, mustWait, neverPasses, seeded } from './diagram.js';
import type { Block, Condition, Delay, Model, EventBlock, MultiInstance, Random, TaskType, Trigger, VariableSpec } from './diagram.js';

export interface GeneratorOptions {
  /** how deep blocks may nest */
  depth: number;
  /** roughly how many tasks */
  tasks: number;
  /** messages, races of events and BPMN errors too */
  more: boolean;
}

/** Where a block stands: decides what may be drawn there without making the diagram unsound. */
interface Place {
  depth: number;
  /** inside a split whose join waits for this branch, on this level */
  joined: boolean;
  /** nothing follows on this level */
  last: boolean;
  /** directly in a multi-instance body: terminate would leave open which instances it means */
  noTerminate: boolean;
  /** inside a sub-process repeated by number, whose runs only `loopCounter` tells apart */
  noMulti: boolean;
  items: string[];
  /** BPMN errors that an activity around this place catches */
  codes: string[];
}

interface Making {
  more: boolean;
  random: Random;
  tasksLeft: number;
  variables: VariableSpec[];
  count: number;
}

/** The options of a seed: every second model nests four deep or more. */
export function optionsOf(seed: number): GeneratorOptions {
  const random = seeded(seed * 7 + 1);
  return { depth: 2 + random.below(4), tasks: 1 + random.below(5), more: seed % 4 === 0 };
}

/** A random sound model: the same for the same seed and options. */
export function generate(seed: number, options: GeneratorOptions = optionsOf(seed)): Model {
  const making: Making = { more: options.more, random: seeded(seed), tasksLeft: options.tasks, variables: [], count: 0 };
  const place: Place = { depth: options.depth, joined: false, last: true, noTerminate: false, noMulti: false, items: [], codes: [] };
  const root = sequence(making, place, true);
  return { seed, root, variables: making.variables };
}

/** The variables that an instance starts with. */
export function initialVariables(model: Model): Variables {
  return Object.fromEntries(model.variables.map((spec) => [spec.name, spec.initial]));
}

/** A new value for a variable. `leaving`: loops are to end now. */
export function choose(spec: VariableSpec, random: Random, leaving: boolean): Json {
  switch (spec.kind) {
    case 'choice': return random.below(spec.size);
    case 'again': return leaving ? false : random.chance(0.4);
    case 'count': return random.below(spec.size + 1);
    case 'list': {
      const numbers = [0, 1, 2, 3, 4].map((n) => [random.next(), n] as const).sort((a, b) => a[0] - b[0]).map(([, n]) => n);
      return numbers.slice(0, random.chance(0.1) ? 0 : 1 + random.below(spec.size));
    }
    default: {
      let mask = 0;
      for (let bit = 0; bit < spec.size; bit += 1) if (random.chance(0.6)) mask += 2 ** bit;
      return mask === 0 && spec.kind === 'mask' ? 2 ** random.below(spec.size) : mask;
    }
  }
}

function id(making: Making, prefix: string): string {
  making.count += 1;
  return `${prefix}_${making.count}`;
}

function variable(making: Making, kind: VariableSpec['kind'], size: number): string {
  const spec: VariableSpec = { name: `${kind === 'maskOrNone' ? 'mask' : kind}${(making.count += 1)}`, kind, size, initial: null };
  spec.initial = choose(spec, making.random, false);
  making.variables.push(spec);
  return spec.name;
}

/** `spine`: at least one block goes all the way down, so that the wanted depth is reached. */
function sequence(making: Making, place: Place, spine: boolean): Block {
  const { random } = making;
  const length = making.tasksLeft <= 0 ? 1 : 1 + random.below(place.depth > 2 ? 2 : 3);
  const down = spine ? random.below(length) : -1;
  const blocks: Block[] = [];
  for (let at = 0; at < length; at += 1) {
    const here = { ...place, last: place.last && at === length - 1 };
    blocks.push(block(making, here, at === down));
    if (blocks.some(neverPasses)) break;
  }
  return { kind: 'seq', blocks };
}

type Maker = (making: Making, place: Place, spine: boolean) => Block;

const MAKERS: [number, Maker][] = [
  [5, exclusive], [5, parallel], [5, inclusive], [4, loop], [5, subProcess], [1, fork], [2, race],
];

function block(making: Making, place: Place, spine: boolean): Block {
  const { random } = making;
  if (place.depth <= 0 || (!spine && (making.tasksLeft <= 0 || random.chance(0.5)))) {
    return random.chance(0.07) ? { kind: 'catch', id: id(making, 'catch'), trigger: trigger(making, place, false) } : task(making, place);
  }
  const makers = MAKERS.filter(([, maker]) => (maker !== fork || (place.last && !place.joined)) && (maker !== race || making.more));
  let at = random.below(makers.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, maker] of makers) {
    if (at < weight) return maker(making, { ...place, depth: place.depth - 1 }, spine);
    at -= weight;
  }
  throw new Error('weights do not add up');
}

function task(making: Making, place: Place, only?: TaskType): Block {
  const { random } = making;
  making.tasksLeft -= 1;
  const type = only ?? (random.chance(0.15) ? 'pass' : random.chance(0.3) ? 'job' : 'user');
  const mi = !place.noMulti && random.chance(0.15) ? multi(making) : null;
  return { kind: 'task', id: id(making, type), task: type, mi, events: place.depth > -2 && (making.tasksLeft > 0 || place.depth >= 0) && (random.chance(0.2) || (making.more && type === 'job')) ? events(making, place, type) : [] };
}

function subProcess(making: Making, place: Place, spine: boolean): Block {
  const { random } = making;
  const mi = !place.noMulti && random.chance(0.3) ? multi(making) : null;
  const catches = making.more && random.chance(0.5) ? [id(making, 'wrong')] : [];
  const item = mi === null ? [] : [mi.count.kind === 'collection' ? mi.count.item : 'loopCounter'];
  const inside: Place = {
    ...place, joined: false, last: true, noTerminate: mi !== null,
    noMulti: place.noMulti || (mi !== null && mi.count.kind !== 'collection'), items: [...place.items, ...item], codes: [...place.codes, ...catches],
  };
  const body = sequence(making, inside, spine);
  const handlers = catches.map((code) => handling(making, place, true, { kind: 'error', code }));
  return { kind: 'sub', id: id(making, 'sub'), body, mi, events: [...(random.chance(0.4) ? events(making, place, 'sub') : []), ...handlers] };
}

function multi(making: Making): MultiInstance {
  const { random } = making;
  const kind = random.below(4);
  const count: MultiInstance['count'] = kind === 0 ? { kind: 'literal', value: 1 + random.below(3) }
    : kind === 1 ? { kind: 'variable', name: variable(making, 'count', 3) }
      : { kind: 'collection', name: variable(making, 'list', 3), item: id(making, 'item') };
  const completion: Condition | null = !random.chance(0.25) ? null
    : random.chance(0.6) ? { name: 'nrOfCompletedInstances', op: '>=', value: 1 + random.below(2) }
      : { name: variable(making, 'choice', 2), op: '=', value: 1 };
  return { sequential: random.chance(0.4), count, completion };
}

function delay(making: Making, items: readonly string[]): Delay {
  return { minutes: 10 + making.random.below(3000), perItem: items.map((item, at) => [item, 7 ** at]) };
}

function trigger(making: Making, place: Place, boundary: boolean): Trigger {
  const { random } = making;
  if (making.more && random.chance(0.4)) return { kind: 'message', name: id(making, 'note') };
  return { kind: 'timer', delay: delay(making, place.items), cycle: boundary && random.chance(0.3) ? 2 + random.below(2) : null };
}

function events(making: Making, place: Place, on: TaskType | 'sub'): EventBlock[] {
  const { random } = making;
  const made: EventBlock[] = [];
  if (making.more && on === 'job') made.push(handling(making, place, true, { kind: 'error', code: id(making, 'wrong') }));
  for (let at = random.chance(0.25) ? 2 : 1; at > 0; at -= 1) {
    const interrupting = random.chance(0.5);
    made.push(handling(making, place, interrupting, trigger(making, place, !interrupting)));
  }
  return made;
}

/** A boundary event and its handler. A non-interrupting one is a token of its own: where it ends is nobody else's business. */
function handling(making: Making, place: Place, interrupting: boolean, what: Trigger): EventBlock {
  const { random } = making;
  const onwards = interrupting && (place.joined || random.chance(0.7)) ? 'merge' : 'end';
  const inside = { ...place, depth: Math.min(place.depth - 1, 1), joined: interrupting && place.joined, last: onwards === 'end' };
  const handler: Block = random.chance(0.2) ? { kind: 'seq', blocks: [] } : sequence(making, inside, false);
  return { id: id(making, what.kind), interrupting, trigger: what, handler, onwards };
}

/** An event-based gateway: a timer against messages. */
function race(making: Making, place: Place, spine: boolean): Block {
  const { random } = making;
  const down = spine ? 0 : -1;
  const branches = split(making, { ...place, last: false }, spine, 2 + random.below(2)).map((inner, at) => ({
    id: id(making, 'event'), block: inner,
    trigger: at === down + 1 ? { kind: 'timer', delay: delay(making, place.items), cycle: null } as Trigger : { kind: 'message', name: id(making, 'note') } as Trigger,
  }));
  return { kind: 'race', id: id(making, 'race'), branches };
}

function exclusive(making: Making, place: Place, spine: boolean): Block {
  const { random } = making;
  const size = random.chance(0.3) ? 3 : 2;
  const item = place.items.at(-1);
  const byItem = item !== undefined && random.chance(0.4);
  const name = byItem ? item : variable(making, 'choice', size);
  const overlapping = random.chance(0.3);
  const down = spine ? random.below(size) : -1;
  const ending = down !== 0 && mayEnd(random, place) ? 0 : -1;
  const empty = random.chance(0.3) ? random.below(size) : -1;
  const inside = { ...place, last: false };
  const branches = Array.from({ length: size }, (_, at) => ({
    condition: { name, op: overlapping ? '<' : '=', value: overlapping ? at + 1 : at } as Condition,
    block: at === ending ? end(making, place) : at === empty && at !== down ? { kind: 'seq', blocks: [] } as Block : sequence(making, inside, at === down),
  }));
  // an element variable may hold any number below 5: only a default covers them all
  const made: Block = { kind: 'xor', id: id(making, 'xor'), branches, byDefault: byItem || random.chance(0.5), merge: random.chance(0.6) };
  return neverPasses(made) ? { kind: 'seq', blocks: [task(making, inside, 'user')] } : made;
}

function mayEnd(random: Random, place: Place): boolean {
  return place.joined ? !place.noTerminate && random.chance(0.04) : random.chance(0.15);
}

function end(making: Making, place: Place): Block {
  const { random } = making;
  const code = making.more && place.codes.length > 0 && random.chance(0.5) ? random.pick(place.codes) : null;
  const terminate = code === null && (place.joined || (!place.noTerminate && random.chance(0.25)));
  const ending: Block = { kind: 'end', id: id(making, code !== null ? 'wrong' : terminate ? 'stop' : 'early'), terminate, code };
  return random.chance(0.5) ? { kind: 'seq', blocks: [task(making, { ...place, last: false }), ending] } : ending;
}

function split(making: Making, place: Place, spine: boolean, size: number): Block[] {
  const down = spine ? making.random.below(size) : -1;
  return Array.from({ length: size }, (_, at) =>
    (at !== down && making.random.chance(0.1) ? { kind: 'seq', blocks: [] } : sequence(making, place, at === down)));
}

function parallel(making: Making, place: Place, spine: boolean): Block {
  const branches = split(making, { ...place, joined: true, last: false }, spine, making.random.chance(0.25) ? 3 : 2);
  return { kind: 'and', id: id(making, 'and'), branches, fromTask: making.random.chance(0.25) };
}

function inclusive(making: Making, place: Place, spine: boolean): Block {
  const { random } = making;
  const size = random.chance(0.4) ? 3 : 2;
  const inside = { ...place, joined: true, last: false };
  const withDefault = random.chance(0.25);
  const name = variable(making, withDefault ? 'maskOrNone' : 'mask', size);
  const branches = split(making, inside, spine, size).map((inner, bit) => {
    const masks = Array.from({ length: 2 ** size }, (_, mask) => mask).filter((mask) => Math.floor(mask / 2 ** bit) % 2 === 1);
    return { condition: { name, op: 'in', value: masks } as Condition, block: inner };
  });
  return { kind: 'or', id: id(making, 'or'), branches, byDefault: withDefault ? sequence(making, { ...inside, depth: 0 }, false) : null };
}

function fork(making: Making, place: Place, spine: boolean): Block {
  return { kind: 'fork', id: id(making, 'fork'), branches: split(making, place, spine, 2) };
}

function loop(making: Making, place: Place, spine: boolean): Block {
  const { random } = making;
  const inside = { ...place, last: false };
  const made = sequence(making, inside, spine);
  const body: Block = neverPasses(made) ? task(making, { ...inside, noMulti: true }, 'user') : waiting(making, inside, made);
  return { kind: 'loop', id: id(making, 'loop'), form: random.chance(0.7) ? 'until' : 'while', again: variable(making, 'again', 1), body };
}

/** A loop's body must stop for somebody on every round. */
function waiting(making: Making, place: Place, made: Block): Block {
  if (mustWait(made)) return made;
  const stop = task(making, { ...place, noMulti: true }, 'user');
  return { kind: 'seq', blocks: making.random.chance(0.5) ? [made, stop] : [stop, made] };
}

/** What the shrinker must keep: whatever it cuts, the diagram stays drawable and sound. */
export function isSound(model: Model): boolean {
  return soundIn(model.root, false, new Set(model.variables.map((spec) => spec.name)));
}

function soundIn(here: Block, joined: boolean, names: ReadonlySet<string>): boolean {
  const inner = (block: Block): boolean => soundIn(block, joined, names);
  const branch = (block: Block): boolean => soundIn(block, true, names) && !neverPasses(block);
  switch (here.kind) {
    case 'seq': return here.blocks.every((block, at) => inner(block) && (at === here.blocks.length - 1 || !neverPasses(block)));
    case 'end': return here.terminate || here.code !== null || !joined;
    case 'fork': return !joined && here.branches.every(inner);
    case 'and': return here.branches.every(branch);
    case 'or': return children(here).every(branch);
    case 'loop': return mustWait(here.body) && !neverPasses(here.body) && inner(here.body);
    case 'xor': return !neverPasses(here) && children(here).every(inner) && here.branches.every(({ condition }) => names.has(condition.name));
    case 'race': return !neverPasses(here) && children(here).every(inner) && here.branches.every((one) => known(one.trigger, names));
    case 'catch': return known(here.trigger, names);
    case 'sub': {
      const { mi } = here;
      const own = mi === null ? [] : [mi.count.kind === 'collection' ? mi.count.item : 'loopCounter'];
      return soundIn(here.body, false, new Set([...names, ...own])) && eventsSound(here.events, joined, names);
    }
    case 'task': return eventsSound(here.events, joined, names);
    default: return true;
  }
}

function eventsSound(all: EventBlock[], joined: boolean, names: ReadonlySet<string>): boolean {
  return all.every((event) => (event.onwards === 'merge' || !joined || !event.interrupting) && known(event.trigger, names)
    && soundIn(event.handler, joined && event.interrupting, names));
}

/** A timer may count with the variables in sight only. */
function known(what: Trigger, names: ReadonlySet<string>): boolean {
  return what.kind !== 'timer' || what.delay.perItem.every(([name]) => names.has(name));
}
