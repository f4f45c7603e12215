import type { App } from '../app.js';
import type { Person, Tx } from '../base/db.js';
import { timed } from '../base/timings.js';
import { Problem } from '../base/problem.js';
import { authorize, type ActionName, type TaskResource } from '../domain/authorize.js';
import { nameOf } from '../domain/users.js';
import type { InstanceRow } from '../engine/instances.js';
import { lockTask, mustBeVersion, readTask, type TaskRow } from '../engine/tasks.js';
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
  doing: Doing;
}

/** What authorize() needs to know of a task. */
async function taskResource(app: App, tx: Tx, task: TaskRow): Promise<TaskResource> {
  const groups = await app.directory.groups(tx, task.candidateGroups);
  return { type: 'task', candidateGroups: task.candidateGroups, assigneeId: task.assigneeId, ownerId: task.ownerId, agencyCodes: groups.flatMap((group) => group.agencyCode ?? []) };
}

/** @throws Problem task_closed, with who and when */
async function mustBeOpen(tx: Tx, task: TaskRow): Promise<void> {
  if (task.status === 'open') return;
  const by = await nameOf(tx, task.endedById);
  throw new Problem('task_closed', { extra: { by: by?.name ?? null, at: task.endedAt?.toISOString() ?? null, status: task.status } });
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
      const basis = authorize(person, action, await taskResource(app, tx, task));
      await mustBeOpen(tx, task);
      if (instance.status !== 'active') throw new Problem('instance_not_active');
      mustBeVersion(task, input.version);
      return { basis, ...(await work({ tx, task, instance, doing })) };
    },
  });
}

/** The same for what is only said beside a task: no lock, and a suspended instance does not matter. */
export async function besideTask<T>(app: App, person: Person, action: ActionName, input: TaskAsk, request: unknown, work: (tx: Tx, task: TaskRow) => Promise<Omit<Done<T>, 'basis'>>): Promise<T> {
  return act(app, person, {
    action,
    resource: { type: 'task', id: input.taskId },
    ask: input,
    request,
    async work(tx) {
      const task = await readTask(tx, input.taskId);
      if (!task) throw new Problem('not_found');
      const basis = authorize(person, action, await taskResource(app, tx, task));
      await mustBeOpen(tx, task);
      return { basis, ...(await work(tx, task)) };
    },
  });
}
