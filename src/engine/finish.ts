// The end of an `advance`: rows for all that opened, one statement for each instance, and the check that the open rows
// are exactly what the executor says the instance waits for.
import type { Tx } from '../base/db.js';
import { enqueue } from '../base/outbox.js';
import { timed } from '../base/timings.js';
import { StepFailed, mustBeStorable } from './failure.js';
import { cancelInstances } from './instances.js';
import type { Compiled } from './model.js';
import { rowsFor, type NewRows, type NewTask } from './rows.js';
import type { EngineDeps, Node, Run } from './run.js';
import { writeStep, type Written } from './write.js';

/** A task that the action opened. */
export interface OpenedTask extends NewTask {
  instanceId: string;
  definitionId: string;
  processKey: string;
  businessKey: string | null;
}

/** Work for other call trees, due as soon as this transaction has committed. Its outbox row is settled with it. */
export interface Effect {
  outboxId: bigint;
  kind: 'message.deliver' | 'signal.deliver' | 'processes.steer' | 'case.attend';
  /** messageId or signalId; of an order to other processes (engine/steering) and of a case without a next step its row in the outbox says everything */
  id: string;
}

export interface Advanced {
  tasks: OpenedTask[];
  effects: Effect[];
  /** Every instance that was started or stepped, the first one first. */
  instances: { id: string; processKey: string; isNew: boolean; ended: boolean }[];
  /** Instances that ran already and got what would have begun a second one like them. */
  joined: { id: string; processKey: string }[];
}

/** @throws StepFailed, Problem too_many_variables */
export async function finish(run: Run): Promise<Advanced> {
  const { tx } = run;
  const result: Advanced = { tasks: [], effects: [], instances: [], joined: [...run.joined.values()] };
  const nodes = [...run.nodes.values()].filter((node) => !node.cancelled);
  const prepared = nodes.map((node) => ({ node, rows: rowsOf(run, node) }));
  await mustKnowGroups(run, prepared);
  const begun = nodes.flatMap(({ isNew, row, definition }) => (isNew && row.state !== null && row.parentId === null && row.businessKey !== null ? [{ businessKey: row.businessKey, processKey: definition.key }] : []));
  if (begun.length > 0) await run.deps.mayBegin(tx, begun);
  await lockCatches(tx, prepared.flatMap(({ rows }) => rows.subscriptions.filter((s) => s.kind === 'message').map((s) => messageLock(s.name, s.correlation_key))));
  await cancelChildren(run);
  for (const { node, rows } of prepared) {
    const { row, definition } = node;
    mustBeStorable(row.variables);
    for (const job of rows.jobs) node.outbox.push({ kind: 'job.run', payload: { jobId: job.id } });
    const written = await timed('save', () => writeStep(tx, {
      instance: row,
      processKey: definition.key,
      isNew: node.isNew,
      expectedStepNo: node.expectedStepNo,
      endReason: node.endReason,
      opened: rows,
      closed: [...node.closed.values()],
      history: node.history,
      messages: node.messages,
      signals: node.signals,
      outbox: node.outbox,
    }));
    mustAgree(node, written);
    for (const task of rows.tasks) result.tasks.push({ ...task, instanceId: row.id, definitionId: definition.id, processKey: definition.key, businessKey: row.businessKey });
    for (const o of written.outbox) {
      const id = o.payload[o.kind === 'signal.deliver' ? 'signalId' : 'messageId'];
      if ((o.kind === 'message.deliver' || o.kind === 'signal.deliver') && typeof id === 'string') result.effects.push({ outboxId: o.id, kind: o.kind, id });
    }
    result.instances.push({ id: row.id, processKey: definition.key, isNew: node.isNew, ended: row.state === null });
  }
  for (const { id } of result.joined) await run.deps.joined(tx, id);
  await leaveUnattended(tx, run.deps, keysOf(nodes.filter(({ row }) => row.state === null)));
  return result;
}

/** The user task that a boundary event is drawn on. */
function hostTask(compiled: Compiled, elementId: string): string | null {
  const host = compiled.elements.get(elementId)?.attachedToId ?? null;
  return host !== null && compiled.elements.get(host)?.type === 'bpmn:UserTask' ? host : null;
}

