// Who did or asked what, and on which basis. Append-only; the application may write here but not read.
import type { Tx } from './db.js';

export interface AuditEntry {
  /** As in the table of domain/authorize, e.g. `task.complete`. */
  action: string;
  resourceType: string;
  resourceId: string | null;
  /** Why it was allowed: `group:grp.intake.elder`, `assignee`, `role:manager`, `system`. */
  basis: string | null;
  outcome: 'done' | 'refused';
  /** A code (of the refusal, of what became of it); never what somebody typed. */
  reason?: string | null;
  /** Names (never values) of what was read or changed. */
  fields?: readonly string[];
}

/** Writes one line of the record, in the transaction that it is about. */
export async function audit(tx: Tx, entry: AuditEntry): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into audit_event (at, actor_id, action, resource_type, resource_id, basis, outcome, reason, request_id, fields)
     values ($1::timestamptz, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10::text[])`,
    tx.now,
    tx.actor.kind === 'person' ? tx.actor.userId : null,
    entry.action,
    entry.resourceType,
    entry.resourceId,
    entry.basis,
    entry.outcome,
    entry.reason ?? null,
    tx.requestId,
    entry.fields ?? [],
  );
}
