// Applies an action to an instance and everything that follows from it in the same transaction: handlers that run
// inside, child instances that start or end, instances that a thrown message starts. Then writes each instance once.
//
// What is meant for other call trees (messages for catches, signals) is left in the outbox: another tree is another lock.
import { newId } from '../base/id.js';
import { Outage, Problem } from '../base/problem.js';
import { asOutage, type Tx } from '../base/db.js';
import { timed } from '../base/timings.js';
import type { Definition } from './definitions.js';
import { HandlerFailed, StepFailed } from './failure.js';
import { adopt, lockRoot, readInstance, type InstanceRow } from './instances.js';
import { finish, type Advanced } from './finish.js';
import { renewInputs } from './jobs.js';
import { longestKey } from './rows.js';
import type { Action, StepResult, Thrown, Variables, Wait } from './model.js';
import type { Cause, EngineDeps, JobOutcome, Node, Run } from './run.js';
import { StepError } from './step-error.js';
import type { NewMessage } from './write.js';

const mostSteps = 200;
/** How long a message thrown by a diagram waits for its catcher. */
export const messageTtlMs = 7 * 24 * 3_600_000;

function openRun(tx: Tx, deps: EngineDeps, deferred: ReadonlySet<string>): Run {
  return { tx, deps, deferred, nodes: new Map(), queue: [], steps: 0, cancelled: [], joined: new Map() };
}

function nodeOf(run: Run, row: InstanceRow, definition: Definition, isNew: boolean): Node {
  const node: Node = { row: { ...row }, definition, isNew, expectedStepNo: row.stepNo, waits: null, opened: new Map(), closed: new Map(), history: [], messages: [], signals: [], outbox: [], endReason: null, cancelled: false };
  run.nodes.set(row.id, node);
  return node;
}

/**
 * Acts on an instance whose tree the caller has locked, and on all that follows from it.
 * @throws StepFailed, HandlerFailed, Problem wait_not_open, Problem too_many_variables; nothing may be kept then
 */
export async function advance(tx: Tx, deps: EngineDeps, instance: InstanceRow, action: Action, cause: Cause, deferred: ReadonlySet<string> = new Set()): Promise<Advanced> {
  const run = openRun(tx, deps, deferred);
  const node = nodeOf(run, instance, await deps.definitions.byId(tx, instance.definitionId), false);
  try {
    await step(run, node, action, cause);
    return await settle(run);
  } catch (error) {
    throw error instanceof StepFailed ? seenFrom(run, instance.id, error) : error;
  }
}

/** An instance that the rolled back transaction was about to make can have no incident: the one that made it has. */
function seenFrom(run: Run, instanceId: string | null, error: StepFailed): StepFailed {
  const node = error.instanceId === null ? undefined : run.nodes.get(error.instanceId);
  if (!node?.isNew) return error;
  const where = error.elementId === null ? node.definition.key : `${node.definition.key} ${error.elementId}`;
  return new StepFailed(error.code, instanceId, null, `${where}: ${error.message}`, error);
}

export interface StartInput {
  definition: Definition;
  startElementId: string | null;
  businessKey: string | null;
  variables: Variables;
  cause: Cause;
  /** The message that started it, to be kept as correlated. */
  message?: Omit<NewMessage, 'correlatedInstanceId'>;
}

/** Starts a new instance, the root of its own tree. Throws like `advance`. */
export async function startInstance(tx: Tx, deps: EngineDeps, input: StartInput, deferred: ReadonlySet<string> = new Set()): Promise<Advanced & { instanceId: string }> {
  const run = openRun(tx, deps, deferred);
  const node = newNode(run, input.definition, { businessKey: input.businessKey, variables: input.variables, parent: null });
  if (input.message) node.messages.push({ ...input.message, correlatedInstanceId: node.row.id });
  try {
    await step(run, node, startAction(input.startElementId), input.cause);
    return { ...(await settle(run)), instanceId: node.row.id };
  } catch (error) {
    throw error instanceof StepFailed ? seenFrom(run, null, error) : error;
  }
}

