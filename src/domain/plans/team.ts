// What a plan in force means for who may see the case: its agencies, as far as the person's consent reaches.
import type { Tx } from '../../base/db.js';
import { agencyReader, endAccess, grantAccess } from '../access.js';
import { partsNow } from '../case-roles.js';
import { coveringConsent, type Covering } from '../consents/consents.js';
import { recordDisclosure } from '../disclosures.js';
import { planInForce } from './plan.js';

/**
 * Brings the rights that follow from the plan to what holds now: each agency with a part in the plan in force that a consent
 * covers reads the content that the consent names; nobody else does because of a plan. Called by whatever changes plan, parts
 * or consent, in the same transaction. What opens is written into the 提供記録.
 */
export async function settlePlanAccess(tx: Tx, caseId: string, reason: string, submissionId: string | null): Promise<void> {
  const plan = await planInForce(tx, caseId);
  const agencies = plan === null ? [] : [...new Set((await partsNow(tx, caseId)).filter(({ planId }) => planId === plan.id).map(({ agencyCode }) => agencyCode))];
  const wanted = new Map<string, Covering>();
  for (const code of agencies) {
    const consent = await coveringConsent(tx, caseId, code);
    if (consent) wanted.set(agencyReader(code), consent);
  }
  const rows = await tx.db.$queryRawUnsafe<{ reader: string; basisId: string }[]>(
    `select reader, basis_id as "basisId" from case_access where case_id = $1::uuid and basis = 'plan' and ended_at is null`, caseId,
  );
  for (const { reader, basisId } of rows) if (basisId !== plan?.id || !wanted.has(reader)) await endAccess(tx, { caseId, basis: 'plan', basisId, reader }, reason);
  for (const [reader, { items, validUntil, consentId }] of wanted) {
    await grantAccess(tx, { caseId, reader, level: 'content', basis: 'plan', basisId: plan!.id, items, untilAt: validUntil });
    if (rows.some((row) => row.basisId === plan!.id && row.reader === reader)) continue;
    await recordDisclosure(tx, { caseId, to: { kind: 'agency', code: reader.slice(agencyReader('').length) }, purpose: 'share', items, legalBasis: '69-2-1', consentId, meetingId: null, submissionId });
  }
}
