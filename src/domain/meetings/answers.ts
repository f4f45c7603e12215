// Answers of meeting forms, read exactly: what the form has checked is still JSON here.
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import type { Filed } from '../records/record.js';

type Answers = Filed['answers'];

export const textIn = (answers: Answers, key: string): string | null => {
  const value = answers[key];
  return typeof value === 'string' && value.trim() !== '' ? value : null;
};

export const keysIn = (answers: Answers, key: string): string[] => {
  const value = answers[key];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
};

export const rowsIn = (answers: Answers, key: string): Record<string, Json>[] => {
  const value = answers[key];
  return Array.isArray(value) ? value.filter((one): one is Record<string, Json> => one !== null && typeof one === 'object' && !Array.isArray(one)) : [];
};

/** An instant of a datetime field; one without an offset is meant in Japan. */
export const instantIn = (value: Json | undefined): Date | null => {
  if (typeof value !== 'string' || value === '') return null;
  const at = new Date(/(?:Z|[+-]\d{2}:\d{2})$/.test(value) ? value : `${value}+09:00`);
  return Number.isNaN(at.getTime()) ? null : at;
};

/** A refusal that points at one answer. */
export const wrong = (key: string, detail: string): Problem => new Problem('form_invalid', { errors: [{ pointer: `/answers/${key}`, detail }] });

/** An id that the process knows; null when it does not. */
export const idIn = ({ variables }: Filed, name: string): string | null => {
  const value = variables[name];
  return typeof value === 'string' && value !== '' ? value : null;
};
