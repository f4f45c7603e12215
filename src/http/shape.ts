// What comes in: JSON, query and path against their schemas. Everything that does not fit is named with a pointer.
import { z } from 'zod';
import { Problem, type PointedError } from '../base/problem.js';
import { keyPattern } from '../engine/plain-values.js';

type Issue = z.core.$ZodIssue;

const typeNames: Record<string, string> = {
  string: '文字列', number: '数', int: '整数', boolean: 'true か false', array: '配列', object: 'オブジェクト', record: 'オブジェクト', date: '日時', null: 'null',
};
const formatNames: Record<string, string> = {
  uuid: 'UUID で指定してください。', datetime: '日時（例 2026-04-01T09:00:00+09:00）で指定してください。', date: '日付（例 2026-04-01）で指定してください。', regex: '書式が違います。',
};

/** RFC 6901 pointer of a path. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function limitText(issue: Extract<Issue, { code: 'too_big' | 'too_small' }>): string {
  const unit = issue.origin === 'string' ? '文字' : issue.origin === 'array' ? '件' : '';
  if (issue.code === 'too_big') return `${issue.maximum}${unit}以下にしてください。`;
  if (issue.minimum === 1 && unit) return '入力してください。';
  return `${issue.minimum}${unit}以上にしてください。`;
}

function sentence(issue: Issue): string {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return '必須です。';
    return `${typeNames[issue.expected] ?? issue.expected}で指定してください。`;
  }
  if (issue.code === 'too_big' || issue.code === 'too_small') return limitText(issue);
  if (issue.code === 'invalid_value') return `${issue.values.map((v) => String(v)).join('、')} のどれかにしてください。`;
  if (issue.code === 'invalid_format') return formatNames[issue.format] ?? '書式が違います。';
  if (issue.code === 'custom') return issue.message;
  return '指定できない値です。';
}

function explain(issue: Issue, prefix: string): PointedError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: prefix + pointerOf([...issue.path, key]), detail: 'この項目はありません。' }));
  }
  return [{ pointer: prefix + pointerOf(issue.path), detail: sentence(issue) }];
}

const maxDepth = 40;
/** NUL and lone surrogates: Postgres stores neither. */
// eslint-disable-next-line no-control-regex
const unstorable = /[\u0000\ud800-\udfff]/u;

/** Text that cannot be stored and nesting that would exhaust the stack, before anything else looks at the value. */
function hostile(value: unknown, path: PropertyKey[], found: PointedError[]): void {
  if (found.length >= 20) return;
  if (typeof value === 'string') {
    if (unstorable.test(value)) found.push({ pointer: pointerOf(path), detail: '保存できない文字が含まれています。' });
  } else if (value !== null && typeof value === 'object') {
    if (path.length >= maxDepth) {
      found.push({ pointer: pointerOf(path), detail: '入れ子が深すぎます。' });
      return;
    }
    for (const [key, member] of Object.entries(value)) {
      if (unstorable.test(key) || key === '__proto__') found.push({ pointer: pointerOf(path), detail: '使えない項目名があります。' });
      else hostile(member, [...path, key], found);
    }
  }
}

/**
 * The value as `schema` reads it.
 * @param where '' for the body, '/query' or '/path' for the others: what pointers begin with
 * @throws Problem invalid, with a pointer for each fault
 */
export function readShape<S extends z.ZodType>(schema: S, value: unknown, where: '' | '/query' | '/path'): z.output<S> {
  const found: PointedError[] = [];
  hostile(value, [], found);
  if (found.length > 0) throw new Problem('invalid', { errors: found.map((e) => ({ ...e, pointer: where + e.pointer })) });
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new Problem('invalid', { errors: parsed.error.issues.slice(0, 50).flatMap((issue) => explain(issue, where)) });
}

// ── words that many routes share ──

/** An instant that goes out, always in UTC: a Date, or the text of one that was stored or that Postgres wrote. */
export const instant = z.preprocess((value) => (value instanceof Date || (typeof value === 'string' && !Number.isNaN(Date.parse(value))) ? new Date(value).toISOString() : value), z.iso.datetime());

/** An instant that comes in. */
export const instantIn = z.iso.datetime({ offset: true }).transform((text) => new Date(text)).refine((at) => at.getUTCFullYear() >= 2000 && at.getUTCFullYear() < 2200, '2000年から2199年までの日時にしてください。');

export const id = z.uuid();
/** A day in Japan. */
export const day = z.iso.date();
export const byId = z.strictObject({ id });
/** A name of one line: no control characters. */
export const line = (max: number) => z.string().trim().min(1).max(max).regex(/^[^\p{Cc}]*$/u);
export const reason = z.string().trim().min(1).max(500).meta({ description: '理由。記録に残ります。' });
export const limit = z.coerce.number().int().min(1).max(100).default(50).meta({ description: '1ページの件数' });
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
export const cursor = z.string().min(1).max(2000).meta({ description: '前のページの nextCursor' });
export const version = z.int().min(1).max(2_147_483_647).optional().meta({ description: '読んだときの version。If-Match でもよい。' });
/** A name in a diagram, an id, a code: never free text. */
export const key = z.string().regex(keyPattern).meta({ description: '英数字と . _ : @ - の100文字まで' });
/** Any JSON value. */
export const json = z.unknown().meta({ override: {}, description: 'JSON の値' });
export const variables = z.record(z.string().min(1).max(200), json).meta({ description: 'プロセス変数: true/false、数、null、日時、英数字のキー（100文字まで）と、それらの一覧やオブジェクト。文章は入れられない。' });
export const nothing = z.strictObject({});
