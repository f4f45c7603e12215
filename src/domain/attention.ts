// Cases that somebody should look at, found by asking and not by remembering to: without a next action, without 主担当, silent,
// held by a process that has ended, with a clock that stands, or with an outreach whose next day has passed.
import type { Tx } from '../base/db.js';

export const attentionKinds = ['no_next_action', 'no_lead', 'silent', 'held', 'paused', 'outreach_overdue'] as const;
export type AttentionKind = (typeof attentionKinds)[number];

export interface AttentionLine {
  caseId: string;
  caseNo: string;
  field: string;
  status: string;
  urgent: boolean;
  agencyCode: string;
  kinds: AttentionKind[];
  /** When something was last written about it: an answered form, a comment, its opening. null: known by its outreach alone. */
  lastAt: Date | null;
  /** The day on which its clock goes on. */
  pausedUntil: Date | null;
  /** The first day of its outreach that has passed (next contact, review, review by the 支援会議); null: none, or not for the reader to know. */
  outreachDueOn: string | null;
}

interface Found extends Omit<AttentionLine, 'kinds'> {
  noNext: boolean;
  noLead: boolean;
  held: boolean;
  /** 保留 or 中断 that runs. */
  resting: boolean;
}

/**
 * The cases among those of which the reader may know, the longest silent first. A case whose clock stands is neither called silent nor
 * late, and one that rests (保留, 中断) is not called silent before its day has passed. The managers of an agency that carries an outreach learn that it is late, and of a case that they know by this alone no more.
 * @param today YYYY-MM-DD
 * @param silentDays days without a word that are too many
 */
export async function findAttention(tx: Tx, today: string, silentDays: number): Promise<AttentionLine[]> {
  const silentBefore = new Date(tx.now.getTime() - silentDays * 86_400_000);
  const rows = await tx.db.$queryRawUnsafe<Found[]>(
    `select a.case_id as "caseId", a.case_no as "caseNo", a.field, a.status, a.urgent, a.agency_code as "agencyCode", a.no_next as "noNext", a.no_lead as "noLead", a.held_by_none as held,
       a.last_at as "lastAt", a.paused_until as "pausedUntil", a.outreach_due_on::text as "outreachDueOn", a.resting
     from case_attention($2::date) a
     where a.no_next or a.no_lead or a.held_by_none or a.paused_until is not null or (a.last_at < $1::timestamptz and not a.resting) or a.outreach_due_on is not null order by a.last_at nulls last, a.case_no`,
    silentBefore,
    today,
  );
  return rows.map(({ noNext, noLead, held, resting, ...line }) => {
    const paused = line.pausedUntil !== null;
    const silent = !paused && !resting && line.lastAt !== null && line.lastAt < silentBefore;
    const is: Record<AttentionKind, boolean> = { no_next_action: noNext, no_lead: noLead, silent, held, paused, outreach_overdue: line.outreachDueOn !== null };
    return { ...line, kinds: attentionKinds.filter((kind) => is[kind]) };
  });
}
