// Until when a plan runs: its last day, or the later one that it was extended to.
import type { Tx } from '../../base/db.js';

export interface PlanPeriod {
  /** `YYYY-MM-DD` */
  endsOn: string;
  monitorEvery: string;
  /** How often it was extended. */
  extensions: number;
}

/** Of the plan in force; null where none is. */
export async function periodOfPlan(tx: Pick<Tx, 'db'>, caseId: string): Promise<PlanPeriod | null> {
  const [plan] = await tx.db.$queryRawUnsafe<PlanPeriod[]>(
    `select p.monitor_every as "monitorEvery", left(coalesce((select max(e.data->>'until') from plan_event e where e.plan_id = p.id and e.kind = 'extended'), p.ends_on::text), 10) as "endsOn",
       (select count(*)::int from plan_event e where e.plan_id = p.id and e.kind = 'extended') as extensions
     from plan p where p.case_id = $1::uuid and p.status = 'decided' order by p.version desc limit 1`,
    caseId,
  );
  return plan ?? null;
}
