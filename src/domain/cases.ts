// 相談ケース. Its number is the only thing that mails and process instances know it by.
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { Problem } from '../base/problem.js';
import { planInForce } from './plans/plan.js';

export const fields = ['elder', 'disability', 'child', 'needy'] as const;
export type Field = (typeof fields)[number];

/** How a consultation came: 窓口, 電話, 訪問, ウェブ, アウトリーチ, 地域から. */
export const channels = ['desk', 'phone', 'visit', 'web', 'outreach', 'community'] as const;
export type Channel = (typeof channels)[number];

/** open 受付 and what `set_case_status` may set; `closed` is set by closing alone. */
export const statuses = ['open', 'screening', 'coordination', 'confidential', 'supporting', 'watching', 'on_hold', 'interrupted', 'closed'] as const;
export type CaseStatus = (typeof statuses)[number];

export interface NewCase {
  field: Field;
  channel: string | null;
  agencyCode: string;
  urgent: boolean;
}

export interface CaseRow extends NewCase {
  id: string;
  caseNo: string;
  status: string;
  openedAt: Date;
}

/** The Japanese fiscal year (April to March) of a day in Japan, as `R8` (Reiwa 8 = 2026). */
export function fiscalYear(onDate: string): string {
  const [year, month] = onDate.split('-').map(Number) as [number, number];
  return `R${(month >= 4 ? year : year - 1) - 2018}`;
}

/**
 * Opens a case under the next number of the fiscal year: `R8-00001`.
 * @param onDate today in Japan
 */
export async function openCase(tx: Tx, input: NewCase, onDate: string, openedById: string | null): Promise<CaseRow> {
  const year = fiscalYear(onDate);
  const [row] = await tx.db.$queryRawUnsafe<CaseRow[]>(
    `with n as (insert into case_counter (year, last) values ($1, 1) on conflict (year) do update set last = case_counter.last + 1 returning last)
     insert into support_case (id, case_no, field, channel, agency_code, urgent, opened_at, opened_by_id)
     select $2::uuid, $1 || '-' || lpad(n.last::text, 5, '0'), $3, $4, $5, $6, $7::timestamptz, $8::uuid from n
     returning id, case_no as "caseNo", field, channel, agency_code as "agencyCode", urgent, status, opened_at as "openedAt"`,
    year,
    newId(tx.now.getTime()),
    input.field,
    input.channel,
    input.agencyCode,
    input.urgent,
    tx.now,
    openedById,
  );
  return row!;
}

/** Writes down that a case is closed, or open again, from now on: its 支援経過 says so whatever comes later. */
export async function turnCase(tx: Tx, caseId: string, what: 'closed' | 'reopened'): Promise<void> {
  await tx.db.caseTurn.create({ data: { id: newId(tx.now.getTime()), caseId, what, at: tx.now } });
}

/** Sets the status; a closed case is thereby open again, and its retention period no longer runs. @throws Error when there is no such case */
export async function setStatus(tx: Tx, caseId: string, status: CaseStatus, urgent: boolean | null): Promise<void> {
  const [closed] = await tx.db.$queryRawUnsafe<object[]>(`select 1 from support_case where id = $1::uuid and closed_at is not null for update`, caseId);
  if (closed) await turnCase(tx, caseId, 'reopened');
  const changed = await tx.db.$executeRawUnsafe(
    `update support_case set status = $2, urgent = coalesce($3::boolean, urgent), closed_at = null, close_reason = null where id = $1::uuid`,
    caseId,
    status,
    urgent,
  );
  if (changed !== 1) throw new Error(`no case ${caseId}`);
}

/** Whether the case is urgent. */
export async function setUrgent(tx: Tx, caseId: string, urgent: boolean): Promise<void> {
  await tx.db.$executeRawUnsafe(`update support_case set urgent = $2 where id = $1::uuid`, caseId, urgent);
}

/**
 * Closes a case; the time that it is kept counts from now. One that is closed stays as it is.
 * @throws Problem closure_unaccompanied while a plan is in force: its end is decided first, with who accompanies afterwards
 *   (domain/evaluations/closures.ts); Error when there is no such case
 */
export async function closeCase(tx: Tx, caseId: string, reason: string): Promise<void> {
  const [row] = await tx.db.$queryRawUnsafe<{ closed_at: Date | null }[]>(`select closed_at from support_case where id = $1::uuid for update`, caseId);
  if (!row) throw new Error(`no case ${caseId}`);
  if (row.closed_at) return;
  if (await planInForce(tx, caseId)) throw new Problem('closure_unaccompanied');
  await tx.db.$executeRawUnsafe(`update support_case set status = 'closed', closed_at = $2::timestamptz, close_reason = $3 where id = $1::uuid`, caseId, tx.now, reason);
  await turnCase(tx, caseId, 'closed');
}

