// Answers in which every field of a form is set at least once, and every way to answer a field wrongly: made from the form itself,
// so that a form is tested by being there.
import { validateAnswers } from '../../src/engine/forms.js';
import { containerTypes, fieldTypes, longestAnswer, partsOf, type Component, type FormSchema } from '../../src/engine/forms/schema.js';
import type { Json } from '../../src/engine/model.js';
import type { Answers } from '../../src/services/samples.js';

/** A field by where it lies; `0` for the first row of a list. */
export interface Leaf {
  path: readonly (string | number)[];
  component: Component;
  /** Of the field and of all that it lies in. */
  hides: readonly string[];
  locked: boolean;
}

export function leavesOf(components: readonly Component[], prefix: readonly (string | number)[] = [], above: readonly string[] = []): Leaf[] {
  return components.flatMap((component) => {
    const hides = component.conditional?.hide ? [...above, component.conditional.hide] : above;
    const parts = component.path ? [...prefix, ...partsOf(component.path)] : prefix;
    if (component.type === 'dynamiclist') return leavesOf(component.components ?? [], [...parts, 0], hides);
    if (containerTypes.has(component.type)) return leavesOf(component.components ?? [], parts, hides);
    if (!fieldTypes.has(component.type)) return [];
    return [{ path: [...prefix, ...partsOf(component.key ?? '')], component, hides, locked: component.disabled === true || (component.readonly !== undefined && component.readonly !== false) }];
  });
}

export const pointerOf = (path: readonly (string | number)[]): string => path.map((part) => `/${part}`).join('');

export function read(answers: Json | undefined, path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>((value, part) => (value !== null && typeof value === 'object' ? (value as Record<string, Json>)[part] : undefined), answers);
}

/** A copy with `value` there; undefined: without it. */
export function wrote(answers: Answers, path: readonly (string | number)[], value: Json | undefined): Answers {
  const copy = structuredClone(answers);
  let at = copy as Record<string | number, Json>;
  path.slice(0, -1).forEach((part, index) => {
    const next = at[part];
    if (next === null || next === undefined || typeof next !== 'object') at[part] = typeof path[index + 1] === 'number' ? [] : {};
    at = at[part] as Record<string, Json>;
  });
  const last = path.at(-1)!;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

/** Days as people say them; every form meets several. */
export const saidDates = ['昭和45年3月頃', 'R7.4.1', '２０２５年４月１日', '令和元年5月1日', '2025-04', '昭和20年頃', '平成31年4月30日', '2025年春ごろ', '昭和64年1月7日', '19700302'] as const;
/** One day as it may be typed where a day is reckoned with, in 和暦 or 西暦. */
export const sameDay = ['2026-05-11', '令和8年5月11日', 'R8.5.11', 'r8/5/11', '令8年5月11日', '2026/5/11', '2026年5月11日', '２０２６年５月１１日', '20260511', '令和８年　５月１１日', '㋿8年5月11日'] as const;
/** Days that are only said about: no field takes them that something is reckoned from. */
export const roughDays = ['2025-04', '2025', '昭和20年頃', '令和8年5月', '令和8年5月11日頃', '2025年春ごろ', '約1970年', '２０２６年５月上旬'] as const;
/** Days that there are not, and eras that had not begun or were over. */
export const noDates = ['令和0年4月1日', '昭和64年1月8日', '平成31年5月1日', '令和元年4月30日', '2025-02-29', 'R7.13.1', '2025年4月31日', '春ごろ', 'あした', '45.3.2'] as const;
const formats: Readonly<Record<string, string>> = { kana: 'わたなべ　ｼﾞｭﾝ', phone: '０６（1234）5678', postalCode: '〒５７１－００００' };
/** Characters of four bytes, glyph selectors, half width: what names are made of. */
const odd = '𠮷󠄀辻󠄁邉󠄂 ﾊﾅ Å①';

function textFor(component: Component): string {
  const { validate, properties } = component;
  if (properties?.['format'] === 'date') return saidDates[Array.from(component.key ?? '').reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % saidDates.length]!;
  if (properties?.['format']) return formats[properties['format']] ?? '';
  if (validate?.validationType === 'email') return 'a@example.invalid';
  if (validate?.pattern) return ['0190aaaa-0000-7000-8000-000000000001', '0000', '12', 'a1', 'A-1', 'S-0001', 'D-0001'].find((text) => new RegExp(validate.pattern!).test(text)) ?? '';
  return odd.slice(0, longestAnswer(component)).padEnd(validate?.minLength ?? 0, '字');
}

/** A right answer that is not empty. */
export function rightAnswer(component: Component): Json {
  const { validate, increment, values } = component;
  switch (component.type) {
    case 'number': {
      const least = validate?.min ?? 0;
      const value = Math.max(least, Math.min(validate?.max ?? 1, least + Number(increment ?? 1)));
      return component.serializeToString ? String(value) : value;
    }
    case 'checkbox': return true;
    case 'select': case 'radio': return (values ?? [])[0]?.value ?? null;
    case 'checklist': case 'taglist': return (values ?? []).slice(0, 2).map(({ value }) => value);
    case 'datetime': return component.subtype === 'time' ? '09:30' : component.subtype === 'datetime' ? '2026-05-11T09:30' : '2026-05-11';
    default: return textFor(component);
  }
}

const hidden = 'ほかの答えにより表示されない項目です。';
export const isSet = (value: Json | undefined): boolean => value !== undefined && value !== null && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0);

