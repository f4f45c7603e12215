// Answers against a form: unknown keys and wrong containers first, then field by field as form-js would show them.
import type { PointedError } from '../../base/problem.js';
import type { Json, Variables } from '../model.js';
import { isHidden, isLocked, type Scope } from './conditions.js';
import { containerTypes, factSource, fieldTypes, forbiddenKeys, fromOf, isObject, maxRows, partsOf, pointerTo, variableOf, type Component, type FormSchema } from './schema.js';
import { checkValue, emptyValue, isEmpty } from './value.js';

type Path = readonly (string | number)[];
type Bag = Record<string, Json>;

/** Which keys an object of answers may have. */
type Shape = { kind: 'leaf' } | { kind: 'list'; row: Branch } | Branch;
interface Branch {
  kind: 'object';
  keys: Map<string, Shape>;
}

function branchAt(root: Branch, parts: readonly string[]): Branch {
  let branch = root;
  for (const part of parts) {
    const next = branch.keys.get(part);
    if (next?.kind === 'object') branch = next;
    else {
      const made: Branch = { kind: 'object', keys: new Map() };
      branch.keys.set(part, made);
      branch = made;
    }
  }
  return branch;
}

function shapeOf(components: readonly Component[], root: Branch = { kind: 'object', keys: new Map() }): Branch {
  for (const component of components) {
    const parts = partsOf(component.path ?? component.key ?? '');
    const last = parts.at(-1) as string;
    if (component.type === 'dynamiclist') branchAt(root, parts.slice(0, -1)).keys.set(last, { kind: 'list', row: shapeOf(component.components ?? []) });
    else if (component.type === 'group') shapeOf(component.components ?? [], component.path ? branchAt(root, parts) : root);
    else if (fieldTypes.has(component.type)) branchAt(root, parts.slice(0, -1)).keys.set(last, { kind: 'leaf' });
  }
  return root;
}

function checkShape(shape: Shape, value: Json, path: Path, errors: PointedError[]): void {
  const refuse = (detail: string): number => errors.push({ pointer: pointerTo(path), detail });
  if (shape.kind === 'leaf' || value === null) return;
  if (shape.kind === 'list') {
    if (!Array.isArray(value)) refuse('行の一覧で送ってください。');
    else if (value.length > maxRows) refuse(`${maxRows}行までです。`);
    else value.forEach((row, index) => (row === null ? errors.push({ pointer: pointerTo([...path, index]), detail: '行が空です。' }) : checkShape(shape.row, row, [...path, index], errors)));
    return;
  }
  if (!isObject(value)) {
    refuse('項目と答えの組で送ってください。');
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    const known = forbiddenKeys.has(key) ? undefined : shape.keys.get(key);
    if (known) checkShape(known, inner, [...path, key], errors);
    else if (errors.length < 100) errors.push({ pointer: pointerTo([...path, key]), detail: 'この様式にない項目です。' });
  }
}

function get(bag: Bag, parts: readonly string[]): Json | undefined {
  let value: Json | undefined = bag;
  for (const part of parts) value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value;
}

function set(bag: Bag, parts: readonly string[], value: Json): void {
  let inner = bag;
  for (const part of parts.slice(0, -1)) {
    const next = Object.hasOwn(inner, part) ? inner[part] : undefined;
    inner = isObject(next) ? next : ((inner[part] = {}) as Bag);
  }
  inner[parts.at(-1) as string] = value;
}

/** The answers with the empty value in place of each missing one: what conditions see, as in the browser. */
export function filled(components: readonly Component[], given: Bag, into: Bag = {}): Bag {
  for (const component of components) {
    const parts = partsOf(component.path ?? component.key ?? '');
    if (component.type === 'group') {
      const inner = component.path ? get(given, parts) : given;
      if (component.path && !isObject(get(into, parts))) set(into, parts, {});
      filled(component.components ?? [], isObject(inner) ? inner : {}, component.path ? (get(into, parts) as Bag) : into);
    } else if (component.type === 'dynamiclist') {
      const rows = get(given, parts);
      set(into, parts, Array.isArray(rows) ? rows.map((row) => filled(component.components ?? [], isObject(row) ? row : {})) : []);
    } else if (fieldTypes.has(component.type)) {
      const answer = get(given, parts);
      set(into, parts, answer === undefined || answer === null ? emptyValue(component) : answer);
    }
  }
  return into;
}

/** Where the fields lie that nobody may ever write (outside of rows): what they carry is what conditions see. */
function alwaysLocked(components: readonly Component[], prefix = ''): string[] {
  return components.flatMap((component) => {
    if (component.type === 'group') return alwaysLocked(component.components ?? [], component.path ? `${prefix}${component.path}.` : prefix);
    return fieldTypes.has(component.type) && (component.disabled === true || component.readonly === true) ? [`${prefix}${component.key ?? ''}`] : [];
  });
}

interface Walk {
  errors: PointedError[];
  variables: Variables;
  /** What was answered before, by key or path: the only source of a field that may not be written. */
  carried: Bag;
}

