// The reference interpreter judges the engine; these cases judge the reference. Each right answer is argued from
// BPMN 2.0.2 (OMG formal/2013-12-09), chapter 13 "BPMN Execution Semantics".
import { expect, test } from '@jest/globals';
import type { Variables } from '../../src/engine/model.js';
import type { Boundary, Condition, Graph, MultiInstance, Node, NodeType, Trigger } from './diagram.js';
import { openReference, ReferenceError, type Reference, type ReferenceState } from './reference.js';

const AT = new Date('2026-11-23T00:00:00Z');

interface Extra { mi?: Record<string, MultiInstance>; scopes?: Record<string, Graph>; boundaries?: [string, string, 'interrupting' | 'beside', number | null][]; conditions?: Record<string, Condition>; defaults?: string[]; triggers?: Record<string, Trigger>; codes?: Record<string, string> }

/** `nodes`: 'a:user b:xor'; `flows`: 'start>a a>b'; a flow is named by its text. */
function draw(id: string, nodes: string, flows: string, extra: Extra = {}): Graph {
  const made = nodes.split(' ').map((text): Node => {
    const [name = '', type = ''] = text.split(':');
    return { id: name, type: type as NodeType, mi: extra.mi?.[name] ?? null, trigger: extra.triggers?.[name] ?? null, code: extra.codes?.[name] ?? null, scope: extra.scopes?.[name] ?? null, items: [] };
  });
  const boundaries = (extra.boundaries ?? []).map(([name, attachedTo, how, cycle]): Boundary =>
    ({ id: name, attachedTo, interrupting: how === 'interrupting', items: [], trigger: extra.triggers?.[name] ?? { kind: 'timer', delay: { minutes: 60, perItem: [] }, cycle } }));
  return {
    id, nodes: made, boundaries,
    flows: flows.split(' ').map((text) => {
      const [source = '', target = ''] = text.split('#')[0]?.split('>') ?? [];
      return { id: text, source, target, condition: extra.conditions?.[text] ?? null, isDefault: extra.defaults?.includes(text) ?? false };
    }),
  };
}

/** Plays by element ids: 'a' completes or fires the first open wait of that element, 'a!E' lets it fail with the code E. */
function run(graph: Graph, ids: string[], variables: Variables = {}, changes: Variables[] = []): { open: string[]; ended: boolean; state: ReferenceState } {
  const reference: Reference = openReference(graph);
  let state = reference.start(variables, AT);
  for (const [at, text] of ids.entries()) {
    const [id, code] = text.split('!');
    const wait = reference.waits(state).find((candidate) => candidate.elementId === id);
    if (!wait) throw new Error(`${id} is not open`);
    const { uid } = wait;
    state = reference.act(state, wait.kind === 'timer' ? { kind: 'fire', uid } : code !== undefined ? { kind: 'fail', uid, code }
      : { kind: wait.kind === 'message' ? 'message' : 'complete', uid, variables: changes[at] ?? {} }, AT);
  }
  return { open: reference.waits(state).map((wait) => wait.elementId + (wait.index === null ? '' : `#${wait.index}`)).sort(), ended: state.ended, state };
}

const is = (name: string, value: number): Condition => ({ name, op: '=', value });

test('an exclusive gateway takes the first flow whose condition is true, and the default only when none is (13.4.2)', () => {
  const graph = draw('p', 's:start g:xor a:user b:user c:user', 's>g g>a g>b g>c', {
    conditions: { 'g>a': { name: 'x', op: '<', value: 1 }, 'g>b': { name: 'x', op: '<', value: 2 } }, defaults: ['g>c'],
  });
  expect(run(graph, [], { x: 0 }).open).toEqual(['a']);
  expect(run(graph, [], { x: 1 }).open).toEqual(['b']);
  expect(run(graph, [], { x: 2 }).open).toEqual(['c']);
});

test('an exclusive gateway without a true condition and without default is an error (13.4.2)', () => {
  const graph = draw('p', 's:start g:xor a:user b:user', 's>g g>a g>b', { conditions: { 'g>a': is('x', 1), 'g>b': is('x', 2) } });
  expect(() => run(graph, [], { x: 3 })).toThrow(ReferenceError);
});

test('an exclusive merge passes each token on by itself; a parallel join takes exactly one from each flow (13.4.1, 13.4.2)', () => {
  const graph = draw('p', 's:start f:and a:user b:user m:xor c:user j:and', 's>f f>a f>b a>m b>j m>j j>c');
  expect(run(graph, ['a']).open).toEqual(['b']);
  expect(run(graph, ['a', 'b']).open).toEqual(['c']);
  const merged = draw('p', 's:start f:and a:user b:user m:xor c:user', 's>f f>a f>b a>m b>m m>c');
  expect(run(merged, ['a']).open).toEqual(['b', 'c']);
  expect(run(merged, ['a', 'b']).open).toEqual(['c', 'c']); // one instance of c for each token
});

