import type { App } from '../app.js';
import type { Actor, Person, Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { authorize, decide } from '../domain/authorize.js';
import { rightsOf } from '../domain/access.js';
import { caseIdOf, caseKeys } from '../domain/cases.js';
import { endsForCity } from '../domain/plans/decisions.js';
import { messageTtlMs } from '../engine/advance.js';
import { mustBeStorable } from '../engine/failure.js';
import { knowsMessage, publishMessage as publish } from '../engine/messages.js';
import type { Variables } from '../engine/model.js';
import { mustBePlain } from '../engine/plain-values.js';
import { seesOpenTask } from '../engine/tasks.js';
import { act, type Ask } from './act.js';

export interface PublishInput extends Ask {
  name: string;
  correlationKey?: string | null | undefined;
  /** Business key of the instance that it may start; for who may start none, of the one case that it is for. */
  businessKey?: string | null | undefined;
  variables?: Variables | undefined;
  /** How long it waits for its catcher, seconds; 0: not at all. A week when nothing is said. */
  ttlS?: number | undefined;
}

export interface PublishedMessage {
  messageId: string;
  outcome: 'started' | 'correlated' | 'buffered';
  instanceId: string | null;
}

/** Where a message of this person may go: anywhere (null), or to a catch of one case that they reach or have a task in. */
async function reachOf(app: App, tx: Tx, person: Person, name: string, businessKey: string | null): Promise<string | null> {
  const citys = await endsForCity(tx, person, name);
  if (decide(person, 'instance.start').allowed) return null;
  if (await app.engine.definitions.startedBy(tx, name)) throw new Problem('forbidden');
  if (businessKey === null) throw new Problem('invalid', { errors: [{ pointer: '/businessKey', detail: '必須です。' }] });
  if (citys) return businessKey;
  const caseId = await caseIdOf(tx, businessKey);
  const reaches = caseId !== null && (await rightsOf(tx, person, caseId)).some(({ level }) => level === 'content');
  if (!reaches && !(await seesOpenTask(tx, person, businessKey))) throw new Problem('forbidden');
  return businessKey;
}

/** A diagram that speaks of `caseId` is about a case: its business key is the number of one, and the case that it is told is that one. */
async function mustBeOfItsCase(app: App, tx: Tx, name: string, businessKey: string | null, variables: Variables): Promise<void> {
  const start = await app.engine.definitions.startedBy(tx, name);
  if (!start || !/\bcaseId\b/.test(start.definition.xml)) return;
  const caseId = businessKey === null ? null : await caseIdOf(tx, businessKey);
  const told = variables['caseId'] ?? null;
  if (caseId === null) throw new Problem('invalid', { errors: [{ pointer: '/businessKey', detail: 'この手続きはケースについてのものです。受け付けているケースの番号を指定してください。' }] });
  if (told !== null && told !== caseId) throw new Problem('invalid', { errors: [{ pointer: '/variables/caseId', detail: '受付番号のケースと違います。' }] });
}

/**
 * Publishes a message: it starts an instance, or goes to the oldest catch that waits for its name and key, or waits itself.
 * Only those who may start instances may start one so, and reach every case; others reach the cases whose content they reach
 * or in which they see an open task, and their message waits only under a key of that case.
 * @throws Problem not_city_decision (it ends a watch, which the city alone does); main_line_runs (the case has its main line); no_catcher (nobody waits, and it may not wait itself; or no diagram knows the name), too_many_variables, step_failed, forbidden, invalid
 *   (free text, no business key where one is needed, or none of a case where the diagram that it starts is about one)
 */
export async function publishMessage(app: App, actor: Actor, input: PublishInput): Promise<PublishedMessage> {
  const { name, correlationKey = null, businessKey = null, variables = {}, ttlS = messageTtlMs / 1000 } = input;
  if (actor.kind === 'person') {
    mustBeStorable(variables);
    mustBePlain(variables, { '/name': name, '/correlationKey': correlationKey, '/businessKey': businessKey });
  }
  return act(app, actor, {
    action: 'message.publish',
    resource: { type: 'message', id: null },
    ask: input,
    request: { name, correlationKey, businessKey, variables, ttlS },
    async work(tx, doing) {
      const basis = authorize(actor, 'message.publish');
      const within = actor.kind === 'person' ? await reachOf(app, tx, actor, name, businessKey) : null;
      if (actor.kind === 'person' && !(await knowsMessage(tx, app.definitions, name))) throw new Problem('no_catcher', { detail: 'この名前のメッセージを受け取る図がありません。名前を確かめてください。' });
      if (actor.kind === 'person' && within === null) await mustBeOfItsCase(app, tx, name, businessKey, variables);
      const published = await publish(tx, app.engine, { name, correlationKey, businessKey, variables, expiresAt: new Date(tx.now.getTime() + ttlS * 1000) }, doing.deferred, within);
      if (published.outcome === 'buffered') {
        const mayWait = ttlS > 0 && (within === null || (correlationKey !== null && (await caseKeys(tx, within)).includes(correlationKey)));
        if (!mayWait) throw new Problem('no_catcher', within === null ? {} : { detail: 'この名前とキーのメッセージを待っている手続きが、このケースにありません。' });
      }
      if (published.outcome === 'joined') throw new Problem('main_line_runs');
      doing.after(published.effects);
      const { messageId, outcome, instanceId } = published;
      return { answer: { messageId, outcome, instanceId }, basis, resourceId: messageId };
    },
  });
}