/** Takes away what other answers hide. */
function pruned(schema: Json, answers: Answers): Answers {
  let left = answers;
  for (let round = 0; round < 20; round += 1) {
    const pointers = validateAnswers(schema, left).errors.filter(({ detail }) => detail === hidden).map(({ pointer }) => pointer);
    if (pointers.length === 0) break;
    for (const pointer of pointers) left = wrote(left, pointer.slice(1).split('/').map((part) => (/^\d+$/.test(part) ? Number(part) : part)), undefined);
  }
  return left;
}

/** `answers` with a right one in every field that they leave open and do not hide. `fixed`: not to be filled in. */
export function filledIn(schema: Json, answers: Answers, leaves: readonly Leaf[], fixed: ReadonlySet<string> = new Set()): Answers {
  let full = pruned(schema, answers);
  for (const { path, component, locked } of leaves) {
    if (locked || fixed.has(pointerOf(path)) || isSet(read(full, path))) continue;
    const more = wrote(full, path, rightAnswer(component));
    // an answer that hides another one is left out: that other one was said on purpose
    if (!validateAnswers(schema, more).errors.some(({ detail }) => detail === hidden)) full = more;
  }
  return full;
}

/** The answers that matter to a condition. */
function waysOf({ path, component }: Leaf): { path: Leaf['path']; value: Json | undefined }[] {
  const options = (component.values ?? []).map(({ value }) => value as Json);
  const list = component.type === 'checklist' || component.type === 'taglist';
  const values: (Json | undefined)[] = options.length > 0 ? [undefined, ...options.map((one) => (list ? [one] : one))] : component.type === 'checkbox' ? [true, false] : [undefined, rightAnswer(component)];
  return values.map((value) => ({ path, value }));
}

/** Every combination of answers to the fields that the conditions of `leaf` speak of, one after the other. */
function* waysTo(leaf: Leaf, leaves: readonly Leaf[]): Generator<{ path: Leaf['path']; value: Json | undefined }[]> {
  const named = new Set<Leaf>();
  const shared = (a: Leaf, b: Leaf): number => a.path.findIndex((part, at) => part !== b.path[at]);
  const name = (from: Leaf): void => {
    const spoken = leaves.filter((other) => other !== from && !other.locked && from.hides.some((hide) => new RegExp(`(?<![\\p{L}\\p{N}_"])${String(other.path.at(-1))}(?![\\p{L}\\p{N}_"])`, 'u').test(hide)));
    for (const other of spoken) {
      // of fields with one name the nearest is meant: the one in the same row
      const nearest = Math.max(...spoken.filter((one) => one.path.at(-1) === other.path.at(-1)).map((one) => shared(from, one)));
      if (named.has(other) || shared(from, other) < nearest) continue;
      named.add(other);
      name(other);
    }
  };
  name(leaf);
  let ways: { path: Leaf['path']; value: Json | undefined }[][] = [[]];
  for (const other of named) ways = ways.flatMap((way) => waysOf(other).map((one) => [...way, one])).slice(0, 4000);
  yield* ways;
}

export interface Sets {
  /** Answers that may be sent, which together set every field. */
  sets: Answers[];
  /** Fields that no answers show. */
  never: string[];
}

/** From a sample on: it filled in, and for each field that it hides a variation that shows it. */
export function everyField(schema: Json, sample: Answers): Sets {
  const leaves = leavesOf((schema as unknown as FormSchema).components);
  const sets = [filledIn(schema, sample, leaves)];
  const never: string[] = [];
  for (const leaf of leaves) {
    if (leaf.locked || sets.some((set) => isSet(read(set, leaf.path)))) continue;
    let shown: Answers | null = null;
    for (const way of waysTo(leaf, leaves)) {
      const said = way.reduce((answers, { path, value }) => wrote(answers, path, value), sets[0]!);
      const seen = pruned(schema, wrote(said, leaf.path, rightAnswer(leaf.component)));
      if (!isSet(read(seen, leaf.path))) continue;
      const tried = filledIn(schema, seen, leaves, new Set(way.map(({ path }) => pointerOf(path))));
      if (isSet(read(tried, leaf.path)) && validateAnswers(schema, tried).errors.length === 0) {
        shown = tried;
        break;
      }
    }
    if (shown) sets.push(shown);
    else never.push(pointerOf(leaf.path));
  }
  return { sets, never };
}

export interface Wrong {
  what: string;
  pointer: string;
  answers: Answers;
}

interface Rows {
  path: readonly (string | number)[];
  component: Component;
}