test('two tokens on one flow do not stand in for a missing one at a parallel join (13.4.1)', () => {
  // m passes two tokens to the same flow of j, which still wants one from c
  const graph = draw('p', 's:start f:and a:user b:user c:user m:xor j:and d:user', 's>f f>a f>b f>c a>m b>m m>j c>j j>d');
  expect(run(graph, ['a', 'b']).open).toEqual(['c']);
  const { open, ended } = run(graph, ['a', 'b', 'c']);
  expect(open).toEqual(['d']);
  expect(ended).toBe(false); // the second token of m stays for ever: this diagram is not sound
});

test('several flows out of a task split like a parallel gateway and several into a task merge like an exclusive one (13.3.1)', () => {
  const graph = draw('p', 's:start a:user b:user c:user d:user', 's>a a>b a>c b>d c>d');
  expect(run(graph, ['a']).open).toEqual(['b', 'c']);
  expect(run(graph, ['a', 'b']).open).toEqual(['c', 'd']);
  expect(run(graph, ['a', 'b', 'd', 'c', 'd']).ended).toBe(true);
});

const OR = { conditions: { 'f>a': { name: 'x', op: 'in', value: [1, 3] }, 'f>b': { name: 'x', op: 'in', value: [2, 3] } } satisfies Record<string, Condition> };

test('an inclusive join waits for every branch that was opened and for no other (13.4.3)', () => {
  const graph = draw('p', 's:start f:or a:user b:user j:or c:user', 's>f f>a f>b a>j b>j j>c', OR);
  expect(run(graph, ['a'], { x: 1 }).open).toEqual(['c']);
  expect(run(graph, ['a'], { x: 3 }).open).toEqual(['b']);
  expect(run(graph, ['a', 'b'], { x: 3 }).open).toEqual(['c']); // once, not twice
});

test('an inclusive join stops waiting for a branch that died elsewhere (13.4.3)', () => {
  const graph = draw('p', 's:start f:or a:user b:user g:xor e:end j:or c:user', 's>f f>a f>b a>j b>g g>e g>j j>c', {
    conditions: { ...OR.conditions, 'g>e': is('y', 1) }, defaults: ['g>j'],
  });
  expect(run(graph, ['a'], { x: 3, y: 0 }).open).toEqual(['b']);
  expect(run(graph, ['a', 'b'], { x: 3, y: 1 }).open).toEqual(['c']);
});

test('a token that can reach a full flow of the inclusive join as well does not hold it up (13.4.3, second clause)', () => {
  // loop: m -> AND(f) -> { OR(a|b) | d } -> AND(k) -> question -> m. After d, its token waits at k and could reach the
  // empty flow of the OR join j round the loop, but by the same way the full one too.
  const graph = draw('p', 's:start m:xor f:and o:or a:user b:user j:or d:user k:and q:xor z:user',
    's>m m>f f>o f>d o>a o>b a>j b>j j>k d>k k>q q>m q>z', {
      conditions: { 'o>a': is('x', 1), 'o>b': is('x', 2), 'q>m': is('again', 1) }, defaults: ['q>z'],
    });
  expect(run(graph, ['d', 'a'], { x: 1, again: 0 }).open).toEqual(['z']);
  expect(run(graph, ['d', 'a', 'd', 'b'], { x: 1, again: 1 }, [{}, { x: 2 }, {}, { again: 0 }]).open).toEqual(['z']);
});

test('an interrupting timer on a sub-process ends all inside it, timers too; a non-interrupting one ends nothing (13.5.3)', () => {
  const inside = draw('sub', 'is:start f:and a:user b:user', 'is>f f>a f>b', { boundaries: [['inner', 'a', 'beside', null]] });
  const make = (how: 'interrupting' | 'beside'): Graph => draw('p', 's:start sub:sub n:user h:user', 's>sub sub>n late>h',
    { scopes: { sub: inside }, boundaries: [['late', 'sub', how, null]] });
  expect(run(make('interrupting'), ['a', 'late']).open).toEqual(['h']);
  expect(run(make('beside'), ['late']).open).toEqual(['a', 'b', 'h', 'inner']);
  expect(run(make('beside'), ['late', 'a', 'b']).open).toEqual(['h', 'n']);
});

test('a scope is over when its last token is, the handler of a non-interrupting timer included (13.3.4, 13.5.6)', () => {
  const inside = draw('sub', 'is:start a:user e:end h:user', 'is>a a>e late>h', { boundaries: [['late', 'a', 'beside', null]] });
  const graph = draw('p', 's:start sub:sub n:user', 's>sub sub>n', { scopes: { sub: inside } });
  expect(run(graph, ['late', 'a']).open).toEqual(['h']);
  expect(run(graph, ['late', 'a', 'h']).open).toEqual(['n']);
  expect(run(graph, ['a']).open).toEqual(['n']); // a timer that nobody waits for any more goes with its task
});

test('a repeating timer fires as often as it says and then no more', () => {
  const graph = draw('p', 's:start a:user e:end', 's>a tick>e', { boundaries: [['tick', 'a', 'beside', 2]] });
  expect(run(graph, ['tick']).open).toEqual(['a', 'tick']);
  expect(run(graph, ['tick', 'tick']).open).toEqual(['a']);
});

