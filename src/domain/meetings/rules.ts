// What a city has laid down for its meetings (city/meetings.json).
import type { Tx } from '../../base/db.js';

export interface MeetingRules {
  /** How long after its close what a sitting was given stays open to those who sat there: `14d` (casework.md §3.3 R6). */
  windowAfterClose: string;
  /** 定足数: the share of the seats (0 to 1) that must be able to come, and the roles that must be among them. */
  quorum: { share: number; roles: string[] };
}

/** @throws Error when the city has no such file (the seed brings it) */
export async function meetingRules(tx: Pick<Tx, 'db'>): Promise<MeetingRules> {
  const found = await tx.db.citySetting.findUnique({ where: { key: 'meetings' } });
  if (!found) throw new Error('the city has laid down nothing about meetings (city/meetings.json)');
  return found.value as unknown as MeetingRules;
}
