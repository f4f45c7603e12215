// The forms against the standard that they were made from (forms-domain/*.md): every field that it names is in the form, with its
// type, its options, its flags, required where it says so and shown when it says so. Policy staff may add fields; none can vanish.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { validateAnswers } from '../../src/engine/forms.js';
import type { Component, FormSchema } from '../../src/engine/forms/schema.js';
import type { Json } from '../../src/engine/model.js';
import { root } from '../house/source.js';
import { inTown } from '../support/options.js';
import { leavesOf, pointerOf, rightAnswer, wrote, type Leaf } from '../support/every-field.js';

interface Row {
  /** The file of the standard. */
  sheet: string;
  form: string;
  key: string;
  label: string;
  type: string;
  marks: string[];
  options: string[];
  condition: string;
}

const cellsOf = (line: string): string[] => line.split('|').slice(1, -1).map((cell) => cell.trim());

/** `## F05 …: draft_plan, reflect_revision`, and below it a table of fields that each of these forms has. */
function rowsOf(text: string, sheet: string): Row[] {
  let forms: string[] = [];
  return text.split('\n').flatMap((line): Row[] => {
    if (line.startsWith('## ')) forms = line.split(': ')[1]!.split(',').map((form) => form.trim());
    const [key = '', label = '', type = '', marks = '', options = '', condition = ''] = line.startsWith('|') ? cellsOf(line) : [];
    if (key === '' || key === 'key' || key.startsWith('---')) return [];
    return forms.map((form) => ({ sheet, form, key, label, type, marks: marks.split(' ').filter(Boolean), options: options.split(', ').filter(Boolean), condition }));
  });
}

const folder = join(root, 'test', 'processes', 'forms-domain');
const files = readdirSync(folder).toSorted();
const sheets = files.map((file) => readFileSync(join(folder, file), 'utf8'));
const rows = sheets.flatMap((text, at) => rowsOf(text, files[at]!.replace(/\.md$/, '')));
const schemas = new Map(readdirSync(join(root, 'processes')).flatMap((process) => {
  const forms = join(root, 'processes', process, 'forms');
  return (existsSync(forms) ? readdirSync(forms) : []).map((file) => [file.replace(/\.json$/, ''), inTown(JSON.parse(readFileSync(join(forms, file), 'utf8')) as Json)] as const);
}));

/** Fields and lists by where they lie, `roles[].agency`. */
function fieldsOf(components: readonly Component[], prefix = '', into = new Map<string, Component>()): Map<string, Component> {
  for (const component of components) {
    const at = `${prefix}${component.path ?? component.key ?? ''}`;
    if (component.type === 'dynamiclist') fieldsOf(component.components ?? [], `${at}[].`, into.set(at, component));
    else if (component.type === 'group') fieldsOf(component.components ?? [], component.path ? `${at}.` : prefix, into);
    else if (component.key) into.set(at, component);
  }
  return into;
}

const formatted = (format: string) => ({ type, properties }: Component): boolean => type === 'textfield' && properties?.['format'] === format;
const types: Readonly<Record<string, (component: Component) => boolean>> = {
  text: ({ type }) => type === 'textfield' || type === 'textarea',
  longtext: ({ type }) => type === 'textfield' || type === 'textarea',
  file: ({ type }) => type === 'textfield',
  kana: formatted('kana'), phone: formatted('phone'), postalCode: formatted('postalCode'),
  date: (component) => formatted('date')(component) || (component.type === 'datetime' && component.subtype === 'date'),
  datetime: ({ type, subtype }) => type === 'datetime' && subtype === 'datetime',
  time: ({ type, subtype }) => type === 'datetime' && subtype === 'time',
  int: ({ type }) => type === 'number',
  bool: ({ type, values }) => type === 'checkbox' || (type === 'radio' && values?.length === 2),
  enum: ({ type }) => type === 'select' || type === 'radio',
  multi: ({ type }) => type === 'checklist' || type === 'taglist',
  table: ({ type }) => type === 'dynamiclist',
};
const flags = { N: 'nationalReport', S: 'sensitive', C: 'confidential' } as const;
/** Width and kind of brackets and dashes are a matter of typing. */
const fold = (text: string): string => text.normalize('NFKC').replace(/[~〜]/g, '-');

function problemsOf({ form, key, label, type, marks, options }: Row): string[] {
  const component = fieldsOf((schemas.get(form) as unknown as FormSchema | undefined)?.components ?? []).get(key);
  if (!component) return ['is not there'];
  const offered = (component.values ?? []).map((option) => fold(option.label ?? ''));
  const isCarried = component.readonly === true && component.properties?.['from'] !== undefined;
  return [
    ...(types[type]?.(component) ? [] : [`is a ${component.type}, not ${type}`]),
    ...(fold(component.label ?? '').includes(fold(label)) ? [] : [`is called ${component.label}, not ${label}`]),
    ...(marks.includes('R') && component.validate?.required !== true ? ['is not required'] : []),
    ...(marks.includes('auto') && !isCarried ? ['is typed, not carried'] : []),
    ...Object.entries(flags).flatMap(([mark, flag]) => (marks.includes(mark) && component.properties?.[flag] !== 'true' ? [`is not ${flag}`] : [])),
    ...options.filter((option) => !offered.includes(fold(option))).map((option) => `lacks ${option}`),
    ...(type === 'enum' || type === 'multi' ? (offered.length > 1 || options.length === 1 || component.key === 'textVersion' ? [] : ['has no options']) : []),
  ];
}

