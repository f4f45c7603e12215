// What the reference interpreter remembers between two actions, and what can be read off it.
import type { Json, Variables } from '../../src/engine/model.js';
import type { Level } from './level.js';

export interface ReferenceWait {
  uid: number;
  elementId: string;
  kind: 'user' | 'job' | 'timer' | 'message';
  /** position in a multi-instance activity, null elsewhere */
  index: number | null;
  /** the element variables in sight, as to-xml has them written out; null where there are none */
  path: string | null;
  /** kind job: the codes of BPMN errors that somebody would catch */
  codes: string[];
  /** kind timer; null after a cycle was re-armed (BPMN leaves open whether that counts from the due or the actual time) */
  dueAt: number | null;
}

export type ReferenceAction =
  | { kind: 'complete'; uid: number; variables: Variables }
  | { kind: 'fire'; uid: number }
  | { kind: 'message'; uid: number; variables: Variables }
  | { kind: 'fail'; uid: number; code: string }
  | { kind: 'variables'; variables: Variables };

/** A boundary event that listens. */
export interface Listening { uid: number; boundaryId: string; dueAt: number | null; left: number }

/** One instance inside an activity: the only one, or one of several. */
export interface Instance {
  uid: number;
  /** the activity itself, or one of the events that a race waits for */
  elementId: string;
  index: number | null;
  locals: Variables;
  scope: Scope | null;
  dueAt: number | null;
}

export interface ActivityRun {
  nodeId: string;
  listening: Listening[];
  instances: Instance[];
  multi: { total: number; items: Json[] | null; started: number; completed: number } | null;
}

/** A running process or sub-process: tokens on flows and activities at work. */
export interface Scope {
  locals: Variables;
  tokens: string[];
  runs: ActivityRun[];
  /** For structured inclusive blocks: how many branches the split opened, checked when the join fires. */
  opened: Record<string, number>;
  /** An error that nobody on this level caught: for the level above. */
  thrown: string | null;
}

export interface ReferenceState {
  variables: Variables;
  root: Scope;
  ended: boolean;
  /** An error that nobody caught at all. */
  error: string | null;
  nextUid: number;
  now: number;
  /** Two tokens in one place: still defined by BPMN, but such a net is not safe (and not "sound"). */
  unsafe: boolean;
}

/** All that is open, with the error codes that would be caught on the way up. */
export function waitsIn(level: Level, scope: Scope, caught: string[] = []): ReferenceWait[] {
  return scope.runs.flatMap((run) => {
    const node = level.node(run.nodeId);
    const codes = [...caught, ...level.boundaries(node.id).flatMap(({ trigger }) => (trigger.kind === 'error' ? [trigger.code] : []))];
    const listening = run.listening.map(({ uid, boundaryId, dueAt }): ReferenceWait => {
      const boundary = level.boundaries(node.id).find((candidate) => candidate.id === boundaryId);
      const message = boundary?.trigger.kind === 'message';
      const path = message ? pathOf(boundary.items, scope.locals) : null;
      return { uid, elementId: boundaryId, kind: message ? 'message' : 'timer', index: null, path, dueAt, codes: [] };
    });
    const instances = run.instances.flatMap((instance): ReferenceWait[] => {
      if (instance.scope) return waitsIn(level.inner(node.id), instance.scope, codes);
      const { uid, elementId, index, locals, dueAt } = instance;
      const kind = node.type === 'user' || node.type === 'job' ? node.type : level.node(elementId).trigger?.kind === 'message' ? 'message' : 'timer';
      const path = kind === 'timer' ? null : pathOf(node.items, locals);
      return [{ uid, elementId, kind, index, path, dueAt, codes: kind === 'job' ? codes : [] }];
    });
    return [...listening, ...instances];
  });
}

function pathOf(items: readonly string[], locals: Variables): string | null {
  return items.length === 0 ? null : ['g', ...items.map((item) => `${locals[item] as string | number}`)].join('.');
}

/** Two tokens in one place somewhere. */
export function isUnsafe(level: Level, scope: Scope): boolean {
  const places = [...scope.tokens, ...scope.runs.map((run) => run.nodeId)];
  return new Set(places).size < places.length
    || scope.runs.some((run) => run.instances.some((instance) => instance.scope !== null && isUnsafe(level.inner(run.nodeId), instance.scope)));
}
