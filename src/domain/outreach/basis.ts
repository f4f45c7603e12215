// On what an outreach rests: a consent of the person that holds, or a 支援会議 that agreed how to approach (社会福祉法106条の6). What
// somebody ticks in a form is not enough.
import type { Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import { consentsHeldBy } from '../consents/of-person.js';
import type { StartBasis } from './outreach.js';

/** The last 支援会議 of the case that was held and agreed on a direction. */
async function sittingOf(tx: Pick<Tx, 'db'>, caseId: string): Promise<string | null> {
  const [row] = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select s.id from sitting s join meeting m on m.id = s.meeting_id join meeting_case c on c.meeting_id = m.id
     where c.case_id = $1::uuid and m.kind = 'confidential' and s.held_at is not null and s.result = 'direction_agreed' order by s.held_at desc limit 1`, caseId);
  return row?.id ?? null;
}

/**
 * The id of the consent or of the sitting.
 * @param clientId towards whom it goes; their consent counts, and nobody else's of the household
 * @throws Problem outreach_basis_missing when there is none on record
 */
export async function mustRestOn(tx: Tx, caseId: string, clientId: string | null, basis: StartBasis): Promise<string> {
  if (basis === 'confidential') {
    const sitting = await sittingOf(tx, caseId);
    if (sitting === null) throw new Problem('outreach_basis_missing');
    return sitting;
  }
  const consentId = await outreachConsent(tx, caseId, clientId);
  if (consentId === null) throw new Problem('outreach_basis_missing');
  return consentId;
}

/** The consent of the person themself that holds now, for more than one 受入先; null where there is none. */
export async function outreachConsent(tx: Tx, caseId: string, clientId: string | null): Promise<string | null> {
  return (await consentsHeldBy(tx, caseId, clientId)).find(({ placeName }) => placeName === null)?.consentId ?? null;
}
