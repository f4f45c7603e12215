// 守秘義務誓約 (F11): who has pledged secrecy, to which text, and for how long. Whoever opens something confidential asks here.
import type { Tx } from '../base/db.js';

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
