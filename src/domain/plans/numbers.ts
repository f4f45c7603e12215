// How the plans of a case are called, for the forms that speak of one.
import type { Tx } from '../../base/db.js';

export interface PlanNumbers {
  /** `R8-00001-P2`: of the plan that is in force; where none is, of the newest. null: there is none yet. */
  planNo: string | null;
  /** Of the plan that is being drafted, or would be drafted next. */
  draftNo: string;
  planKind: 'initial' | 'replan';
}

/** What this person may see of them: to somebody who reaches no plan of the case there is none. */
export async function planNumbers(tx: Pick<Tx, 'db'>, caseId: string, caseNo: string): Promise<PlanNumbers> {
  const plans = await tx.db.$queryRawUnsafe<{ version: number; status: string }[]>(`select version, status from plan where case_id = $1::uuid order by version desc`, caseId);
  const held = plans.find(({ status }) => status === 'decided') ?? plans[0];
  const drafted = plans.find(({ status }) => ['draft', 'explained', 'in_meeting'].includes(status))?.version ?? (plans[0]?.version ?? 0) + 1;
  return { planNo: held ? `${caseNo}-P${held.version}` : null, draftNo: `${caseNo}-P${drafted}`, planKind: drafted === 1 ? 'initial' : 'replan' };
}
