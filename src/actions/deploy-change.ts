import type { App } from '../app.js';
import { transact, type Actor } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { candidateOf } from '../domain/definition-changes/candidates.js';
import type { Ask } from './act.js';
import { deployDefinition } from './deploy-definition.js';
import { deployForm } from './deploy-form.js';

export interface DeployedChange {
  kind: 'process' | 'form';
  key: string;
  version: number;
  /** false: exactly this is the newest version already. */
  isNew: boolean;
}

/**
 * Deploys what a change of P13 was approved with, to the letter, from its day on.
 * @throws Problem not_found: no such change, or nothing was proposed for it; and what the deployment refuses
 */
export async function deployChange(app: App, actor: Actor, input: { changeId: string } & Ask): Promise<DeployedChange> {
  authorize(actor, 'definition.deploy');
  const candidate = await transact(app.db, actor, (tx) => candidateOf(tx, input.changeId));
  if (!candidate) throw new Problem('not_found');
  const { kind, key, xml, forms } = candidate;
  const { idempotencyKey, requestId } = input;
  const { version, isNew } = await (xml === null ? deployForm(app, actor, { key, schema: forms[key]!, approved: true, idempotencyKey, requestId }) : deployDefinition(app, actor, { xml, forms, approved: true, idempotencyKey, requestId }));
  return { kind, key, version, isNew };
}
