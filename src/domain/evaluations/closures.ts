// 終結: decided by the city, and never without naming who accompanies afterwards (domain.md §1.3 "Closing rule"). Which reasons
// end with a handover instead is data (closure_reason); the database asks it once more (closure_accompanied).
import type { Person, Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { agencyReader, endAccess, grantAccess } from '../access.js';
import { agenciesBehind } from '../agencies.js';
import { endTeam, partsNow, setTeam } from '../case-roles.js';
import { isClosed } from '../cases.js';
import { reopenClosed } from '../closing.js';
import { coveringConsent } from '../consents/consents.js';
import { keepDecision, mustDecideForCity } from '../plans/decisions.js';
import { lastDecidedPlan, planInForce, retirePlan } from '../plans/plan.js';
import { settlePlanAccess } from '../plans/team.js';
import { mustDayAt, textAt, textOf } from '../records/answers.js';
import type { Filed } from '../records/record.js';
import { newestEvaluation } from './evaluations.js';

/** 終結後の主担当へ, 次の担当者へ, 転出先自治体へ, 世帯の担当へ, その他. */
export const handoverKinds = ['lead', 'worker', 'municipality', 'household', 'other'] as const;

/**
 * Keeps a handover (F20). @returns its id
 * @throws Problem form_invalid when the agency that it names does not work with the city
 */
export async function handOver(tx: Tx, filed: Filed): Promise<string> {
  const { answers, caseId } = filed;
  if (caseId === null) throw new Problem('not_found');
  const group = textAt(answers, 'toGroup');
  const agency = group === null ? undefined : (await agenciesBehind(tx, [group])).get(group);
  if (group !== null && !agency) throw new Problem('form_invalid', { errors: [{ pointer: '/answers/toGroup', detail: '活動中の機関ではありません。' }] });
  const id = newId(tx.now.getTime());
  await tx.db.handover.create({
    data: { id, caseId, kind: textOf(answers, 'handoverKind'), toAgency: agency?.code ?? null, toName: textAt(answers, 'toMunicipality') ?? textAt(answers, 'toName'), handedOn: new Date(`${mustDayAt(answers, 'handedOn')}T00:00:00Z`), submissionId: filed.submissionId, byId: filed.by.userId, at: tx.now },
  });
  return id;
}

/**
 * The handover that a closure for this reason rests on: the newest of the kinds that belong to it, made after the exit was noticed
 * (somebody moved away, died). For a reason that an agency accompanies, the newest of all.
 */
async function handoverFor(tx: Tx, caseId: string, reason: { accompanied: string; handoverKinds: string[]; exitKind: string | null }): Promise<{ id: string } | null> {
  const order = [{ at: 'desc' as const }, { id: 'desc' as const }];
  if (reason.accompanied !== 'handover') return tx.db.handover.findFirst({ where: { caseId }, orderBy: order, select: { id: true } });
  const exit = reason.exitKind === null ? null : await tx.db.caseExit.findFirst({ where: { caseId, kind: reason.exitKind }, orderBy: { noticedAt: 'desc' }, select: { noticedAt: true } });
  return tx.db.handover.findFirst({ where: { caseId, kind: { in: reason.handoverKinds }, ...(exit ? { at: { gte: exit.noticedAt } } : {}) }, orderBy: order, select: { id: true } });
}

export interface Closing {
  caseId: string;
  person: Person;
  /** A code of closure_reason. */
  reason: string;
  /** The agency that accompanies afterwards, and its inbox; null where the reason ends with a handover. */
  lead: string | null;
  leadGroup: string | null;
  followUp: boolean;
  submissionId: string;
}

/** Who accompanies learns of the case; what was written, as far as the person's consent reaches. Whoever an earlier closure named does so no more. */
async function openToLead(tx: Tx, caseId: string, closureId: string, lead: string | null): Promise<void> {
  await endAccess(tx, { caseId, basis: 'handover' }, 'case_closed');
  if (lead === null) return;
  const covering = await coveringConsent(tx, caseId, lead);
  await grantAccess(tx, { caseId, reader: agencyReader(lead), level: covering ? 'content' : 'exists', basis: 'handover', basisId: closureId, items: covering?.items ?? null, untilAt: covering?.validUntil ?? null });
}

/**
 * Decides the closure: the plan ends, the agencies of its team no longer see the case, and who accompanies afterwards does.
 * The case itself is closed by the diagram (`register_closure`), which finds this decision.
 * @throws Problem not_city_decision, closure_unaccompanied, form_invalid (no such reason)
 */
export async function decideClosure(tx: Tx, closing: Closing): Promise<{ id: string; leadGroup: string | null }> {
  const { caseId, person, reason, lead, leadGroup, followUp, submissionId } = closing;
  await mustDecideForCity(tx, person);
  const known = await tx.db.closureReason.findUnique({ where: { code: reason } });
  if (!known) throw new Problem('form_invalid', { errors: [{ pointer: '/answers/closureReason', detail: 'この終結理由はありません。' }] });
  const handover = await handoverFor(tx, caseId, known);
  if (lead === null && !(known.accompanied === 'handover' && handover)) throw new Problem('closure_unaccompanied');
  const plan = await planInForce(tx, caseId);
  const evaluation = await newestEvaluation(tx, caseId, ['closing', 'interruption', 'replan']);
  const id = newId(tx.now.getTime());
  await tx.db.closure.create({
    data: { id, caseId, planId: (plan ?? (await lastDecidedPlan(tx, caseId)))?.id ?? null, reason, leadAgency: lead, leadGroup, handoverId: handover?.id ?? null, evaluationId: evaluation?.id ?? null, followUp, decidedById: person.userId, decidedAt: tx.now, submissionId },
  });
  await keepDecision(tx, person, { caseId, kind: 'closure', decision: reason, planId: plan?.id ?? null, submissionId });
  if (plan) await retirePlan(tx, plan, 'ended', submissionId, reason);
  await settlePlanAccess(tx, caseId, 'case_closed', submissionId);
  const before = await partsNow(tx, caseId);
  const leading = before.find(({ role }) => role === 'lead');
  if (lead !== null && leadGroup !== null) {
    await setTeam(tx, caseId, null, [{ role: 'lead', agencyCode: lead, groupKey: leadGroup }], 'case_closed');
  } else await endTeam(tx, caseId, 'case_closed');
  await openToLead(tx, caseId, id, lead);
  return { id, leadGroup: leadGroup ?? leading?.groupKey ?? null };
}

/**
 * The end of a plan that follows from another decision (the watch of a 支援会議 is over, a new plan was not decided): the agency
 * that leads goes on accompanying, is named, and sees the case. Other reasons need their own decision (`decideClosure`).
 * @returns whether there was a plan to end
 */
export async function endWithLead(tx: Tx, caseId: string, reason: string): Promise<boolean> {
  const plan = await planInForce(tx, caseId);
  const known = await tx.db.closureReason.findUnique({ where: { code: reason } });
  const lead = (await partsNow(tx, caseId)).find(({ role }) => role === 'lead');
  if (!plan || !lead || known?.accompanied !== 'current') return false;
  const id = newId(tx.now.getTime());
  await tx.db.closure.create({
    data: { id, caseId, planId: plan.id, reason, leadAgency: lead.agencyCode, leadGroup: lead.groupKey, followUp: false, decidedById: tx.actor.kind === 'person' ? tx.actor.userId : null, decidedAt: tx.now },
  });
  await retirePlan(tx, plan, 'ended', null, reason);
  await setTeam(tx, caseId, null, [{ role: 'lead', agencyCode: lead.agencyCode, groupKey: lead.groupKey }], reason);
  await settlePlanAccess(tx, caseId, 'case_closed', null);
  await openToLead(tx, caseId, id, lead.agencyCode);
  return true;
}

/**
 * What the lead found some time after the closure. Who accompanies goes on doing so, and sees the case, either way. A case that needs
 * support again is open again from now on. @returns whether something else had opened it before
 */
export async function checkStability(tx: Tx, filed: Filed): Promise<{ caseReopened: boolean }> {
  if (filed.caseId === null) throw new Problem('not_found');
  const closed = await tx.db.closure.findFirst({ where: { caseId: filed.caseId }, orderBy: { decidedAt: 'desc' }, select: { id: true } });
  if (!closed) throw new Problem('closure_unaccompanied');
  await tx.db.closureCheck.create({ data: { id: newId(tx.now.getTime()), closureId: closed.id, caseId: filed.caseId, stability: textOf(filed.answers, 'stability'), submissionId: filed.submissionId, byId: filed.by.userId, at: tx.now } });
  const caseReopened = !(await isClosed(tx, filed.caseId));
  if (textOf(filed.answers, 'stability') === 'needs_support') await reopenClosed(tx, filed.caseId);
  return { caseReopened };
}

export interface ClosureRead {
  id: string;
  reason: string;
  reasonName: string;
  leadAgency: string | null;
  leadAgencyName: string | null;
  handedOver: boolean;
  /** Who took the case over by the handover that the closure rests on: an agency here, or whoever the form names. */
  handedTo: string | null;
  followUp: boolean;
  decidedByName: string | null;
  decidedAt: Date;
  checks: { stability: string; at: string }[];
}

/** The closures of a case, newest first, with what was found later. */
export async function listClosures(tx: Tx, caseId: string): Promise<ClosureRead[]> {
  return tx.db.$queryRawUnsafe<ClosureRead[]>(
    `select c.id, c.reason, r.name as "reasonName", c.lead_agency as "leadAgency", a.name as "leadAgencyName", c.handover_id is not null as "handedOver", coalesce(h.to_name, t.name) as "handedTo", c.follow_up as "followUp", u.name as "decidedByName", c.decided_at as "decidedAt",
       coalesce((select jsonb_agg(jsonb_build_object('stability', k.stability, 'at', k.at) order by k.at) from closure_check k where k.closure_id = c.id), '[]') as checks
     from closure c join closure_reason r on r.code = c.reason left join agency a on a.code = c.lead_agency left join handover h on h.id = c.handover_id left join agency t on t.code = h.to_agency left join app_user u on u.id = c.decided_by_id where c.case_id = $1::uuid order by c.decided_at desc, c.id desc`,
    caseId,
  );
}
