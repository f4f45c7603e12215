import type { App } from '../app.js';
import { transact, type Actor, type Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { approvalFor, markDeployed } from '../domain/definition-changes/candidates.js';
import { optionListNames } from '../domain/option-lists.js';
import { needsOf } from '../domain/records/registry.js';
import { listStandingForms } from '../domain/standing-forms.js';
import { checkDiagram } from '../engine/check.js';
import { insertDefinition, lastRecords, lockDeployments, recordsElsewhere } from '../engine/definitions.js';
import { checkForm, recordOf } from '../engine/forms.js';
import { lostRecords, markRefusal, writingOf } from '../engine/forms/kept.js';
import type { Compiled, Refusal } from '../engine/model.js';
import { act, type Ask } from './act.js';

export interface DeployInput extends Ask {
  xml: string;
  /** Form schemas by form key. */
  forms?: Record<string, Json> | undefined;
  /** Leave alone what was ever deployed before: for a start that brings its folder by itself and must not undo what policy staff changed since. */
  once?: boolean;
  /** The clock deploys what was approved for this day: it too needs the approval, as a person always does. */
  approved?: boolean;
}

export interface Deployed {
  id: string;
  key: string;
  version: number;
  /** False: exactly this diagram with these forms is the newest version already. An older one deployed again becomes a new version. */
  isNew: boolean;
  /** Doubts of the check that did not stop it. */
  warnings: Refusal[];
}

export interface Checked {
  compiled: Compiled;
  warnings: Refusal[];
}

/**
 * The deploy check of a diagram with its forms, as far as it needs nothing of what is deployed.
 * @throws Problem diagram_refused
 */
export async function checkDefinition(app: App, actor: Actor, xml: string, forms: Record<string, Json>): Promise<Checked> {
  const known = await transact(app.db, actor, (tx) => tx.db.group.findMany({ select: { key: true } }));
  const groups = new Set(known.map((group) => group.key));
  const { refusals, warnings, compiled } = await checkDiagram(xml, {
    handlers: new Set(app.handlers.keys()),
    inside: new Set([...app.handlers.values()].filter(({ kind }) => kind === 'inside').map(({ name }) => name)),
    forms: new Map<string, unknown>(Object.entries(forms)),
    groups: (key) => groups.has(key),
  });
  const wrong = [...refusals, ...Object.entries(forms).flatMap(([key, schema]) => checkForm(key, schema, needsOf(app.records), optionListNames))];
  if (wrong.length > 0 || !compiled) throw refused(wrong);
  return { compiled, warnings };
}

/**
 * Checks a diagram with its forms and stores it as the next version of its process. Running instances keep theirs. A person deploys
 * only what was approved (P13); whoever has the machine (`bin/deploy`, `bin/start`) does not ask, and the audit says so.
 * @throws Problem diagram_refused: `errors` names each element and what is wrong, `refusals` also the rules; change_not_approved,
 *   change_not_yet_effective, change_differs, change_used
 */
export async function deployDefinition(app: App, actor: Actor, input: DeployInput): Promise<Deployed> {
  const { xml, forms = {}, once = false, approved = false } = input;
  const basis = authorize(actor, 'definition.deploy');
  const { compiled, warnings } = await checkDefinition(app, actor, xml, forms);
  return act(app, actor, {
    action: 'definition.deploy',
    resource: { type: 'definition', id: compiled.processId },
    ask: input,
    request: { xml, forms },
    async work(tx) {
      await lockDeployments(tx);
      if (!once) await mustKeepRecords(app, tx, compiled, forms);
      const approval = async (): Promise<string | null> => (actor.kind === 'person' || approved ? approvalFor(tx, app.calendar, { kind: 'process', key: compiled.processId, xml, forms }) : null);
      const { taken, changeId, ...deployed } = await insertDefinition(tx, { compiled, xml, forms, deployedById: actor.kind === 'person' ? actor.userId : null, once, approval });
      if (taken.length > 0) throw refusedTaken(compiled, taken);
      if (changeId !== null) await markDeployed(tx, changeId, deployed.version);
      return { answer: { ...deployed, warnings }, basis, resourceId: deployed.id, reason: deployedBy(deployed.isNew, changeId) };
    },
  });
}

/** For the audit: by an approval, or past it by whoever has the machine. */
export const deployedBy = (isNew: boolean, changeId: string | null): string => (isNew ? (changeId === null ? 'without_change' : 'approved_change') : 'unchanged');

/** @throws Problem diagram_refused (rule form-record-lost) */
export async function mustKeepRecords(app: App, tx: Tx, compiled: Compiled, forms: Record<string, Json>): Promise<void> {
  const lost = await lostWith(app, tx, compiled, new Map(Object.entries(forms)));
  if (lost.length > 0) throw refused(lost);
}

/** What this version would keep no more of what the last one did (rule form-record-lost). A release that brings its own folder (`once`) says itself what is kept. */
async function lostWith(app: App, tx: Tx, compiled: Compiled, forms: ReadonlyMap<string, Json>): Promise<Refusal[]> {
  const before = await app.definitions.byKey(tx, compiled.processId);
  if (!before) return [];
  const last = await lastRecords(tx, compiled.processId);
  const marks = [...forms].flatMap(([key, schema]) => markRefusal(key, last.get(key) ?? null, recordOf(schema)) ?? []);
  if (marks.length > 0) return marks;
  const elsewhere = new Set([...(await recordsElsewhere(tx, compiled.processId)), ...(await listStandingForms(tx)).map(({ record }) => record)]);
  return lostRecords(writingOf(before.compiled, new Map([...before.forms].map(([key, { schema }]) => [key, schema]))), writingOf(compiled, forms), elsewhere);
}

function refusedTaken(compiled: Compiled, taken: readonly { messageName: string; key: string }[]): Problem {
  return refused(taken.map(({ messageName, key }) => ({ rule: 'start-message-taken', element: startOf(compiled, messageName), message: `メッセージ ${messageName} は業務 ${key} がすでに開始に使っています` })));
}

function startOf(compiled: { starts: readonly { elementId: string; messageName: string | null }[] }, messageName: string): string | null {
  return compiled.starts.find((start) => start.messageName === messageName)?.elementId ?? null;
}

function refused(refusals: readonly Refusal[]): Problem {
  return new Problem('diagram_refused', {
    errors: refusals.map(({ rule, element, message }) => ({ pointer: element === null ? '/xml' : `/xml#${element}`, detail: `${rule}: ${message}` })),
    extra: { refusals },
  });
}
