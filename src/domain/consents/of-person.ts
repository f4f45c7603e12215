// Whose consent it is: of the people of a household each answers for themself, and nobody for somebody else.
import type { Tx } from '../../base/db.js';
import { findClients } from '../people/clients.js';
import { membersOf } from '../people/households.js';
import type { ScopeItem } from './consents.js';
import type { DataSubject } from './give.js';

/** Under whose name the answers of somebody of the case are kept. @param clientId null: of the 本人, who may not be registered yet */
export async function dataSubjectOf(tx: Tx, caseId: string, clientId: string | null): Promise<DataSubject> {
  const self: DataSubject = { subject: 'self', memberName: null };
  if (clientId === null) return self;
  const found = (await membersOf(tx, caseId)).find((one) => one.clientId === clientId);
  if (found?.relation === 'subject') return self;
  const [client] = await findClients(tx, [clientId]);
  return { subject: 'member', memberName: (client?.name ?? '').normalize('NFC').trim(), memberId: clientId };
}

export interface HeldConsent {
  consentId: string;
  items: ScopeItem[];
  types: string[];
  placeName: string | null;
}

/**
 * What this person of the case has agreed to and has not taken back, now; the newest first. Consents of anybody else of the household
 * are never among them.
 */
export async function consentsHeldBy(tx: Tx, caseId: string, clientId: string | null): Promise<HeldConsent[]> {
  const { subject, memberName, memberId = null } = await dataSubjectOf(tx, caseId, clientId);
  return tx.db.$queryRawUnsafe<HeldConsent[]>(
    `select c.id as "consentId", consent_items(c.id) as items, consent_types(c.id) as types, c.place_name as "placeName" from consent c
     where c.case_id = $1::uuid and c.subject = $2 and consent_of_member(c.member_id, c.member_name, $4::uuid, $5) and consent_holds(c.id, $3::timestamptz) order by c.recorded_at desc, c.id desc`,
    caseId,
    subject,
    tx.now,
    memberId,
    memberName,
  );
}
