import type { App } from '../app.js';
import type { Person } from '../base/db.js';
import type { Json } from '../base/json.js';
import { authorize } from '../domain/authorize.js';
import { keepCandidate } from '../domain/definition-changes/candidates.js';
import { findStandingForm } from '../domain/standing-forms.js';
import { effectOf, formDifferences, type DeployEffect } from '../engine/effect.js';
import type { Refusal } from '../engine/model.js';
import { act, type Ask } from './act.js';
import { checkDefinition, mustKeepRecords } from './deploy-definition.js';
import { checkStandingForm, mustStayRecord } from './deploy-form.js';

export interface ProposeInput extends Ask {
  changeId: string;
  /** A diagram with its forms by key, or one standing form. */
  content: { xml: string; forms: Record<string, Json> } | { formKey: string; schema: Json };
}

export interface Proposed {
  candidateId: string;
  kind: 'process' | 'form';
  key: string;
  sha256: string;
  warnings: Refusal[];
  effect: DeployEffect;
}

/**
 * The dry run of a deployment: checks it as the deployment does, keeps it with the change of P13 as what will be tried and approved, and
 * tells what it would change for what runs. Deploys nothing. Whoever proposes it had a hand in the draft.
 * @throws Problem not_found, diagram_refused, change_tried, change_differs
 */
export async function proposeCandidate(app: App, person: Person, input: ProposeInput): Promise<Proposed> {
  const basis = authorize(person, 'definition.propose');
  const { changeId, content } = input;
  const deed = { action: 'definition.propose', resource: { type: 'definition_change', id: changeId }, ask: input, request: content } as const;
  if ('formKey' in content) {
    const { formKey: key, schema } = content;
    const record = checkStandingForm(app, key, schema);
    return act<Proposed>(app, person, {
      ...deed,
      async work(tx) {
        await mustStayRecord(tx, key, record);
        const before = await findStandingForm(tx, key);
        const effect: DeployEffect = { version: before?.version ?? null, running: [], elements: [], forms: formDifferences(new Map(before ? [[key, before.schema]] : []), new Map([[key, schema]])), diagramChanged: false };
        const { id, sha256 } = await keepCandidate(tx, changeId, { kind: 'form', key, xml: null, forms: { [key]: schema } }, effect as unknown as Json, person.userId);
        return { answer: { candidateId: id, kind: 'form', key, sha256, warnings: [], effect }, basis };
      },
    });
  }
  const { xml, forms } = content;
  const { compiled, warnings } = await checkDefinition(app, person, xml, forms);
  const key = compiled.processId;
  return act<Proposed>(app, person, {
    ...deed,
    async work(tx) {
      await mustKeepRecords(app, tx, compiled, forms);
      const effect = await effectOf(tx, await app.definitions.byKey(tx, key), { compiled, xml, forms });
      const { id, sha256 } = await keepCandidate(tx, changeId, { kind: 'process', key, xml, forms }, effect as unknown as Json, person.userId);
      return { answer: { candidateId: id, kind: 'process', key, sha256, warnings, effect }, basis };
    },
  });
}
