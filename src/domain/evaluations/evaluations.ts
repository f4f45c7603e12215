// 評価シート (F08) of every kind: what has become of the goals, what has changed, what is left. Kept as written, never changed.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { lastDecidedPlan, planInDraft } from '../plans/plan.js';
import { mustDayAt, refuseField, rowsAt, textAt, textOf, textsAt, type Answers } from '../records/answers.js';
import type { Filed } from '../records/record.js';

/** モニタリング, 中間, 終結時, 再プラン時, 中断時; and what agencies and the person say for them. */
export const evalTypes = ['monitoring', 'interim', 'closing', 'replan', 'interruption', 'agency', 'opinion'] as const;
export type EvalType = (typeof evalTypes)[number];
/** 達成, 一部達成, 未達成, 変更. */
export const goalResults = ['achieved', 'partly', 'not_achieved', 'changed'] as const;

export interface Evaluating {
  evalType: EvalType;
  /** The agency that evaluates. */
  agencyCode: string;
  /** What the monitoring found. */
  result?: string | null;
  /** The day that it named for the next one, `YYYY-MM-DD`. */
  nextMonitorOn?: string | null;
}

/**
 * Keeps an evaluation of the case's plan. Somebody who declines support before there is a plan still says why, and the case still
 * closes with a sheet that says so (`withoutPlan`): those two speak of no goals. With a plan, drafted or decided, every sheet does.
 * @returns its id
 * @throws Problem plan_missing when another kind has no plan, form_invalid when there is no goal in it that should be
 */
export async function keepEvaluation(tx: Tx, filed: Filed, { evalType, agencyCode, result = null, nextMonitorOn = null }: Evaluating): Promise<string> {
  const { answers, caseId, submissionId } = filed;
  if (caseId === null) throw new Problem('not_found');
  const plan = (await lastDecidedPlan(tx, caseId)) ?? (await planInDraft(tx, caseId));
  if (!plan && evalType !== 'opinion' && evalType !== 'closing') throw new Problem('plan_missing');
  const goals = rowsAt(answers, 'goalResults');
  if (plan && answers['withoutPlan'] === true) refuseField('withoutPlan', 'このケースにはプランがあります。目標ごとの結果を書いてください。');
  if (plan && goals.length === 0 && evalType !== 'opinion') refuseField('goalResults', '目標ごとの結果を書いてください。');
  const id = newId(tx.now.getTime());
  await tx.db.evaluation.create({
    data: {
      id, caseId, planId: plan?.id ?? null, evalType, agencyCode, result, submissionId, byId: filed.by.userId, at: tx.now,
      evaluatedOn: new Date(`${mustDayAt(answers, 'evaluatedOn')}T00:00:00Z`), changes: textsAt(answers, 'changes'),
      remaining: textAt(answers, 'remaining'), newIssues: textAt(answers, 'newIssues'), opinionSelf: textAt(answers, 'opinionSelf'), opinionStaff: textAt(answers, 'opinionStaff'),
      networkCheck: textAt(answers, 'networkCheck'), prospect: textAt(answers, 'prospect'), leadAfter: textAt(answers, 'leadAfter'), meetingJudge: textAt(answers, 'meetingJudge'),
      closureReason: textAt(answers, 'closureReason'), resumePolicy: textAt(answers, 'resumePolicy'), nextMonitorOn: nextMonitorOn === null ? null : new Date(`${nextMonitorOn}T00:00:00Z`),
      goals: { create: goals.map((row: Answers, at) => ({ id: newId(tx.now.getTime()), position: at + 1, goal: textOf(row, 'goal'), result: textOf(row, 'result'), evidence: textAt(row, 'evidence') })) },
    },
  });
  return id;
}

/** The newest evaluation of one of these kinds. */
export async function newestEvaluation(tx: Tx, caseId: string, types: readonly EvalType[]): Promise<{ id: string; leadAfter: string | null } | null> {
  return tx.db.evaluation.findFirst({ where: { caseId, evalType: { in: [...types] } }, orderBy: [{ at: 'desc' }, { id: 'desc' }], select: { id: true, leadAfter: true } });
}

export interface EvaluationRead {
  id: string;
  evalType: EvalType;
  evaluatedOn: string;
  agencyCode: string;
  /** null: there was no plan yet. */
  planVersion: number | null;
  byName: string | null;
  changes: string[];
  remaining: string | null;
  newIssues: string | null;
  opinionSelf: string | null;
  opinionStaff: string | null;
  networkCheck: string | null;
  prospect: string | null;
  result: string | null;
  leadAfter: string | null;
  meetingJudge: string | null;
  closureReason: string | null;
  resumePolicy: string | null;
  at: Date;
  goals: { goal: string; result: string; evidence: string | null }[];
}

/** Every evaluation of a case, newest first. */
export async function listEvaluations(tx: Tx, caseId: string): Promise<EvaluationRead[]> {
  return tx.db.$queryRawUnsafe<EvaluationRead[]>(
    `select e.id, e.eval_type as "evalType", to_char(e.evaluated_on, 'YYYY-MM-DD') as "evaluatedOn", e.agency_code as "agencyCode", p.version as "planVersion", u.name as "byName", e.changes, e.remaining,
       e.new_issues as "newIssues", e.opinion_self as "opinionSelf", e.opinion_staff as "opinionStaff", e.network_check as "networkCheck", e.prospect, e.result, e.lead_after as "leadAfter",
       e.meeting_judge as "meetingJudge", e.closure_reason as "closureReason", e.resume_policy as "resumePolicy", e.at,
       coalesce((select jsonb_agg(jsonb_build_object('goal', g.goal, 'result', g.result, 'evidence', g.evidence) order by g.position) from evaluation_goal g where g.evaluation_id = e.id), '[]') as goals
     from evaluation e left join plan p on p.id = e.plan_id left join app_user u on u.id = e.by_id where e.case_id = $1::uuid order by e.at desc, e.id desc limit 200`,
    caseId,
  );
}
