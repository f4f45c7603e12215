// Why an instance could not go on. Both roll everything back; the instance keeps its last good state.
import { Problem } from '../base/problem.js';
import type { StepErrorCode, Variables } from './model.js';

/** A step failed in the diagram. Becomes an incident, and for a person the Problem step_failed. */
export class StepFailed extends Error {
  readonly code: StepErrorCode;
  /** null when the instance was to be made by what was rolled back, and nobody made it who is still there */
  readonly instanceId: string | null;
  readonly elementId: string | null;

  constructor(code: StepErrorCode, instanceId: string | null, elementId: string | null, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StepFailed';
    this.code = code;
    this.instanceId = instanceId;
    this.elementId = elementId;
  }
}

/** A handler that runs inside the transaction threw. The action is tried again with this handler left to the workers. */
export class HandlerFailed extends Error {
  readonly handler: string;

  constructor(handler: string, cause: unknown) {
    super(`handler ${handler} failed`, { cause });
    this.name = 'HandlerFailed';
    this.handler = handler;
  }
}

const mostVariables = 200;
const mostBytes = 64 * 1024;

/**
 * @throws Problem too_many_variables above 200 variables or 64 KiB of JSON
 * @throws Problem invalid when a text contains the character U+0000, which the database cannot hold
 */
export function mustBeStorable(variables: Variables): void {
  if (Object.keys(variables).length > mostVariables) throw new Problem('too_many_variables');
  const text = JSON.stringify(variables);
  if (Buffer.byteLength(text) > mostBytes) throw new Problem('too_many_variables');
  if (text.includes(String.raw`\u0000`) && hasNul(variables)) throw new Problem('invalid', { errors: [{ pointer: '/variables', detail: '使えない文字（U+0000）が含まれています。' }] });
}

/** True when a text or a member name anywhere in `value` contains U+0000. */
export function hasNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (Array.isArray(value)) return value.some(hasNul);
  if (value !== null && typeof value === 'object') return Object.entries(value).some(([key, member]) => key.includes('\0') || hasNul(member));
  return false;
}
