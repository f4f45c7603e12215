import { createHash } from 'node:crypto';
import type { App } from '../app.js';
import type { Actor } from '../base/db.js';
import { canonicalJson, type Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { optionListNames } from '../domain/option-lists.js';
import { needsOf } from '../domain/records/registry.js';
import { findStandingForm, insertStandingForm } from '../domain/standing-forms.js';
import { lockDeployments } from '../engine/definitions.js';
import { checkForm, recordOf } from '../engine/forms.js';
import { markRefusal } from '../engine/forms/kept.js';
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
  const refusals: Refusal[] = checkForm(key, schema, needsOf(app.records), optionListNames);
  const record = refusals.length > 0 ? null : recordOf(schema);
  const kind = record === null ? undefined : app.records.get(record);
  if (refusals.length === 0 && !kind?.anytime) refusals.push({ rule: 'form-record', element: null, message: `様式 ${key}: いつでも出せる帳票の名前を record に書いてください` });
  if (refusals.length > 0 || record === null) throw refused(key, refusals);
  return act(app, actor, {
    action: 'definition.deploy',
    resource: { type: 'form', id: key },
    ask: input,
    request: { key, schema },
    async work(tx) {
      await lockDeployments(tx);
      const lost = once ? null : markRefusal(key, (await findStandingForm(tx, key))?.record ?? null, record);
      if (lost) throw refused(key, [lost]);
      const sha256 = createHash('sha256').update(canonicalJson(schema)).digest('hex');
      const stored = await insertStandingForm(tx, { key, schema, record, sha256, once }, actor.kind === 'person' ? actor.userId : null);
      return { answer: stored, basis, resourceId: key };
    },
  });
}

function refused(key: string, refusals: readonly Refusal[]): Problem {
  return new Problem('diagram_refused', { errors: refusals.map(({ rule, element, message }) => ({ pointer: element === null ? `/${key}` : `/${key}#${element}`, detail: `${rule}: ${message}` })), extra: { refusals } });
}
