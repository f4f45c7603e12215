// A form that is kept as a 帳票 must hold what the office's rules read from it. Policy staff may add fields, reword them and
// reorder them; they cannot take away what consent, meetings and closure are decided by.
import type { Refusal } from '../model.js';
import { containerTypes, fieldTypes, fromOf, listOf, type Component, type FieldNeed, type FormSchema, type KnownRecords } from './schema.js';

/** Every field and list of a form by where it lies in the answers. */
function fieldsOf(components: readonly Component[], prefix = '', into = new Map<string, Component>()): Map<string, Component> {
  for (const component of components) {
    if (component.type === 'dynamiclist') {
      into.set(`${prefix}${component.path ?? ''}`, component);
      fieldsOf(component.components ?? [], `${prefix}${component.path ?? ''}[].`, into);
    } else if (containerTypes.has(component.type)) fieldsOf(component.components ?? [], component.path ? `${prefix}${component.path}.` : prefix, into);
    else if (fieldTypes.has(component.type)) into.set(`${prefix}${component.key ?? ''}`, component);
  }
  return into;
}

function problemOf(need: FieldNeed, found: Component | undefined): string | null {
  if (!found) return `項目 ${need.at} が要ります`;
  if (!need.types.includes(found.type)) return `項目 ${need.at} の型は ${need.types.join('・')} です`;
  if (need.options && listOf(found) !== null) return `項目 ${need.at} の選択肢は、一覧から取らずに様式に並べてください`;
  const strange = need.options ? (found.values ?? []).filter(({ value }) => !need.options!.includes(value)) : [];
  if (strange.length > 0) return `項目 ${need.at} に選択肢 ${strange.map(({ value }) => String(value)).join('・')} は使えません`;
  return need.required && found.validate?.required !== true ? `項目 ${need.at} は必須にしてください` : null;
}

const facts = ['case', 'me', 'process', 'decision', 'issues', 'recipient', 'proposal', 'outsider'];

/** Fields that carry from a 帳票 that is not there: they would stand empty for ever. */
export function sourceRefusals(formKey: string, schema: FormSchema, records: KnownRecords): Refusal[] {
  return [...fieldsOf(schema.components)].flatMap(([at, component]) =>
    (fromOf(component)?.split('|') ?? []).flatMap((source): Refusal[] => {
      const [record = '', part = ''] = source.split('.');
      return [record, `${record}.${part}`].some((one) => records.has(one)) || facts.includes(record) ? [] : [{ rule: 'form-from', element: at, message: `様式 ${formKey}: from の帳票 ${record} はありません` }];
    }),
  );
}

/** What a form lacks of the record that it names; nothing where it names none. */
export function recordRefusals(formKey: string, schema: FormSchema, records: KnownRecords): Refusal[] {
  const { record } = schema;
  if (record === undefined) return [];
  const needs = records.get(record);
  if (!needs) return [{ rule: 'form-record', element: null, message: `様式 ${formKey}: 帳票 ${record} はありません` }];
  const fields = fieldsOf(schema.components);
  return needs.flatMap((need) => {
    const problem = problemOf(need, fields.get(need.at));
    return problem ? [{ rule: 'form-record', element: need.at, message: `様式 ${formKey}（帳票 ${record}）: ${problem}` }] : [];
  });
}
