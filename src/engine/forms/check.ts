// A form when it is deployed: only listed components and attributes, FEEL only where a field is hidden or locked, closed lists
// of options, patterns that cannot run away, and no free text on its way into a process variable.
import type { Refusal } from '../model.js';
import { feelNames, feelProblems } from '../lint/support/feel.js';
import { patternProblem } from '../lint/support/pattern.js';
import { formatNames } from './formats.js';
import { recordRefusals, sourceRefusals } from './needs.js';
import { choiceTypes, containerTypes, displayTypes, fieldTypes, forbiddenKeys, freeTextTypes, fromPattern, listPattern, longestAnswer, partsOf, propertyNames, textCaps, type FormSchema, type KnownRecords } from './schema.js';

type Raw = Record<string, unknown>;

const maxComponents = 500;
const maxDepth = 6;
const maxOptions = 500;

const shared = ['type', 'id', 'layout', 'conditional', 'properties', 'label', 'description', 'verticalAlignment'];
const field = [...shared, 'key', 'validate', 'readonly', 'disabled', 'defaultValue', 'appearance'];
const attributes: Readonly<Record<string, readonly string[]>> = {
  textfield: field,
  textarea: [...field, 'height'],
  number: [...field, 'decimalDigits', 'increment', 'serializeToString'],
  select: [...field, 'values', 'searchable'],
  radio: [...field, 'values'],
  checkbox: field,
  checklist: [...field, 'values'],
  taglist: [...field, 'values'],
  datetime: [...field, 'subtype', 'dateLabel', 'timeLabel', 'timeSerializingFormat', 'timeInterval', 'use24h'],
  text: [...shared, 'text'],
  separator: shared,
  spacer: [...shared, 'height'],
  group: [...shared, 'path', 'components', 'showOutline'],
  dynamiclist: [...shared, 'validate', 'path', 'components', 'showOutline', 'isRepeating', 'allowAddRemove', 'defaultRepetitions', 'disableCollapse', 'nonCollapsedItems'],
};
const schemaAttributes = ['record', 'components', 'type', 'id', 'schemaVersion', 'exporter', 'executionPlatform', 'executionPlatformVersion', 'versionTag', '$schema', 'title'];
const ruleTypes: Readonly<Record<string, 'boolean' | 'number' | 'string'>> = {
  required: 'boolean', min: 'number', max: 'number', minLength: 'number', maxLength: 'number', pattern: 'string', patternErrorMessage: 'string', validationType: 'string',
};

/** What can be checked of an answer of each type; anything else would look like a check and be none. */
const rulesFor: Readonly<Record<string, readonly string[]>> = {
  textfield: ['required', 'minLength', 'maxLength', 'pattern', 'patternErrorMessage', 'validationType'],
  textarea: ['required', 'minLength', 'maxLength', 'pattern', 'patternErrorMessage', 'validationType'],
  number: ['required', 'min', 'max'],
};
const otherRules = ['required'];

const flags: ReadonlySet<string> = new Set(['nationalReport', 'sensitive', 'confidential']);

const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);
const nameOf = (component: Raw): string | null => [component['key'], component['path'], component['id']].find((name): name is string => typeof name === 'string') ?? null;

interface Check {
  formKey: string;
  refusals: Refusal[];
  count: number;
  /** full path → is a leaf */
  paths: Map<string, boolean>;
  /** Every name that a condition may speak of, and each condition that speaks of one. */
  names: Set<string>;
  spoken: { component: Raw; what: string; name: string }[];
  /** Names of the lists that options may be taken from; undefined: not asked. */
  lists: ReadonlySet<string> | undefined;
}

function refuse(check: Check, rule: string, component: Raw | null, message: string): void {
  if (check.refusals.length < 200) check.refusals.push({ rule, element: component ? nameOf(component) : null, message: `様式 ${check.formKey}: ${message}` });
}

function checkFeel(check: Check, component: Raw, source: unknown, what: string, dialect: 'expression' | 'unaryTests'): void {
  if (typeof source !== 'string' || !source.startsWith('=')) {
    refuse(check, 'form-expression', component, `${what}は = で始まる FEEL の式で書いてください`);
    return;
  }
  const problems = feelProblems(source.slice(1), dialect);
  for (const problem of problems) refuse(check, problem.rule, component, `${what}: ${problem.message}`);
  if (problems.length === 0) for (const name of feelNames(source.slice(1), dialect)) check.spoken.push({ component, what, name });
}

