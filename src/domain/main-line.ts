// 本線: the process that carries a case from the referral to the end of its plan. A case has one at a time. What would begin a second one
// (an emergency hands on while the intake refers, a 支援会議 moves a case that is coordinated already) joins the one that runs. So it is with
// the route of a 支援会議 (P03): of two that an agency asked for and the 本線 calls, the household would be judged, and watched, twice.
import type { Tx } from '../base/db.js';
import { tellGroups } from './consents/tell.js';
import { notifyMembers } from './process-notices.js';

/** Of which processes a case has one at a time, by their keys. */
export const mainLines: ReadonlySet<string> = new Set(['coordination_main', 'confidential_route']);
/** Of these one that runs by itself becomes the called one, where another process calls it: which of the caller's variables it takes over. */
export const takenByCall: ReadonlyMap<string, readonly string[]> = new Map([['confidential_route', ['calledBy', 'coordinatorGroup']]]);

/**
 * The process that runs for the case already, where a second one like it would be a second 本線. The case is locked: of two that would
 * begin at once the later sees the other. @returns its id; null: it may begin
 */
export async function mainLineOf(tx: Tx, processKey: string, caseNo: string): Promise<string | null> {
  const [found] = await tx.db.$queryRawUnsafe<{ id: string }[]>(`select id from support_case where case_no = $1 for update`, caseNo);
  if (!found) return null;
  const [running] = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select i.id from process_instance i join process_definition d on d.id = i.definition_id and d.key = $2 where i.business_key = $1 and i.status in ('active', 'suspended') order by i.id limit 1`,
    caseNo, processKey,
  );
  return running?.id ?? null;
}

/** The inboxes of the city's own chair, who alone hears that something more has come to the route of a 支援会議. */
export async function tellChair(tx: Tx, caseId: string): Promise<void> {
  const chairs = await tx.db.group.findMany({ where: { kind: 'chair', agency: { kind: 'city', isContractor: false, active: true } }, select: { key: true }, orderBy: { key: 'asc' } });
  await tellGroups(tx, caseId, chairs.map(({ key }) => key), 'confidential_meeting_asked');
}

/**
 * Tells whoever is at work on it, and whoever coordinates the case, that something has come to the 本線 that runs. Of the route of a
 * 支援会議 the chair alone is told.
 */
export async function tellMainLine(tx: Tx, instanceId: string): Promise<void> {
  const [asked] = await tx.db.$queryRawUnsafe<{ key: string; caseId: string | null; caseNo: string; groups: string[] }[]>(
    `select d.key, c.id as "caseId", o.business_key as "caseNo", array(
       select unnest(t.candidate_groups) from task t join process_instance i on i.id = t.instance_id where i.root_id = r.id and t.status = 'open'
       union select p.group_key from case_role p where p.case_id = c.id and p.role = 'coordinator' and p.until_at is null) as groups
     from process_instance o join process_definition d on d.id = o.definition_id join process_instance r on r.id = o.root_id left join support_case c on c.case_no = o.business_key where o.id = $1::uuid`,
    instanceId,
  );
  if (!asked) return;
  if (asked.key !== 'confidential_route') await notifyMembers(tx, asked.groups, { businessKey: asked.caseNo, rule: 'main_line_joined', urgent: false });
  else if (asked.caseId !== null) await tellChair(tx, asked.caseId);
}
