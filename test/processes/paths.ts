// Turns a table of paths into tests, the last of which demands that together they took every arrow of the diagram.
import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/engine/model.js';
import { type Begin, type Diagram, memo, type Move, walk, type Walk } from './walk.js';

export interface Path {
  /** A sentence a caseworker would accept. */
  title: string;
  begin?: Partial<Begin>;
  moves: readonly Move[];
  /** The end event by which the instance ends. */
  ends?: string;
  /** The code of an error end that the caller has to catch. */
  error?: string;
  /** Where it does not end: the elements waited for, sorted. */
  waits?: readonly string[];
  /** Handlers that must have run, with a part of their input. */
  jobs?: Readonly<Record<string, Record<string, Json>>>;
  /** Messages and signals thrown, in order. */
  thrown?: readonly string[];
  /** Elements that throw a message about another case. */
  elsewhere?: readonly string[];
  /** What else has to hold. */
  check?: (walked: Walk) => void;
}

/** Calendar days from the moment that a wait begins to when its time is over, and the waits that last as long. */
export interface Longest {
  days: number;
  elements: readonly string[];
}

export function walkPaths(diagram: Diagram, usual: Begin, paths: readonly Path[], longest: Longest): void {
  const taken = new Set<string>();
  const spans = new Map<string, number>();
  describe(diagram.name, () => {
    test.each(paths.map((path) => [path.title, path] as const))('%s', (_title, path) => {
      const begin = { ...usual, ...path.begin, variables: { ...usual.variables, ...path.begin?.variables } };
      const walked = walk(diagram, begin, path.moves);
      for (const id of walked.taken) taken.add(id);
      noteSpans(walked, spans);
      expectPath(walked, path);
    });
    test('every arrow of the diagram was taken by one of these paths', () => {
      expect(diagram.arrows.map((arrow) => arrow.id).filter((id) => !taken.has(id))).toEqual([]);
    });
    test(`nothing in it waits longer than ${longest.days} days`, () => {
      const days = Math.max(...spans.values());
      expect({ days, elements: [...spans.keys()].filter((id) => spans.get(id) === days).sort() }).toEqual(longest);
    });
  });
}

function expectPath(walked: Walk, path: Path): void {
  expect({ ended: walked.ended, error: walked.error }).toEqual({ ended: path.waits === undefined, error: path.error ?? null });
  if (path.ends !== undefined) expect(walked.path).toContain(path.ends);
  expect(walked.waits.map((wait) => wait.elementId).sort()).toEqual([...(path.waits ?? [])].sort());
  if (path.thrown) expect(walked.thrown.map((one) => one.name)).toEqual(path.thrown);
  for (const [elementId, input] of Object.entries(path.jobs ?? {})) expect(walked.jobs.filter((job) => job.elementId === elementId).at(-1)).toMatchObject({ input });
  const own = walked.thrown.filter(({ elementId }) => !path.elsewhere?.includes(elementId));
  for (const one of own) expect(one).toMatchObject({ businessKey: 'R8-00001', variables: { caseId: walked.variables['caseId'] } });
  for (const one of own.filter(({ kind }) => kind === 'message')) expect(one.correlationKey).toBe(walked.variables['caseId']);
  expect(JSON.stringify([walked.variables, walked.jobs, walked.thrown])).not.toContain(memo);
  path.check?.(walked);
}

const dayMs = 86_400_000;

function noteSpans(walked: Walk, spans: Map<string, number>): void {
  for (const { wait, dueAt, at } of walked.opened) {
    if (dueAt === null) continue;
    const days = Math.round((dueAt.getTime() - at.getTime()) / dayMs);
    spans.set(wait.elementId, Math.max(spans.get(wait.elementId) ?? 0, days));
  }
}
