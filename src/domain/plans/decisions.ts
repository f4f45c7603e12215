// What the city alone decides, and never whoever made the plan (domain.md §6.3 separation of duties).
import type { Person, Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem, type PointedError } from '../../base/problem.js';
import { agencyOfSeat, isCityAgency } from '../agencies.js';
import { partsNow, setTeam, type Part } from '../case-roles.js';
import { coveringConsent } from '../consents/consents.js';
import { cityClocks } from '../settings.js';
import { authorsOf, mustBeInDraft, notePlan, planInForce, retirePlan, type PlanRow } from './plan.js';
import { settlePlanAccess } from './team.js';

/** 課長, 部長. */
const deciders = ['chair', 'director'];

/** @throws Problem not_city_decision unless this is the chair or director, in a section of the city */
export async function mustDecideForCity(tx: Tx, person: Person): Promise<void> {
  if (!deciders.some((role) => person.roles.includes(role)) || !(await isCityAgency(tx, person.agencyCode))) throw new Problem('not_city_decision');
}

/** Messages that end what the city decided (a watch that a 支援会議 agreed on, and with it the case): said by the city alone, whatever waits for them. */
const endings: ReadonlySet<string> = new Set(['case_exited', 'protected_by_other_law']);

/** Whether this is the city's to say, and said by it. The answer is the same whether a 支援会議 waits for it or not. @throws Problem not_city_decision */
export async function endsForCity(tx: Tx, person: Person, message: string): Promise<boolean> {
  if (!endings.has(message)) return false;
  await mustDecideForCity(tx, person);
  return true;
}

/** @throws Problem own_plan when they wrote a version, revision or change of a plan of this case, or coordinate it */
export async function mustNotBeTheirs(tx: Tx, person: Person, caseId: string): Promise<void> {
  const coordinators = (await partsNow(tx, caseId)).filter(({ role }) => role === 'coordinator').map(({ groupKey }) => groupKey);
  const drafted = (await tx.db.plan.findMany({ where: { caseId, coordinatorGroup: { not: null } }, select: { coordinatorGroup: true } })).map((plan) => plan.coordinatorGroup ?? '');
  if ([...coordinators, ...drafted].some((key) => person.groups.includes(key)) || (await authorsOf(tx, caseId)).includes(person.userId)) throw new Problem('own_plan');
}

export interface CityDecision {
  caseId: string;
  kind: 'eligibility' | 'support' | 'plan_end' | 'closure' | 'continuation';
  decision: string;
  planId: string | null;
  submissionId: string;
}

/** Keeps what the city decided. @throws Problem not_city_decision */
export async function keepDecision(tx: Tx, person: Person, { caseId, kind, decision, planId, submissionId }: CityDecision): Promise<void> {
  await mustDecideForCity(tx, person);
  await tx.db.caseDecision.create({ data: { id: newId(tx.now.getTime()), caseId, kind, decision, planId, decidedById: person.userId, decidedAt: tx.now, submissionId } });
}

/** 支援決定: decided 決定 · redraft 保留（作り直す） · not_decided 不決定. */
export const supportDecisions = ['decided', 'redraft', 'not_decided'] as const;
export type SupportDecision = (typeof supportDecisions)[number];

export interface Deciding {
  caseId: string;
  person: Person;
  decision: SupportDecision;
  /** What the meeting found: suitable, revise, reconsider, not_eligible. */
  meetingDecision: string | null;
  submissionId: string;
}

/**
 * 支援決定. A plan that is decided takes the place of the one before, its agencies get their parts, and as far as the consent
 * reaches they see the case.
 * @returns the plan
 * @throws Problem not_city_decision, own_plan, plan_missing, plan_decided, plan_not_signed, plan_consent_missing (社会福祉法106条の4第2項5号・6号; domain.md §6.3)
 */
export async function decideSupport(tx: Tx, deciding: Deciding): Promise<PlanRow> {
  const { caseId, person, decision, meetingDecision, submissionId } = deciding;
  await mustDecideForCity(tx, person);
  await mustNotBeTheirs(tx, person, caseId);
  const plan = await mustBeInDraft(tx, caseId);
  const consentId = decision === 'decided' ? await mustBeReady(tx, plan) : null;
  await keepDecision(tx, person, { caseId, kind: 'support', decision, planId: plan.id, submissionId });
  if (decision === 'redraft') {
    await tx.db.$executeRawUnsafe(`update plan set status = 'draft', meeting_decision = $2 where id = $1::uuid`, plan.id, meetingDecision);
    await notePlan(tx, { planId: plan.id, kind: 'sent_back', submissionId });
    return plan;
  }
  const before = await planInForce(tx, caseId);
  if (decision === 'decided' && before) await retirePlan(tx, before, 'superseded', submissionId, 'next_version');
  await tx.db.$executeRawUnsafe(
    `update plan set status = $2, meeting_decision = $3, consent_id = $4::uuid, decided_by_id = case when $2 = 'decided' then $5::uuid end, decided_at = case when $2 = 'decided' then $6::timestamptz end where id = $1::uuid`,
    plan.id, decision, meetingDecision, consentId, person.userId, tx.now,
  );
  await notePlan(tx, { planId: plan.id, kind: decision, submissionId });
  if (decision === 'decided') {
    await setTeam(tx, caseId, plan.id, await teamOf(tx, plan), before ? 'next_version' : 'plan_decided');
    await settlePlanAccess(tx, caseId, 'plan_superseded', submissionId);
  }
  return plan;
}

