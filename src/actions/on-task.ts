import type { App } from '../app.js';
import type { Person, Tx } from '../base/db.js';
import { timed } from '../base/timings.js';
import { Problem } from '../base/problem.js';
import { authorize, type ActionName, type TaskResource } from '../domain/authorize.js';
import { wasTold } from '../domain/notifications.js';
import { nameOf } from '../domain/users.js';
import type { InstanceRow } from '../engine/instances.js';
import { lastChange, lockTask, readTask, type TaskRow } from '../engine/tasks.js';
import { act, type Ask, type Doing, type Done } from './act.js';

/** What most things done to a task say. */
export interface TaskAsk extends Ask {
  taskId: string;
  /** The version last seen; when given and no longer current, the request is refused. */
  version?: number | null | undefined;
}

export interface OnTask {
  tx: Tx;
  task: TaskRow;
  instance: InstanceRow;
  resource: TaskResource;
  doing: Doing;
}

/** What authorize() needs to know of a task. */
export async function taskResource(app: App, tx: Tx, task: TaskRow): Promise<TaskResource> {
  const groups = await app.directory.groups(tx, task.candidateGroups);
  return { type: 'task', candidateGroups: task.candidateGroups, assigneeId: task.assigneeId, ownerId: task.ownerId, agencyCodes: groups.flatMap((group) => group.agencyCode ?? []) };
}

/** @throws Problem task_closed, with who and when */
async function mustBeOpen(tx: Tx, task: TaskRow): Promise<void> {
  if (task.status === 'open') return;
  const by = await nameOf(tx, task.endedById);
  throw new Problem('task_closed', { extra: { by: by?.name ?? null, at: task.endedAt?.toISOString() ?? null, status: task.status } });
}

/** @throws Problem version_conflict when the caller saw another version of the task, with who changed it last and when */
async function mustBeVersion(tx: Tx, task: TaskRow, version: number | null | undefined): Promise<void> {
  if (version === null || version === undefined || version === task.version) return;
  const last = await lastChange(tx, task);
  const by = await nameOf(tx, last?.byId ?? null);
  throw new Problem('version_conflict', { extra: { version: task.version, by: by?.name ?? null, at: last?.at.toISOString() ?? null } });
}

/** @throws Problem task_claimed, with who and when, unless nobody or this person holds the task */
export async function mustNotBeHeldByAnother(tx: Tx, task: TaskRow, person: Person): Promise<void> {
  if (task.assigneeId === null || task.assigneeId === person.userId) return;
  const by = await nameOf(tx, task.assigneeId);
  throw new Problem('task_claimed', { extra: { by: by?.name ?? null, at: task.claimedAt?.toISOString() ?? null } });
}

/**
 * An action on an open task of a running instance, under the locks. `lock: false` is for what changes neither (a draft, a
 * comment, a follow-up note on the side).
 * @throws Problem not_found, forbidden, task_closed, instance_not_active, version_conflict
 */
export async function onTask<T>(app: App, person: Person, action: ActionName, input: TaskAsk, request: unknown, work: (on: OnTask) => Promise<Omit<Done<T>, 'basis'>>): Promise<T> {
  return act(app, person, {
    action,
    resource: { type: 'task', id: input.taskId },
    ask: input,
    request,
    async work(tx, doing) {
      const found = await timed('load', () => lockTask(tx, input.taskId));
      if (!found) throw new Problem('not_found');
      const { task, instance } = found;
      const resource = await taskResource(app, tx, task);
      const basis = authorize(person, action, resource);
      await mustBeOpen(tx, task);
      if (instance.status !== 'active') throw new Problem('instance_not_active');
      await mustBeVersion(tx, task, input.version);
      return { basis, ...(await work({ tx, task, instance, resource, doing })) };
    },
  });
}

export interface Beside {
  /** The task must not close before the transaction has ended: what is written goes when it closes. */
  hold?: boolean;
  /** Also when the task has closed. */
  closedToo?: boolean;
}

/** The same for what is only said beside a task: it is not changed, and a suspended instance does not matter. */
export async function besideTask<T>(app: App, person: Person, action: ActionName, input: TaskAsk, request: unknown, work: (tx: Tx, task: TaskRow) => Promise<Omit<Done<T>, 'basis'>>, beside: Beside = {}): Promise<T> {
  return act(app, person, {
    action,
    resource: { type: 'task', id: input.taskId },
    ask: input,
    request,
    async work(tx) {
      const task = await readTask(tx, input.taskId, { hold: beside.hold === true });
      if (!task) throw new Problem('not_found');
      const resource = { ...(await taskResource(app, tx, task)), told: await wasTold(tx, task.id, person.userId) };
      const basis = authorize(person, action, resource);
      if (!beside.closedToo) await mustBeOpen(tx, task);
      return { basis, ...(await work(tx, task)) };
    },
  });
}