const startAction = (startElementId: string | null): Action => (startElementId === null ? { kind: 'start' } : { kind: 'start', startElementId });

function newNode(run: Run, definition: Definition, input: { businessKey: string | null; variables: Variables; parent: { node: Node; executionId: string } | null }): Node {
  const id = newId(run.tx.now.getTime());
  const row: InstanceRow = {
    id,
    definitionId: definition.id,
    rootId: input.parent?.node.row.rootId ?? id,
    parentId: input.parent?.node.row.id ?? null,
    parentExecutionId: input.parent?.executionId ?? null,
    businessKey: input.businessKey,
    status: 'active',
    state: null,
    variables: input.variables,
    stepNo: 0,
    executorVersion: definition.executorVersion,
  };
  return nodeOf(run, row, definition, true);
}

async function settle(run: Run): Promise<Advanced> {
  for (let next = run.queue.shift(); next; next = run.queue.shift()) await next();
  return finish(run);
}

/** Later work for a node; dropped when the node has ended or the wait it is about is gone by then. */
function later(run: Run, node: Node, executionId: string | null, work: () => Promise<void>): void {
  run.queue.push(async () => {
    const over = node.cancelled || (node.row.state === null && node.row.stepNo > 0);
    if (over || (executionId !== null && node.waits && !node.waits.has(executionId))) return;
    await work();
  });
}

/** One step of one instance; what it leads to is put into the queue. */
async function step(run: Run, node: Node, action: Action, cause: Cause): Promise<void> {
  const { row, definition } = node;
  run.steps += 1;
  if (run.steps > mostSteps) throw new StepFailed('loop', row.id, elementOf(node, action), `一つの操作から ${mostSteps} を超える歩みが続きます（終わらない繰り返しの疑い）`);
  const result = await runStep(run, node, action);
  row.stepNo += 1;
  row.state = result.ended ? null : result.state;
  row.variables = result.variables;
  node.waits = new Map(result.waits.map((wait) => [wait.executionId, wait]));
  const executionId = 'executionId' in action ? action.executionId : null;
  const wait = result.closed.find((c) => c.executionId === executionId);
  node.history.push({ stepNo: row.stepNo, type: cause.type, elementId: wait?.elementId ?? null, executionId, data: cause.data ?? null });
  for (const { type, elementId, executionId: of } of result.history) {
    // what ended in a BPMN error was not called off
    const failed = action.kind === 'fail' && type === 'cancelled' && of === executionId;
    node.history.push({ stepNo: row.stepNo, type: failed ? 'failed' : type, elementId, executionId: of, data: failed ? { error: action.code } : null });
  }
  close(run, node, result, action);
  if (action.kind === 'variables') await renewInputs(run.tx, row.id, result.waits.flatMap(({ executionId, job }) => (job ? [{ executionId, input: job.input }] : [])));
  for (const opened of result.opened) await open(run, node, opened);
  for (const thrown of result.thrown) await deliverThrown(run, node, thrown);
  if (!result.ended) return;
  node.endReason = result.error ? `error:${result.error.code}` : 'completed';
  node.history.push({ stepNo: row.stepNo, type: 'instance_ended', elementId: result.error?.elementId ?? null, executionId: null, data: result.error ? { error: result.error.code } : null });
  if (row.parentId !== null) await returnToParent(run, node, result, definition.key);
}

/** Where in the diagram an action happens; null for a start. */
const elementOf = (node: Node, action: Action): string | null => ('executionId' in action ? (node.waits?.get(action.executionId)?.elementId ?? null) : null);

async function runStep(run: Run, node: Node, action: Action): Promise<StepResult> {
  const { row, definition } = node;
  try {
    const input = { state: row.state, variables: row.variables, action, now: run.tx.now, closedDays: run.deps.calendar.data, businessKey: row.businessKey };
    return await timed('act', () => run.deps.stepper.run({ id: definition.id, xml: definition.xml }, input));
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    if (error.code === 'wait_not_open') throw new Problem('wait_not_open', { cause: error });
    throw new StepFailed(error.code, row.id, error.elementId, error.message, error);
  }
}

