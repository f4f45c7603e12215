// A plan as it is read: every version with what it says, and what has become of its roles.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import type { PlanRow, PlanStatus } from './plan.js';

export interface PlanRead {
  id: string;
  /** `R8-00001-P2` */
  planNo: string;
  version: number;
  kind: PlanRow['kind'];
  status: PlanStatus;
  revision: number;
  leadAgency: string;
  secondaryGroups: string[];
  householdSummary: string;
  background: string;
  longGoal: string;
  wishes: string;
  watchRules: string;
  useOutreach: boolean;
  useParticipation: boolean;
  startsOn: string;
  endsOn: string;
  /** Where it was extended. */
  extendedUntil: string | null;
  monitorEvery: string;
  nextMonitorOn: string;
  evaluateOn: string;
  signature: string | null;
  signedOn: string | null;
  noSignatureReason: string | null;
  meetingDecision: string | null;
  decidedByName: string | null;
  decidedAt: Date | null;
  endedAt: Date | null;
  createdAt: Date;
  goals: { goal: string; criterion: string; dueOn: string }[];
  issues: { issue: string; owner: string }[];
  roles: { agencyCode: string; agencyName: string; issue: string; what: string; staff: string | null; startsOn: string | null; startsSaid: string | null; endsOn: string | null; endsSaid: string | null; frequency: string; resource: string | null }[];
  events: { kind: string; byName: string | null; at: string; data: Json }[];
}

const part = (table: string, fields: string): string => `coalesce((select jsonb_agg(jsonb_build_object(${fields}) order by x.position) from ${table} x where x.plan_id = p.id and x.revision = p.revision), '[]')`;

/** The versions of a case's plan, newest first, each with its newest revision. `version`: only that one. */
export async function readPlans(tx: Tx, caseId: string, version: number | null = null): Promise<PlanRead[]> {
  return tx.db.$queryRawUnsafe<PlanRead[]>(
    `select p.id, c.case_no || '-P' || p.version as "planNo", p.version, p.kind, p.status, p.revision, p.lead_agency as "leadAgency", p.secondary_groups as "secondaryGroups", p.household_summary as "householdSummary",
       p.background, p.long_goal as "longGoal", p.wishes, p.watch_rules as "watchRules", p.use_outreach as "useOutreach", p.use_participation as "useParticipation",
       p.starts_on::text as "startsOn", p.ends_on::text as "endsOn", (select e.data ->> 'until' from plan_event e where e.plan_id = p.id and e.kind = 'extended') as "extendedUntil",
       p.monitor_every as "monitorEvery", p.next_monitor_on::text as "nextMonitorOn", p.evaluate_on::text as "evaluateOn", p.signature, p.signed_on::text as "signedOn", p.no_signature_reason as "noSignatureReason",
       p.meeting_decision as "meetingDecision", u.name as "decidedByName", p.decided_at as "decidedAt", p.ended_at as "endedAt", p.created_at as "createdAt",
       ${part('plan_goal', `'goal', x.goal, 'criterion', x.criterion, 'dueOn', x.due_on`)} as goals,
       ${part('plan_issue', `'issue', x.issue, 'owner', x.owner`)} as issues,
       ${part('plan_role', `'agencyCode', x.agency_code, 'agencyName', (select a.name from agency a where a.code = x.agency_code), 'issue', x.issue, 'what', x.what, 'staff', x.staff, 'startsOn', x.starts_on, 'startsSaid', coalesce(x.starts_said, x.starts_on::text), 'endsOn', x.ends_on, 'endsSaid', coalesce(x.ends_said, x.ends_on::text), 'frequency', x.frequency, 'resource', x.resource`)} as roles,
       coalesce((select jsonb_agg(jsonb_build_object('kind', e.kind, 'byName', (select w.name from app_user w where w.id = e.by_id), 'at', e.at, 'data', e.data) order by e.at, array_position('{drafted,revised,changed,explained,to_meeting,sent_back,decided,not_decided,shared,extended,superseded,ended}'::text[], e.kind), e.id) from plan_event e where e.plan_id = p.id), '[]') as events
     from plan p join support_case c on c.id = p.case_id left join app_user u on u.id = p.decided_by_id
     where p.case_id = $1::uuid and ($2::int is null or p.version = $2) order by p.version desc limit 50`,
    caseId,
    version,
  );
}

export interface ReportRead {
  agencyCode: string;
  kind: string;
  status: string;
  /** The day, where it is known to the day. */
  reportedOn: string | null;
  /** As it was said: maybe only about then. */
  reportedSaid: string;
  planVersion: number | null;
  at: Date;
}

/** What the agencies have reported of their roles, newest first. */
export async function listReports(tx: Tx, caseId: string): Promise<ReportRead[]> {
  return tx.db.$queryRawUnsafe<ReportRead[]>(
    `select r.agency_code as "agencyCode", r.kind, r.status, r.reported_on::text as "reportedOn", coalesce(r.reported_said, r.reported_on::text) as "reportedSaid", p.version as "planVersion", r.at
     from role_report r left join plan p on p.id = r.plan_id where r.case_id = $1::uuid order by r.at desc, r.id desc limit 200`,
    caseId,
  );
}

export interface DecisionRead {
  kind: string;
  decision: string;
  planVersion: number | null;
  decidedByName: string | null;
  decidedAt: Date;
}

/** What the city has decided about a case, newest first. */
export async function listDecisions(tx: Tx, caseId: string): Promise<DecisionRead[]> {
  return tx.db.$queryRawUnsafe<DecisionRead[]>(
    `select d.kind, d.decision, p.version as "planVersion", u.name as "decidedByName", d.decided_at as "decidedAt"
     from case_decision d left join plan p on p.id = d.plan_id left join app_user u on u.id = d.decided_by_id where d.case_id = $1::uuid order by d.decided_at desc, d.id desc limit 200`,
    caseId,
  );
}
