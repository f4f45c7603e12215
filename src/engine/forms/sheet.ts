// A form as the columns of a sheet, and a row of it as answers. Whatever form is deployed has its sheet: nothing here knows a field.
// A title is the label, with the labels of the groups around it; the rows of a list are numbered (`世帯構成1／氏名`).
import { readDate } from '../../base/wareki.js';
import type { Cell, TemplateColumn } from '../../base/workbook.js';
import type { Json } from '../model.js';
import { filled } from './answers.js';
import { isHidden, type Scope } from './conditions.js';
import { choiceTypes, factSource, formatOf, fromOf, isObject, partsOf, type Component, type FormSchema } from './schema.js';
import { dayRefusal, notListed } from './value.js';

export interface Column extends TemplateColumn {
  /** Where the answer lies: keys and, in a list, the number of its row. */
  path: (string | number)[];
  component: Component;
}

/** Rows of a list that a sheet has columns for. */
const listRows = 6;
const inputTypes = new Set(['textfield', 'textarea', 'number', 'select', 'radio', 'checkbox', 'checklist', 'taglist', 'datetime']);

/** Whether the case or the person who imports says it: no column. */
const isFact = (component: Component): boolean => component.readonly === true || component.disabled === true || factSource.test(fromOf(component) ?? '');

/** The columns of a form, in its order. `leave`: keys at the top that are said otherwise. */
export function columnsOf(schema: unknown, leave: ReadonlySet<string> = new Set()): Column[] {
  const found: Column[] = [];
  // what is shown only sometimes needs no column in a sheet of which no row shows it; a row that does is refused at that field
  const walk = (components: readonly Component[], path: (string | number)[], titles: string[], sometimes: boolean): void => {
    for (const component of components) {
      const label = component.label?.trim() ?? '';
      const shownSometimes = sometimes || component.conditional?.hide !== undefined;
      if (component.type === 'group') walk(component.components ?? [], component.path ? [...path, ...partsOf(component.path)] : path, label ? [...titles, label] : titles, shownSometimes);
      else if (component.type === 'dynamiclist') {
        const list = label.replace(/（.*$/, '') || (component.path ?? '');
        for (let row = 0; row < listRows; row += 1) walk(component.components ?? [], [...path, ...partsOf(component.path ?? ''), row], [...titles, `${list}${row + 1}`], shownSometimes);
      } else if (inputTypes.has(component.type) && component.key && !isFact(component) && !(path.length === 0 && leave.has(component.key))) {
        const inList = path.some((part) => typeof part === 'number');
        found.push({ path: [...path, ...partsOf(component.key)], component, title: [...titles, label || component.key].join('／'), required: component.validate?.required === true && !shownSometimes && !inList, how: howOf(component), options: optionsOf(component) });
      }
    }
  };
  walk((schema as FormSchema).components, [], [], false);
  const seen = new Map<string, number>();
  for (const column of found) {
    const count = (seen.get(column.title) ?? 0) + 1;
    seen.set(column.title, count);
    if (count > 1) column.title = `${column.title}（${count}）`;
  }
  return found;
}

/** The facts of the case and of the person that a form carries over, by where they lie. */
export function factsOf(schema: unknown, value: (record: string, at: string) => Json | undefined): Record<string, Json> {
  const carried: Record<string, Json> = {};
  const walk = (components: readonly Component[], prefix: string): void => {
    for (const component of components) {
      if (component.type === 'group') walk(component.components ?? [], component.path ? `${prefix}${component.path}.` : prefix);
      const source = (fromOf(component) ?? '').split('|').find((one) => factSource.test(one));
      const [record = '', ...at] = source?.split('.') ?? [];
      const given = source === undefined ? undefined : value(record, at.join('.'));
      if (given !== undefined && component.key) carried[`${prefix}${component.key}`] = given;
    }
  };
  walk((schema as FormSchema).components, '');
  return carried;
}

/**
 * Answers with the facts in the fields that these answers show: what nobody was shown nobody has answered (who explained a consent,
 * where there is none). Facts lie outside of rows.
 * @param facts by key or path
 */
