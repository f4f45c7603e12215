// 支援プラン: versions, each drafted, explained to the person, put to the meeting, decided by the city, and from then on frozen.
// What is said here of a frozen plan the database says once more (plan_frozen, plan_part_frozen).
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import type { RoughDay } from '../records/answers.js';

/** draft 案 → explained 説明済 → in_meeting 会議 → decided 決定 → superseded 次の版へ, ended 終了; not_decided 不決定. */
export const planStatuses = ['draft', 'explained', 'in_meeting', 'decided', 'not_decided', 'superseded', 'ended'] as const;
export type PlanStatus = (typeof planStatuses)[number];

export interface PlanRow {
  id: string;
  caseId: string;
  version: number;
  kind: 'initial' | 'replan';
  status: PlanStatus;
  revision: number;
  leadAgency: string;
  leadGroup: string;
  secondaryGroups: string[];
  coordinatorGroup: string | null;
  startsOn: Date;
  endsOn: Date;
  signature: string | null;
  noSignatureReason: string | null;
  decidedAt: Date | null;
}

/** What a draft says; days as `YYYY-MM-DD`. */
export interface PlanContent {
  leadAgency: string;
  leadGroup: string;
  secondaryGroups: string[];
  coordinatorGroup: string | null;
  householdSummary: string;
  background: string;
  longGoal: string;
  wishes: string;
  watchRules: string;
  useOutreach: boolean;
  useParticipation: boolean;
  startsOn: string;
  endsOn: string;
  monitorEvery: string;
  nextMonitorOn: string;
  evaluateOn: string;
  goals: { goal: string; criterion: string; dueOn: string }[];
  issues: { issue: string; owner: string }[];
  roles: { agencyCode: string; groupKey: string; issue: string; what: string; staff: string | null; starts: RoughDay | null; ends: RoughDay | null; frequency: string; resource: string | null }[];
}

const columns = `id, case_id as "caseId", version, kind, status, revision, lead_agency as "leadAgency", lead_group as "leadGroup", secondary_groups as "secondaryGroups",
  coordinator_group as "coordinatorGroup", starts_on as "startsOn", ends_on as "endsOn", signature, no_signature_reason as "noSignatureReason", decided_at as "decidedAt"`;
const drafts: readonly PlanStatus[] = ['draft', 'explained', 'in_meeting'];

async function newest(tx: Tx, caseId: string, statuses: readonly PlanStatus[]): Promise<PlanRow | null> {
  const [row] = await tx.db.$queryRawUnsafe<PlanRow[]>(`select ${columns} from plan where case_id = $1::uuid and status = any($2::text[]) order by version desc limit 1`, caseId, statuses);
  return row ?? null;
}

/** The plan that is being made; null when none is. */
export const planInDraft = (tx: Tx, caseId: string): Promise<PlanRow | null> => newest(tx, caseId, drafts);

/** The decided plan that holds now; null when none does. */
export const planInForce = (tx: Tx, caseId: string): Promise<PlanRow | null> => newest(tx, caseId, ['decided']);

/** The plan in force, or the last that was; null when none was ever decided. */
export const lastDecidedPlan = async (tx: Tx, caseId: string): Promise<PlanRow | null> => (await planInForce(tx, caseId)) ?? newest(tx, caseId, ['superseded', 'ended']);

/** @throws Problem plan_missing */
export async function mustBeInDraft(tx: Tx, caseId: string): Promise<PlanRow> {
  const plan = await planInDraft(tx, caseId);
  if (!plan) throw new Problem((await planInForce(tx, caseId)) ? 'plan_decided' : 'plan_missing');
  return plan;
}

/** @throws Problem plan_missing */
export async function mustBeInForce(tx: Tx, caseId: string): Promise<PlanRow> {
  const plan = await planInForce(tx, caseId);
  if (!plan) throw new Problem('plan_missing');
  return plan;
}

