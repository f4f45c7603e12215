// One answer against one field: its type, its limits, its options. Messages are for the person who fills in the form.
import { readDate } from '../../base/wareki.js';
import type { Json } from '../model.js';
import { formatProblem } from './formats.js';
import { choiceTypes, exactOf, formatOf, longestAnswer, type Component, type Rules } from './schema.js';

export type Checked = { ok: true; value: Json } | { ok: false; detail: string };

const good = (value: Json): Checked => ({ ok: true, value });
const bad = (detail: string): Checked => ({ ok: false, detail });

/** As form-js has it. */
const email = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
/** Postgres stores neither NUL nor half a surrogate pair in jsonb; other control characters have no business in an answer. */
// oxlint-disable-next-line no-control-regex
const unstorable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\p{Surrogate}/u;

/** What a field holds when nobody has answered it. */
export function emptyValue(component: Component): Json {
  if (component.type === 'checkbox') return false;
  if (component.type === 'checklist' || component.type === 'taglist') return [];
  return component.type === 'textfield' || component.type === 'textarea' ? '' : null;
}

export const isEmpty = (value: Json | undefined): boolean =>
  value === undefined || value === null || value === '' || value === false || (Array.isArray(value) && value.length === 0);

/** Spaces are no answer, however wide. */
const isBlank = (value: Json): boolean => typeof value === 'string' && value.trim() === '';

function checkText(component: Component, raw: string): Checked {
  const rules: Rules = component.validate ?? {};
  if (unstorable.test(raw)) return bad('使えない文字が含まれています。');
  const text = component.type === 'textfield' ? raw.replace(/[\r\n\t]/g, ' ') : raw;
  const longest = longestAnswer(component);
  if (text.trim().length > longest || text.length > longest + 1000) return bad(`${longest}文字以内で入力してください。`);
  if (text === '') return good(text);
  if (rules.minLength !== undefined && text.trim().length < rules.minLength) return bad(`${rules.minLength}文字以上で入力してください。`);
  if (rules.pattern !== undefined && !new RegExp(rules.pattern).test(text)) return bad(rules.patternErrorMessage ?? '決められた形式で入力してください。');
  if (rules.validationType === 'email' && !email.test(text)) return bad('メールアドレスの形式で入力してください。');
  const format = formatOf(component);
  const problem = format === null ? null : formatProblem(format, text);
  return problem === null ? good(text) : bad(problem);
}

const decimals = (value: number): number => {
  const [digits = '', exponent] = String(value).split('e');
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent ?? 0));
};

function isMultiple(value: number, increment: number): boolean {
  const scale = 10 ** Math.max(decimals(value), decimals(increment));
  return increment === 0 || Math.round(value * scale) % Math.round(increment * scale) === 0;
}

function checkNumber(component: Component, value: number): Checked {
  const rules: Rules = component.validate ?? {};
  const digits = component.decimalDigits;
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) return bad('この数値は扱えません。');
  if (digits !== undefined && decimals(value) > digits) return bad(digits === 0 ? '整数で入力してください。' : `小数は${digits}桁までで入力してください。`);
  if (component.increment !== undefined && !isMultiple(value, Number(component.increment))) return bad(`${component.increment}きざみの数値を入力してください。`);
  if (rules.min !== undefined && value < rules.min) return bad(`${rules.min}以上の値を入力してください。`);
  if (rules.max !== undefined && value > rules.max) return bad(`${rules.max}以下の値を入力してください。`);
  return good(component.serializeToString ? String(value) : value);
}

function checkNumberInput(component: Component, raw: Json): Checked {
  if (typeof raw === 'number') return checkNumber(component, raw);
  if (component.serializeToString && typeof raw === 'string' && /^-?\d{1,16}(\.\d{1,16})?$/.test(raw)) return checkNumber(component, Number(raw));
  return bad('数値で入力してください。');
}

function isRealDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const lastDay = [31, year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return year >= 1868 && lastDay !== undefined && day >= 1 && day <= lastDay;
}

const isTime = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?$/.test(text);

