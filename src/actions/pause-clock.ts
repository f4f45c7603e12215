import type { App } from '../app.js';
import type { Person, Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { mustReach } from '../domain/access.js';
import { authorize, leads } from '../domain/authorize.js';
import { caseIdOf, lockCase } from '../domain/cases.js';
import { lockTreesOf, stopClock, type PauseReason } from '../engine/clocks.js';
import { act, type Ask } from './act.js';
import { onTask, type TaskAsk } from './on-task.js';

/** A clock may stand for so many days at most; then somebody looks and says why it should stand on. */
const longestDays = 366;
/** Who leads nobody may stop it for a quarter: meanwhile nobody is reminded of anything. */
const longestAloneDays = 92;
const dayMs = 86_400_000;

export interface Pausing {
  reason: PauseReason;
  /** The day in Japan on whose opening it goes on by itself, `YYYY-MM-DD`. */
  resumeOn: string;
}

export interface Paused {
  pauseId: string;
  resumeAt: string;
}

/** @throws Problem invalid unless the day lies ahead, by `longest` days at most */
function untilOf(app: App, tx: Tx, resumeOn: string, longest: number): { onDate: string; at: Date } {
  const today = app.calendar.onDate(tx.now);
  const days = (Date.parse(resumeOn) - Date.parse(today)) / dayMs;
  if (!(days >= 1 && days <= longest)) throw new Problem('invalid', { errors: [{ pointer: '/resumeOn', detail: `明日から${longest}日以内の日にしてください。${longest < longestDays ? 'それより長く止めるときは、所属の管理者か重層担当に頼んでください。' : ''}` }] });
  return { onDate: resumeOn, at: app.calendar.openingOf(resumeOn) };
}

/**
 * Stops the clock of a task until a day: it is not reminded of, and on that day its due time moves by the open hours for which it
 * stood.
 * @throws Problem not_found, task_closed, instance_not_active, version_conflict, clock_runs_on (the diagram lets nobody stop it), clock_stands, invalid
 */
export async function pauseTaskClock(app: App, person: Person, input: TaskAsk & Pausing): Promise<Paused> {
  const { reason, resumeOn } = input;
  return onTask(app, person, 'task.pauseClock', input, { reason, resumeOn, version: input.version ?? null }, async ({ tx, task, resource }) => {
    if (task.neverPaused) throw new Problem('clock_runs_on');
    const until = untilOf(app, tx, resumeOn, leads(person, resource) ? longestDays : longestAloneDays);
    const pauseId = await stopClock(tx, app.engine, { businessKey: task.businessKey, taskId: task.id }, reason, until);
    if (pauseId === null) throw new Problem('clock_stands');
    return { answer: { pauseId, resumeAt: until.at.toISOString() }, reason, fields: ['clock'] };
  });
}

/**
 * Stops the clocks of all tasks of a case, those too that open meanwhile; never those that the diagram calls `neverPaused`. Timers that are drawn on no task (a review, a follow-up)
 * are appointments and stay where they are.
 * @throws Problem not_found, forbidden, clock_stands, invalid
 */
export async function pauseCaseClock(app: App, person: Person, input: Ask & Pausing & { caseNo: string }): Promise<Paused> {
  const { caseNo, reason, resumeOn } = input;
  return act(app, person, {
    action: 'case.pauseClock',
    resource: { type: 'case', id: caseNo },
    ask: input,
    request: { reason, resumeOn },
    async work(tx) {
      authorize(person, 'case.pauseClock');
      const caseId = await caseIdOf(tx, caseNo);
      if (caseId === null) throw new Problem('not_found');
      const right = await mustReach(tx, person, caseId, 'content');
      const until = untilOf(app, tx, resumeOn, longestDays);
      await lockTreesOf(tx, caseNo);
      await lockCase(tx, caseId);
      const pauseId = await stopClock(tx, app.engine, { businessKey: caseNo }, reason, until);
      if (pauseId === null) throw new Problem('clock_stands');
      return { answer: { pauseId, resumeAt: until.at.toISOString() }, basis: `access:${right.basis}`, resourceId: caseId, reason, fields: ['clock'] };
    },
  });
}