function checkConditions(check: Check, component: Raw): void {
  const conditional = component['conditional'];
  if (conditional !== undefined) {
    if (!isRaw(conditional) || Object.keys(conditional).some((key) => key !== 'hide')) refuse(check, 'form-attribute', component, '条件は conditional.hide だけが使えます');
    else if (conditional['hide'] !== undefined && conditional['hide'] !== '') checkFeel(check, component, conditional['hide'], '表示しない条件', 'unaryTests');
  }
  const readonly = component['readonly'];
  if (readonly !== undefined && typeof readonly !== 'boolean') checkFeel(check, component, readonly, '読み取り専用の条件', 'expression');
  for (const [name, value] of Object.entries(component)) {
    if (name !== 'readonly' && typeof value === 'string' && (value.startsWith('=') || value.includes('{{'))) refuse(check, 'form-expression', component, `${name} に式は書けません`);
  }
}

function checkRule(check: Check, component: Raw, name: string, value: unknown): void {
  const type = String(component['type']);
  const expected = ruleTypes[name];
  if (!expected) refuse(check, 'form-attribute', component, `検査 ${name} は使えません`);
  else if (typeof value === 'string' && value.startsWith('=')) refuse(check, 'form-expression', component, `検査 ${name} に式は書けません`);
  else if (typeof value !== expected) refuse(check, 'form-attribute', component, `検査 ${name} の型が違います`);
  else if (!(rulesFor[type] ?? otherRules).includes(name)) refuse(check, 'form-attribute', component, `検査 ${name} は ${type} の答えでは確かめられません`);
  else if (expected === 'number' && name.endsWith('Length') && !(Number.isInteger(value) && (value as number) >= 0)) refuse(check, 'form-attribute', component, `検査 ${name} は 0 以上の整数です`);
}

/** Limits that no answer can keep, and a required answer that nobody may write. */
function checkImpossible(check: Check, component: Raw, rules: Raw): void {
  const { min, max, minLength } = rules;
  if (typeof min === 'number' && typeof max === 'number' && min > max) refuse(check, 'form-attribute', component, 'min が max より大きく、どの答えも通りません');
  if (typeof minLength === 'number' && textCaps[String(component['type'])] && minLength > longestAnswer(component as never)) refuse(check, 'form-attribute', component, 'minLength が入力できる長さを超え、どの答えも通りません');
  if (rules['required'] === true && (component['readonly'] === true || component['disabled'] === true)) refuse(check, 'form-attribute', component, '書き込めない項目を必須にはできません');
}

function checkRules(check: Check, component: Raw): void {
  const rules = component['validate'];
  if (rules === undefined) return;
  if (!isRaw(rules)) return refuse(check, 'form-attribute', component, 'validate は項目の組で書いてください');
  for (const [name, value] of Object.entries(rules)) checkRule(check, component, name, value);
  checkImpossible(check, component, rules);
  const cap = textCaps[String(component['type'])];
  if (cap && typeof rules['maxLength'] === 'number' && rules['maxLength'] > cap.most) refuse(check, 'form-attribute', component, `maxLength は ${cap.most} までです`);
  const { validationType, pattern } = rules;
  if (validationType !== undefined && validationType !== 'email' && validationType !== '') refuse(check, 'form-attribute', component, 'validationType は email だけです（電話番号は properties.format か pattern で書いてください）');
  const problem = cap && typeof pattern === 'string' ? patternProblem(pattern, longestAnswer(component as never)) : null;
  if (problem) refuse(check, 'form-pattern', component, `pattern: ${problem}`);
}

function checkOptions(check: Check, component: Raw): void {
  if (!choiceTypes.has(String(component['type']))) return;
  const values = component['values'];
  // what a list is asked for stands in no form; what the form adds to it does
  if (values === undefined && isRaw(component['properties']) && component['properties']['options'] !== undefined) return;
  if (!Array.isArray(values) || values.length === 0) return refuse(check, 'form-options', component, '選択肢を values に並べるか、一覧の名前を properties.options に書いてください（データや式から作ることはできません）');
  if (values.length > maxOptions) return refuse(check, 'form-options', component, `選択肢は ${maxOptions} 個までです`);
  const seen = new Set<unknown>();
  for (const option of values) {
    const value: unknown = isRaw(option) ? option['value'] : undefined;
    if (!['string', 'number', 'boolean'].includes(typeof value) || value === '') refuse(check, 'form-options', component, '選択肢には値（文字、数、真偽）が要ります');
    else if (seen.has(value)) refuse(check, 'form-options', component, `選択肢 ${String(value)} が二つあります`);
    seen.add(value);
  }
}

const dateSettings: Readonly<Record<string, readonly string[]>> = { subtype: ['date', 'time', 'datetime'], timeSerializingFormat: ['utc_offset', 'utc_normalized', 'no_timezone'] };