/** The time that is meant, as a picker sends it: `０９：３０`, `9:30`, `9時30分`, `午後2時`, `9時半`. null: none. */
function timeMeant(said: string): string | null {
  const text = said.normalize('NFKC').replace(/\s+/g, '');
  if (isTime(text)) return text;
  const [, half = '', hours = '', past, minutes, seconds = ''] = /^(午前|午後)?(\d{1,2})(?::(?=\d\d)|時)(半|(?:(\d{1,2})(?:分|(:\d{2}(?:Z|[+-]\d{2}:\d{2})?))?))?$/.exec(text) ?? [];
  if (hours === '' || (half !== '' && Number(hours) > 12)) return null;
  const hour = half === '午後' && Number(hours) < 12 ? Number(hours) + 12 : Number(hours);
  const time = `${String(hour).padStart(2, '0')}:${past === '半' ? '30' : (minutes ?? '00').padStart(2, '0')}${seconds}`;
  return isTime(time) ? time : null;
}

/** The ISO day that is meant, in 西暦 or 和暦; null: none, or only about one. These fields are reckoned with: a picker sends ISO. */
function dayMeant(text: string): string | null {
  const said = readDate(text);
  return said?.precision === 'day' && !said.about && isRealDate(said.iso) ? said.iso : null;
}

const wanted = { date: '年月日（例 2026-11-23、令和8年11月23日）で入力してください。', datetime: '日時（例 2026-11-23T09:30、令和8年11月23日 09:30）で入力してください。' } as const;

/** Of a day that was only said about (`2025-04`, 昭和20年頃): that this one must be known to the day, and why. Of anything else: how a day is written. */
export function dayRefusal(component: Component, said: string): string {
  const how = wanted[component.subtype === 'datetime' ? 'datetime' : 'date'];
  const read = readDate(said);
  if (read === null || (read.precision === 'day' && !read.about)) return how;
  return `おおよその日では受け付けられません。${exactOf(component) ?? 'この日から期限や期間を数えるためです。'}${how}`;
}

function checkDateTime(component: Component, raw: string): Checked {
  if (component.subtype === 'time') {
    const time = timeMeant(raw);
    return time === null ? bad('時刻（例 09:30、9時30分）で入力してください。') : good(time);
  }
  if (component.subtype === 'datetime') {
    const [, date = raw, time = ''] = /^(.*\S)[TＴ\s]\s*(\S+)$/.exec(raw) ?? /^(.+日)(\S+)$/.exec(raw) ?? [];
    const day = dayMeant(date);
    const at = timeMeant(time);
    return day !== null && at !== null ? good(`${day}T${at}`) : bad(dayRefusal(component, date));
  }
  const day = dayMeant(raw);
  return day === null ? bad(dayRefusal(component, raw)) : good(day);
}

/** Of what could be chosen once: that it cannot be now, by its name. */
export function notListed(component: Component, chosen: readonly Json[]): string {
  const names = (component.gone ?? []).filter(({ value }) => chosen.includes(value)).map(({ label, value }) => `「${label ?? String(value)}」`);
  return names.length === 0 ? '選択肢から選んでください。' : `${names.join('')}は、いまは選べません。ほかから選んでください。`;
}

function checkChoice(component: Component, raw: Json): Checked {
  const listed = (value: Json): boolean => (component.values ?? []).some((option) => option.value === value);
  if (component.type === 'select' || component.type === 'radio') return listed(raw) ? good(raw) : bad(notListed(component, [raw]));
  if (!Array.isArray(raw)) return bad('選択肢の一覧で送ってください。');
  if (!raw.every(listed)) return bad(notListed(component, raw));
  return new Set(raw).size === raw.length ? good(raw) : bad('同じ選択肢が二度選ばれています。');
}

/** One visible, unlocked field. `raw` undefined or null is no answer. */
export function checkValue(component: Component, raw: Json | undefined): Checked {
  const checked = raw === undefined || raw === null ? good(emptyValue(component)) : checkGiven(component, raw);
  if (checked.ok && component.validate?.required && (isEmpty(checked.value) || isBlank(checked.value))) return bad('入力してください。');
  return checked;
}

function checkGiven(component: Component, raw: Json): Checked {
  if (choiceTypes.has(component.type)) return raw === '' ? good(emptyValue(component)) : checkChoice(component, raw);
  switch (component.type) {
    case 'textfield':
    case 'textarea':
      return typeof raw === 'string' ? checkText(component, raw) : bad('文字で入力してください。');
    case 'number':
      return raw === '' ? good(null) : checkNumberInput(component, raw);
    case 'checkbox':
      return typeof raw === 'boolean' ? good(raw) : bad('はい（true）か、いいえ（false）で答えてください。');
    case 'datetime':
      if (raw === '') return good(null);
      return typeof raw === 'string' ? checkDateTime(component, raw) : bad('日付や時刻は文字で入力してください。');
    default:
      return bad('この項目には答えられません。');
  }
}
