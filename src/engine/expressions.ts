// FEEL is the only language of a diagram: `=expr` and `${expr}` are FEEL, anything else is a literal. Fails closed.
import { evaluate, FeelDateTime } from 'feelin';
import type { Json } from './model.js';

/** An expression that could not be read, failed, or gave the wrong type. */
export class ExpressionError extends Error {
  readonly source: string;

  constructor(message: string, source: string, options?: ErrorOptions) {
    super(`${message}: ${source.slice(0, 200)}`, options);
    this.name = 'ExpressionError';
    this.source = source;
  }
}

/** Names that an expression sees: variables, multi-instance names, and functions such as `businessDays`. */
export type Scope = Record<string, unknown>;

/** A name that is not there is null in FEEL; every other complaint of the interpreter is an error. */
const harmless = new Set(['NO_VARIABLE_FOUND', 'NO_CONTEXT_ENTRY_FOUND', 'NO_PROPERTY_FOUND']);

/** The FEEL inside `=…` or `${…}`; null when the text is a literal. */
export function feelSource(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed.startsWith('=')) return trimmed.slice(1).trim();
  if (trimmed.startsWith('${') && trimmed.endsWith('}')) return trimmed.slice(2, -1).trim();
  return null;
}

/**
 * The value of a FEEL expression as JSON; dates and durations become their ISO text.
 * @throws ExpressionError
 */
export function evaluateFeel(source: string, scope: Scope): Json {
  let result: { value: unknown; warnings?: { type: string; message: string }[] };
  try {
    result = evaluate(source, scope) as typeof result;
  } catch (error) {
    throw new ExpressionError(error instanceof Error ? error.message : 'FEEL の式を計算できません', source, { cause: error });
  }
  const bad = result.warnings?.find((warning) => !harmless.has(warning.type));
  if (bad) throw new ExpressionError(bad.message, source);
  return toJson(result.value, source);
}

/**
 * A condition: FEEL that gives true or false (null counts as false, as in a gateway whose question has no answer yet).
 * @throws ExpressionError for literals, other languages and other types
 */
export function evaluateCondition(text: string, language: string | null, scope: Scope): boolean {
  const source = conditionSource(text, language);
  const value = evaluateFeel(source, scope);
  if (value === null) return false;
  if (typeof value !== 'boolean') throw new ExpressionError(`条件は真か偽になる式です（いまの型は ${typeof value}）`, source);
  return value;
}

/**
 * The FEEL text of a condition.
 * @throws ExpressionError when it is not FEEL
 */
export function conditionSource(text: string, language: string | null): string {
  const body = text.trim();
  const isFeel = language !== null && /^(feel|https?:\/\/www\.omg\.org\/spec\/(FEEL|DMN)\/.*)$/i.test(language);
  if (language !== null && !isFeel) throw new ExpressionError(`言語 ${language} は使えません（FEEL だけです）`, body);
  const source = feelSource(body) ?? (isFeel ? body : null);
  if (source === null || source === '') throw new ExpressionError('FEEL の式ではありません', body);
  return source;
}

/** feelin's durations and times: ISO 8601 as text. */
interface PrintsItself {
  toString(): string;
}

function toJson(value: unknown, source: string): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new ExpressionError('結果が数になりません', source);
      return value;
    case 'undefined':
      return null;
    case 'object': {
      if (value === null) return null;
      if (Array.isArray(value)) return value.map((item) => toJson(item, source));
      if (value instanceof Date) return value.toISOString();
      if (value instanceof FeelDateTime) return instantText(value);
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return (value as PrintsItself).toString();
      const entries = Object.entries(value).map(([key, item]): [string, Json] => [key, toJson(item, source)]);
      return Object.fromEntries(entries);
    }
    default:
      throw new ExpressionError(`${typeof value} は値になりません`, source);
  }
}

/** `…@Asia/Tokyo` is FEEL's own way to name a zone and read by nobody else: such a time becomes its instant in UTC. */
function instantText(time: FeelDateTime): string {
  const text = String(time);
  if (!text.includes('@')) return text;
  return new Date(time.unwrap().toZonedDateTime(time.timezone).epochMilliseconds).toISOString();
}
