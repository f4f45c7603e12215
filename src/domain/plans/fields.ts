// Answers of a 帳票, read for what they are. Its needs have made sure that the fields are there and of their types; what nobody
// answered is '', null or [].
import type { Json } from '../../base/json.js';

export type Answers = Readonly<Record<string, Json>>;

export const textOf = (answers: Answers, key: string): string => (typeof answers[key] === 'string' ? (answers[key] as string) : '');

/** null where nobody wrote anything. */
export const textOrNull = (answers: Answers, key: string): string | null => textOf(answers, key).trim() || null;

export const listOf = (answers: Answers, key: string): string[] => (Array.isArray(answers[key]) ? (answers[key] as Json[]).filter((one) => typeof one === 'string') : []);

export const rowsOf = (answers: Answers, key: string): Answers[] =>
  Array.isArray(answers[key]) ? (answers[key] as Json[]).filter((row): row is Record<string, Json> => typeof row === 'object' && row !== null && !Array.isArray(row)) : [];
