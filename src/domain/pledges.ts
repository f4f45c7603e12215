// 守秘義務誓約 (F11): who has pledged secrecy, to which text, and for how long. Whoever opens something confidential asks here.
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';

/**
 * The pledge by which this person may be shown what is confidential: as long as the post is held, this fiscal year, or for this
 * sitting. It ends when the person stops working here (their sign-in is closed) or moves to another agency.
 * @param about `sittingId`: the sitting that is asked about; without it only pledges of a year or a term count
 * @returns null where there is none
 */
export async function validPledge(tx: Pick<Tx, 'db' | 'now'>, userId: string, about: { sittingId?: string } = {}): Promise<{ pledgeId: string; textVersion: string } | null> {
  const [row] = await tx.db.$queryRawUnsafe<{ pledgeId: string; textVersion: string }[]>(
    `select p.id as "pledgeId", p.text_version as "textVersion" from pledge p join app_user u on u.id = p.user_id
     where p.user_id = $1::uuid and u.active and u.agency_code = p.agency_code and p.recorded_at <= $2::timestamptz
       and (p.valid_for = 'term' or (p.valid_for = 'fiscal_year' and p.valid_until > $2::timestamptz) or (p.valid_for = 'sitting' and p.sitting_id = $3::uuid))
     order by p.valid_for = 'sitting' desc, p.recorded_at desc, p.id desc limit 1`,
    userId,
    tx.now,
    about.sittingId ?? null,
  );
  return row ?? null;
}

export interface NewPledge {
  /** null: somebody without a sign-in, whose paper the office keeps. */
  userId: string | null;
  personName: string;
  agencyCode: string;
  /** As what: 市職員, 委託先, 支援会議構成員 … (F11 capacity). */
  capacity: string;
  textVersion: string;
  understood: readonly string[];
  validFor: 'sitting' | 'fiscal_year' | 'term';
  sittingId: string | null;
  /** ISO day in Japan. */
  signedOn: string;
  validUntil: Date | null;
  submissionId: string | null;
}

/** Keeps a pledge. It is never changed: a new text is pledged anew. @returns its id */
export async function recordPledge(tx: Tx, pledge: NewPledge): Promise<string> {
  const id = newId(tx.now.getTime());
  const recordedById = tx.actor.kind === 'person' ? tx.actor.userId : null;
  await tx.db.pledge.create({ data: { id, ...pledge, understood: [...pledge.understood], recordedAt: tx.now, recordedById } });
  return id;
}

/** Midnight in Japan at which the fiscal year of this day (ISO) is over: the end of the next 31 March. */
export function endOfFiscalYear(day: string): Date {
  const [year, month] = day.split('-').map(Number) as [number, number];
  return new Date(`${month >= 4 ? year + 1 : year}-04-01T00:00:00+09:00`);
}

export interface PledgeLine extends Omit<NewPledge, 'submissionId' | 'userId' | 'understood'> {
  id: string;
  understood: string[];
  recordedAt: Date;
  /** Whether it would let its signer in now (one for a sitting: into that sitting). */
  valid: boolean;
}

/** Pledges, the newest first. @param userId only those of this person; null: all that may be seen */
export async function listPledges(tx: Pick<Tx, 'db' | 'now'>, userId: string | null): Promise<PledgeLine[]> {
  return tx.db.$queryRawUnsafe<PledgeLine[]>(
    `select p.id, p.person_name as "personName", p.agency_code as "agencyCode", p.capacity, p.text_version as "textVersion", p.understood, p.valid_for as "validFor", p.sitting_id as "sittingId",
       p.signed_on as "signedOn", p.valid_until as "validUntil", p.recorded_at as "recordedAt",
       (p.valid_until is null or p.valid_until > $2::timestamptz) and (p.user_id is null or exists (select 1 from app_user u where u.id = p.user_id and u.active and u.agency_code = p.agency_code)) as valid
     from pledge p where $1::uuid is null or p.user_id = $1::uuid order by p.recorded_at desc, p.id desc limit 500`,
    userId,
    tx.now,
  );
}