const hidden = 'ほかの答えにより表示されない項目です。';

interface Condition {
  at: string;
  not: boolean;
  values: string[];
}
/** `a=x/y`, `a!=x`, `a=*` (anything). */
function conditionOf(text: string): Condition {
  const [, at = '', not, values = ''] = /^([\w.]+)(!)?=(.+)$/.exec(text) ?? [];
  return { at, not: not === '!', values: values.split('/') };
}

const asJson = (value: string): Json => (value === 'true' ? true : value === 'false' ? false : value);
const leavesByKey = (form: string): Map<string, Leaf> => new Map(leavesOf((schemas.get(form) as unknown as FormSchema).components).map((leaf) => [leaf.path.join('.').replaceAll('.0.', '[].'), leaf]));

/** Answers in which the field of the condition says this, beside what it takes for that field to be shown itself. */
function answersWith(form: string, { at }: Condition, value: string | undefined): Record<string, Json> {
  const above = rows.find((row) => row.form === form && row.key === at && row.condition !== '');
  const outer = above ? conditionOf(above.condition) : null;
  const base = outer ? answersWith(form, outer, (outer.not ? otherValues(form, outer) : outer.values)[0]) : {};
  const leaf = leavesByKey(form).get(at)!;
  const said = value === '*' ? rightAnswer(leaf.component) : value === undefined ? undefined : asJson(value);
  const list = leaf.component.type === 'checklist' || leaf.component.type === 'taglist';
  return wrote(base, leaf.path, list && said !== undefined ? [said] : said);
}

/** Values of the field that the condition does not name. */
function otherValues(form: string, { at, values }: Condition): (string | undefined)[] {
  const { component } = leavesByKey(form).get(at)!;
  const options = component.type === 'checkbox' ? ['true', 'false'] : (component.values ?? []).map((option) => String(option.value));
  return values.includes('*') ? [undefined] : [...options.filter((option) => !values.includes(option)), ...(component.type === 'checkbox' ? [] : [undefined])];
}

/** Whether the field may be answered beside these answers. */
function isShown(form: string, leaf: Leaf, answers: Record<string, Json>): boolean {
  const { errors } = validateAnswers(schemas.get(form), wrote(answers, leaf.path, rightAnswer(leaf.component)));
  return !errors.some(({ pointer, detail }) => detail === hidden && pointerOf(leaf.path).startsWith(pointer));
}

const conditional = rows.filter(({ condition }) => condition !== '');

describe('the forms have every field of the standard', () => {
  test('the standard speaks of every form F01–F20 and F90, and of forms that exist', () => {
    const numbers = new Set(sheets.flatMap((sheet) => [...sheet.matchAll(/^## (F\d\d)/gm)].map(([, number]) => number)));
    expect([...numbers].toSorted()).toEqual([...Array.from({ length: 20 }, (_, at) => `F${String(at + 1).padStart(2, '0')}`), 'F90']);
    expect(rows.filter(({ form }) => !schemas.has(form)).map(({ form }) => form)).toEqual([]);
    expect(rows.length).toBeGreaterThan(600);
  });

  test.each([...new Set(rows.map(({ form }) => form))])('%s: fields, types, options, required marks and flags', (form) => {
    const wrong = rows.filter((row) => row.form === form).flatMap((row) => problemsOf(row).map((problem) => `${row.key} ${problem}`));
    expect(wrong).toEqual([]);
  });

  // F13–F20, F90: the standard names their fields without saying which are required; what the office requires is written down here, both ways
  test.each([...new Set(rows.filter(({ sheet }) => sheet === 'records').map(({ form }) => form))])('%s: every field has its line, and is required exactly where that says so', (form) => {
    const asked = [...fieldsOf((schemas.get(form) as unknown as FormSchema).components)];
    const lines = new Map(rows.filter((row) => row.form === form).map((row) => [row.key, row.marks]));
    const required = (key: string): boolean => lines.get(key)?.includes('R') === true;
    if (form !== 'report_role') expect(asked.map(([key]) => key).filter((key) => !lines.has(key))).toEqual([]);
    expect(asked.filter(([key, component]) => lines.has(key) && (component.validate?.required === true) !== required(key)).map(([key]) => key)).toEqual([]);
  });

  test.each([...new Set(conditional.map(({ form }) => form))])('%s: a field that depends on another is shown then, and only then', (form) => {
    const wrong = conditional.filter((row) => row.form === form && fieldsOf((schemas.get(form) as unknown as FormSchema).components).has(row.key)).flatMap((row): string[] => {
      const all = leavesByKey(form);
      const leaf = all.get(row.key) ?? [...all].find(([key]) => key.startsWith(`${row.key}[].`))?.[1];
      const condition = conditionOf(row.condition);
      if (!leaf || !all.has(condition.at)) return row.condition.startsWith('attemptNext') ? [] : [`${row.key}: no field to try`];
      const others = otherValues(form, condition);
      const [shown, hides] = condition.not ? [others, condition.values] : [condition.values, others];
      return [
        ...shown.filter((value) => !isShown(form, leaf, answersWith(form, condition, value))).map((value) => `${row.key} is hidden when ${condition.at} is ${value}`),
        ...hides.filter((value) => isShown(form, leaf, answersWith(form, condition, value))).map((value) => `${row.key} is shown when ${condition.at} is ${value}`),
      ];
    });
    expect(wrong).toEqual([]);
  });
});
