// Messages by name and correlation key, and signals by name.
//
// A message starts an instance if the newest version of some process starts with it; otherwise it goes to exactly one
// open catch, the oldest; otherwise it waits (is buffered) until its time to live is over.
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { advance, startInstance } from './advance.js';
import type { DefinitionCache } from './definitions.js';
import { mustBeStorable } from './failure.js';
import { lockCatches, messageLock, type Advanced, type Effect } from './finish.js';
import { lockInstance, type InstanceRow } from './instances.js';
import type { Json, Variables } from './model.js';
import type { EngineDeps } from './run.js';

export interface MessageInput {
  name: string;
  correlationKey: string | null;
  businessKey: string | null;
  variables: Variables;
  expiresAt: Date;
}

interface MessageRow extends MessageInput {
  id: string;
}

export type Published =
  | (Advanced & { outcome: 'started' | 'correlated'; instanceId: string; messageId: string })
  /** Only one may run for the business key, and one does: nothing began. */
  | (Advanced & { outcome: 'joined'; instanceId: string; messageId: string })
  | (Advanced & { outcome: 'buffered'; messageId: string; instanceId: null });

const nothing = (): Advanced => ({ tasks: [], effects: [], instances: [], joined: [] });

/**
 * Publishes a message from outside any instance.
 * @param within only a catch of this business key may take it, and it starts nothing
 * @throws StepFailed, HandlerFailed, Problem too_many_variables
 */
export async function publishMessage(tx: Tx, deps: EngineDeps, input: MessageInput, deferred?: ReadonlySet<string>, within: string | null = null): Promise<Published> {
  mustBeStorable(input.variables);
  const message: MessageRow = { id: newId(tx.now.getTime()), ...input };
  const start = within === null ? await deps.definitions.startedBy(tx, input.name) : null;
  const twin = start && input.businessKey !== null && deps.oneAtATime.has(start.definition.key) ? await deps.runsAlready(tx, start.definition.key, input.businessKey) : null;
  if (start && twin !== null) {
    await deps.joined(tx, twin);
    return { ...nothing(), joined: [{ id: twin, processKey: start.definition.key }], outcome: 'joined', messageId: message.id, instanceId: twin };
  }
  if (start) {
    const started = await startInstance(tx, deps, {
      definition: start.definition,
      startElementId: start.startElementId,
      businessKey: input.businessKey,
      variables: input.variables,
      cause: { type: 'instance_started', data: { messageId: message.id, messageName: input.name } },
      message: { ...message, kind: 'message', fromInstanceId: null },
    }, deferred);
    return { ...started, outcome: 'started', messageId: message.id };
  }
  await insertMessage(tx, message);
  const correlated = await correlate(tx, deps, message, deferred, within);
  if (correlated) return { ...correlated, outcome: 'correlated', messageId: message.id };
  return { ...nothing(), outcome: 'buffered', messageId: message.id, instanceId: null };
}

const receives = /(?:StartEvent|CatchEvent|BoundaryEvent|ReceiveTask)$/;

/** Whether anything could ever receive a message of this name: a diagram in its newest version, or a catch that is open. */
export async function knowsMessage(tx: Tx, definitions: DefinitionCache, name: string): Promise<boolean> {
  const [open] = await tx.db.$queryRawUnsafe<unknown[]>(`select 1 as open from subscription where kind = 'message' and name = $1 limit 1`, name);
  if (open) return true;
  const newest = await tx.db.$queryRawUnsafe<{ id: string }[]>(`select distinct on (key) id from process_definition order by key, version desc`);
  for (const { id } of newest) {
    const { compiled } = await definitions.byId(tx, id);
    if ([...compiled.elements.values()].some(({ eventName, type }) => eventName === name && receives.test(type))) return true;
  }
  return false;
}

/**
 * Leaves a message for whoever waits for it: it is delivered after this transaction, so that no other call tree is locked
 * in it. A process that starts with it is started at once.
 * @throws StepFailed, HandlerFailed, Problem too_many_variables
 */
export async function leaveMessage(tx: Tx, deps: EngineDeps, input: MessageInput, deferred?: ReadonlySet<string>): Promise<Pick<Advanced, 'tasks' | 'effects'>> {
  if (await deps.definitions.startedBy(tx, input.name)) return publishMessage(tx, deps, input, deferred);
  mustBeStorable(input.variables);
  const id = newId(tx.now.getTime());
  await insertMessage(tx, { id, ...input });
  const [row] = await tx.db.$queryRawUnsafe<{ id: bigint }[]>(
    `insert into outbox (kind, payload, created_at) values ('message.deliver', jsonb_build_object('messageId', $1::text), $2::timestamptz) returning id`,
    id,
    tx.now,
  );
  return { tasks: [], effects: [{ outboxId: row!.id, kind: 'message.deliver', id }] };
}

