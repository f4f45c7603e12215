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

function contextOf({ data, row, parent, index }: Scope): Record<string, unknown> {
  return { ...data, ...row, this: row, parent, i: index };
}

/** A condition that cannot be evaluated hides nothing: a field too many is asked for, never one too few. */
export function isHidden(component: Component, scope: Scope): boolean {
  const hide = component.conditional?.hide;
  if (!hide) return false;
  try {
    return unaryTest(hide.replace(/^=/, ''), contextOf(scope)).value === true;
  } catch {
    return false;
  }
}

/** A field that is disabled or may only be read is never taken from the answers. */
export function isLocked(component: Component, scope: Scope): boolean {
  const { disabled, readonly } = component;
  if (disabled === true || readonly === true) return true;
  if (typeof readonly !== 'string') return false;
  try {
    return evaluate(readonly.replace(/^=/, ''), contextOf(scope)).value === true;
  } catch {
    return false;
  }
}
