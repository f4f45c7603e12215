// Who has to hear of a withdrawal (T-P10-03): the agencies that were told something under what was taken back.
import type { Tx } from '../../base/db.js';

export interface Recipients {
  /** Codes of agencies that were told, or could have looked, under what this withdrawal took back. */
  told: string[];
  /** Codes of agencies that the consents still cover. */
  remaining: string[];
}

/**
 * Read from the 提供記録 and the consents, also those that the one taken back had replaced. Who was told of an earlier withdrawal, and
 * has been told nothing since, is not told again.
 * @param withdrawalId the submission (F17)
 */
export async function recipientsOfWithdrawal(tx: Pick<Tx, 'db' | 'now'>, caseId: string, withdrawalId: string): Promise<Recipients> {
  const told = await tx.db.$queryRawUnsafe<{ code: string }[]>(
    `select distinct d.to_code as code from consent_end e join consent taken on taken.id = e.consent_id
       join consent c on c.case_id = taken.case_id and c.subject = taken.subject and consent_of_member(c.member_id, c.member_name, taken.member_id, taken.member_name)
       join disclosure d on d.consent_id = c.id and d.to_kind = 'agency'
     where e.case_id = $1::uuid and e.submission_id = $2::uuid and (e.kind = 'withdrawn' or d.to_code = any(e.agencies) or d.items && e.items or d.purpose = any(e.types))
       and not exists (select 1 from consent_end w where w.consent_id = c.id and w.kind = 'withdrawn' and w.submission_id <> $2::uuid) order by 1`,
    caseId,
    withdrawalId,
  );
  const remaining = await tx.db.$queryRawUnsafe<{ code: string }[]>(
    `select distinct a.agency_code as code from consent c join consent_agency a on a.consent_id = c.id
     where c.case_id = $1::uuid and c.subject = 'self' and consent_holds(c.id, $2::timestamptz) and consent_agrees(c.id, a.agency_code) order by 1`,
    caseId,
    tx.now,
  );
  return { told: told.map(({ code }) => code), remaining: remaining.map(({ code }) => code) };
}
