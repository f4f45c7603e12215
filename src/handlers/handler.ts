// What a handler is. A handler knows its input and the domain; it knows nothing of diagrams and never decides where a
// process goes, except by ending in a BPMN error with a code.
import type { Calendar } from '../base/calendar.js';
import type { Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import type { ProblemCode } from '../base/problem.js';

export type Variables = Record<string, Json>;

/** A business outcome that the diagram may catch by its code. Everything else thrown is a failure and is tried again. */
export class BpmnError extends Error {
  readonly code: string;

  constructor(code: string, message?: string) {
    super(message ?? code);
    this.name = 'BpmnError';
    this.code = code;
  }
}

/** The diagram told a handler something that it cannot work with. The message names the input, never what was in it. */
export class BadInput extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadInput';
  }
}

export interface HandlerContext {
  instanceId: string;
  businessKey: string | null;
  elementId: string;
  /** The same at every attempt: the key by which an effect outside is done once. */
  jobId: string;
  input: Variables;
  calendar: Calendar;
}

/** Touches only our own database: runs in the transaction of the step that reached it. */
export interface InsideHandler {
  name: string;
  kind: 'inside';
  /** With which Problems it may stop whoever made the step, beside not_found. The OpenAPI document names them. */
  refuses?: readonly ProblemCode[];
  run(tx: Tx, context: HandlerContext): Promise<Variables>;
}

/** Has an effect elsewhere: runs in a worker, outside any transaction, at least once. */
export interface OutsideHandler {
  name: string;
  kind: 'outside';
  run(context: HandlerContext & { now: Date }): Promise<Variables>;
}

export type Handler = InsideHandler | OutsideHandler;

/** A value of the input. @throws BadInput naming the handler and the member when it is not a text */
export function textOf(context: Pick<HandlerContext, 'input'>, name: string): string {
  const value = context.input[name];
  if (typeof value !== 'string' || value === '') throw new BadInput(`入力 ${name} が文字ではありません`);
  return value;
}

/** A text that is not given (or null) is null. @throws BadInput when it is something else */
export function optionalText(context: Pick<HandlerContext, 'input'>, name: string): string | null {
  return context.input[name] === undefined || context.input[name] === null ? null : textOf(context, name);
}

/** @throws BadInput when it is given and neither true nor false */
export function optionalFlag(context: Pick<HandlerContext, 'input'>, name: string): boolean | null {
  const value = context.input[name] ?? null;
  if (value !== null && typeof value !== 'boolean') throw new BadInput(`入力 ${name} が真偽（true か false）ではありません`);
  return value;
}
