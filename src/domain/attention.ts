// Cases that somebody should look at, found by asking and not by remembering to: without a next action, without 主担当, silent,
// held by a process that has ended, or with a clock that stands.
import type { Tx } from '../base/db.js';

export const attentionKinds = ['no_next_action', 'no_lead', 'silent', 'held', 'paused'] as const;
export type AttentionKind = (typeof attentionKinds)[number];

export interface AttentionLine {
  caseId: string;
  caseNo: string;
  field: string;
  status: string;
  urgent: boolean;
  agencyCode: string;
  kinds: AttentionKind[];
  /** When something was last written about it: an answered form, a comment, its opening. */
  lastAt: Date;
  /** The day on which its clock goes on. */
  pausedUntil: Date | null;
}

interface Found extends Omit<AttentionLine, 'kinds'> {
  noNext: boolean;
  noLead: boolean;
  held: boolean;
}

/**
 * The cases among those of which the reader may know, the longest silent first. A case whose clock stands is not called silent.
 * @param silentDays days without a word that are too many
 */
export async function findAttention(tx: Tx, silentDays: number): Promise<AttentionLine[]> {
  const silentBefore = new Date(tx.now.getTime() - silentDays * 86_400_000);
  const rows = await tx.db.$queryRawUnsafe<Found[]>(
    `select c.id as "caseId", c.case_no as "caseNo", c.field, c.status, c.urgent, c.agency_code as "agencyCode", a.no_next as "noNext", a.no_lead as "noLead", a.held_by_none as held,
       a.last_at as "lastAt", a.paused_until as "pausedUntil"
     from case_attention() a join support_case c on c.id = a.case_id
     where a.no_next or a.no_lead or a.held_by_none or a.paused_until is not null or a.last_at < $1::timestamptz order by a.last_at, c.case_no`,
    silentBefore,
  );
  return rows.map(({ noNext, noLead, held, ...line }) => {
    const paused = line.pausedUntil !== null;
    const is: Record<AttentionKind, boolean> = { no_next_action: noNext, no_lead: noLead, silent: !paused && line.lastAt < silentBefore, held, paused };
    return { ...line, kinds: attentionKinds.filter((kind) => is[kind]) };
  });
}
