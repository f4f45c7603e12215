import type { App } from '../app.js';
import type { Actor } from '../base/db.js';
import { beginRun, kpiGroups } from '../domain/annual/annual.js';
import { dueRuns } from '../domain/annual/schedule.js';
import { authorize } from '../domain/authorize.js';
import { publishMessage } from '../engine/messages.js';
import { act } from './act.js';

/**
 * Begins what the calendar of the year has brought due (P09): the evaluation of the year that has ended, and the figures of the
 * quarters. Each begins once, by whichever worker comes first; what came due while nobody worked begins late.
 * @returns the runs that began, as `R8 year_end`
 */
export async function beginAnnualRuns(app: App, actor: Actor): Promise<string[]> {
  authorize(actor, 'housekeeping.run');
  const began: string[] = [];
  for (const due of dueRuns(app.calendar, app.clock.now(), app.city.calendar.annual)) {
    const isNew = await act(app, actor, {
      action: 'housekeeping.run',
      resource: { type: 'annual_run', id: null },
      ask: {},
      async work(tx, doing) {
        const first = await beginRun(tx, due);
        if (first) {
          const variables = { fiscalYear: due.fiscalYear, run: due.run, kpiGroups: await kpiGroups(tx) };
          const published = await publishMessage(tx, app.engine, { name: 'annual_evaluation_due', correlationKey: `${due.fiscalYear}-${due.run}`, businessKey: null, variables, expiresAt: tx.now }, doing.deferred);
          if (published.outcome !== 'started') throw new Error('no process starts with annual_evaluation_due');
          doing.after(published.effects);
        }
        return { answer: first, basis: 'system:clock', reason: first ? due.run : 'begun' };
      },
    });
    if (isNew) began.push(`${due.fiscalYear} ${due.run}`);
  }
  return began;
}
