// The part of the form-js schema that a form here may use. What is not named here is refused when a form is deployed.
import type { Json } from '../model.js';

export type FieldType = 'textfield' | 'textarea' | 'number' | 'select' | 'radio' | 'checkbox' | 'checklist' | 'taglist' | 'datetime';

export interface Option {
  label?: string;
  value: string | number | boolean;
}

export interface Rules {
  required?: boolean;
  min?: number;
  max?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  patternErrorMessage?: string;
  validationType?: 'email';
}

export interface Component {
  type: string;
  id?: string;
  key?: string;
  label?: string;
  /** dynamiclist, and group where it makes an object: where its fields lie in the answers. */
  path?: string;
  components?: Component[];
  values?: Option[];
  /** Not in a form that is deployed: what a list of options (options.ts) no longer has, with its name. */
  gone?: Option[];
  validate?: Rules;
  conditional?: { hide?: string };
  readonly?: boolean | string;
  disabled?: boolean;
  properties?: Record<string, string>;
  subtype?: 'date' | 'time' | 'datetime';
  timeSerializingFormat?: string;
  serializeToString?: boolean;
  decimalDigits?: number;
  increment?: number | string;
}

export interface FormSchema {
  components: Component[];
  /** The 帳票 that an answered form is kept as (`F10`), where it is one. */
  record?: string;
}

/** What a 帳票 must be able to find in every form that is kept as one: where it lies, of which type, with which options. */
export interface FieldNeed {
  /** Key or path from the top of the answers; `roles[].agency` for the field of a row. */
  at: string;
  types: readonly string[];
  /** Every option of the field must be one of these (the code decides by them). */
  options?: readonly (string | number | boolean)[];
  required?: boolean;
}

/** The records that forms may name, with what each needs. */
export type KnownRecords = ReadonlyMap<string, readonly FieldNeed[]>;

/** What `properties` of a component may say. */
export const propertyNames: ReadonlySet<string> = new Set(['variable', 'from', 'options', 'format', 'exact', 'nationalReport', 'sensitive', 'confidential']);
/** Where an answer was given before: `F01.kana`, several in order of preference: `F01.kana|F02.kana`; `case.caseNo`. */
export const fromPattern = /^[A-Za-z][A-Za-z0-9]*(?:\.[\p{L}_][\p{L}\p{N}_]*)+(?:\|[A-Za-z][A-Za-z0-9]*(?:\.[\p{L}_][\p{L}\p{N}_]*)+)*$/u;
/** A source that is a fact of the case, or of whoever fills in the form. */
export const factSource = /(^|\|)(case|me)\./;
export const fromOf = (component: Component): string | null => component.properties?.['from'] ?? null;
/** Why nobody may give this day (or time) approximately: one Japanese sentence, part of the refusal. Only of a `datetime`. */
export const exactOf = (component: Component): string | null => component.properties?.['exact'] ?? null;
/** The list that the options of a field are taken from, by its name. */
export const listOf = (component: Component): string | null => component.properties?.['options'] ?? null;
export const listPattern = /^[a-z][A-Za-z]*(?:\.[a-z][A-Za-z]*)*$/;
export const formatOf = (component: Component): string | null => component.properties?.['format'] ?? null;

export const fieldTypes: ReadonlySet<string> = new Set<FieldType>(['textfield', 'textarea', 'number', 'select', 'radio', 'checkbox', 'checklist', 'taglist', 'datetime']);
export const displayTypes: ReadonlySet<string> = new Set(['text', 'separator', 'spacer']);
export const containerTypes: ReadonlySet<string> = new Set(['group', 'dynamiclist']);
export const choiceTypes: ReadonlySet<string> = new Set(['select', 'radio', 'checklist', 'taglist']);
export const freeTextTypes: ReadonlySet<string> = new Set(['textfield', 'textarea']);

/** Longest answer (UTF-16 units) of a field that sets no `maxLength` itself, and the most it may set. */
export const textCaps: Readonly<Record<string, { usual: number; most: number }>> = {
  textfield: { usual: 500, most: 2_000 },
  textarea: { usual: 4_000, most: 20_000 },
};
export const maxRows = 200;

/** Names that reach into JavaScript objects. Never a key, never a part of a path. */
export const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Longest text that may meet the pattern of a field. */
export function longestAnswer(component: Component): number {
  const cap = textCaps[component.type];
  return component.validate?.maxLength ?? cap?.usual ?? 0;
}

/** The process variable that an answer becomes, or null. */
export const variableOf = (component: Component): string | null => component.properties?.['variable'] ?? null;

export const partsOf = (path: string): string[] => path.split('.');

export const isObject = (value: unknown): value is Record<string, Json> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 6901 */
export const pointerTo = (parts: readonly (string | number)[]): string => parts.map((part) => `/${String(part).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
