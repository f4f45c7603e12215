// A story as a coordinator would read it: who did what on which day, in the words of the forms. Written down while the story
// happens, and compared with the page in docs/stories (STORY_PAGES=write writes it anew).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { inWareki } from '../../src/base/wareki.js';
import type { Json } from '../../src/engine/model.js';
import type { Answers } from '../../src/services/samples.js';
import { root } from '../house/source.js';

interface Component {
  type: string;
  key?: string;
  path?: string;
  label?: string;
  dateLabel?: string;
  subtype?: string;
  properties?: Record<string, string>;
  components?: Component[];
  values?: { value: Json; label: string }[];
}

export interface Page {
  /** A paragraph of the story. */
  tells(text: string): void;
  /** Somebody has done something; `said`: in the words of the form. */
  did(at: Date, line: string, said?: string[]): void;
  /** The page must be the one that is kept. */
  isKept(): void;
}

/** The page speaks to whoever reads it, not to the machine: no key of a field, no code, no moment as a computer writes it. */
const internals = /[a-z]{2,}_[a-z]|[a-z][A-Z][a-z]|\d{4}-\d\d-\d\d|\dT\d\d:|undefined|null|\{|\}/;

const folder = join(root, 'docs/stories');
const inJapan = (at: Date): Date => new Date(at.getTime() + 9 * 3_600_000);
const two = (n: number): string => String(n).padStart(2, '0');

function dayOf(at: Date): string {
  const day = inJapan(at);
  return `${inWareki(day.toISOString().slice(0, 10))}（${'日月火水木金土'[day.getUTCDay()]}）`;
}

const timeOf = (at: Date): string => `${two(inJapan(at).getUTCHours())}:${two(inJapan(at).getUTCMinutes())}`;

/** @param name of the file in docs/stories, without its ending */
export function openPage(name: string, title: string): Page {
  const lines = [`# ${title}`, '', '作り話です。登場する人・出来事はすべて架空です。この頁は `test/stories` の物語がその通りに進んだ記録で、試験のたびに照らし合わせます。', ''];
  let today = '';
  return {
    tells: (text) => void lines.push('', text, ''),
    did(at, line, said = []) {
      if (dayOf(at) !== today) lines.push('', `## ${(today = dayOf(at))}`, '');
      lines.push(`- ${timeOf(at)} ${line}`, ...said.map((one) => `  - ${one}`));
    },
    isKept() {
      const path = join(folder, `${name}.md`);
      for (const line of lines.slice(4)) expect([line, internals.test(line)]).toEqual([line, false]);
      const text = `${lines.join('\n').replace(/\n{3,}/g, '\n\n').trim()}\n`;
      if (process.env['STORY_PAGES'] === 'write') {
        mkdirSync(folder, { recursive: true });
        writeFileSync(path, text);
      }
      expect(existsSync(path) ? readFileSync(path, 'utf8') : '').toBe(text);
    },
  };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const isRow = (value: Json | undefined): value is Record<string, Json> => value !== null && typeof value === 'object' && !Array.isArray(value);

const labelOf = ({ label, dateLabel, key }: Component): string => (label ?? dateLabel ?? key ?? '').replace(/（おおよそでも）|。おおよそでも/, '').replace(/（和暦・西暦、わかる範囲で）|（わからなければ空のまま）|（わかれば）/, '');

/** A day, or a moment, as it is said in the office: 令和8年5月20日 14:00. */
function moment(value: string): string {
  const at = /(Z|[+-]\d\d:\d\d)$/.test(value) ? inJapan(new Date(value)).toISOString() : value;
  return [inWareki(at.slice(0, 10)), at.slice(11, 16)].filter(Boolean).join(' ');
}

function wordOf(component: Component, value: Json): string {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d(T|$)/.test(value) && (component.type === 'datetime' || component.properties?.['format'] === 'date')) return moment(value);
  if (Array.isArray(value)) return value.map((one) => wordOf(component, one)).join('、');
  const label = component.values?.find((one) => one.value === value)?.label ?? (typeof value === 'boolean' ? (value ? 'はい' : 'いいえ') : typeof value === 'string' ? value : JSON.stringify(value));
  return label.replace(/\s*\n\s*/g, ' ');
}

/** What was said, in the words of the form: labels and the labels of choices. What the form does not ask, or what is empty, is left out. */
export function inWords(schema: Json, said: Answers): string[] {
  const walk = (components: readonly Component[], answers: Answers): string[] =>
    components.flatMap((component) => {
      const value = component.type === 'dynamiclist' || component.path ? answers[component.path ?? ''] : component.key ? answers[component.key] : undefined;
      if (component.type === 'dynamiclist') {
        const rows = Array.isArray(value) ? value.filter(isRow) : [];
        return rows.length === 0 ? [] : [`${labelOf(component)}: ${rows.map((row) => walk(component.components ?? [], row).join('、')).join(' ／ ')}`];
      }
      if (component.components) return walk(component.components, component.path ? (isRow(value) ? value : {}) : answers);
      if (typeof value === 'string' && uuid.test(value)) return []; // says nothing to anybody
      if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) return [];
      return [`${labelOf(component)}: ${wordOf(component, value)}`];
    });
  return walk((schema as unknown as { components: Component[] }).components, said);
}
