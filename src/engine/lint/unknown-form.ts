// A task whose form is not deployed with the diagram could not be answered.
import { checkForm } from '../forms.js';
import { isType, refuse, text, type Rule } from './support/diagram.js';

/** `unknown-form`, and the refusals of the forms themselves, each told at the task that uses it. */
export const unknownForm: Rule = ({ elements, known, lenient }) => {
  const checked = new Set<string>();
  return elements.filter((element) => isType(element, 'UserTask', 'StartEvent')).flatMap((element) => {
    const key = text(element, 'formKey') ?? text(element, 'formRef');
    if (key === null) return [];
    if (!known.forms.has(key)) return lenient ? [] : [refuse('unknown-form', element, `様式 ${key} はありません`)];
    if (checked.has(key)) return [];
    checked.add(key);
    return checkForm(key, known.forms.get(key)).map(({ rule, element: field, message }) => refuse(rule, element, field ? `${message}（項目 ${field}）` : message));
  });
};
