// What a person may hand to a process from outside a form: decisions, numbers, instants and keys. Free text would end up in
// variables, and from there in histories, logs and mails; words belong into the answers of a form, which stay where they are.
import { Problem, type PointedError } from '../base/problem.js';
import type { Json, Variables } from './model.js';

/** A key: an id, a code, a case number, a name in a diagram. */
export const keyPattern = /^[A-Za-z0-9._:@-]{1,100}$/;
/** ISO 8601; the forms that `keyPattern` has not covered anyway are those with an offset. */
const datePattern = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;
const durationPattern = /^-?P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/;

/** The variables themselves, lists and objects in them, and those directly in these. */
const mostLevels = 3;
const mostErrors = 20;
const sentence = '文章は入れられません。はい・いいえ、数、日時、または英数字のキー（100文字まで）にしてください。';
const keySentence = '英数字と . _ : @ - の100文字までのキーにしてください。';

const step = (name: string | number): string => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
const isPlainText = (text: string): boolean => keyPattern.test(text) || (text.length <= 100 && (datePattern.test(text) || durationPattern.test(text)));

function look(value: Json, pointer: string, level: number, found: PointedError[]): void {
  if (found.length >= mostErrors || value === null || typeof value === 'boolean') return;
  if (typeof value === 'string' || typeof value === 'number') {
    if (typeof value === 'string' ? !isPlainText(value) : !Number.isFinite(value)) found.push({ pointer, detail: sentence });
    return;
  }
  if (level >= mostLevels) {
    found.push({ pointer, detail: '入れ子が深すぎます。' });
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, member] of value.entries()) look(member, pointer + step(index), level + 1, found);
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    if (keyPattern.test(name)) look(member, pointer + step(name), level + 1, found);
    else if (found.length < mostErrors) found.push({ pointer, detail: `項目の名前は、${keySentence}` });
  }
}

/**
 * @param keys names and keys that came along, by their pointers; null and undefined are none
 * @throws Problem invalid, pointing at everything in `variables` (a member of the body) and `keys` that may be free text
 */
export function mustBePlain(variables: Variables, keys: Record<string, string | null | undefined> = {}): void {
  const found: PointedError[] = [];
  for (const [pointer, key] of Object.entries(keys)) {
    if (key !== null && key !== undefined && !keyPattern.test(key)) found.push({ pointer, detail: keySentence });
  }
  look(variables, '/variables', 0, found);
  if (found.length > 0) throw new Problem('invalid', { errors: found.slice(0, mostErrors) });
}