export function withFacts(schema: unknown, answers: Readonly<Record<string, Json>>, facts: Readonly<Record<string, Json>>): Record<string, Json> {
  const { components } = schema as FormSchema;
  const laid = (some: Iterable<readonly [string, Json]>): Record<string, Json> => {
    const all = structuredClone(answers) as Record<string, Json>;
    for (const [at, value] of some) putAnswer(all, at.split('.'), value);
    return all;
  };
  const shown = new Map(Object.entries(facts));
  for (let before = -1; before !== shown.size; ) {
    before = shown.size;
    const seen = filled(components, laid(shown));
    for (const at of hiddenIn(components, { data: seen, row: seen, parent: null, index: [] })) shown.delete(at);
  }
  return laid(shown);
}

/** Where the fields lie (outside of rows) that are not shown. */
function hiddenIn(components: readonly Component[], scope: Scope, prefix = '', within = false): string[] {
  return components.flatMap((component) => {
    const hidden = within || isHidden(component, scope);
    if (component.type === 'group') return hiddenIn(component.components ?? [], scope, component.path ? `${prefix}${component.path}.` : prefix, hidden);
    return hidden && component.key ? [`${prefix}${component.key}`] : [];
  });
}

const optionsOf = (component: Component): string[] => (component.type === 'checklist' || component.type === 'taglist' ? [] : (component.values ?? []).map(({ label, value }) => label ?? String(value)));

/** How a field is written in a cell. */
export function howOf(component: Component): string {
  const names = (component.values ?? []).map(({ label, value }) => label ?? String(value));
  if (component.type === 'select' || component.type === 'radio') return `次のどれかを書いてください: ${names.join('・')}`;
  if (choiceTypes.has(component.type)) return `次から選び、いくつかあるときは「、」で区切ってください: ${names.join('・')}`;
  if (component.type === 'checkbox') return 'あてはまるときは「はい」、そうでなければ空にしてください。';
  if (component.type === 'number') return '数だけを書いてください（例 12）。';
  if (component.type === 'datetime') return component.subtype === 'time' ? '時刻を書いてください（例 09:30）。' : component.subtype === 'datetime' ? '日時を書いてください（例 2026-11-23 09:30）。' : '日付を書いてください（例 2026-11-23、令和8年11月23日）。';
  const format = formatOf(component);
  if (format === 'date') return '日付を書いてください（例 昭和45年3月2日、1970-03-02、1970年頃）。';
  if (format === 'kana') return 'ひらがなかカタカナで書いてください。';
  if (format === 'phone') return '電話番号を書いてください（例 06-1234-5678）。';
  if (format === 'postalCode') return '郵便番号を書いてください（例 571-0000）。';
  return '文字で書いてください。';
}

