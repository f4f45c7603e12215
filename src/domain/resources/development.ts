// 開拓課題: "there is no such place" is work, not an answer. An item says what is missing, who sees to it and how far that has
// come; it says nothing of whom it is missing for, so that 地域づくり and the 推進会議 may read it.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { traces } from '../community/traces.js';

export const itemStatuses = ['open', 'working', 'found', 'community'] as const;
export type ItemStatus = (typeof itemStatuses)[number];

export interface DevelopmentItem {
  id: string;
  no: string;
  summary: string;
  purposes: string[];
  area: string | null;
  status: ItemStatus;
  ownerGroup: string;
  ownerId: string | null;
  resourceId: string | null;
  /** The 地域課題 that it became. */
  issueId: string | null;
  openedAt: Date;
  changedAt: Date;
  closedAt: Date | null;
}

export interface NewItem {
  summary: string;
  purposes: readonly string[];
  area: string | null;
  ownerGroup: string;
}

type Reader = Pick<Tx, 'db'>;
const columns = `id, no, summary, purposes, area, status, owner_group as "ownerGroup", owner_id as "ownerId", resource_id as "resourceId", issue_id as "issueId", opened_at as "openedAt", changed_at as "changedAt", closed_at as "closedAt"`;

/** @param filter.open only what is still to be done */
export async function listItems(reader: Reader, filter: { status?: string | undefined; open?: boolean | undefined }): Promise<DevelopmentItem[]> {
  return reader.db.$queryRawUnsafe<DevelopmentItem[]>(
    `select ${columns} from development_item where ($1::text is null or status = $1) and (not $2::boolean or closed_at is null) order by opened_at desc, no desc limit 500`, filter.status ?? null, filter.open ?? false);
}

export async function findItem(reader: Reader, id: string): Promise<DevelopmentItem | null> {
  const [row] = await reader.db.$queryRawUnsafe<DevelopmentItem[]>(`select ${columns} from development_item where id = $1::uuid`, id);
  return row ?? null;
}

/** Null when there is no such number (`D-0001`). */
export async function findItemByNo(reader: Reader, no: string): Promise<DevelopmentItem | null> {
  const [row] = await reader.db.$queryRawUnsafe<DevelopmentItem[]>(`select ${columns} from development_item where no = $1`, no.normalize('NFKC').trim().toUpperCase());
  return row ?? null;
}

export async function openItem(tx: Tx, item: NewItem): Promise<{ id: string; no: string }> {
  await tx.db.$executeRawUnsafe(`select pg_advisory_xact_lock(hashtextextended('development_item', 0))`);
  const id = newId(tx.now.getTime());
  const [row] = await tx.db.$queryRawUnsafe<{ no: string }[]>(
    `insert into development_item (id, no, summary, purposes, area, owner_group, opened_at, changed_at)
     select $1::uuid, 'D-' || lpad((coalesce(max(substr(no, 3)::int), 0) + 1)::text, 4, '0'), $2, $3::text[], $4, $5, $6::timestamptz, $6::timestamptz from development_item returning no`,
    id, item.summary, item.purposes, item.area, item.ownerGroup, tx.now,
  );
  return { id, no: row!.no };
}

/** `found` and `community` end it; the latter goes on as a community issue (`issueId`). One that has ended is left as it is. */
export async function moveItem(tx: Tx, id: string, to: { status: ItemStatus; ownerId: string | null; resourceId: string | null; issueId?: string | null }): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `update development_item set status = $2, owner_id = coalesce($3::uuid, owner_id), resource_id = coalesce($4::uuid, resource_id), changed_at = $5::timestamptz,
       issue_id = coalesce($6::uuid, issue_id), closed_at = case when $2 = 'found' then $5::timestamptz end where id = $1::uuid and closed_at is null`,
    id, to.status, to.ownerId, to.resourceId, tx.now, to.issueId ?? null,
  );
}

/**
 * What leaves the case must not say whose case it is.
 * @param texts what was written, by the field of the form
 * @throws Problem issue_identifies, pointing at each field that holds a name, an address, a telephone … of the case, or its number
 */
export async function mustNotName(tx: Tx, caseId: string, texts: Readonly<Record<string, string>>): Promise<void> {
  const fields = new Set((await traces(tx, caseId, texts)).map(({ field }) => field));
  if (fields.size === 0) return;
  throw new Problem('issue_identifies', { errors: [...fields].map((field) => ({ pointer: `/answers/${field}`, detail: '氏名・住所・電話番号・ケース番号などは書かないでください。誰のことか分からない書き方で入力してください。' })) });
}
