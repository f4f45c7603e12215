// Who is told that a consent has ended or become narrower. A notice says that, and the number of the case: no name, no reason.
import type { Tx } from '../../base/db.js';
import { agencyOfSeat } from '../agencies.js';
import { notifyMembers } from '../process-notices.js';

/** The inboxes in which an agency hears what concerns it as a member of case teams: its 重層担当 or 連携担当, else its 管理者. */
export async function groupsOfAgencies(tx: Pick<Tx, 'db'>, codes: readonly string[]): Promise<string[]> {
  const rows = await tx.db.$queryRawUnsafe<{ key: string }[]>(
    `select g.key from work_group g where g.agency_code = any($1::text[]) and (g.kind = 'section_lead'
       or (g.kind = 'manager' and not exists (select 1 from work_group l where l.agency_code = g.agency_code and l.kind = 'section_lead'))) order by g.key`,
    [...codes],
  );
  return rows.map(({ key }) => key);
}

/** The agencies behind groups, and those without an inbox that are named beside them. */
export async function agenciesOfGroups(tx: Pick<Tx, 'db'>, keys: readonly string[]): Promise<string[]> {
  const rows = await tx.db.$queryRawUnsafe<{ code: string }[]>(`select distinct agency_code as code from work_group where key = any($1::text[]) and agency_code is not null order by 1`, [...keys]);
  return [...new Set([...rows.map(({ code }) => code), ...keys.flatMap((key) => agencyOfSeat(key) ?? [])])];
}

export async function tellGroups(tx: Tx, caseId: string, groups: readonly string[], rule: string): Promise<void> {
  if (groups.length === 0) return;
  const found = await tx.db.case.findUnique({ where: { id: caseId }, select: { caseNo: true } });
  await notifyMembers(tx, groups, { businessKey: found?.caseNo ?? null, rule, urgent: false });
}

/** Tells agencies that they no longer see the case by a consent. */
export async function tellClosedAgencies(tx: Tx, caseId: string, codes: readonly string[], rule: 'consent_withdrawn' | 'consent_narrowed' | 'consent_expired'): Promise<void> {
  await tellGroups(tx, caseId, await groupsOfAgencies(tx, codes), rule);
}
