// What the agencies of a plan report of their roles.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { agenciesBehind } from '../agencies.js';
import { partsNow } from '../case-roles.js';
import { dayColumn, type RoughDay } from '../records/answers.js';
import type { Filed } from '../records/record.js';
import { mustBeInForce, type PlanRow } from './plan.js';

export interface Report {
  kind: 'started' | 'status' | 'ended';
  status: string;
  /** The day, or about when. */
  on: RoughDay;
}

/** A case that was planned before plans were kept here (the version before casework): what its processes ask of the plan nobody can answer. */
const neverKept = 'このケースのプランは記録されていません（プランを記録する前の版で作られたか、決定されていません）。このまま進めるには、福祉政策課の業務担当に、このケースの終結評価と多機関協働の手続きを「取りやめ」てもらってください。「次の対応を決める」仕事が担当に出ます。そこで多機関協働に進んでプランを作り直すか、終結を決めてください。これまでの記録はそのまま残ります。';

/**
 * The agency that a task of a plan lies with (`item`: its inbox), and the plan.
 * @throws Problem plan_missing when no plan is in force, or the agency has no part in it; where the case never had one it says how to go on
 */
export async function mustHavePart(tx: Tx, filed: Filed): Promise<{ held: PlanRow; agencyCode: string }> {
  if (filed.caseId === null) throw new Problem('not_found');
  if (!(await tx.db.plan.findFirst({ where: { caseId: filed.caseId }, select: { id: true } }))) throw new Problem('plan_missing', { detail: neverKept });
  const held = await mustBeInForce(tx, filed.caseId);
  const key = typeof filed.item === 'string' ? filed.item : null;
  const agencyCode = key === null ? filed.by.agencyCode : (await agenciesBehind(tx, [key])).get(key)?.code;
  if (agencyCode === undefined || !(await partsNow(tx, filed.caseId)).some((part) => part.agencyCode === agencyCode && part.planId === held.id)) throw new Problem('plan_missing');
  return { held, agencyCode };
}

/** Keeps an agency's report of its role. @throws Problem plan_missing */
export async function reportRole(tx: Tx, filed: Filed, report: Report): Promise<Record<string, Json>> {
  const { held, agencyCode } = await mustHavePart(tx, filed);
  await tx.db.roleReport.create({
    data: { id: newId(tx.now.getTime()), caseId: held.caseId, planId: held.id, agencyCode, kind: report.kind, status: report.status, reportedOn: dayColumn(report.on), reportedSaid: report.on.said, submissionId: filed.submissionId, byId: filed.by.userId, at: tx.now },
  });
  return {};
}
