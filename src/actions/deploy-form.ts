import { createHash } from 'node:crypto';
import type { App } from '../app.js';
import type { Actor } from '../base/db.js';
import { canonicalJson, type Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { needsOf } from '../domain/records/registry.js';
import { insertStandingForm } from '../domain/standing-forms.js';
import { checkForm, recordOf } from '../engine/forms.js';
import type { Refusal } from '../engine/model.js';
import { act, type Ask } from './act.js';

export interface DeployFormInput extends Ask {
  key: string;
  schema: Json;
  /** As for diagrams: leave alone what was ever deployed before. */
  once?: boolean;
}

/**
 * Checks a form that may be filed at any time and stores it as its next version.
 * @throws Problem diagram_refused: the rules that the form breaks
 */
export async function deployForm(app: App, actor: Actor, input: DeployFormInput): Promise<{ version: number; isNew: boolean }> {
  const { key, schema, once = false } = input;
  const basis = authorize(actor, 'definition.deploy');
  const refusals: Refusal[] = checkForm(key, schema, needsOf(app.records));
  const record = refusals.length > 0 ? null : recordOf(schema);
  const kind = record === null ? undefined : app.records.get(record);
  if (refusals.length === 0 && !kind?.anytime) refusals.push({ rule: 'form-record', element: null, message: `様式 ${key}: いつでも出せる帳票の名前を record に書いてください` });
  if (refusals.length > 0 || record === null) {
    throw new Problem('diagram_refused', { errors: refusals.map(({ rule, element, message }) => ({ pointer: element === null ? `/${key}` : `/${key}#${element}`, detail: `${rule}: ${message}` })), extra: { refusals } });
  }
  return act(app, actor, {
    action: 'definition.deploy',
    resource: { type: 'form', id: key },
    ask: input,
    request: { key, schema },
    async work(tx) {
      const sha256 = createHash('sha256').update(canonicalJson(schema)).digest('hex');
      const stored = await insertStandingForm(tx, { key, schema, record, sha256, once }, actor.kind === 'person' ? actor.userId : null);
      return { answer: stored, basis, resourceId: key };
    },
  });
}