async function insertMessage(tx: Tx, message: MessageRow): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into message (id, name, correlation_key, business_key, variables, published_by_id, created_at, expires_at)
     values ($1::uuid, $2, $3, $4, $5::jsonb, $6::uuid, $7::timestamptz, $8::timestamptz)`,
    message.id,
    message.name,
    message.correlationKey,
    message.businessKey,
    JSON.stringify(message.variables),
    tx.actor.kind === 'person' ? tx.actor.userId : null,
    tx.now,
    message.expiresAt,
  );
}

/**
 * Takes a buffered message to its catch, if there is one now. Doing it again changes nothing.
 * @param within only a catch of this business key may take it
 * @returns null when it is not buffered any more or nobody waits for it
 * @throws StepFailed, HandlerFailed: the message stays buffered
 */
export async function deliverMessage(tx: Tx, deps: EngineDeps, messageId: string, deferred?: ReadonlySet<string>, within: string | null = null): Promise<(Advanced & { instanceId: string }) | null> {
  const [message] = await tx.db.$queryRawUnsafe<MessageRow[]>(
    `select id, name, correlation_key as "correlationKey", business_key as "businessKey", variables, expires_at as "expiresAt"
     from message where id = $1::uuid and kind = 'message' and status = 'buffered' and expires_at > $2::timestamptz`,
    messageId,
    tx.now,
  );
  return message ? correlate(tx, deps, message, deferred, within) : null;
}

interface Catch {
  id: string;
  instanceId: string;
  executionId: string;
}

/** The oldest open catch of an instance that runs; `within`: of this business key. */
async function oldestCatch(tx: Tx, name: string, correlationKey: string | null, within: string | null): Promise<Catch | null> {
  const [row] = await tx.db.$queryRawUnsafe<Catch[]>(
    `select s.id, s.instance_id as "instanceId", s.execution_id as "executionId" from subscription s join process_instance i on i.id = s.instance_id
     where s.kind = 'message' and s.name = $1 and s.correlation_key ${correlationKey === null ? 'is null and $2::text is null' : '= $2'} and i.status = 'active'
       and ($3::text is null or i.business_key = $3)
     order by s.created_at, s.id limit 1`,
    name,
    correlationKey,
    within,
  );
  return row ?? null;
}

/** Catches that go while we wait for the lock are passed over; so many in a row are a sign of something else. */
const mostTries = 20;

async function correlate(tx: Tx, deps: EngineDeps, message: MessageRow, deferred?: ReadonlySet<string>, within: string | null = null): Promise<(Advanced & { instanceId: string }) | null> {
  for (let attempt = 1; attempt <= mostTries; attempt += 1) {
    let found = await oldestCatch(tx, message.name, message.correlationKey, within);
    if (!found) {
      // somebody may be opening one this moment: wait for the turn, then look again (see lockCatches)
      await lockCatches(tx, [messageLock(message.name, message.correlationKey)]);
      found = await oldestCatch(tx, message.name, message.correlationKey, within);
    }
    if (!found) return null;
    const instance = await lockInstance(tx, found.instanceId);
    if (!instance || instance.status !== 'active' || !(await isOpen(tx, found.id))) continue;
    if (!(await takeMessage(tx, message.id, instance))) return null;
    const advanced = await advance(tx, deps, instance, { kind: 'message', executionId: found.executionId, variables: message.variables }, { type: 'message_correlated', data: { messageId: message.id, messageName: message.name } }, deferred);
    return { ...advanced, instanceId: instance.id };
  }
  return null;
}

async function isOpen(tx: Tx, subscriptionId: string): Promise<boolean> {
  const rows = await tx.db.$queryRawUnsafe<unknown[]>(`select 1 as open from subscription where id = $1::uuid`, subscriptionId);
  return rows.length === 1;
}

/** One instance for each message: the second to come finds it taken. */
async function takeMessage(tx: Tx, messageId: string, instance: InstanceRow): Promise<boolean> {
  const taken = await tx.db.$executeRawUnsafe(
    `update message set status = 'correlated', correlated_instance_id = $2::uuid, correlated_at = $3::timestamptz where id = $1::uuid and status = 'buffered'`,
    messageId,
    instance.id,
    tx.now,
  );
  return taken === 1;
}

/**
 * Sends a signal to every instance that waits for it now. Each is reached in its own transaction after this one.
 * @param within only instances of this business key
 * @returns what is to be delivered
 */
export async function broadcastSignal(tx: Tx, name: string, variables: Json, within: string | null = null): Promise<Effect[]> {
  const rows = await tx.db.$queryRawUnsafe<{ id: bigint; signalId: string }[]>(
    `with m as (insert into message (id, kind, name, correlation_key, variables, published_by_id, created_at, expires_at)
       select gen_random_uuid(), 'signal', $1, s.instance_id::text, $2::jsonb, $3::uuid, $4::timestamptz, $4::timestamptz + interval '30 days'
       from (select distinct s.instance_id from subscription s join process_instance i on i.id = s.instance_id
         where s.kind = 'signal' and s.name = $1 and ($5::text is null or i.business_key = $5)) s returning id, correlation_key)
     insert into outbox (kind, payload, created_at) select 'signal.deliver', jsonb_build_object('signalId', id, 'instanceId', correlation_key), $4::timestamptz from m
     returning id, payload->>'signalId' as "signalId"`,
    name,
    JSON.stringify(variables),
    tx.actor.kind === 'person' ? tx.actor.userId : null,
    tx.now,
    within,
  );
  return rows.map((row) => ({ outboxId: row.id, kind: 'signal.deliver', id: row.signalId }));
}

/**
 * Lets one instance catch a signal that was sent to it. Doing it again changes nothing; a suspended instance gets it when
 * it is resumed, an ended one never.
 * @throws StepFailed, HandlerFailed: the signal stays to be delivered
 */
export async function deliverSignal(tx: Tx, deps: EngineDeps, signalId: string, deferred?: ReadonlySet<string>): Promise<(Advanced & { instanceId: string }) | null> {
  const [signal] = await tx.db.$queryRawUnsafe<{ id: string; name: string; instanceId: string; variables: Variables }[]>(
    `select id, name, correlation_key as "instanceId", variables from message where id = $1::uuid and kind = 'signal' and status = 'buffered'`,
    signalId,
  );
  const instance = signal ? await lockInstance(tx, signal.instanceId) : null;
  if (!signal || !instance || instance.status === 'suspended') return null;
  if (!(await takeMessage(tx, signal.id, instance)) || instance.status !== 'active') return null;
  const open = await tx.db.$queryRawUnsafe<unknown[]>(`select 1 as open from subscription where instance_id = $1::uuid and kind = 'signal' and name = $2 limit 1`, instance.id, signal.name);
  if (open.length === 0) return null;
  const advanced = await advance(tx, deps, instance, { kind: 'signal', name: signal.name, variables: signal.variables }, { type: 'signal_caught', data: { signalId: signal.id, signalName: signal.name } }, deferred);
  return { ...advanced, instanceId: instance.id };
}

/** After a suspension: everything that has come for these instances meanwhile goes to the outbox again. */
export async function deliverHeld(tx: Tx, instanceIds: readonly string[]): Promise<Effect[]> {
  const rows = await tx.db.$queryRawUnsafe<{ id: bigint; kind: Effect['kind']; target: string }[]>(
    `insert into outbox (kind, payload, created_at)
     select case m.kind when 'signal' then 'signal.deliver' else 'message.deliver' end,
       case m.kind when 'signal' then jsonb_build_object('signalId', m.id, 'instanceId', m.correlation_key) else jsonb_build_object('messageId', m.id) end, $2::timestamptz
     from message m where m.status = 'buffered' and m.expires_at > $2::timestamptz and (
       (m.kind = 'signal' and m.correlation_key = any($1::text[])) or
       (m.kind = 'message' and exists (select 1 from subscription s where s.instance_id = any($1::uuid[]) and s.kind = 'message' and s.name = m.name and s.correlation_key is not distinct from m.correlation_key)))
     order by m.created_at, m.id
     returning id, kind, coalesce(payload->>'messageId', payload->>'signalId') as target`,
    instanceIds,
    tx.now,
  );
  return rows.map((row) => ({ outboxId: row.id, kind: row.kind, id: row.target }));
}

/** Messages whose time to live is over. Returns how many expired. */
export async function expireMessages(tx: Tx): Promise<number> {
  return tx.db.$executeRawUnsafe(`update message set status = 'expired' where status = 'buffered' and expires_at <= $1::timestamptz`, tx.now);
}

/** A person decided that this message or signal shall reach nobody. */
export async function dropMessage(tx: Tx, messageId: string): Promise<void> {
  await tx.db.$executeRawUnsafe(`update message set status = 'expired' where id = $1::uuid and status = 'buffered'`, messageId);
}
