// What ends with a case: whoever closes it, or notes that somebody moved away or died, calls this in the same transaction.
import type { Tx } from '../../base/db.js';
import { endAccess } from '../access.js';
import { endOutreach, runningOutreach, type EndReason } from '../outreach/outreach.js';
import { endParticipation, giveBackSeats, listParticipations } from './participation.js';

export interface EndedServices {
  outreaches: number;
  participations: number;
  seats: number;
}

/**
 * Ends the outreach and the participation support that run for a case, with the rights that followed from them, and gives back every
 * seat. Doing it again changes nothing. Not for a case that closes because all is well: whoever has settled keeps the seat.
 * @param today YYYY-MM-DD
 */
export async function endServices(tx: Tx, caseId: string, reason: EndReason, today: string): Promise<EndedServices> {
  const outreach = await runningOutreach(tx, caseId);
  const running = (await listParticipations(tx, caseId)).filter(({ endedAt }) => endedAt === null);
  const seats = await giveBackSeats(tx, { caseId }, 'exit', today);
  if (outreach) await endOutreach(tx, outreach.id, reason);
  for (const { id } of running) await endParticipation(tx, id, 'interrupted', { stableOn: null, today });
  for (const id of [...(outreach ? [outreach.id] : []), ...running.map((one) => one.id)]) await endAccess(tx, { caseId, basis: 'assignment', basisId: id }, `ended_${reason}`);
  return { outreaches: outreach ? 1 : 0, participations: running.length, seats };
}

/** The same where something still runs; a case that closes with everybody settled keeps their seats. Doing it again changes nothing. */
export async function endRunningServices(tx: Tx, caseId: string, today: string): Promise<void> {
  const runs = (await runningOutreach(tx, caseId)) !== null || (await listParticipations(tx, caseId)).some(({ endedAt }) => endedAt === null);
  if (runs) await endServices(tx, caseId, 'other', today);
}