/** The consent by which it may be decided. @throws Problem plan_not_signed, plan_consent_missing */
async function mustBeReady(tx: Tx, plan: PlanRow): Promise<string> {
  if (plan.signature === null || (plan.signature === 'not_signed' && !plan.noSignatureReason)) throw new Problem('plan_not_signed');
  // also who has no inbox here: its part is in the paper that the person signs, and it hears of it
  const named = await tx.db.planRole.findMany({ where: { planId: plan.id, revision: plan.revision }, orderBy: { position: 'asc' }, select: { agencyCode: true } });
  await mustBeCovered(tx, plan.caseId, [...new Set([plan.leadAgency, ...named.map(({ agencyCode }) => agencyCode)])].map((agencyCode) => ({ agencyCode, pointer: '' })));
  return (await coveringConsent(tx, plan.caseId, plan.leadAgency))!.consentId;
}

/**
 * Nothing is asked of an agency, and no part given to it, that the person's consent does not cover.
 * @param agencies with the pointer at which the refusal names them
 * @throws Problem plan_consent_missing (domain.md §3.1)
 */
export async function mustBeCovered(tx: Tx, caseId: string, agencies: readonly { agencyCode: string; pointer: string }[]): Promise<void> {
  const names = new Map((await tx.db.agency.findMany({ where: { code: { in: agencies.map(({ agencyCode }) => agencyCode) } }, select: { code: true, name: true } })).map(({ code, name }) => [code, name]));
  const errors: PointedError[] = [];
  for (const { agencyCode, pointer } of agencies) {
    if (!(await coveringConsent(tx, caseId, agencyCode))) errors.push({ pointer, detail: `本人の同意が${names.get(agencyCode) ?? agencyCode}に及びません。` });
  }
  if (errors.length > 0) throw new Problem('plan_consent_missing', { errors });
}

/** Who has which part by the plan's newest revision: each agency once, the lead first. */
async function teamOf(tx: Tx, plan: PlanRow): Promise<Part[]> {
  const rows = await tx.db.planRole.findMany({ where: { planId: plan.id, revision: plan.revision }, orderBy: { position: 'asc' }, select: { agencyCode: true, groupKey: true } });
  // an agency without an inbox has its row in the plan and no part here: nobody of it could be asked, or reads the case
  const others = new Map(rows.filter(({ agencyCode, groupKey }) => agencyCode !== plan.leadAgency && agencyOfSeat(groupKey) === null).map((row) => [row.agencyCode, row.groupKey]));
  return [
    { role: 'lead', agencyCode: plan.leadAgency, groupKey: plan.leadGroup },
    ...[...others].map(([agencyCode, groupKey]): Part => ({ role: plan.secondaryGroups.includes(groupKey) ? 'secondary' : 'cooperating', agencyCode, groupKey })),
  ];
}

/** Months of `P1M`, `P12M`; 0 for anything else. */
const monthsOf = (period: string): number => Number(/^P(\d{1,2})M$/.exec(period)?.[1] ?? 0);

export interface Extending {
  caseId: string;
  person: Person;
  period: string;
  submissionId: string;
}

/**
 * Lets the plan in force run on, as often and as long as the city has it (city/clocks.json; usually once, three months; domain.md §9.8).
 * @returns its new last day
 * @throws Problem not_city_decision, plan_missing, plan_not_extendable
 */
export async function extendPlan(tx: Tx, { caseId, person, period, submissionId }: Extending): Promise<string> {
  await mustDecideForCity(tx, person);
  const plan = await planInForce(tx, caseId);
  if (!plan) throw new Problem('plan_missing');
  const months = monthsOf(period);
  const { extensionMonths, extensions } = (await cityClocks(tx)).plans;
  if (months < 1 || months > extensionMonths || (await tx.db.planEvent.count({ where: { planId: plan.id, kind: 'extended' } })) >= extensions) throw new Problem('plan_not_extendable');
  const [{ until }] = (await tx.db.$queryRawUnsafe<{ until: string }[]>(`select to_char(coalesce((select max(e.data->>'until')::date from plan_event e where e.plan_id = p.id and e.kind = 'extended'), p.ends_on) + make_interval(months => $2::int), 'YYYY-MM-DD') as until from plan p where p.id = $1::uuid`, plan.id, months)) as [{ until: string }];
  await keepDecision(tx, person, { caseId, kind: 'plan_end', decision: 'extend', planId: plan.id, submissionId });
  await notePlan(tx, { planId: plan.id, kind: 'extended', submissionId, data: { until } });
  return until;
}
