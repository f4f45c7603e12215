// 本人同意 (F10): whether this may be told to that agency, now. Everybody who shares asks here, in the transaction of the share.
import type { Tx } from '../../base/db.js';

/** What is agreed to (F10 type): 相談記録の作成, 情報共有, 重層的支援会議への情報提供, プラン, 参加支援受入先への提供, 写真・音声. */
export const consentTypes = ['record', 'share', 'conference', 'plan', 'place', 'media'] as const;
export type ConsentType = (typeof consentTypes)[number];
/** 共有する情報の範囲 (F10 scopeItems): 基本情報, 家族状況, 健康・障害, 収入・債務, 支援経過, 会議記録. */
export const scopeItems = ['basic', 'family', 'health', 'money', 'progress', 'meeting'] as const;
export type ScopeItem = (typeof scopeItems)[number];

/**
 * 同意の状態 (domain.md §3.5): 未説明, 説明済・検討中, 同意(全部), 同意(一部・機関除外), 不同意, 判断困難, 同意撤回, 期限切れ. A new
 * consent after the last two is 再同意 (`again`).
 */
export type ConsentState = 'unexplained' | 'considering' | 'full' | 'partial' | 'refused' | 'incapable' | 'withdrawn' | 'expired';

export interface Covering {
  consentId: string;
  /** The kinds of content that may be told; what was withdrawn since is not among them. */
  items: ScopeItem[];
  validUntil: Date;
}

/**
 * The consent of the person that the case is about, by which this agency may be told now: given, in its period, not withdrawn or
 * replaced, and naming the agency. An agency that it does not name is not covered (domain.md §3.1).
 * @param agencyCode null: somebody who is no agency (a 受入先); then it is enough that the purpose was agreed to
 * @param purpose what it is told for; `conference` for a 重層的支援会議
 * @returns null where there is none: nothing may be told
 */
export async function coveringConsent(tx: Pick<Tx, 'db' | 'now'>, caseId: string, agencyCode: string | null, purpose: ConsentType = 'share'): Promise<Covering | null> {
  const [row] = await tx.db.$queryRawUnsafe<Covering[]>(
    `select c.id as "consentId", consent_items(c.id) as items, c.valid_until as "validUntil" from consent c
     where c.case_id = $1::uuid and c.subject = 'self' and consent_holds(c.id, $2::timestamptz) and $4 = any(consent_types(c.id)) and ($3::text is null or consent_agrees(c.id, $3))
       and cardinality(consent_items(c.id)) > 0
     order by c.recorded_at desc, c.id desc limit 1`,
    caseId,
    tx.now,
    agencyCode,
    purpose,
  );
  return row ?? null;
}

export interface Standing {
  state: ConsentState;
  /** 再同意: given once more after it had been withdrawn or had expired. */
  again: boolean;
  consentId: string | null;
  validUntil: Date | null;
}

interface Newest {
  id: string;
  state: string;
  validFrom: Date | null;
  validUntil: Date | null;
  ended: string | null;
  again: boolean;
}

/** Where the case stands with the consent of the person that it is about. Consents for a 受入先 alone do not count. */
export async function consentStateOf(tx: Pick<Tx, 'db' | 'now'>, caseId: string): Promise<Standing> {
  const [row] = await tx.db.$queryRawUnsafe<Newest[]>(
    `select c.id, c.state, c.valid_from as "validFrom", c.valid_until as "validUntil", (select e.kind from consent_end e where e.consent_id = c.id and e.kind <> 'narrowed') as ended,
       exists (select 1 from consent o join consent_end e on e.consent_id = o.id and e.kind in ('withdrawn', 'expired') where o.case_id = c.case_id and o.subject = 'self' and o.place_name is null and o.id <> c.id) as again
     from consent c where c.case_id = $1::uuid and c.subject = 'self' and c.place_name is null order by consent_holds(c.id, $2::timestamptz) desc, exists (select 1 from consent_end e where e.consent_id = c.id and e.kind = 'superseded'), c.recorded_at desc, c.id desc limit 1`,
    caseId,
    tx.now,
  );
  if (!row) return { state: 'unexplained', again: false, consentId: null, validUntil: null };
  const given = row.state === 'full' || row.state === 'partial';
  const over = given && row.validUntil !== null && row.validUntil <= tx.now;
  const ended = row.ended === 'withdrawn' ? 'withdrawn' : row.ended === 'expired' || over ? 'expired' : null;
  return { state: ended ?? (row.state as ConsentState), again: given && row.again, consentId: row.id, validUntil: row.validUntil };
}
