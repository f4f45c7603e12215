import { tellMoment } from '../domain/counted.js';
import { monitorAt, planDays } from '../domain/plans/clock.js';
import { textOf, type InsideHandler } from './handler.js';

/** Input `caseId`, `every` (`P3M`). Hands back `monitorAt`: the day that the last monitoring named, or `every` from now on where it named none. */
export const setNextMonitoring: InsideHandler = {
  name: 'set_next_monitoring',
  kind: 'inside',
  async run(tx, context) {
    const { calendar } = context;
    const every = textOf(context, 'every');
    const caseId = textOf(context, 'caseId');
    const days = await planDays(tx, caseId);
    return { monitorAt: await tellMoment(tx, caseId, days ? monitorAt(calendar, tx.now, days, every) : calendar.add(tx.now, every)) };
  },
};
