import { optionalText, textOf, type InsideHandler } from './handler.js';

/**
 * Input `period` (`P6M`), `openBefore` (`20BD`), `from` (ISO instant, null = now). Hands back `planEndsAt`, the end of the
 * last day in Japan, and `evaluationOpensAt`, as ISO instants.
 */
export const setPlanDates: InsideHandler = {
  name: 'set_plan_dates',
  kind: 'inside',
  async run(tx, context) {
    const { calendar } = context;
    const from = optionalText(context, 'from');
    const start = from === null ? tx.now : new Date(from);
    const lastDay = calendar.onDate(calendar.add(start, textOf(context, 'period')));
    const endsAt = new Date(`${lastDay}T23:59:59+09:00`);
    return { planEndsAt: endsAt.toISOString(), evaluationOpensAt: calendar.subtract(endsAt, textOf(context, 'openBefore')).toISOString() };
  },
};
