// What a record reads from checked answers. The check has seen to the types (needs); these turn "not answered" into null.
import { Problem, type PointedError } from '../../base/problem.js';
import { readDate } from '../../base/wareki.js';
import type { Json } from '../../base/json.js';
import type { Filed } from './record.js';

export type Answers = Readonly<Record<string, Json>>;

/** Without the space around it; null where nobody answered, or with spaces alone. */
export function textAt(answers: Answers, key: string): string | null {
  const value = answers[key];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/** '' where nobody answered. */
export const textOf = (answers: Answers, key: string): string => textAt(answers, key) ?? '';

/** The chosen values of a list; none where nobody answered. */
export function textsAt<T extends string = string>(answers: Answers, key: string): T[] {
  const value = answers[key];
  return Array.isArray(value) ? value.filter((one): one is T & string => typeof one === 'string') : [];
}

export function numberAt(answers: Answers, key: string): number | null {
  const value = answers[key];
  return typeof value === 'number' ? value : null;
}

/** The rows of a list. */
export function rowsAt(answers: Answers, key: string): Record<string, Json>[] {
  const value = answers[key];
  return Array.isArray(value) ? value.filter((one): one is Record<string, Json> => one !== null && typeof one === 'object' && !Array.isArray(one)) : [];
}

/** One of these, or null. The form offers no other (needs). */
export function choiceAt<const T extends string>(answers: Answers, key: string, options: readonly T[]): T | null {
  const value = answers[key];
  return options.find((one) => one === value) ?? null;
}

/** `2026-05-11T10:15` as a form has it is a time in Japan; with an offset it is what it says. null where nobody answered. */
export function instantAt(answers: Answers, key: string): Date | null {
  const value = textAt(answers, key);
  if (value === null) return null;
  const at = new Date(/(Z|[+-]\d{2}:?\d{2})$/.test(value) ? value : `${value}+09:00`);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** The case that a record is about. @throws Problem not_found where it was filed about none */
export function caseOf(filed: Filed): string {
  if (filed.caseId === null) throw new Problem('not_found');
  return filed.caseId;
}

/** An id or decision of the process that asked; null where it has none. */
export const variableText = (filed: Filed, name: string): string | null => textAt(filed.variables, name);

/** A refusal that points at one field (`trials/0/triedOn` in a row of a list). */
export const wrongField = (at: string, detail: string): Problem => new Problem('form_invalid', { errors: [{ pointer: `/answers/${at.replaceAll('.', '/')}`, detail }] });

/** @throws Problem form_invalid pointing at the field */
export function refuseField(key: string, detail: string): never {
  throw wrongField(key, detail);
}

/** @throws Problem form_invalid pointing at each */
export function refuse(...errors: (PointedError | readonly [at: string, detail: string])[]): never {
  throw new Problem('form_invalid', { errors: errors.map((one) => ('pointer' in one ? one : { pointer: `/answers/${one[0]}`, detail: one[1] })) });
}

/**
 * A day that the office reckons with as `YYYY-MM-DD`, in 和暦 or 西暦 as it was said; null where nobody answered.
 * @param at where the field stands, for the refusal
 * @throws Problem form_invalid when it is no day of its own (only a month, or about)
 */
export function dayAt(answers: Answers, key: string, at: string = key): string | null {
  const text = textAt(answers, key);
  if (text === null) return null;
  const date = readDate(text);
  if (!date || date.precision !== 'day' || date.about) throw wrongField(at, '年月日まで入力してください（例 令和8年12月1日、2026-12-01）。');
  return date.iso;
}

/** @throws Problem form_invalid when nothing was said, or no day of its own */
export function mustDayAt(answers: Answers, key: string, at: string = key): string {
  const day = dayAt(answers, key, at);
  if (day === null) throw wrongField(at, '入力してください。');
  return day;
}

/** A day that may be known only roughly. */
export interface RoughDay {
  /** As it was said: 昭和20年頃, 令和8年5月, 2026-05-11. */
  said: string;
  /** The day as `YYYY-MM-DD` where one was said to the day; null where only about. */
  day: string | null;
}

/** A day as it was said, and as an ISO day where it is one; null where nobody answered. */
export function roughDayAt(answers: Answers, key: string): RoughDay | null {
  const said = textAt(answers, key);
  if (said === null) return null;
  const read = readDate(said);
  return { said, day: read?.precision === 'day' && !read.about ? read.iso : null };
}

/** For a column of days; null where there is none, or only about. */
export const dayColumn = (rough: RoughDay | null): Date | null => (rough === null || rough.day === null ? null : new Date(`${rough.day}T00:00:00Z`));

/** Midnight in Japan at which this day begins. */
export const startOf = (day: string): Date => new Date(`${day}T00:00:00+09:00`);
/** Midnight in Japan at which this day is over. */
export const endOf = (day: string): Date => new Date(startOf(day).getTime() + 86_400_000);