function close(run: Run, node: Node, result: StepResult, action: Action): void {
  for (const { executionId, kind, reason: seen } of result.closed) {
    const own = 'executionId' in action && action.executionId === executionId;
    const reason = own ? 'completed' : seen; // a job or child that ended in a BPMN error has ended; nobody called it off
    if (kind === 'call' && reason === 'cancelled') cancelChild(run, node, executionId);
    if (node.opened.delete(executionId)) continue; // opened and closed in this transaction: no row was ever written
    const byId = own && kind === 'user' && run.tx.actor.kind === 'person' ? run.tx.actor.userId : null;
    node.closed.set(executionId, { executionId, kind, reason, fired: own && action.kind === 'fire', byId });
  }
}

function cancelChild(run: Run, node: Node, executionId: string): void {
  run.cancelled.push({ parentId: node.row.id, executionId });
  for (const child of run.nodes.values()) {
    if (child.cancelled || child.row.parentId !== node.row.id || child.row.parentExecutionId !== executionId) continue;
    child.cancelled = true;
    for (const wait of child.opened.values()) if (wait.kind === 'call') cancelChild(run, child, wait.executionId);
  }
}

async function open(run: Run, node: Node, wait: Wait): Promise<void> {
  node.opened.set(wait.executionId, wait);
  if (wait.kind === 'call') return startChild(run, node, wait);
  if (wait.kind !== 'job') return;
  const handler = wait.job?.handler ?? '';
  if (run.deps.jobs.kind(handler) !== 'inside' || run.deferred.has(handler)) return;
  later(run, node, wait.executionId, async () => {
    const outcome = await runHandler(run, node, wait, handler);
    const { executionId } = wait;
    if ('variables' in outcome) await step(run, node, { kind: 'complete', executionId, variables: outcome.variables }, { type: 'job_done', data: { handler } });
    else await step(run, node, failAction(executionId, outcome.bpmnError, outcome.message), { type: 'job_failed', data: { handler, error: outcome.bpmnError } });
  });
}

const failAction = (executionId: string, code: string, message?: string): Action => (message === undefined ? { kind: 'fail', executionId, code } : { kind: 'fail', executionId, code, message });

async function runHandler(run: Run, node: Node, wait: Wait, handler: string): Promise<JobOutcome> {
  try {
    return await run.deps.jobs.runInside(run.tx, handler, {
      instanceId: node.row.id,
      businessKey: node.row.businessKey,
      elementId: wait.elementId,
      jobId: `${node.row.id}:${wait.executionId}`,
      input: wait.job?.input ?? {},
    });
  } catch (thrown) {
    const error = asOutage(thrown);
    if (error instanceof Problem || error instanceof Outage) throw error;
    throw new HandlerFailed(handler, error);
  }
}

async function startChild(run: Run, node: Node, wait: Wait): Promise<void> {
  const call = wait.call;
  const definition = call ? await run.deps.definitions.byKey(run.tx, call.processKey, call.version) : null;
  if (!call || !definition) throw new StepFailed('bpmn', node.row.id, wait.elementId, `no process ${call?.processKey ?? '?'} to call`);
  const businessKey = call.businessKey ?? node.row.businessKey;
  const twin = await twinOf(run, definition, businessKey);
  if (twin !== null) return takeInto(run, node, wait, twin);
  const child = newNode(run, definition, { businessKey, variables: call.variables, parent: { node, executionId: wait.executionId } });
  later(run, child, null, () => step(run, child, { kind: 'start' }, { type: 'instance_started', data: { calledFrom: wait.elementId } }));
}

/**
 * What is called runs by itself already: it goes on as the one that was called, and comes back to the caller when it ends.
 * @throws Problem main_line_runs where that is not so for this process, or it has a caller already; instance_not_active when it rests
 */