test('a parallel multi-instance opens all, a sequential one at a time; the completion condition ends the rest (13.3.7)', () => {
  const make = (mi: Partial<MultiInstance>): Graph => draw('p', 's:start a:user n:user', 's>a a>n',
    { mi: { a: { sequential: false, count: { kind: 'literal', value: 3 }, completion: null, ...mi } } });
  expect(run(make({}), []).open).toEqual(['a#0', 'a#1', 'a#2']);
  expect(run(make({}), ['a', 'a', 'a']).open).toEqual(['n']);
  expect(run(make({ sequential: true }), ['a']).open).toEqual(['a#1']);
  const two: Condition = { name: 'nrOfCompletedInstances', op: '>=', value: 2 };
  expect(run(make({ completion: two }), ['a', 'a']).open).toEqual(['n']);
  expect(run(make({ completion: two, sequential: true }), ['a', 'a']).open).toEqual(['n']);
  expect(run(make({ count: { kind: 'collection', name: 'list', item: 'one' } }), [], { list: [] }).open).toEqual(['n']);
});

test('a multi-instance keeps the collection that it began with, and a boundary timer stands for all its instances (13.3.7, 13.5.3)', () => {
  const graph = draw('p', 's:start a:user n:user', 's>a a>n late>n', {
    mi: { a: { sequential: true, count: { kind: 'collection', name: 'list', item: 'one' }, completion: null } }, boundaries: [['late', 'a', 'interrupting', null]],
  });
  expect(run(graph, ['a'], { list: [1, 2] }, [{ list: [] }]).open).toEqual(['a#1', 'late']);
  expect(run(graph, ['late'], { list: [1, 2] }).open).toEqual(['n']);
});

test('a terminate end event ends its own scope only, and all of it (13.5.6)', () => {
  const inside = draw('sub', 'is:start f:and a:user b:user t:terminate', 'is>f f>a f>b a>t');
  const graph = draw('p', 's:start sub:sub n:user', 's>sub sub>n', { scopes: { sub: inside } });
  expect(run(graph, ['a']).open).toEqual(['n']);
  expect(run(graph, ['a', 'n']).ended).toBe(true);
});

test('an end event takes only its own token (13.5.6)', () => {
  const graph = draw('p', 's:start f:and a:user b:user e:end', 's>f f>a f>b a>e b>e');
  expect(run(graph, ['a']).ended).toBe(false);
  expect(run(graph, ['a', 'b']).ended).toBe(true);
});

test('a second token in one activity is noticed as unsafe, a single one is not', () => {
  const graph = draw('p', 's:start a:user h:user', 's>a tick>h', { boundaries: [['tick', 'a', 'beside', 2]] });
  expect(run(graph, ['tick']).state.unsafe).toBe(false);
  expect(run(graph, ['tick', 'tick']).state.unsafe).toBe(true);
});

test('the first event of a race decides and the others are no longer awaited (13.4.4)', () => {
  const graph = draw('p', 's:start r:race t:catch m:catch a:user b:user', 's>r r>t r>m t>a m>b',
    { triggers: { t: { kind: 'timer', delay: { minutes: 5, perItem: [] }, cycle: null }, m: { kind: 'message', name: 'm' } } });
  expect(run(graph, []).open).toEqual(['m', 't']);
  expect(run(graph, ['m']).open).toEqual(['b']);
  expect(run(graph, ['t']).open).toEqual(['a']);
});

test('a non-interrupting message is awaited for as long as its activity lasts (13.5.3)', () => {
  const graph = draw('p', 's:start a:user e:end', 's>a note>e', { boundaries: [['note', 'a', 'beside', null]], triggers: { note: { kind: 'message', name: 'm' } } });
  expect(run(graph, ['note', 'note', 'note']).open).toEqual(['a', 'note']);
  expect(run(graph, ['note', 'a']).ended).toBe(true);
});

test('an error goes to the nearest boundary event for its code and ends what it passes (13.5.3, 13.5.6)', () => {
  const inside = draw('sub', 'is:start f:and a:job b:user w:error', 'is>f f>a f>b near>w', {
    boundaries: [['near', 'a', 'interrupting', null]], triggers: { near: { kind: 'error', code: 'E1' } }, codes: { w: 'E2' },
  });
  const make = (code: string): Graph => draw('p', 's:start sub:sub n:user h:user', 's>sub sub>n far>h',
    { scopes: { sub: inside }, boundaries: [['far', 'sub', 'interrupting', null]], triggers: { far: { kind: 'error', code } } });
  expect(run(make('E2'), ['a!E2']).open).toEqual(['h']); // past near, caught by far; b is gone
  expect(run(make('E2'), ['a!E1']).open).toEqual(['h']); // near, then the error end event
  const uncaught = run(make('E3'), ['a!E1']);
  expect(uncaught.ended).toBe(true);
  expect(uncaught.state.error).toBe('E2');
});
