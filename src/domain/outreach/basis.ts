// On what an outreach rests: a consent of the person that holds, or a 支援会議 that agreed how to approach (社会福祉法106条の6). What
// somebody ticks in a form is not enough.
import type { Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import { consentStateOf } from '../consents/consents.js';
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
 * @throws Problem outreach_basis_missing when there is none on record
 */
export async function mustRestOn(tx: Tx, caseId: string, basis: StartBasis): Promise<string> {
  if (basis === 'confidential') {
    const sitting = await sittingOf(tx, caseId);
    if (sitting === null) throw new Problem('outreach_basis_missing');
    return sitting;
  }
  const { state, consentId } = await consentStateOf(tx, caseId);
  if ((state !== 'full' && state !== 'partial') || consentId === null) throw new Problem('outreach_basis_missing');
  return consentId;
}
