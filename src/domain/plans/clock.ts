// The days of the plan in force: when it is looked at again, when its evaluation begins, and when it ends. What was agreed with the
// person is what the clocks go by; only where nobody said a day does the diagram's own rhythm count (domain.md §1.5, §9.8).
import type { Calendar } from '../../base/calendar.js';
import type { Tx } from '../../base/db.js';

export interface PlanDays {
  planId: string;
  /** Its last day, as it was extended, if it was. */
  endsOn: string;
  extensions: number;
  monitorEvery: string;
  /** 評価予定日, as it was agreed; null once the plan was extended beyond what was agreed. */
  evaluateOn: string | null;
  /** The day that was named last for the next monitoring: by the plan, or by the newest monitoring; null: that one named none. */
  nextMonitorOn: string | null;
  /** It was monitored since it was decided. */
  monitored: boolean;
}

/** Days as `YYYY-MM-DD`. @returns null when no plan is in force */
export async function planDays(tx: Pick<Tx, 'db'>, caseId: string): Promise<PlanDays | null> {
  const [found] = await tx.db.$queryRawUnsafe<PlanDays[]>(
    `select p.id as "planId", coalesce(left(x.until, 10), p.ends_on::text) as "endsOn", x.times as extensions, p.monitor_every as "monitorEvery",
       case when x.times = 0 then p.evaluate_on::text end as "evaluateOn", case when m.id is null then p.next_monitor_on::text else m.next_monitor_on::text end as "nextMonitorOn", m.id is not null as monitored
     from plan p
       cross join lateral (select max(e.data->>'until') as until, count(*)::int as times from plan_event e where e.plan_id = p.id and e.kind = 'extended') x
       left join lateral (select id, next_monitor_on from evaluation where plan_id = p.id and eval_type = 'monitoring' order by at desc, id desc limit 1) m on true
     where p.case_id = $1::uuid and p.status = 'decided' order by p.version desc limit 1`,
    caseId,
  );
  return found ?? null;
}

const endOfDay = (day: string): Date => new Date(`${day}T23:59:59+09:00`);

/** The end of the plan's last day in Japan. */
export const planEndsAt = ({ endsOn }: Pick<PlanDays, 'endsOn'>): Date => endOfDay(endsOn);

/**
 * When the evaluation begins: `openBefore` the plan ends, or on the day that was agreed for it if that comes first. An agreed day that
 * is over (the evaluation was held, and the support goes on) counts no more.
 */
export function evaluationOpensAt(calendar: Calendar, now: Date, days: PlanDays, openBefore: string): Date {
  const before = calendar.subtract(planEndsAt(days), openBefore);
  if (days.evaluateOn === null || days.evaluateOn <= calendar.onDate(now)) return before;
  const agreed = calendar.openingOf(days.evaluateOn);
  return agreed < before ? agreed : before;
}

/**
 * When the support is monitored next: on the day that the plan, or the last monitoring, named. The plan's own first day counts even
 * if it is over: nobody has looked yet. Where the last monitoring named none that is still to come: `every` from now on.
 */
export function monitorAt(calendar: Calendar, now: Date, days: PlanDays, every: string): Date {
  const { nextMonitorOn, monitored } = days;
  return nextMonitorOn !== null && (!monitored || nextMonitorOn > calendar.onDate(now)) ? calendar.openingOf(nextMonitorOn) : calendar.add(now, every);
}
