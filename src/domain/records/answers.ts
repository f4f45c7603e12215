// What a record reads from checked answers. The check has seen to the types (needs); these turn "not answered" into null.
import { Problem } from '../../base/problem.js';
import type { Json } from '../../base/json.js';
import type { Filed } from './record.js';

type Answers = Readonly<Record<string, Json>>;

/** null where nobody answered. */
export function textAt(answers: Answers, key: string): string | null {
  const value = answers[key];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The chosen values of a list; none where nobody answered. */
export function textsAt(answers: Answers, key: string): string[] {
  const value = answers[key];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
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

/** @throws Problem form_invalid pointing at the field */
export function refuseField(key: string, detail: string): never {
  throw new Problem('form_invalid', { errors: [{ pointer: `/answers/${key}`, detail }] });
}