/** @throws Error when there is no such case */
export const isClosed = async (tx: Pick<Tx, 'db'>, caseId: string): Promise<boolean> => (await caseOrigin(tx, caseId)).status === 'closed';

/**
 * Whether what is done for the case is urgent: it was marked so, or its newest assessment (F03) says A 即時. What a 支援会議 says of the risk
 * (F16, or a sheet kept in its sitting) counts there alone: nothing of it may be told from how the case is treated.
 */
export async function isUrgent(tx: Pick<Tx, 'db'>, caseId: string): Promise<boolean> {
  const [row] = await tx.db.$queryRawUnsafe<{ urgent: boolean }[]>(
    `select c.urgent or coalesce((select s.answers->>'riskScore' = 'a' from submission s where s.case_id = c.id and s.record in ('F03', 'F03.screening') and s.compartment <> 'confidential' and s.sitting_id is null
       and s.answers ? 'riskScore' order by s.submitted_at desc, s.id desc limit 1), false) as urgent from support_case c where c.id = $1::uuid`,
    caseId,
  );
  return row?.urgent ?? false;
}

/** Where it came from: its field and the agency that took it. @throws Error when there is no such case */
export async function caseOrigin(tx: Pick<Tx, 'db'>, caseId: string): Promise<{ field: Field; agencyCode: string; status: string; urgent: boolean }> {
  const found = await tx.db.case.findUnique({ where: { id: caseId }, select: { field: true, agencyCode: true, status: true, urgent: true } });
  if (!found) throw new Error(`no case ${caseId}`);
  return found as { field: Field; agencyCode: string; status: string; urgent: boolean };
}

/** The number of a case. @throws Error when there is no such case */
export async function caseNoOf(tx: Pick<Tx, 'db'>, caseId: string): Promise<string> {
  const found = await tx.db.case.findUnique({ where: { id: caseId }, select: { caseNo: true } });
  if (!found) throw new Error(`no case ${caseId}`);
  return found.caseNo;
}

/** The day in Japan on which a case began: when it was opened here, or earlier, when its sheet says that the consultation was received. */
export async function caseBeganOn(tx: Pick<Tx, 'db'>, caseId: string): Promise<string> {
  const [row] = await tx.db.$queryRawUnsafe<{ on: string }[]>(
    `select to_char(c.opened_at at time zone 'Asia/Tokyo', 'YYYY-MM-DD') as on from support_case c where c.id = $1::uuid
     union all select left(s.answers ->> 'receivedAt', 10) from submission s where s.case_id = $1::uuid and s.record in ('F01', 'F02') and s.answers ->> 'receivedAt' ~ '^\\d{4}-\\d\\d-\\d\\d' order by 1 limit 1`,
    caseId,
  );
  if (!row) throw new Error(`no case ${caseId}`);
  return row.on;
}

/** The id of the case with this number; null when there is none (a process that is about no case). */
export async function caseIdOf(tx: Pick<Tx, 'db'>, caseNo: string | null): Promise<string | null> {
  if (caseNo === null) return null;
  return (await tx.db.case.findUnique({ where: { caseNo }, select: { id: true } }))?.id ?? null;
}

/** Nobody else files anything about this case until the transaction is over. Last in the lock order (base/db). */
export async function lockCase(tx: Tx, caseId: string): Promise<void> {
  await tx.db.$queryRawUnsafe(`select 1 as locked from support_case where id = $1::uuid for update`, caseId);
}

/** The same, and its number. @throws Error when there is no such case */
export async function lockCaseNo(tx: Tx, caseId: string): Promise<string> {
  const [row] = await tx.db.$queryRawUnsafe<{ caseNo: string }[]>(`select case_no as "caseNo" from support_case where id = $1::uuid for update`, caseId);
  if (!row) throw new Error(`no case ${caseId}`);
  return row.caseNo;
}

/** What names this case and no other: its number and its id. None when there is no such case. */
export async function caseKeys(tx: Pick<Tx, 'db'>, caseNo: string): Promise<string[]> {
  const found = await tx.db.case.findUnique({ where: { caseNo }, select: { id: true } });
  return found ? [caseNo, found.id] : [];
}
