// Options that stand in no form: a field names a list (`properties.options`), and whoever serves or checks the form hands the list in.
// The form that is deployed stays as it is; what may be chosen is what the list says at that moment.
import type { Json } from '../model.js';
import { choiceTypes, isObject, listOf, partsOf, pointerTo, type Component, type FormSchema, type Option } from './schema.js';

export interface OptionList {
  /** What may be chosen now. */
  options: readonly Option[];
  /** What may not be chosen any more, or not for this; it was chosen once, and has a name. */
  gone: readonly Option[];
}

/** By the names that forms may use. */
export type OptionLists = ReadonlyMap<string, OptionList>;

/** The lists that a form asks for. */
export function listsNamed(schema: FormSchema): string[] {
  const look = (components: readonly Component[]): string[] => components.flatMap((one) => [listOf(one) ?? [], look(one.components ?? [])].flat());
  return [...new Set(look(schema.components))];
}

const without = (options: readonly Option[], taken: readonly Option[]): Option[] => options.filter(({ value }) => !taken.some((other) => other.value === value));

/** A copy of the form in which every field that names a list has what `make` says of it. Everything else is shared with the form that was given. */
function mapLists(schema: FormSchema, lists: OptionLists, make: (component: Component, list: OptionList) => Component): FormSchema {
  const change = (component: Component): Component => {
    if (component.components) return { ...component, components: component.components.map(change) };
    const name = listOf(component);
    if (name === null) return component;
    const list = lists.get(name);
    if (!list) throw new Error(`a form asks for the options ${name}, which are not there`);
    return make(component, list);
  };
  return { ...schema, components: schema.components.map(change) };
}

/** What the form lists itself comes after the list, and goes before an option of it that has the same value. */
const joined = (component: Component, list: OptionList): Option[] => [...without(list.options, component.values ?? []), ...(component.values ?? [])];

/** The form as answers are checked against it. @throws Error where a list is not handed in */
export const filledForm = (schema: FormSchema, lists: OptionLists): FormSchema =>
  mapLists(schema, lists, (component, list) => {
    const values = joined(component, list);
    return { ...component, values, gone: without(list.gone, values) };
  });

/** Every text that somewhere stands in these answers. */
function textsIn(value: Json, into: Set<Json> = new Set()): Set<Json> {
  if (typeof value === 'string') into.add(value);
  else if (Array.isArray(value)) for (const one of value) textsIn(one, into);
  else if (isObject(value)) for (const one of Object.values(value)) textsIn(one, into);
  return into;
}

/**
 * The form as somebody is shown it: an option that is gone is there only where `said` (what is carried into it, a draft) has it, so that it
 * has a name. To choose it is refused all the same.
 * @throws Error where a list is not handed in
 */
export function shownForm(schema: FormSchema, lists: OptionLists, said: Json): FormSchema {
  const texts = textsIn(said);
  return mapLists(schema, lists, (component, list) => {
    const values = joined(component, list);
    return { ...component, values: [...values, ...without(list.gone, values).filter(({ value }) => texts.has(value)).map(({ label, value }) => ({ label: `${label ?? String(value)}（いまは選べない）`, value }))] };
  });
}

/** The names of what was chosen in these answers, by RFC 6901 pointer. @param schema filled */
export function chosenNames(schema: FormSchema, answers: Json): Record<string, string> {
  const names: Record<string, string> = {};
  const inside = (value: Json | undefined, parts: readonly string[]): Json | undefined =>
    parts.reduce<Json | undefined>((at, part) => (isObject(at) && Object.hasOwn(at, part) ? at[part] : undefined), value);
  const look = (components: readonly Component[], given: Json | undefined, path: readonly (string | number)[]): void => {
    for (const component of components) {
      const parts = partsOf(component.path ?? component.key ?? '');
      if (component.type === 'group') look(component.components ?? [], component.path ? inside(given, parts) : given, component.path ? [...path, ...parts] : path);
      else if (component.type === 'dynamiclist') {
        const rows = inside(given, parts);
        if (Array.isArray(rows)) rows.forEach((row, index) => look(component.components ?? [], row, [...path, ...parts, index]));
      } else if (choiceTypes.has(component.type)) name(component, inside(given, parts), [...path, ...parts]);
    }
  };
  const name = (component: Component, chosen: Json | undefined, path: readonly (string | number)[]): void => {
    if (Array.isArray(chosen)) return chosen.forEach((one, index) => name(component, one, [...path, index]));
    const label = [...(component.values ?? []), ...(component.gone ?? [])].find(({ value }) => value === chosen)?.label;
    if (label !== undefined) names[pointerTo(path)] = label;
  };
  look(schema.components, answers, []);
  return names;
}
