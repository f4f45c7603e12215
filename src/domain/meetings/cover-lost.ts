// A 重層的支援会議 that was called and of which the consent is gone: it is not held. The sitting ends in the same transaction as the consent.
import type { Tx } from '../../base/db.js';
import { tellGroups } from '../consents/tell.js';
import type { Filed } from '../records/record.js';
import { seatsOf, uncovered } from './seats.js';
import { findSitting, lockMeeting, postponeSitting } from './sittings.js';

/** Who calls the meetings of the city. */
async function officesOf(tx: Tx): Promise<string[]> {
  return (await tx.db.group.findMany({ where: { kind: 'meeting_office' }, select: { key: true }, orderBy: { key: 'asc' } })).map(({ key }) => key);
}

/**
 * Postpones the sittings about this case that were called and in which one of their cases may not be spoken of any more, since the consent
 * covers nobody at the table. Whoever was invited and the office are told, without a name; the meeting goes back to where its next
 * sitting is arranged (P12). Where the consent still covers somebody, whoever it leaves out loses their sight alone.
 */
export async function postponeUncovered(tx: Tx, filed: Pick<Filed, 'tell'>, caseId: string): Promise<void> {
  const called = await tx.db.$queryRawUnsafe<{ id: string; meetingId: string }[]>(
    `select s.id, t.id as "meetingId" from sitting s join meeting t on t.id = s.meeting_id join meeting_case c on c.meeting_id = t.id and c.case_id = $1::uuid
     where t.kind in ('plan', 'closure') and t.closed_at is null and (s.status = 'invited' or s.status = 'convened' and s.meets_at is not null) order by t.id`,
    caseId,
  );
  for (const { id, meetingId } of called) {
    await lockMeeting(tx, meetingId);
    const sitting = await findSitting(tx, id);
    if (!sitting || !['convened', 'invited'].includes(sitting.status) || (await uncovered(tx, sitting)).cases.length === 0) continue;
    const invited = sitting.status === 'invited' ? (await seatsOf(tx, id)).map(({ groupKey }) => groupKey) : [];
    await postponeSitting(tx, sitting);
    await tellGroups(tx, caseId, [...new Set([...invited, ...(await officesOf(tx))])], 'meeting_cover_lost');
    filed.tell({ kind: 'message', name: 'meeting_cover_lost', about: id, variables: {} });
  }
}