async function takeInto(run: Run, node: Node, wait: Wait, twin: string): Promise<void> {
  const { tx, deps } = run;
  const taken = deps.takenByCall.get(wait.call!.processKey);
  if (!taken || run.nodes.has(twin)) throw new Problem('main_line_runs');
  const found = await lockRoot(tx, twin);
  if (found?.status !== 'active') throw new Problem('instance_not_active');
  if (found.parentId !== null) throw new Problem('main_line_runs');
  const variables = Object.fromEntries(Object.entries(wait.call!.variables).filter(([name]) => taken.includes(name)));
  await adopt(tx, twin, { parentId: node.row.id, rootId: node.row.rootId, executionId: wait.executionId, elementId: wait.elementId, variables });
}

async function returnToParent(run: Run, child: Node, result: StepResult, processKey: string): Promise<void> {
  const { parentId, parentExecutionId } = child.row;
  let parent = run.nodes.get(parentId!);
  if (!parent) {
    const row = await readInstance(run.tx, parentId!);
    if (!row || row.status !== 'active') throw new Error(`instance ${child.row.id} ended under a parent that does not run`);
    parent = nodeOf(run, row, await run.deps.definitions.byId(run.tx, row.definitionId), false);
  }
  const target = parent;
  const action: Action = result.error ? { kind: 'fail', executionId: parentExecutionId!, code: result.error.code } : { kind: 'complete', executionId: parentExecutionId!, variables: result.variables };
  later(run, target, parentExecutionId, () => step(run, target, action, { type: result.error ? 'call_failed' : 'call_done', data: { processKey, instanceId: child.row.id } }));
}

/** Where one of this process runs at a time for this business key: the one that does, also one that this very action begins. null: it may begin. */
async function twinOf(run: Run, { key }: Definition, businessKey: string | null): Promise<string | null> {
  if (businessKey === null || !run.deps.oneAtATime.has(key)) return null;
  const isOver = ({ cancelled, row }: Node): boolean => cancelled || (row.state === null && row.stepNo > 0);
  const begun = [...run.nodes.values()].find((node) => node.isNew && node.definition.key === key && node.row.businessKey === businessKey && !isOver(node));
  const id = begun?.row.id ?? (await run.deps.runsAlready(run.tx, key, businessKey));
  const known = id === null ? undefined : run.nodes.get(id);
  return known && isOver(known) ? null : id;
}

async function deliverThrown(run: Run, node: Node, thrown: Thrown): Promise<void> {
  if (thrown.kind === 'signal') {
    node.signals.push({ name: thrown.name, variables: thrown.variables });
    return;
  }
  if (thrown.name.length > longestKey || (thrown.correlationKey ?? '').length > longestKey) throw new StepFailed('expression', node.row.id, thrown.elementId, `${thrown.elementId}: name or correlation key too long`);
  const { now } = run.tx;
  const message: NewMessage = {
    id: newId(now.getTime()),
    kind: 'message',
    name: thrown.name,
    correlationKey: thrown.correlationKey,
    businessKey: thrown.businessKey,
    variables: thrown.variables,
    fromInstanceId: node.row.id,
    expiresAt: new Date(now.getTime() + messageTtlMs),
    correlatedInstanceId: null,
  };
  node.messages.push(message);
  const start = await run.deps.definitions.startedBy(run.tx, thrown.name);
  if (!start) {
    node.outbox.push({ kind: 'message.deliver', payload: { messageId: message.id } });
    return;
  }
  const businessKey = thrown.businessKey ?? node.row.businessKey;
  const twin = await twinOf(run, start.definition, businessKey);
  if (twin !== null) {
    message.correlatedInstanceId = twin;
    return void run.joined.set(twin, { id: twin, processKey: start.definition.key });
  }
  const started = newNode(run, start.definition, { businessKey, variables: thrown.variables, parent: null });
  message.correlatedInstanceId = started.row.id;
  later(run, started, null, () => step(run, started, startAction(start.startElementId), { type: 'instance_started', data: { messageId: message.id, messageName: thrown.name } }));
}
