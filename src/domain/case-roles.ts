// Who has which part in a case: 主担当 (from the plan on there is always one), 副担当, 協力機関, and who coordinates. A part is
// taken and ended, never changed; the database holds both rules once more (case_role_ends_once, case_has_lead).
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { Problem } from '../base/problem.js';

export const caseRoles = ['coordinator', 'lead', 'secondary', 'cooperating'] as const;
export type CaseRole = (typeof caseRoles)[number];

/** An agency's part. `groupKey`: its inbox, which is how diagrams know it. */
export interface Part {
  role: CaseRole;
  agencyCode: string;
  groupKey: string;
}

export interface PartRow extends Part {
  id: string;
  agencyName: string;
  planId: string | null;
  fromAt: Date;
  untilAt: Date | null;
  endReason: string | null;
}

const columns = `r.id, r.role, r.agency_code as "agencyCode", a.name as "agencyName", r.group_key as "groupKey", r.plan_id as "planId", r.from_at as "fromAt", r.until_at as "untilAt", r.end_reason as "endReason"`;
const order = `array_position('{lead,secondary,cooperating,coordinator}'::text[], r.role), r.from_at, r.id`;

/** Every part that was ever taken in the case; those of now first. */
export async function listParts(tx: Tx, caseId: string): Promise<PartRow[]> {
  return tx.db.$queryRawUnsafe<PartRow[]>(`select ${columns} from case_role r join agency a on a.code = r.agency_code where r.case_id = $1::uuid order by r.until_at is not null, ${order}`, caseId);
}

/** The parts of now. */
export async function partsNow(tx: Tx, caseId: string): Promise<PartRow[]> {
  return (await listParts(tx, caseId)).filter((part) => part.untilAt === null);
}

async function open(tx: Tx, caseId: string, planId: string | null, part: Part, id: string): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into case_role (id, case_id, role, agency_code, group_key, plan_id, from_at) values ($1::uuid, $2::uuid, $3, $4, $5, $6::uuid, $7::timestamptz)`,
    id, caseId, part.role, part.agencyCode, part.groupKey, planId, tx.now,
  );
}

async function end(tx: Tx, ids: readonly string[], reason: string, succeededById: string | null): Promise<void> {
  await tx.db.$executeRawUnsafe(`update case_role set until_at = $2::timestamptz, end_reason = $3, succeeded_by_id = $4::uuid where id = any($1::uuid[]) and until_at is null`, ids, tx.now, reason, succeededById);
}

/** Names who coordinates; whoever did before no longer does. */
export async function nameCoordinator(tx: Tx, caseId: string, part: Omit<Part, 'role'>): Promise<void> {
  const before = (await partsNow(tx, caseId)).filter(({ role }) => role === 'coordinator');
  if (before.some(({ groupKey }) => groupKey === part.groupKey)) return;
  const id = newId(tx.now.getTime());
  await end(tx, before.map((one) => one.id), 'reassigned', id);
  await open(tx, caseId, null, { ...part, role: 'coordinator' }, id);
}

/**
 * The team of a plan takes the place of the one before; who led is followed by who leads.
 * @throws Problem lead_missing when the team has no lead
 */
export async function setTeam(tx: Tx, caseId: string, planId: string | null, team: readonly Part[], reason: string): Promise<void> {
  const lead = team.find(({ role }) => role === 'lead');
  if (!lead) throw new Problem('lead_missing');
  const leadId = newId(tx.now.getTime());
  const before = (await partsNow(tx, caseId)).filter(({ role }) => role !== 'coordinator');
  await end(tx, before.filter(({ role }) => role === 'lead').map(({ id }) => id), reason, leadId);
  await end(tx, before.filter(({ role }) => role !== 'lead').map(({ id }) => id), reason, null);
  await open(tx, caseId, planId, lead, leadId);
  for (const part of team) if (part.role !== 'lead') await open(tx, caseId, planId, part, newId(tx.now.getTime()));
}

export interface Leaving {
  caseId: string;
  agencyCode: string;
  reason: string;
  /** The inbox of the agency that leads from now on, where the lead leaves. */
  successorGroup: string | null;
}

/**
 * An agency's part ends. Where it led, the one that follows takes the lead (and no longer what part it had).
 * @returns the parts of now
 * @throws Problem lead_missing when the lead leaves and nobody of the team follows
 */
export async function leavePart(tx: Tx, { caseId, agencyCode, reason, successorGroup }: Leaving): Promise<PartRow[]> {
  const now = (await partsNow(tx, caseId)).filter(({ role }) => role !== 'coordinator');
  const own = now.filter((part) => part.agencyCode === agencyCode);
  const lead = own.find(({ role }) => role === 'lead');
  const follows = now.filter((part) => part.groupKey === successorGroup && part.agencyCode !== agencyCode);
  if (lead && follows.length === 0) throw new Problem('lead_missing');
  const leadId = newId(tx.now.getTime());
  await end(tx, own.map(({ id }) => id), reason, lead ? leadId : null);
  if (lead) {
    await end(tx, follows.map(({ id }) => id), 'became_lead', leadId);
    await open(tx, caseId, lead.planId, { role: 'lead', agencyCode: follows[0]!.agencyCode, groupKey: follows[0]!.groupKey }, leadId);
  }
  return (await partsNow(tx, caseId)).filter(({ role }) => role !== 'coordinator');
}

/** Every part but the coordinator's ends: where the plan has ended and nobody here goes on. */
export async function endTeam(tx: Tx, caseId: string, reason: string): Promise<void> {
  await end(tx, (await partsNow(tx, caseId)).filter(({ role }) => role !== 'coordinator').map(({ id }) => id), reason, null);
}
