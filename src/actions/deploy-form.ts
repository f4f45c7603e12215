import { createHash } from 'node:crypto';
import type { App } from '../app.js';
import type { Actor, Tx } from '../base/db.js';
import { canonicalJson, type Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { approvalFor, markDeployed } from '../domain/definition-changes/candidates.js';
import { optionListNames } from '../domain/option-lists.js';
import { needsOf } from '../domain/records/registry.js';
import { findStandingForm, insertStandingForm } from '../domain/standing-forms.js';
import { lockDeployments } from '../engine/definitions.js';
import { checkForm, recordOf } from '../engine/forms.js';
import { markRefusal } from '../engine/forms/kept.js';
import type { Refusal } from '../engine/model.js';
import { act, type Ask } from './act.js';
import { deployedBy } from './deploy-definition.js';

export interface DeployFormInput extends Ask {
  key: string;
  schema: Json;
  /** As for diagrams: leave alone what was ever deployed before. */
  once?: boolean;
  /** As for diagrams: the clock deploys what was approved for this day. */
  approved?: boolean;
}

/**
 * The deploy check of a form that may be filed at any time. @returns the 帳票 that it is kept as
 * @throws Problem diagram_refused
 */
export function checkStandingForm(app: App, key: string, schema: Json): string {
  const refusals: Refusal[] = checkForm(key, schema, needsOf(app.records), optionListNames);
  const record = refusals.length > 0 ? null : recordOf(schema);
  const kind = record === null ? undefined : app.records.get(record);
  if (refusals.length === 0 && !kind?.anytime) refusals.push({ rule: 'form-record', element: null, message: `様式 ${key}: いつでも出せる帳票の名前を record に書いてください` });
  if (refusals.length > 0 || record === null) throw refused(key, refusals);
  return record;
}

/** @throws Problem diagram_refused (rule form-record-lost) */
export async function mustStayRecord(tx: Tx, key: string, record: string): Promise<void> {
  const lost = markRefusal(key, (await findStandingForm(tx, key))?.record ?? null, record);
  if (lost) throw refused(key, [lost]);
}

/**
 * Checks a form that may be filed at any time and stores it as its next version. A person deploys only what was approved (P13).
 * @throws Problem diagram_refused: the rules that the form breaks; change_not_approved, change_not_yet_effective, change_differs,
 *   change_used
 */
export async function deployForm(app: App, actor: Actor, input: DeployFormInput): Promise<{ version: number; isNew: boolean }> {
  const { key, schema, once = false, approved = false } = input;
  const basis = authorize(actor, 'definition.deploy');
  const record = checkStandingForm(app, key, schema);
  return act(app, actor, {
    action: 'definition.deploy',
    resource: { type: 'form', id: key },
    ask: input,
    request: { key, schema },
    async work(tx) {
      await lockDeployments(tx);
      if (!once) await mustStayRecord(tx, key, record);
      const sha256 = createHash('sha256').update(canonicalJson(schema)).digest('hex');
      const approval = async (): Promise<string | null> => (actor.kind === 'person' || approved ? approvalFor(tx, app.calendar, { kind: 'form', key, xml: null, forms: { [key]: schema } }) : null);
      const { changeId, ...stored } = await insertStandingForm(tx, { key, schema, record, sha256, once, approval }, actor.kind === 'person' ? actor.userId : null);
      if (changeId !== null) await markDeployed(tx, changeId, stored.version);
      return { answer: stored, basis, resourceId: key, reason: deployedBy(stored.isNew, changeId) };
    },
  });
}

function refused(key: string, refusals: readonly Refusal[]): Problem {
  return new Problem('diagram_refused', { errors: refusals.map(({ rule, element, message }) => ({ pointer: element === null ? `/${key}` : `/${key}#${element}`, detail: `${rule}: ${message}` })), extra: { refusals } });
}