function checkTypes(check: Check, component: Raw): void {
  const expect = (name: string, ok: boolean): void => {
    if (component[name] !== undefined && !ok) refuse(check, 'form-attribute', component, `${name} の値が違います`);
  };
  for (const name of ['disabled', 'serializeToString', 'isRepeating', 'showOutline', 'allowAddRemove']) expect(name, typeof component[name] === 'boolean');
  expect('decimalDigits', Number.isInteger(component['decimalDigits']) && (component['decimalDigits'] as number) >= 0 && (component['decimalDigits'] as number) <= 10);
  expect('increment', Number(component['increment']) > 0 && ['number', 'string'].includes(typeof component['increment']));
  if (component['type'] !== 'datetime') return;
  for (const [name, allowed] of Object.entries(dateSettings)) expect(name, allowed.includes(String(component[name])));
}

function checkProperties(check: Check, component: Raw, properties: Record<string, string>, inList: boolean): void {
  const isField = fieldTypes.has(String(component['type']));
  for (const [name, value] of Object.entries(properties)) {
    if (!propertyNames.has(name)) refuse(check, 'form-attribute', component, `properties に ${name} は使えません`);
    else if (flags.has(name) && value !== 'true') refuse(check, 'form-attribute', component, `properties の ${name} は "true" だけです`);
  }
  const { format, from, exact, options } = properties;
  if (options !== undefined) checkList(check, component, options);
  if (format !== undefined && !(formatNames.includes(format) && component['type'] === 'textfield')) refuse(check, 'form-attribute', component, `format は ${formatNames.join('・')} で、textfield だけに使えます`);
  if (exact !== undefined && !(component['type'] === 'datetime' && /^[^\n]{1,200}。$/.test(exact))) refuse(check, 'form-attribute', component, 'exact は、おおよその日では困るわけを「。」で終わる一文（200字まで）で書き、datetime だけに使えます');
  if (from === undefined) return;
  if (inList || !(isField || component['type'] === 'dynamiclist')) refuse(check, 'form-from', component, 'from は行の中では使えません');
  else if (!fromPattern.test(from)) refuse(check, 'form-from', component, 'from は「帳票.項目」（例 F01.kana）で書いてください');
}

function checkList(check: Check, component: Raw, name: string): void {
  if (!choiceTypes.has(String(component['type']))) refuse(check, 'form-options', component, 'options は、選択肢から選ぶ項目だけに使えます');
  else if (!listPattern.test(name)) refuse(check, 'form-options', component, 'options は一覧の名前（例 agencies、groups.leads）で書いてください');
  else if (check.lists && !check.lists.has(name)) refuse(check, 'form-options', component, `選択肢の一覧 ${name} はありません。使えるのは ${[...check.lists].join('・')} です`);
}

/** An answer that becomes a process variable: a closed type, once, and not one of many rows. */
function checkVariable(check: Check, component: Raw, inList: boolean): void {
  const properties = component['properties'];
  if (properties === undefined) return;
  if (!isRaw(properties) || Object.values(properties).some((value) => typeof value !== 'string')) return refuse(check, 'form-attribute', component, 'properties は文字の組で書いてください');
  checkProperties(check, component, properties as Record<string, string>, inList);
  const variable = properties['variable'];
  if (variable === undefined) return;
  if (freeTextTypes.has(String(component['type']))) refuse(check, 'form-free-text-variable', component, '自由に書く文字は業務の変数にできません');
  else if (!fieldTypes.has(String(component['type']))) refuse(check, 'form-variable', component, '変数にできるのは答えの項目だけです');
  else if (inList) refuse(check, 'form-variable', component, '繰り返す行の項目は変数にできません');
  if (typeof variable !== 'string' || !/^[a-zA-Z][a-zA-Z0-9_]{0,63}$/.test(variable) || forbiddenKeys.has(variable)) refuse(check, 'form-variable', component, '変数の名前は英字で始まる英数字 64 文字までです');
}

/** Claims `key`/`path` below `prefix`; two fields may not lie on or inside each other. */
function claim(check: Check, component: Raw, raw: unknown, prefix: string, leaf: boolean): string {
  const path = typeof raw === 'string' ? raw : '';
  const parts = partsOf(path);
  if (parts.some((part) => forbiddenKeys.has(part))) refuse(check, 'form-forbidden-key', component, `名前 ${path} は使えません`);
  else if (path.length > 100 || !parts.every((part) => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(part))) refuse(check, 'form-key', component, `名前 ${path || '（なし）'} は、文字で始まる文字と数字 100 字までにしてください`);
  else {
    const full = prefix + path;
    for (let end = full.indexOf('.'); end > 0; end = full.indexOf('.', end + 1)) {
      if (check.paths.get(full.slice(0, end)) === true) refuse(check, 'form-duplicate-key', component, `名前 ${full} が ${full.slice(0, end)} と重なります`);
    }
    const before = check.paths.get(full);
    if (before !== undefined && (leaf || before)) refuse(check, 'form-duplicate-key', component, `名前 ${full} が二度使われています`);
    const inside = [...check.paths.keys()].some((other) => other.startsWith(`${full}.`));
    if (leaf && inside) refuse(check, 'form-duplicate-key', component, `名前 ${full} の中にほかの項目があります`);
    check.paths.set(full, leaf);
    check.names.add(parts[0] as string);
  }
  return `${prefix}${path}.`;
}

