// What is carried into a form stands only in fields that whoever opens it sees: an answer in a field that the other carried answers hide
// would be sent back with them, and refused.
import type { Json } from '../model.js';
import { filled } from './answers.js';
import { isHidden, type Scope } from './conditions.js';
import { choiceTypes, fromOf, listOf, partsOf, type Component, type FormSchema } from './schema.js';

type Bag = Record<string, Json>;

const nameOf = (component: Component): string => component.key ?? component.path ?? '';

function nested(carried: Readonly<Bag>): Bag {
  const bag: Bag = {};
  for (const [at, value] of Object.entries(carried)) {
    const parts = partsOf(at);
    let inner = bag;
    for (const part of parts.slice(0, -1)) inner = (inner[part] ??= {}) as Bag;
    inner[parts.at(-1)!] = value;
  }
  return bag;
}

/** Names of the fields that are carried (outside of rows); the others are answered now, and may yet show or hide what hangs on them. */
function carriedNames(components: readonly Component[]): string[] {
  return components.flatMap((component) => [...(fromOf(component) === null ? [] : [nameOf(component)]), ...(component.type === 'group' ? carriedNames(component.components ?? []) : [])]);
}

const speaksOf = (source: string, name: string): boolean => new RegExp(`(?<![\\p{L}\\p{N}_"])${name}(?![\\p{L}\\p{N}_"])`, 'u').test(source);

/** Choices of a form alone: of a list that is handed in, whoever checks says by name what is chosen no more. */
const isOffered = ({ values = [] }: Component, value: Json): boolean => values.some((option) => option.value === value);

/** What is carried, less what the form does not offer: an answer of another sheet that is no option of this one would be sent back with the form, and refused. */
export function lessUnoffered(schema: FormSchema, carried: Readonly<Bag>): Bag {
  const kept: Bag = { ...carried };
  const look = (components: readonly Component[], prefix: string): void => {
    for (const component of components) {
      const at = `${prefix}${nameOf(component)}`;
      if (component.type === 'group') look(component.components ?? [], component.path ? `${at}.` : prefix);
      else if (choiceTypes.has(component.type) && listOf(component) === null && Object.hasOwn(kept, at)) {
        const value = kept[at]!;
        if (Array.isArray(value)) kept[at] = value.filter((one) => isOffered(component, one));
        else if (!isOffered(component, value)) delete kept[at];
      }
    }
  };
  look(schema.components, '');
  return kept;
}

/**
 * What is carried, less what stands in a field that is hidden by it. A field that waits for an answer that nobody carries stays.
 * @param carried by key or path, as `carriedFields` names them
 */
export function lessHidden(schema: FormSchema, carried: Readonly<Bag>): Bag {
  const names = carriedNames(schema.components);
  let kept: Bag = { ...carried };
  for (let before = -1; before !== Object.keys(kept).length; ) {
    before = Object.keys(kept).length;
    const seen = filled(schema.components, nested(kept));
    const scope: Scope = { data: seen, row: seen, parent: null, index: [] };
    const hides = (component: Component): boolean => names.some((name) => speaksOf(component.conditional?.hide ?? '', name)) && isHidden(component, scope);
    const hidden = new Set<string>();
    const look = (components: readonly Component[], prefix: string, within: boolean): void => {
      for (const component of components) {
        const at = `${prefix}${nameOf(component)}`;
        if (component.type === 'group') look(component.components ?? [], component.path ? `${at}.` : prefix, within || hides(component));
        else if (Object.hasOwn(kept, at) && (within || hides(component))) hidden.add(at);
      }
    };
    look(schema.components, '', false);
    kept = Object.fromEntries(Object.entries(kept).filter(([at]) => !hidden.has(at)));
  }
  return kept;
}
