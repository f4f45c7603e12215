// Forms on the server: form-js schemas, checked when deployed and again at every answer. form-js in the browser is a courtesy;
// this is what counts. Conditions are evaluated by the same FEEL as the diagrams'.
import type { PointedError } from '../base/problem.js';
import { walkAnswers } from './forms/answers.js';
import { formRefusals } from './forms/check.js';
import type { FormSchema } from './forms/schema.js';
import type { Json, Refusal, Variables } from './model.js';

/**
 * Everything that is wrong with a form-js schema; empty if it may be deployed. Each refusal names a rule
 * (docs/rules/form-….md) and the key, path or id of the component.
 */
export function checkForm(formKey: string, schema: unknown): Refusal[] {
  return formRefusals(formKey, schema);
}

/**
 * Answers against a schema that `checkForm` accepted.
 * @returns `data`: the answers of the fields that were shown, `''`, `null`, `false` or `[]` where nobody answered; `{}` if there
 *   are errors. `errors`: RFC 6901 pointers into the answers, Japanese details. `variables`: answers that the form hands to the
 *   process (`properties.variable`), never free text. Fields that are disabled or read-only are never taken from the answers;
 *   defaults are the browser's business: what was not sent was not answered.
 */
export function validateAnswers(schema: unknown, answers: unknown): { data: Record<string, Json>; errors: PointedError[]; variables: Variables } {
  return walkAnswers(schema as FormSchema, answers);
}