export interface EventOf {
  planId: string;
  kind: 'drafted' | 'revised' | 'explained' | 'to_meeting' | 'decided' | 'sent_back' | 'not_decided' | 'shared' | 'changed' | 'extended' | 'superseded' | 'ended';
  submissionId: string | null;
  data?: Record<string, Json>;
}

/** Notes what happened to a plan, by whom and when. `data`: dates and decisions, never text that somebody wrote. */
export async function notePlan(tx: Tx, { planId, kind, submissionId, data = {} }: EventOf): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into plan_event (id, plan_id, kind, by_id, submission_id, data, at) values ($1::uuid, $2::uuid, $3, $4::uuid, $5::uuid, $6::jsonb, $7::timestamptz)`,
    newId(tx.now.getTime()), planId, kind, tx.actor.kind === 'person' ? tx.actor.userId : null, submissionId, JSON.stringify(data), tx.now,
  );
}

/**
 * A first draft, a draft of the next version, or the next revision of what is being made. A changed draft was not explained yet.
 * @returns the plan and whether it is new
 */
export async function draftPlan(tx: Tx, caseId: string, content: PlanContent, submissionId: string): Promise<{ plan: PlanRow; isNew: boolean }> {
  const before = await planInDraft(tx, caseId);
  const [{ version }] = (await tx.db.$queryRawUnsafe<{ version: number }[]>(`select coalesce(max(version), 0)::int as version from plan where case_id = $1::uuid`, caseId)) as [{ version: number }];
  const id = before?.id ?? newId(tx.now.getTime());
  const values = [
    id, content.leadAgency, content.leadGroup, content.secondaryGroups, content.coordinatorGroup, content.householdSummary, content.background, content.longGoal, content.wishes, content.watchRules,
    content.useOutreach, content.useParticipation, content.startsOn, content.endsOn, content.monitorEvery, content.nextMonitorOn, content.evaluateOn, submissionId,
  ];
  const [plan] = await tx.db.$queryRawUnsafe<PlanRow[]>(before ? revise : insert, ...values, ...(before ? [] : [caseId, version + 1, tx.now]));
  await writeParts(tx, plan!, content);
  await notePlan(tx, { planId: id, kind: before ? 'revised' : 'drafted', submissionId });
  return { plan: plan!, isNew: before === null };
}

const insert = `insert into plan (id, lead_agency, lead_group, secondary_groups, coordinator_group, household_summary, background, long_goal, wishes, watch_rules, use_outreach, use_participation,
    starts_on, ends_on, monitor_every, next_monitor_on, evaluate_on, submission_id, case_id, version, created_at, kind, status)
  values ($1::uuid, $2, $3, $4::text[], $5, $6, $7, $8, $9, $10, $11::boolean, $12::boolean, $13::date, $14::date, $15, $16::date, $17::date, $18::uuid, $19::uuid, $20::int, $21::timestamptz,
    case when $20::int = 1 then 'initial' else 'replan' end, 'draft') returning ${columns}`;

const revise = `update plan set lead_agency = $2, lead_group = $3, secondary_groups = $4::text[], coordinator_group = $5, household_summary = $6, background = $7, long_goal = $8, wishes = $9, watch_rules = $10,
    use_outreach = $11::boolean, use_participation = $12::boolean, starts_on = $13::date, ends_on = $14::date, monitor_every = $15, next_monitor_on = $16::date, evaluate_on = $17::date, submission_id = $18::uuid,
    revision = revision + 1, status = 'draft', signature = null, signed_by = null, signed_on = null, no_signature_reason = null
  where id = $1::uuid returning ${columns}`;

async function writeParts(tx: Tx, plan: PlanRow, { goals, issues, roles }: PlanContent): Promise<void> {
  const rows = (list: readonly object[]): string => JSON.stringify(list.map((row, at) => ({ ...row, id: newId(tx.now.getTime()), position: at + 1 })));
  await tx.db.$executeRawUnsafe(
    `insert into plan_goal (id, plan_id, revision, position, goal, criterion, due_on) select x.id, $1::uuid, $2::int, x.position, x.goal, x.criterion, x."dueOn"
     from jsonb_to_recordset($3::jsonb) as x (id uuid, position int, goal text, criterion text, "dueOn" date)`,
    plan.id, plan.revision, rows(goals),
  );
  await tx.db.$executeRawUnsafe(
    `insert into plan_issue (id, plan_id, revision, position, issue, owner) select x.id, $1::uuid, $2::int, x.position, x.issue, x.owner
     from jsonb_to_recordset($3::jsonb) as x (id uuid, position int, issue text, owner text)`,
    plan.id, plan.revision, rows(issues),
  );
  await tx.db.$executeRawUnsafe(
    `insert into plan_role (id, plan_id, revision, position, agency_code, group_key, issue, what, staff, starts_on, starts_said, ends_on, ends_said, frequency, resource)
     select x.id, $1::uuid, $2::int, x.position, x."agencyCode", x."groupKey", x.issue, x.what, x.staff, (x.starts ->> 'day')::date, x.starts ->> 'said', (x.ends ->> 'day')::date, x.ends ->> 'said', x.frequency, x.resource
     from jsonb_to_recordset($3::jsonb) as x (id uuid, position int, "agencyCode" text, "groupKey" text, issue text, what text, staff text, starts jsonb, ends jsonb, frequency text, resource text)`,
    plan.id, plan.revision, rows(roles),
  );
}

export interface Signature {
  /** written 書面 · electronic 電子 · oral 口頭 · proxy 代理 · not_signed 署名なし, with the reason. */
  signature: string;
  signedBy: string | null;
  signedOn: string | null;
  noSignatureReason: string | null;
}

/** The plan was explained to the person, who signed, or did not for a reason. */
export async function signPlan(tx: Tx, plan: PlanRow, signed: Signature, submissionId: string): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `update plan set status = case status when 'draft' then 'explained' else status end, signature = $2, signed_by = $3, signed_on = $4::date, no_signature_reason = $5 where id = $1::uuid`,
    plan.id, signed.signature, signed.signedBy, signed.signedOn, signed.noSignatureReason,
  );
  await notePlan(tx, { planId: plan.id, kind: 'explained', submissionId, data: { signature: signed.signature, on: signed.signedOn } });
}

/** The draft goes to the meeting as it stands. @throws Problem plan_missing, plan_not_signed */
export async function putToMeeting(tx: Tx, caseId: string): Promise<void> {
  const plan = await mustBeInDraft(tx, caseId);
  if (plan.signature === null) throw new Problem('plan_not_signed');
  await tx.db.$executeRawUnsafe(`update plan set status = 'in_meeting' where id = $1::uuid`, plan.id);
  await notePlan(tx, { planId: plan.id, kind: 'to_meeting', submissionId: null });
}

/** A decided plan holds no longer: the next version took its place, or the support has ended. */
export async function retirePlan(tx: Tx, plan: PlanRow, status: 'superseded' | 'ended', submissionId: string | null, reason: string): Promise<void> {
  await tx.db.$executeRawUnsafe(`update plan set status = $2, ended_at = $3::timestamptz where id = $1::uuid and status = 'decided'`, plan.id, status, tx.now);
  await notePlan(tx, { planId: plan.id, kind: status, submissionId, data: { reason } });
}

/** Everybody who wrote a version, a revision or a change of a plan of this case. */
export async function authorsOf(tx: Tx, caseId: string): Promise<string[]> {
  const rows = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select distinct e.by_id as id from plan_event e join plan p on p.id = e.plan_id where p.case_id = $1::uuid and e.kind in ('drafted', 'revised', 'changed') and e.by_id is not null`,
    caseId,
  );
  return rows.map(({ id }) => id);
}