/** Business keys of what was started on its own, not called by another. */
const keysOf = (nodes: readonly Node[]): string[] => [...new Set(nodes.flatMap(({ row }) => (row.parentId === null && row.businessKey !== null ? [row.businessKey] : [])))];

/** Something under these business keys has ended: where nobody has anything to do now, somebody is asked (actions/attend-case). */
export async function leaveUnattended(tx: Tx, deps: Pick<EngineDeps, 'unattended'>, businessKeys: readonly string[]): Promise<void> {
  const left = businessKeys.length === 0 ? [] : await deps.unattended(tx, businessKeys);
  await enqueue(tx, left.map((businessKey) => ({ kind: 'case.attend', payload: { businessKey } })));
}

function rowsOf(run: Run, node: Node): NewRows {
  try {
    return rowsFor(node.opened.values(), run.tx.now, run.deps.calendar, (id) => hostTask(node.definition.compiled, id));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const elementId = [...node.opened.values()].find((wait) => error.message.startsWith(`${wait.elementId}:`))?.elementId ?? null;
    throw new StepFailed('expression', node.row.id, elementId, error.message, error);
  }
}

/** A task in an inbox that does not exist would be seen by nobody: lost. */
async function mustKnowGroups(run: Run, prepared: { node: Node; rows: NewRows }[]): Promise<void> {
  const keys = new Set(prepared.flatMap(({ rows }) => rows.tasks.flatMap((task) => task.candidate_groups)));
  if (keys.size === 0) return;
  const unknown = new Set(await run.deps.unknownGroups(run.tx, [...keys]));
  if (unknown.size === 0) return;
  for (const { node, rows } of prepared) {
    const task = rows.tasks.find((t) => t.candidate_groups.some((key) => unknown.has(key)));
    if (task) throw new StepFailed('expression', node.row.id, task.element_id, `${task.element_id}: no such group: ${task.candidate_groups.filter((key) => unknown.has(key)).join(', ')}`);
  }
}

export const messageLock = (name: string, correlationKey: string | null): string => `message\u001f${name}\u001f${correlationKey ?? ''}`;

/**
 * Whoever opens a catch and whoever finds none for a message take turns, so that neither misses the other. Always taken
 * after the locks on instances, in sorted order.
 */
export async function lockCatches(tx: Tx, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const sorted = [...new Set(keys)].toSorted();
  await tx.db.$executeRawUnsafe(`select pg_advisory_xact_lock(hashtextextended(k, 0)) from unnest($1::text[]) k`, sorted);
}

async function cancelChildren(run: Run): Promise<void> {
  if (run.cancelled.length === 0) return;
  const rows = await run.tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select i.id from process_instance i join jsonb_to_recordset($1::jsonb) as c("parentId" uuid, "executionId" text)
       on i.parent_id = c."parentId" and i.parent_execution_id = c."executionId" where i.status in ('active', 'suspended')`,
    JSON.stringify(run.cancelled),
  );
  await cancelInstances(run.tx, rows.map((row) => row.id), 'called_off');
}

/** @throws Error when the rows and the executor's waits differ: a fault of ours, nothing of it is kept */
function mustAgree(node: Node, written: Written): void {
  const open = new Set(written.before);
  for (const executionId of node.closed.keys()) open.delete(executionId);
  for (const executionId of node.opened.keys()) open.add(executionId);
  const waits = node.waits ?? new Map<string, unknown>();
  const missing = [...waits.keys()].filter((x) => !open.has(x));
  const extra = [...open].filter((x) => !waits.has(x));
  if (missing.length + extra.length > 0) throw new Error(`instance ${node.row.id}: rows and waits differ (no row: ${missing.join(' ')}; no wait: ${extra.join(' ')})`);
}

/** What handlers ordered of other processes in this transaction, carried out before what the same step told them; and cases that it left without a next step. */
export const leftBy = (tx: Tx): Effect[] => tx.left.flatMap(({ id, kind }) => (kind === 'processes.steer' || kind === 'case.attend' ? [{ outboxId: id, kind, id: String(id) }] : []));
