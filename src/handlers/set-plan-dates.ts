import { tellMoment } from '../domain/counted.js';
import { evaluationOpensAt, monitorAt, planDays, planEndsAt } from '../domain/plans/clock.js';
import { optionalText, textOf, type InsideHandler } from './handler.js';

/**
 * Input `caseId`, `openBefore` (`20BD`), `firstAfter` (`P1M`), and for a case that has no plan on record `period` (`P6M`) and `from` (ISO
 * instant, null = now). Hands back `planEndsAt`, the end of the plan's last day in Japan, `evaluationOpensAt` and `monitorAt` as ISO
 * instants; of a plan on record also `monitorEvery` and `planExtensions` (null: none), for it may have been extended elsewhere.
 */
export const setPlanDates: InsideHandler = {
  name: 'set_plan_dates',
  kind: 'inside',
  async run(tx, context) {
    const { calendar } = context;
    // diagrams from before the plan's own days were read name no case, and no first monitoring
    const caseId = optionalText(context, 'caseId');
    const firstAfter = optionalText(context, 'firstAfter') ?? 'P1M';
    const openBefore = textOf(context, 'openBefore');
    const days = caseId === null ? null : await planDays(tx, caseId);
    const tell = async (at: Date): Promise<string> => (caseId === null ? at.toISOString() : tellMoment(tx, caseId, at));
    if (days) {
      return {
        planEndsAt: planEndsAt(days).toISOString(), evaluationOpensAt: await tell(evaluationOpensAt(calendar, tx.now, days, openBefore)), monitorAt: await tell(monitorAt(calendar, tx.now, days, firstAfter)),
        monitorEvery: days.monitorEvery, planExtensions: days.extensions === 0 ? null : days.extensions,
      };
    }
    const from = optionalText(context, 'from');
    const start = from === null ? tx.now : new Date(from);
    const lastDay = calendar.onDate(calendar.add(start, textOf(context, 'period')));
    const endsAt = new Date(`${lastDay}T23:59:59+09:00`);
    return { planEndsAt: endsAt.toISOString(), evaluationOpensAt: await tell(calendar.subtract(endsAt, openBefore)), ...(caseId === null ? {} : { monitorAt: await tell(calendar.add(tx.now, firstAfter)) }) };
  },
};
