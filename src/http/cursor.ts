// Where the next page begins, as a text that only we can make: base64url of JSON, signed, and bound to what was asked.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Problem } from '../base/problem.js';
import { canonicalJson } from '../base/json.js';

const refused = (): Problem => new Problem('invalid', { errors: [{ pointer: '/query/cursor', detail: 'この続きは使えません。条件を変えたときは最初から読み直してください。' }] });

const sign = (secret: string, text: string, asked: unknown): Buffer =>
  createHmac('sha256', secret).update(text).update('\n').update(createHash('sha256').update(canonicalJson(asked)).digest()).digest().subarray(0, 16);

/** @param asked what the page depends on (filters, sort, person): a cursor of another question is refused */
export function writeCursor(secret: string, position: unknown, asked: unknown): string {
  const text = Buffer.from(JSON.stringify(position)).toString('base64url');
  return `${text}.${sign(secret, text, asked).toString('base64url')}`;
}

/** @throws Problem invalid when it was not made here or for another question */
export function readCursor(secret: string, cursor: string, asked: unknown): unknown {
  const [text, signature, ...rest] = cursor.split('.');
  if (!text || !signature || rest.length > 0) throw refused();
  const given = Buffer.from(signature, 'base64url');
  const wanted = sign(secret, text, asked);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw refused();
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
}
