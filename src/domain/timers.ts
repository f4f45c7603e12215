// Moments that the domain waits for by itself: a consent's last day, an answer that the law wants by a date. Rows of the same table
// as the timers of processes (kind `domain`), made and called off in the transaction of what they follow from; actions/
// fire-domain-timer lets them happen, domain/timer-rules says what happens.
import { howCounted } from '../base/calendar.js';
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';

export interface DomainTimer {
  /** What happens then: a key of domain/timer-rules. */
  rule: string;
  /** To what: the id of the consent, the request. */
  aboutId: string;
  /** null: about no case (an incident report). */
  caseId: string | null;
  /** The very instant that the calendar handed out, where it counted it: how is kept beside it. */
  dueAt: Date;
}

/** Waits for that moment; one that waits for the same already is moved to it. */
export async function setTimer(tx: Tx, timer: DomainTimer): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into timer (id, kind, rule, about_id, case_id, due_at, created_at, counted) values ($1::uuid, 'domain', $2, $3::uuid, $4::uuid, $5::timestamptz, $6::timestamptz, $7::jsonb)
     on conflict (rule, about_id) where kind = 'domain' and status = 'pending' do update set due_at = excluded.due_at, counted = excluded.counted, claimed_until = null, attempts = 0`,
    newId(tx.now.getTime()),
    timer.rule,
    timer.aboutId,
    timer.caseId,
    timer.dueAt,
    tx.now,
    JSON.stringify(howCounted(timer.dueAt) ?? { at: timer.dueAt.toISOString() }),
  );
}

/** No longer waits for anything about this, or for these of its rules. @returns how many were called off */
export async function callOffTimers(tx: Tx, aboutId: string, rules: readonly string[] | null = null): Promise<number> {
  return tx.db.$executeRawUnsafe(`update timer set status = 'cancelled', claimed_until = null where kind = 'domain' and about_id = $1::uuid and status = 'pending' and ($2::text[] is null or rule = any ($2::text[]))`, aboutId, rules);
}