interface Place {
  given: Bag;
  seen: Bag;
  into: Bag;
  path: Path;
  scope: Scope;
  hidden: boolean;
}

const plainPath = (path: Path): string => path.join('.');

/** A field that may not be written holds what an earlier form says, where one does. */
function carry(walk: Walk, component: Component, place: Place, parts: readonly string[]): void {
  const value = walk.carried[plainPath([...place.path, ...parts])];
  if (value === undefined) return;
  set(place.into, parts, value);
  const variable = variableOf(component);
  if (variable !== null) walk.variables[variable] = value;
}

/** Where the case came in, and where somebody works, is so and not chosen: it stands also where nobody may choose it any more. */
function withFact(walk: Walk, component: Component, path: string, raw: Json | undefined): Component {
  const fact = (component.gone ?? []).find(({ value }) => value === raw);
  return fact && walk.carried[path] === raw && factSource.test(fromOf(component) ?? '') ? { ...component, values: [...(component.values ?? []), fact] } : component;
}

function walkField(walk: Walk, component: Component, place: Place): void {
  const parts = partsOf(component.key ?? '');
  const raw = get(place.given, parts);
  const pointer = pointerTo([...place.path, ...parts]);
  if (place.hidden) {
    // what nobody was shown nobody has answered: an answer here is a mistake of the caller, not something to drop
    if (!isEmpty(raw)) walk.errors.push({ pointer, detail: 'ほかの答えにより表示されない項目です。' });
    return;
  }
  if (isLocked(component, place.scope)) return carry(walk, component, place, parts);
  const checked = checkValue(withFact(walk, component, plainPath([...place.path, ...parts]), raw), raw);
  if (!checked.ok) {
    walk.errors.push({ pointer, detail: checked.detail });
    return;
  }
  set(place.into, parts, checked.value);
  const variable = variableOf(component);
  if (variable !== null) walk.variables[variable] = checked.value;
}

function walkList(walk: Walk, component: Component, place: Place): void {
  const parts = partsOf(component.path ?? '');
  const rows = get(place.given, parts);
  const path = [...place.path, ...parts];
  if (place.hidden) {
    if (!isEmpty(rows)) walk.errors.push({ pointer: pointerTo(path), detail: 'ほかの答えにより表示されない項目です。' });
    return;
  }
  if (component.validate?.required && isEmpty(rows)) walk.errors.push({ pointer: pointerTo(path), detail: '1行以上入力してください。' });
  const seenRows = get(place.seen, parts) as Bag[];
  const made: Bag[] = [];
  (Array.isArray(rows) ? rows : []).forEach((row, index) => {
    const given = isObject(row) ? row : {};
    const seen = seenRows[index] ?? {};
    const into: Bag = {};
    made.push(into);
    const scope: Scope = { data: place.scope.data, row: seen, parent: place.scope.row, index: [...place.scope.index, index + 1] };
    walkAll(walk, component.components ?? [], { given, seen, into, path: [...path, index], scope, hidden: false });
  });
  set(place.into, parts, made);
}

function walkGroup(walk: Walk, component: Component, place: Place): void {
  if (!component.path) return walkAll(walk, component.components ?? [], place);
  const parts = partsOf(component.path);
  const inner = get(place.given, parts);
  const into: Bag = {};
  if (!place.hidden) set(place.into, parts, into);
  walkAll(walk, component.components ?? [], {
    ...place,
    given: isObject(inner) ? inner : {},
    seen: (get(place.seen, parts) ?? {}) as Bag,
    into,
    path: [...place.path, ...parts],
  });
}

function walkAll(walk: Walk, components: readonly Component[], place: Place): void {
  for (const component of components) {
    if (!fieldTypes.has(component.type) && !containerTypes.has(component.type)) continue;
    const here = { ...place, hidden: place.hidden || isHidden(component, place.scope) };
    if (component.type === 'group') walkGroup(walk, component, here);
    else if (component.type === 'dynamiclist') walkList(walk, component, here);
    else walkField(walk, component, here);
  }
}

/** See forms.ts. */
export function walkAnswers(schema: FormSchema, answers: unknown, carried: Bag = {}): { data: Bag; errors: PointedError[]; variables: Variables } {
  if (!isObject(answers)) return { data: {}, errors: [{ pointer: '', detail: '項目と答えの組で送ってください。' }], variables: {} };
  const errors: PointedError[] = [];
  checkShape(shapeOf(schema.components), answers, [], errors);
  if (errors.length > 0) return { data: {}, errors, variables: {} };
  const walk: Walk = { errors, variables: {}, carried };
  const seen = filled(schema.components, answers);
  for (const at of alwaysLocked(schema.components)) if (carried[at] !== undefined) set(seen, partsOf(at), carried[at]);
  const data: Bag = {};
  walkAll(walk, schema.components, { given: answers, seen, into: data, path: [], scope: { data: seen, row: seen, parent: null, index: [] }, hidden: false });
  return errors.length > 0 ? { data: {}, errors, variables: {} } : { data, errors, variables: walk.variables };
}
