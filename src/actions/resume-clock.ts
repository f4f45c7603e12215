import type { App } from '../app.js';
import { transact, type Actor, type Db, type Person, type Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { mustReach } from '../domain/access.js';
import { authorize } from '../domain/authorize.js';
import { caseIdOf } from '../domain/cases.js';
import { duePauses, lockPause, lockTreesOf, readPause, startClock, type PauseRow } from '../engine/clocks.js';
import { lockTask } from '../engine/tasks.js';
import { act, type Ask } from './act.js';
import { taskResource } from './on-task.js';

export interface Resumed {
  pauseId: string;
  resumedAt: string;
  /** How many tasks go on; those that another pause covers do not. */
  tasks: number;
}

/**
 * Lets a clock go on: by hand, or by itself when its day has come. Due times, reminders and escalations move by the open hours
 * for which it stood. Doing it again changes nothing; late it moves by as much as it really stood.
 * @throws Problem not_found, forbidden; a suspended process's clock goes on with the process (not_found)
 */
export async function resumeClock(app: App, actor: Actor, input: Ask & { pauseId: string }): Promise<Resumed> {
  const { pauseId } = input;
  return act(app, actor, {
    action: 'clock.resume',
    resource: { type: 'clock', id: pauseId },
    ask: input,
    request: { pauseId },
    async work(tx) {
      authorize(actor, 'clock.resume');
      const seen = await readPause(tx, pauseId);
      if (!seen || seen.rootId !== null) throw new Problem('not_found');
      if (seen.taskId !== null) await lockTask(tx, seen.taskId);
      else await lockTreesOf(tx, seen.businessKey!);
      const basis = actor.kind === 'person' ? await mayResume(app, tx, actor, seen) : `system:${actor.name}`;
      const pause = await lockPause(tx, pauseId);
      if (!pause) throw new Problem('not_found');
      const tasks = pause.endedAt === null ? await startClock(tx, app.engine, pause) : [];
      return { answer: { pauseId, resumedAt: (pause.endedAt ?? tx.now).toISOString(), tasks: tasks.length }, basis, fields: ['clock'] };
    },
  });
}

/** Who may stop it may let it go on. @throws Problem not_found, forbidden */
async function mayResume(app: App, tx: Tx, person: Person, pause: PauseRow): Promise<string> {
  if (pause.taskId !== null) {
    const found = await lockTask(tx, pause.taskId);
    if (!found) throw new Problem('not_found');
    return authorize(person, 'task.pauseClock', await taskResource(app, tx, found.task));
  }
  const caseId = await caseIdOf(tx, pause.businessKey);
  if (caseId === null) throw new Problem('not_found');
  const right = await mustReach(tx, person, caseId, 'content');
  authorize(person, 'case.pauseClock');
  return `access:${right.basis}`;
}

/** Pauses whose day has come, for the clock. */
export async function listDuePauses(app: { db: Db }, actor: Actor): Promise<string[]> {
  return transact(app.db, actor, (tx) => duePauses(tx, 200));
}
