// What is kept as a 帳票 stays one. Policy staff may redraw a diagram and its forms as they like; what its steps wrote down, and what the
// law is decided by, goes on being written down. A form whose mark (`record`) is taken off decides nothing: the case would stand still.
import type { Compiled, Json, Refusal } from '../model.js';
import { recordOf } from '../forms.js';
import { fieldTypes, variableOf, type Component, type FormSchema } from './schema.js';

interface Step {
  formKey: string;
  record: string | null;
  /** Names of the process variables that its answers become. */
  variables: readonly string[];
}

/** What the steps of a diagram write down, by element id; steps without a form are not there. */
export type Writing = ReadonlyMap<string, Step>;

function variablesOf(components: readonly Component[]): string[] {
  return components.flatMap((component) => [...(fieldTypes.has(component.type) ? [variableOf(component)].filter((name) => name !== null) : []), ...variablesOf(component.components ?? [])]);
}

/** @param forms schemas that `checkForm` accepted, by key */
export function writingOf(compiled: Pick<Compiled, 'elements'>, forms: ReadonlyMap<string, Json>): Writing {
  const steps = new Map<string, Step>();
  for (const { id, formKey } of compiled.elements.values()) {
    const schema = formKey === null ? undefined : forms.get(formKey);
    if (formKey !== null && schema !== undefined) steps.set(id, { formKey, record: recordOf(schema), variables: variablesOf((schema as unknown as FormSchema).components) });
  }
  return steps;
}

/**
 * A form that was kept as one 帳票 and now says another, or none; null where it says the same, or said none.
 * @param before what the last version of the form said
 */
export function markRefusal(formKey: string, before: string | null, now: string | null): Refusal | null {
  if (before === null || before === now) return null;
  const message = `様式 ${formKey}: 帳票 ${before} として保存してきた様式です。${now === null ? 'record を外す' : `帳票 ${now} に変える`}ことはできません。"record": "${before}" に戻してください。別のことを尋ねるときは、別の名前の様式にしてください`;
  return { rule: 'form-record-lost', element: null, message };
}

/** Why nothing else may take the place of a step that wrote a 帳票; null where it may, as that is written elsewhere. */
function lossOf(id: string, { formKey, record, variables }: Step, now: Writing, elsewhere: ReadonlySet<string>): Refusal | null {
  if (record === null || [...now.values()].some((step) => step.record === record)) return null;
  const refuse = (element: string | null, message: string): Refusal => ({ rule: 'form-record-lost', element, message: `${message}。この仕事か、この図のほかの仕事に、帳票 ${record} の様式を使ってください` });
  const same = now.get(id);
  if (same) return refuse(id, `これまで帳票 ${record}（様式 ${formKey}）を書いていた仕事が、様式 ${same.formKey} では書かなくなり、この図のどの仕事も書きません`);
  const heir = [...now].find(([, step]) => step.variables.some((name) => variables.includes(name)));
  if (heir) return refuse(heir[0], `帳票 ${record}（仕事 ${id}）で決めていたことを、帳票でない様式 ${heir[1].formKey} で尋ねています`);
  return elsewhere.has(record) ? null : refuse(null, `帳票 ${record} を書く仕事 ${id} がなくなり、ほかのどの業務も書きません`);
}

/**
 * The 帳票 that the steps of a diagram wrote until now and no step of it writes any more, where something else is asked in their
 * place, or nobody else writes them either. A step may be left out whose 帳票 another process, or whoever likes, can write.
 * @param elsewhere what other processes, and forms that may be filed at any time, are kept as
 */
export function lostRecords(before: Writing, now: Writing, elsewhere: ReadonlySet<string>): Refusal[] {
  return [...before].flatMap(([id, step]) => lossOf(id, step, now, elsewhere) ?? []);
}