const fold = (text: string): string => text.normalize('NFKC').replace(/\s+/g, '').toLowerCase();
/** Begins as a formula or a command would: whoever exports it again would run it. */
const dangerous = /^[\s]*[=@\t\r]|^[\s]*[+-](?![\s\d(（.,０-９])/;

export type Taken = { value: Json } | { wrong: string };

const two = (n: number): string => String(n).padStart(2, '0');
const dayText = (at: Date): string => at.toISOString().slice(0, 10);
/** Dates of a sheet are local and without a zone; Excel's own rounding may be a second off. */
const minuteText = (at: Date): string => new Date(Math.round(at.getTime() / 60_000) * 60_000).toISOString().slice(0, 16);

/** A cell as the answer of its field; what is wrong with it otherwise. Limits and required fields are the form's to check. */
export function takeCell({ component }: Pick<Column, 'component'>, cell: Cell): Taken {
  if (cell.problem === 'formula') return { wrong: '数式は読めません。値を書いてください。' };
  if (cell.problem === 'error') return { wrong: 'エラー値になっています。値を書いてください。' };
  if (typeof cell.value === 'string' && dangerous.test(cell.value)) return { wrong: '「=」「@」「+」「-」で始まる式のような文字は入れられません。' };
  if (choiceTypes.has(component.type)) return takeChoice(component, String(cell.value));
  if (component.type === 'checkbox') return takeFlag(cell.value);
  if (component.type === 'number') return takeNumber(cell.value);
  if (component.type === 'datetime') return takeDate(component, serialDate(cell.value));
  const value = formatOf(component) === 'date' ? serialDate(cell.value) : cell.value;
  if (value instanceof Date) return { value: formatOf(component) === 'date' ? dayText(value) : minuteText(value).replace('T', ' ') };
  return { value: String(cell.value).trim() };
}

/** Of what could be chosen once, its value. */
const goneBy = (component: Component, text: string): Json[] => (component.gone ?? []).filter(({ label, value }) => [label ?? '', String(value)].some((name) => fold(name) === fold(text))).map(({ value }) => value);

function takeChoice(component: Component, text: string): Taken {
  const byName = new Map((component.values ?? []).flatMap(({ label, value }) => [[fold(String(value)), value], [fold(label ?? String(value)), value]] as const));
  const whole = byName.get(fold(text));
  const gone = goneBy(component, text);
  if (whole === undefined && gone.length > 0) return { wrong: notListed(component, gone) };
  if (component.type === 'select' || component.type === 'radio') return whole === undefined ? { wrong: `「${text.slice(0, 30)}」という選択肢はありません。` } : { value: whole };
  if (whole !== undefined) return { value: [whole] };
  const parts = text.split(/[、,，\n;；]+/).map((part) => part.trim()).filter(Boolean);
  const unknown = parts.filter((part) => !byName.has(fold(part)));
  if (unknown.length > 0) return { wrong: `「${unknown.join('、').slice(0, 60)}」という選択肢はありません。` };
  return { value: [...new Set(parts.map((part) => byName.get(fold(part))!))] };
}

/** Days since 1899-12-30, as Excel writes a date into a cell that is not formatted as one. */
const serialDate = (value: Cell['value']): Cell['value'] => (typeof value === 'number' && value > 10_000 && value < 100_000 ? new Date(Math.round((value - 25_569) * 86_400_000)) : value);

function takeFlag(value: Cell['value']): Taken {
  if (typeof value === 'boolean') return { value };
  const text = fold(String(value));
  if (['はい', '○', '〇', '◯', 'true', '1', '有', 'あり', 'レ', '✓', '✔'].includes(text)) return { value: true };
  return ['いいえ', '×', 'false', '0', '無', 'なし', '-'].includes(text) ? { value: false } : { wrong: '「はい」か空のどちらかです。' };
}

function takeNumber(value: Cell['value']): Taken {
  if (typeof value === 'number') return { value };
  const text = fold(String(value)).replace(/,/g, '');
  return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,10})?$/.test(text) ? { value: Number(text) } : { wrong: '数として読めません。' };
}

function takeDate(component: Component, value: Cell['value']): Taken {
  if (component.subtype === 'time') {
    const text = value instanceof Date ? minuteText(value).slice(11) : fold(String(value));
    const match = /^(\d{1,2})[:時](\d{2})?分?$/.exec(text);
    return match ? { value: `${two(Number(match[1]))}:${match[2] ?? '00'}` } : { wrong: '時刻として読めません。' };
  }
  if (value instanceof Date) return { value: component.subtype === 'datetime' ? minuteText(value) : dayText(value) };
  const [, day = '', hour, minute] = /^(.*?)(?:[\sT]+(\d{1,2})[:時](\d{2})分?(?::\d{2})?)?$/.exec(String(value).normalize('NFKC').trim()) ?? [];
  const said = readDate(day);
  if (!said) return { wrong: '日付として読めません。' };
  if (said.precision !== 'day' || said.about) return { wrong: dayRefusal(component, day) };
  if (component.subtype !== 'datetime') return { value: said.iso };
  return { value: `${said.iso}T${two(Number(hour ?? '0'))}:${minute ?? '00'}` };
}

/** Puts an answer where it belongs; rows of a list that have no answers before it are left out in the end (`packRows`). */
export function putAnswer(answers: Record<string, Json>, path: readonly (string | number)[], value: Json): void {
  let at: Record<string | number, Json> = answers;
  path.slice(0, -1).forEach((part, index) => {
    at[part] ??= typeof path[index + 1] === 'number' ? [] : {};
    at = at[part] as Record<string | number, Json>;
  });
  at[path.at(-1)!] = value;
}

/** Lists without their empty rows. `was`: for each list (by pointer) the number that each of its rows has on the sheet. */
export function packRows(value: Json, pointer = '', was: Map<string, number[]> = new Map()): { value: Json; was: Map<string, number[]> } {
  if (Array.isArray(value) && value.some((row) => row === undefined || isObject(row))) {
    const kept = [...value.entries()].filter(([, row]) => row !== undefined);
    was.set(pointer, kept.map(([index]) => index));
    return { value: kept.map(([, row], index) => packRows(row, `${pointer}/${index}`, was).value), was };
  }
  if (!isObject(value)) return { value, was };
  return { value: Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, packRows(inner, `${pointer}/${key}`, was).value])), was };
}
