// What the answers of F10, F11, F17 and F18 say, with the pointer of what cannot be.
import type { PointedError } from '../../base/problem.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { readDate } from '../../base/wareki.js';

export type Answers = Readonly<Record<string, Json>>;

export const textAt = (answers: Answers, key: string): string | null => {
  const value = answers[key];
  return typeof value === 'string' && value.trim() !== '' ? value : null;
};

export const listAt = <T extends string>(answers: Answers, key: string): T[] => {
  const value = answers[key];
  return Array.isArray(value) ? (value.filter((one): one is T & string => typeof one === 'string') as T[]) : [];
};

export const rowsAt = (answers: Answers, key: string): Answers[] => {
  const value = answers[key];
  return Array.isArray(value) ? value.filter((row): row is Record<string, Json> => typeof row === 'object' && row !== null && !Array.isArray(row)) : [];
};

/** @throws Problem form_invalid */
export function refuse(...errors: (PointedError | readonly [at: string, detail: string])[]): never {
  throw new Problem('form_invalid', { errors: errors.map((one) => ('pointer' in one ? one : { pointer: `/answers/${one[0]}`, detail: one[1] })) });
}

/**
 * A day that the office reckons with, as ISO. null where nothing was answered.
 * @throws Problem form_invalid when it is a month, a year or about then
 */
export function dayAt(answers: Answers, key: string): string | null {
  const text = textAt(answers, key);
  if (text === null) return null;
  const said = readDate(text);
  if (!said || said.precision !== 'day' || said.about) refuse([key, '年月日まで入力してください（例: 令和8年4月14日）。']);
  return said.iso;
}

/** Midnight in Japan at which this day begins. */
export const startOf = (day: string): Date => new Date(`${day}T00:00:00+09:00`);
/** Midnight in Japan at which this day is over. */
export const endOf = (day: string): Date => new Date(startOf(day).getTime() + 86_400_000);