interface Place {
  prefix: string;
  depth: number;
  inList: boolean;
}

function checkContainer(check: Check, component: Raw, place: Place): void {
  const isList = component['type'] === 'dynamiclist';
  const path = component['path'];
  let { prefix } = place;
  if (isList) prefix = `${claim(check, component, path, prefix, true).slice(0, -1)}[].`;
  else if (path !== undefined && path !== '') prefix = claim(check, component, path, prefix, false);
  if (isList && component['isRepeating'] === false) refuse(check, 'form-attribute', component, 'dynamiclist の isRepeating は true です');
  if (isList && component['allowAddRemove'] === false) refuse(check, 'form-attribute', component, '行を足せない一覧は、サーバーで確かめられません（allowAddRemove は true です）');
  if (isList) checkRules(check, component);
  checkAll(check, component['components'], { prefix, depth: place.depth + 1, inList: place.inList || isList }, component);
}

function checkComponent(check: Check, component: unknown, place: Place): void {
  check.count += 1;
  if (!isRaw(component)) return refuse(check, 'form-component', null, '部品の書き方が違います');
  const type = String(component['type']);
  const allowed = Object.hasOwn(attributes, type) ? attributes[type] : undefined;
  if (!allowed) return refuse(check, 'form-component', component, `部品 ${type} は使えません`);
  for (const name of Object.keys(component)) {
    if (!allowed.includes(name)) refuse(check, ['valuesKey', 'valuesExpression'].includes(name) ? 'form-options' : 'form-attribute', component, `${type} に ${name} は使えません`);
  }
  checkConditions(check, component);
  checkVariable(check, component, place.inList);
  checkTypes(check, component);
  if (type === 'text' && (typeof component['text'] !== 'string' || /<[a-zA-Z/!?]/.test(component['text']))) refuse(check, 'form-html', component, 'text に HTML は書けません');
  if (displayTypes.has(type)) return;
  if (containerTypes.has(type)) return checkContainer(check, component, place);
  claim(check, component, component['key'], place.prefix, true);
  checkRules(check, component);
  checkOptions(check, component);
}

function checkAll(check: Check, components: unknown, place: Place, owner: Raw | null): void {
  if (!Array.isArray(components)) return refuse(check, 'form-schema', owner, 'components がありません');
  if (place.depth > maxDepth) return refuse(check, 'form-schema', owner, `入れ子は ${maxDepth} 段までです`);
  for (const component of components) {
    if (check.count > maxComponents) return;
    checkComponent(check, component, place);
  }
}

/** A condition about an answer that the form does not ask for is never decided: the field would stand open, whatever is drawn. */
function checkSpoken(check: Check): void {
  const ownNames = ['this', 'parent', 'i', 'item'];
  for (const { component, what, name } of check.spoken) {
    if (!check.names.has(name) && !ownNames.includes(name)) refuse(check, 'form-expression', component, `${what}に出てくる項目 ${name} がこの様式にありません`);
  }
}

/** See forms.ts. */
export function formRefusals(formKey: string, schema: unknown, records?: KnownRecords, lists?: ReadonlySet<string>): Refusal[] {
  const check: Check = { formKey, refusals: [], count: 0, paths: new Map(), names: new Set(), spoken: [], lists };
  if (!isRaw(schema)) refuse(check, 'form-schema', null, 'form-js の様式ではありません');
  else {
    for (const name of Object.keys(schema)) if (!schemaAttributes.includes(name)) refuse(check, 'form-attribute', null, `${name} は使えません`);
    checkAll(check, schema['components'], { prefix: '', depth: 1, inList: false }, null);
    checkSpoken(check);
    if (check.count > maxComponents) refuse(check, 'form-schema', null, `部品は ${maxComponents} 個までです`);
    const { record } = schema;
    if (record !== undefined && !(typeof record === 'string' && /^F\d{2}(\.[a-z][A-Za-z]*)?$/.test(record))) refuse(check, 'form-record', null, 'record は F10 や F09.minutes のように書いてください');
    else if (records && check.refusals.length === 0) check.refusals.push(...sourceRefusals(formKey, schema as unknown as FormSchema, records), ...recordRefusals(formKey, schema as unknown as FormSchema, records));
  }
  return check.refusals;
}
