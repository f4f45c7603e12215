import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import { transact, type System } from '../base/db.js';
import { settleOutbox } from '../base/outbox.js';
import { isUrgent, lockCase } from '../domain/cases.js';
import { unattendedOf } from '../domain/closing.js';
import { caseFacts, planDates } from '../domain/exits/facts.js';
import { messageTtlMs } from '../engine/advance.js';
import type { Effect } from '../engine/finish.js';
import { publishMessage } from '../engine/messages.js';

const engineActor: System = { kind: 'system', name: 'engine' };
const message = 'case_unattended';

/**
 * A case whose last process has ended, or was taken back, while it is open: starts what asks somebody for the next step
 * (processes/next_step). Nothing happens where something runs again by now, or no diagram starts so. Done twice it changes nothing.
 * @returns what follows from it
 * @throws Outage when the database is away
 */
export async function attendCase(app: App, outboxId: bigint): Promise<readonly Effect[]> {
  return transact(app.db, engineActor, async (tx) => {
    const [row] = await tx.db.$queryRawUnsafe<{ caseNo: string }[]>(`select payload->>'businessKey' as "caseNo" from outbox where id = $1::bigint and relayed_at is null for update`, String(outboxId));
    if (!row) return [];
    await settleOutbox(tx, [outboxId]);
    const [left] = await unattendedOf(tx, [row.caseNo]);
    if (!left || !(await app.definitions.startedBy(tx, message))) return [];
    await lockCase(tx, left.id);
    if ((await unattendedOf(tx, [row.caseNo])).length === 0) return [];
    const variables = { caseId: left.id, urgency: (await isUrgent(tx, left.id)) ? 'urgent' : 'none', excludedGroups: null, ...(await caseFacts(tx, left.id)), ...(await planDates(tx, left.id)) };
    const started = await publishMessage(tx, app.engine, { name: message, correlationKey: left.id, businessKey: left.caseNo, variables, expiresAt: new Date(tx.now.getTime() + messageTtlMs) });
    await audit(tx, { action: 'message.deliver', resourceType: 'instance', resourceId: started.instanceId, basis: 'system:engine', outcome: 'done' });
    return started.effects;
  });
}
