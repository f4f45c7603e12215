// What was brought from Excel: which rows became which cases and records, and taking exactly that back.
import type { Person, Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { setStatus, turnCase } from './cases.js';

export type ImportSheet = 'cases' | 'resources';

export interface ImportedRow {
  sheet: ImportSheet;
  row: number;
  caseId: string | null;
  submissionId: string;
}

/** Keeps what a workbook became. @returns its id; null when this very workbook is in already */
export async function storeImport(tx: Tx, sha256: string, rows: readonly ImportedRow[], byId: string): Promise<string | null> {
  const id = newId(tx.now.getTime());
  const made = await tx.db.$executeRawUnsafe(`insert into import_batch (id, sha256, by_id, at) values ($1::uuid, $2, $3::uuid, $4::timestamptz) on conflict do nothing`, id, sha256, byId, tx.now);
  if (made === 0) return null;
  await tx.db.importRow.createMany({ data: rows.map((row) => ({ importId: id, ...row })) });
  return id;
}

export interface ImportLine {
  id: string;
  at: Date;
  byName: string;
  cases: number;
  resources: number;
  undoneAt: Date | null;
  undoReason: string | null;
}

/** The newest first: what the reader may see of them (their own; a manager's: those of the agency). */
export async function listImports(tx: Pick<Tx, 'db'>): Promise<ImportLine[]> {
  return tx.db.$queryRawUnsafe<ImportLine[]>(
    `select b.id, b.at, u.name as "byName", b.undone_at as "undoneAt", b.undo_reason as "undoReason",
       (select count(*)::int from import_row r where r.import_id = b.id and r.sheet = 'cases') as cases, (select count(*)::int from import_row r where r.import_id = b.id and r.sheet = 'resources') as resources
     from import_batch b join app_user u on u.id = b.by_id order by b.at desc, b.id limit 200`,
  );
}

export interface LockedImport {
  byId: string;
  /** The agency of whoever brought it. */
  agencyCode: string;
  undoneAt: Date | null;
}

/** Where a case stood when it was brought: 受付・スクリーニング中, 多機関協働で支援中, 見守り中. */
export const importedStages = ['screening', 'supporting', 'watching'] as const;
export type ImportedStage = (typeof importedStages)[number];

/** What is said of a case that ran already. Days as `YYYY-MM-DD`. */
export interface RunningCase {
  stage: ImportedStage;
  oldCaseNo: string | null;
  leadAgencyCode: string | null;
  supportBeganOn: string | null;
  nextAction: string | null;
  nextActionOn: string | null;
}

/** Keeps it, and gives the case the status that it has. */
export async function storeRunningCase(tx: Tx, caseId: string, { supportBeganOn, nextActionOn, ...said }: RunningCase): Promise<void> {
  const day = (on: string | null): Date | null => (on === null ? null : new Date(`${on}T00:00:00Z`));
  await tx.db.importedCase.create({ data: { caseId, ...said, supportBeganOn: day(supportBeganOn), nextActionOn: day(nextActionOn) } });
  await setStatus(tx, caseId, said.stage, null);
}

/** The day on which the consultation of an imported case was received: it counts from there. */
export async function openedOn(tx: Tx, caseId: string, on: string): Promise<void> {
  await tx.db.$executeRawUnsafe(`update support_case set opened_at = $2::timestamptz where id = $1::uuid`, caseId, new Date(`${on}T09:00:00+09:00`));
}

/** Locks an import. null: there is none. */
export async function lockImport(tx: Tx, id: string): Promise<LockedImport | null> {
  const [row] = await tx.db.$queryRawUnsafe<LockedImport[]>(`select b.by_id as "byId", u.agency_code as "agencyCode", b.undone_at as "undoneAt" from import_batch b join app_user u on u.id = b.by_id where b.id = $1::uuid for update of b`, id);
  return row ?? null;
}

/** Whether this person may take the import back: whoever brought it, or a manager of the same agency. */
export const mayTakeBack = (person: Person, found: Pick<LockedImport, 'byId' | 'agencyCode'>): boolean => found.byId === person.userId || (found.agencyCode === person.agencyCode && person.roles.includes('manager'));

export interface BroughtRow extends ImportedRow {
  caseNo: string | null;
  record: string | null;
  /** Somebody has worked on the case since. */
  used: boolean;
}

/** The rows of an import with what has become of them. */
export async function rowsOfImport(tx: Tx, id: string): Promise<BroughtRow[]> {
  return tx.db.$queryRawUnsafe<BroughtRow[]>(
    `select r.sheet, r.row, r.case_id as "caseId", r.submission_id as "submissionId", c.case_no as "caseNo", s.record,
       exists (select 1 from submission o where o.case_id = r.case_id and o.id <> r.submission_id)
         or exists (select 1 from task t join task_comment k on k.task_id = t.id where t.business_key = c.case_no)
         or exists (select 1 from task t where t.business_key = c.case_no and t.status = 'completed' and t.ended_at > b.at)
         or exists (select 1 from task t where t.business_key = c.case_no and t.claimed_at > b.at)
         or exists (select 1 from clock_pause p left join task t on t.id = p.task_id where coalesce(t.business_key, p.business_key) = c.case_no and p.paused_at > b.at)
         or exists (select 1 from attachment a where a.case_id = r.case_id)
         or exists (select 1 from draft d join task t on t.id = d.task_id where t.business_key = c.case_no)
         or exists (select 1 from household_member m join client_change k on k.client_id = m.client_id where m.case_id = r.case_id and k.at > b.at) as used
     from import_row r join import_batch b on b.id = r.import_id join submission s on s.id = r.submission_id left join support_case c on c.id = r.case_id
     where r.import_id = $1::uuid order by r.sheet, r.row`,
    id,
  );
}

/** Closes a case as one that was never ours and ends every right to see it; that it was there stays on record. */
export async function withdrawCase(tx: Tx, caseId: string): Promise<void> {
  await tx.db.$executeRawUnsafe(`update support_case set status = 'closed', closed_at = $2::timestamptz, close_reason = 'import_undone' where id = $1::uuid`, caseId, tx.now);
  await turnCase(tx, caseId, 'closed');
  await tx.db.$executeRawUnsafe(`update case_access set ended_at = $2::timestamptz, end_reason = 'import_undone' where case_id = $1::uuid and ended_at is null`, caseId, tx.now);
}

export async function markUndone(tx: Tx, id: string, reason: string, byId: string): Promise<void> {
  await tx.db.$executeRawUnsafe(`update import_batch set undone_at = $2::timestamptz, undone_by_id = $3::uuid, undo_reason = $4 where id = $1::uuid`, id, tx.now, byId, reason);
}
