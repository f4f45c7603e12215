// Answers as a record reads them: the form was checked before, so a field is there or empty; what an empty field holds depends
// on its type, and here it is always null or nothing.
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { readDate } from '../../base/wareki.js';

export type Answers = Record<string, Json>;

export function said(answers: Answers, key: string): string | null {
  const value = answers[key];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

export function saidNumber(answers: Answers, key: string): number | null {
  const value = answers[key];
  return typeof value === 'number' ? value : null;
}

export const saidTrue = (answers: Answers, key: string): boolean => answers[key] === true;

export function saidList(answers: Answers, key: string): string[] {
  const value = answers[key];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

export function saidRows(answers: Answers, key: string): Answers[] {
  const value = answers[key];
  return Array.isArray(value) ? value.filter((row): row is Answers => typeof row === 'object' && row !== null && !Array.isArray(row)) : [];
}

/** A refusal that points at one field of the form. */
export const wrongField = (at: string, detail: string): Problem => new Problem('form_invalid', { errors: [{ pointer: `/answers/${at.replaceAll('.', '/')}`, detail }] });

/**
 * A day as `YYYY-MM-DD`, in 和暦 or 西暦 as it was said; null when nothing was.
 * @param at where the field stands, for the refusal (`trials/0/triedOn`)
 * @throws Problem form_invalid when it is no day of its own (only a month, or about)
 */
export function saidDay(answers: Answers, key: string, at: string = key): string | null {
  const text = said(answers, key);
  if (text === null) return null;
  const date = readDate(text);
  if (!date || date.precision !== 'day' || date.about) throw wrongField(at, '年月日まで入力してください（例 令和8年12月1日、2026-12-01）。');
  return date.iso;
}

/** @throws Problem form_invalid when nothing was said, or no day of its own */
export function mustSayDay(answers: Answers, key: string, at: string = key): string {
  const day = saidDay(answers, key, at);
  if (day === null) throw wrongField(at, '入力してください。');
  return day;
}
