// FEEL in a form: whether a field is hidden or may only be read, as form-js decides it in the browser.
import { evaluate, unaryTest } from 'feelin';
import type { Json } from '../model.js';
import type { Component } from './schema.js';

/** What an expression sees: all answers; inside a row also its fields, `this`, `parent` and `i` (1-based). */
export interface Scope {
  data: Record<string, Json>;
  row: Record<string, Json>;
  parent: Record<string, Json> | null;
  index: number[];
}

/** Only what the expression may speak of: FEEL reads every name of its context into its grammar, and forms are long. */
function contextOf({ data, row, parent, index }: Scope, source: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...data, ...row, this: row, parent, i: index }).filter(([name]) => source.includes(name)));
}

/** What was decided about a row (or all the answers): many fields of a form hang on the same condition, and FEEL is slow. */
const decided = new WeakMap<object, Map<string, boolean>>();

function decide(source: string, scope: Scope): boolean {
  try {
    return unaryTest(source.replace(/^=/, ''), contextOf(scope, source)).value === true;
  } catch {
    return false;
  }
}

/** A condition that cannot be evaluated hides nothing: a field too many is asked for, never one too few. */
export function isHidden(component: Component, scope: Scope): boolean {
  const hide = component.conditional?.hide;
  if (!hide) return false;
  const known = decided.get(scope.row) ?? new Map<string, boolean>();
  decided.set(scope.row, known);
  const before = known.get(hide);
  if (before !== undefined) return before;
  const now = decide(hide, scope);
  known.set(hide, now);
  return now;
}

/** A field that is disabled or may only be read is never taken from the answers. */
export function isLocked(component: Component, scope: Scope): boolean {
  const { disabled, readonly } = component;
  if (disabled === true || readonly === true) return true;
  if (typeof readonly !== 'string') return false;
  try {
    return evaluate(readonly.replace(/^=/, ''), contextOf(scope, readonly)).value === true;
  } catch {
    return false;
  }
}
