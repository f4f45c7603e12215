// What the yearly evaluation leaves behind (P09): that a run has begun, figures, counts, evaluations. Counts and codes, no cases.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import type { DueRun } from './schedule.js';

/** Notes that the run has begun. @returns false when it had begun before */
export async function beginRun(tx: Tx, due: DueRun): Promise<boolean> {
  const made = await tx.db.$executeRawUnsafe(
    `insert into annual_run (id, fiscal_year, run, due_on, started_at) values ($1::uuid, $2, $3, $4::date, $5::timestamptz) on conflict (fiscal_year, run) do nothing`,
    newId(tx.now.getTime()), due.fiscalYear, due.run, due.dueOn, tx.now,
  );
  return made === 1;
}

/** The inboxes of those who enter figures. */
export async function kpiGroups(tx: Pick<Tx, 'db'>): Promise<string[]> {
  return (await tx.db.group.findMany({ where: { kind: 'kpi' }, select: { key: true }, orderBy: { key: 'asc' } })).map(({ key }) => key);
}

export interface NewEntry {
  fiscalYear: string;
  /** Of which run: a quarter, or the whole year. */
  quarter: string;
  kpi: string;
  value: number;
  agencyCode: string;
  submissionId: string;
  enteredById: string;
}

export async function enterKpi(tx: Tx, entry: NewEntry): Promise<void> {
  await tx.db.kpiEntry.create({ data: { id: newId(tx.now.getTime()), ...entry, enteredAt: tx.now } });
}

/** Fixes the counts of cases as they stand: by status, field and reason of closure. What was imported by mistake and taken back (`import_undone`) was never a case. */
export async function takeSnapshot(tx: Tx, year: string, takenById: string | null): Promise<string> {
  const id = newId(tx.now.getTime());
  await tx.db.$executeRawUnsafe(
    `insert into annual_snapshot (id, fiscal_year, counts, taken_at, taken_by_id)
     with counted as (select * from support_case where close_reason is distinct from 'import_undone')
     select $1::uuid, $2, jsonb_build_object(
       'opened', (select count(*) from counted where case_no like $2 || '-%'),
       'byStatus', (select coalesce(jsonb_object_agg(status, n), '{}') from (select status, count(*) n from counted group by status) s),
       'byField', (select coalesce(jsonb_object_agg(field, n), '{}') from (select field, count(*) n from counted group by field) f),
       'closedFor', (select coalesce(jsonb_object_agg(close_reason, n), '{}') from (select close_reason, count(*) n from counted where close_reason is not null group by close_reason) r),
       'referrals', (select coalesce(jsonb_object_agg(status, n), '{}') from (select status, count(*) n from referral group by status) x),
       'emergencies', (select count(*) from emergency)), $3::timestamptz, $4::uuid`,
    id, year, tx.now, takenById,
  );
  return id;
}

export interface NewEvaluation {
  fiscalYear: string;
  programme: string;
  indicator: string;
  target: number | null;
  actual: number | null;
  grade: string | null;
  ownerAgency: string | null;
  submissionId: string;
}

export async function keepProgrammeEvaluation(tx: Tx, line: NewEvaluation): Promise<void> {
  await tx.db.programmeEvaluation.create({ data: { id: newId(tx.now.getTime()), ...line, at: tx.now } });
}

export interface AnnualView {
  runs: { fiscalYear: string; run: string; dueOn: string; startedAt: Date }[];
  kpis: { kpi: string; quarter: string; agencyCode: string; value: number; enteredAt: Date }[];
  snapshots: { takenAt: Date; counts: unknown }[];
  evaluations: { programme: string; indicator: string; target: number | null; actual: number | null; grade: string | null; ownerAgency: string | null; at: Date }[];
}

/** What there is of a fiscal year. */
export async function annualOf(tx: Tx, year: string): Promise<AnnualView> {
  const { db } = tx;
  const runs = await db.$queryRawUnsafe<AnnualView['runs']>(`select fiscal_year as "fiscalYear", run, due_on::text as "dueOn", started_at as "startedAt" from annual_run where fiscal_year = $1 order by due_on`, year);
  const kpis = await db.$queryRawUnsafe<AnnualView['kpis']>(
    `select distinct on (kpi, quarter, agency_code) kpi, quarter, agency_code as "agencyCode", value, entered_at as "enteredAt" from kpi_entry where fiscal_year = $1 order by kpi, quarter, agency_code, entered_at desc, id desc`, year);
  const snapshots = await db.annualSnapshot.findMany({ where: { fiscalYear: year }, orderBy: { takenAt: 'desc' }, select: { takenAt: true, counts: true } });
  const evaluations = await db.$queryRawUnsafe<AnnualView['evaluations']>(
    `select programme, indicator, target, actual, grade, owner_agency as "ownerAgency", at from programme_evaluation where fiscal_year = $1 order by at desc, programme, indicator`, year);
  return { runs, kpis, snapshots, evaluations };
}
