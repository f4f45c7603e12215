// Forms on the server: form-js schemas, checked when deployed and again at every answer. form-js in the browser is a courtesy;
// this is what counts. Conditions are evaluated by the same FEEL as the diagrams'.
import type { PointedError } from '../base/problem.js';
import { walkAnswers } from './forms/answers.js';
import { lessHidden, lessUnoffered } from './forms/carried.js';
import { formRefusals } from './forms/check.js';
import { chosenNames, filledForm, listsNamed, shownForm, type OptionLists } from './forms/options.js';
import { fromOf, type Component, type FormSchema, type KnownRecords } from './forms/schema.js';
import type { Json, Refusal, Variables } from './model.js';

/**
 * Everything that is wrong with a form-js schema; empty if it may be deployed. Each refusal names a rule
 * (docs/rules/form-….md) and the key, path or id of the component.
 * @param records the 帳票 that forms may be kept as, and what each needs; not asked where nothing is kept (bin/play)
 * @param lists names of the lists that options may be taken from (`properties.options`); not asked where there are none (bin/play)
 */
export function checkForm(formKey: string, schema: unknown, records?: KnownRecords, lists?: ReadonlySet<string>): Refusal[] {
  return formRefusals(formKey, schema, records, lists);
}

/** The lists of options that a form asks for, by name. */
export const optionListsOf = (schema: unknown): string[] => listsNamed(schema as FormSchema);

/** The form with these lists in it, for answers to be checked against. @throws Error where one is not handed in */
export const withOptions = (schema: Json, lists: OptionLists): Json => filledForm(schema as unknown as FormSchema, lists) as unknown as Json;

/** The form with these lists in it, for somebody to fill in. @param said what is carried into it, and drafts: what it names keeps its name */
export const toBeShown = (schema: Json, lists: OptionLists, said: Json): Json => shownForm(schema as unknown as FormSchema, lists, said) as unknown as Json;

/** The names of what was chosen in these answers, by pointer. @param schema with its lists in it (`withOptions`) */
export const namesChosen = (schema: Json, answers: Json): Record<string, string> => chosenNames(schema as unknown as FormSchema, answers);

/**
 * Answers against a schema that `checkForm` accepted, with the lists in it that it asks for (`withOptions`).
 * @returns `data`: the answers of the fields that were shown, `''`, `null`, `false` or `[]` where nobody answered; `{}` if there
 *   are errors. `errors`: RFC 6901 pointers into the answers, Japanese details. `variables`: answers that the form hands to the
 *   process (`properties.variable`), never free text. Fields that are disabled or read-only are never taken from the answers, only
 *   from `carried` (by key or path: what was answered in an earlier form, see `carriedFields`); defaults are the browser's business: what was not sent was not answered.
 */
export function validateAnswers(schema: unknown, answers: unknown, carried: Record<string, Json> = {}): { data: Record<string, Json>; errors: PointedError[]; variables: Variables } {
  return walkAnswers(schema as FormSchema, answers, carried);
}

/** Where a field takes its answer from, first match first. */
export interface CarriedField {
  /** Key or path of the field (never one in a row). */
  at: string;
  from: { record: string; at: string }[];
  /** Flagged as confidential. */
  confidential: boolean;
}

/** The fields of a form that were answered before, in an earlier form (`properties.from`). */
export function carriedFields(schema: unknown): CarriedField[] {
  const found: CarriedField[] = [];
  const look = (components: readonly Component[], prefix: string): void => {
    for (const component of components) {
      const from = fromOf(component);
      if (from !== null) found.push({ at: `${prefix}${component.key ?? component.path ?? ''}`, from: from.split('|').map(sourceOf), confidential: isConfidential(component) });
      if (component.type === 'group') look(component.components ?? [], component.path ? `${prefix}${component.path}.` : prefix);
    }
  };
  look((schema as FormSchema).components, '');
  return found;
}

/**
 * What is laid into a form when it is opened: what was carried, less what the form does not offer, and what the carried answers themselves hide.
 * @param carried by key or path, see `carriedFields`
 */
export function shownCarried(schema: unknown, carried: Readonly<Record<string, Json>>): Record<string, Json> {
  return lessHidden(schema as FormSchema, lessUnoffered(schema as FormSchema, carried));
}

/** `F09.minutes.direction` → record `F09.minutes`, field `direction`; a lower-case part after `F09` belongs to the record where it has a third. */
function sourceOf(source: string): { record: string; at: string } {
  const [first = '', ...rest] = source.split('.');
  return rest.length > 1 && /^F\d{2}$/.test(first) ? { record: `${first}.${rest[0]}`, at: rest.slice(1).join('.') } : { record: first, at: rest.join('.') };
}

const isConfidential = (component: Component): boolean => component.properties?.['confidential'] === 'true';

/** Paths of the fields that the form flags as confidential (`properties.confidential`); a field in a row by the path of its list. */
export function confidentialFields(schema: unknown): string[] {
  const found = new Set<string>();
  const look = (components: readonly Component[], prefix: string): void => {
    for (const component of components) {
      const name = component.key ?? component.path ?? '';
      if (isConfidential(component) && name !== '') found.add(`${prefix}${name}`);
      look(component.components ?? [], component.path ? `${prefix}${component.path}.` : prefix);
    }
  };
  look((schema as FormSchema).components, '');
  return [...found].toSorted();
}

/** The record that an answered form is kept as; null where it is none. */
export const recordOf = (schema: unknown): string | null => (schema as FormSchema).record ?? null;