/** Lists by where they lie; those within a row of another in its first row. */
function listsOf(components: readonly Component[], prefix: readonly (string | number)[] = []): Rows[] {
  return components.flatMap((component): Rows[] => {
    const path = component.path ? [...prefix, ...partsOf(component.path)] : prefix;
    if (component.type !== 'dynamiclist') return containerTypes.has(component.type) ? listsOf(component.components ?? [], path) : [];
    return [{ path, component }, ...listsOf(component.components ?? [], [...path, 0])];
  });
}

/** A list that is missing, no list, too long, with an empty row, or with a second row that is wrong. */
function wrongRows(schema: Json, set: Answers): Wrong[] {
  return listsOf((schema as unknown as FormSchema).components).flatMap(({ path, component }): Wrong[] => {
    const rows = read(set, path);
    if (!Array.isArray(rows) || rows.length === 0) return [];
    const wrong = (what: string, instead: Json | undefined, at: string = pointerOf(path)): Wrong => ({ what, pointer: at, answers: wrote(set, path, instead) });
    const second = leavesOf(component.components ?? []).flatMap((leaf): Wrong[] => {
      const { validate, values, type } = leaf.component;
      if (leaf.locked || !isSet(read(rows[0], leaf.path))) return [];
      const at = `${pointerOf(path)}/1${pointerOf(leaf.path)}`;
      const withSecond = (what: string, instead: Json | undefined): Wrong => wrong(`${what} (second row)`, [rows[0]!, wrote(rows[0] as Answers, leaf.path, instead)], at);
      const list = type === 'checklist' || type === 'taglist';
      return [
        ...(validate?.required ? [withSecond('missing', undefined)] : []),
        ...(values ? [withSecond('no such option', list ? ['no_such_option'] : 'no_such_option')] : []),
        ...(type === 'textfield' || type === 'textarea' ? [withSecond('too long', '長'.repeat(longestAnswer(leaf.component) + 1))] : []),
      ];
    });
    return [
      ...(component.validate?.required ? [wrong('missing', undefined), wrong('empty', [])] : []),
      wrong('no list', 'ひとつ'), wrong('too many rows', Array.from({ length: 201 }, () => rows[0]!)), wrong('an empty row', [rows[0]!, null], `${pointerOf(path)}/1`), ...second,
    ];
  });
}

/** Each answer of a set made wrong in each way. */
export function wrongAnswers(schema: Json, set: Answers): Wrong[] {
  return [...wrongFields(schema, set), ...wrongRows(schema, set)];
}

function wrongFields(schema: Json, set: Answers): Wrong[] {
  return leavesOf((schema as unknown as FormSchema).components).flatMap(({ path, component, locked }): Wrong[] => {
    const value = read(set, path);
    if (locked || !isSet(value)) return [];
    const wrong = (what: string, instead: Json | undefined): Wrong => ({ what, pointer: pointerOf(path), answers: wrote(set, path, instead) });
    const { type, validate, properties } = component;
    const text = type === 'textfield' || type === 'textarea';
    const list = type === 'checklist' || type === 'taglist';
    return [
      ...(validate?.required ? [wrong('missing', undefined), wrong('empty', list ? [] : type === 'checkbox' ? false : text ? '' : null)] : []),
      ...(component.values ? [wrong('no such option', list ? [...(value as Json[]), 'no_such_option'] : 'no_such_option')] : []),
      ...(list ? [wrong('an option twice', [...(value as Json[]), (value as Json[])[0]!]), wrong('no list', (value as Json[])[0]!)] : []),
      ...(text ? [wrong('too long', '長'.repeat(longestAnswer(component) + 1)), wrong('a number for a text', 7), wrong('a character that cannot be kept', '字\u0007')] : []),
      ...(text && properties?.['format'] ? [wrong('not as the format says', '?!')] : []),
      ...(properties?.['format'] === 'date' ? noDates.map((day) => wrong(`no such day: ${day}`, day)) : []),
      ...(properties?.['format'] === 'kana' ? [wrong('kanji for kana', '山田')] : []),
      ...(properties?.['format'] === 'phone' ? [wrong('no telephone number', '123-45')] : []),
      ...(properties?.['format'] === 'postalCode' ? [wrong('no postal code', '571-000')] : []),
      ...(text && validate?.pattern ? [wrong('not as the pattern says', '～～')] : []),
      ...(type === 'number' && !component.serializeToString ? [wrong('a text for a number', 'いくつか'), ...(validate?.max === undefined ? [] : [wrong('too much', validate.max + 1)]), ...(validate?.min === undefined ? [] : [wrong('too little', validate.min - 1)])] : []),
      ...(type === 'checkbox' ? [wrong('a text for yes or no', 'はい')] : []),
      ...(type === 'datetime' ? [wrong('no such day or hour', '2026-02-30T25:61')] : []),
      ...(type === 'datetime' && component.subtype === 'date' ? [...noDates, ...roughDays].map((day) => wrong(`no day: ${day}`, day)) : []),
      ...(text && validate?.required ? [wrong('blank', '　 ')] : []),
      ...(list ? [] : [wrong('an object', { a: 1 })]),
    ];
  });
}
