// The last day of a consent (期限切れ), and the warning before it.
import type { Tx } from '../../base/db.js';
import { consentRules } from '../settings.js';
import { settleConsentAccess } from './access.js';
import { endConsent } from './give.js';
import { groupsOfAgencies, tellClosedAgencies, tellGroups } from './tell.js';

interface Running {
  caseId: string;
  agencyCode: string;
}

const running = async (tx: Tx, consentId: string): Promise<Running | null> => {
  const [row] = await tx.db.$queryRawUnsafe<Running[]>(
    `select c.case_id as "caseId", c.agency_code as "agencyCode" from consent c where c.id = $1::uuid and not exists (select 1 from consent_end e where e.consent_id = c.id and e.kind <> 'narrowed')`,
    consentId,
  );
  return row ?? null;
};

/** A consent has come to its end: rights end, who saw the case by it and who asked for it is told. One that is over already stays as it is. */
export async function expireConsent(tx: Tx, consentId: string): Promise<void> {
  const found = await running(tx, consentId);
  if (!found) return;
  const { caseId } = found;
  await endConsent(tx, { consentId, caseId, kind: 'expired', submissionId: null });
  const { closed } = await settleConsentAccess(tx, caseId, 'expired', null);
  await tellClosedAgencies(tx, caseId, closed, 'consent_expired');
  await tellOffice(tx, found, 'consent_expired');
}

/** A consent will end soon: time to ask again. */
export async function warnOfExpiry(tx: Tx, consentId: string): Promise<void> {
  const found = await running(tx, consentId);
  if (found) await tellOffice(tx, found, 'consent_expiring');
}

async function tellOffice(tx: Tx, { caseId, agencyCode }: Running, rule: string): Promise<void> {
  const { officeGroups } = await consentRules(tx);
  await tellGroups(tx, caseId, [...officeGroups, ...(await groupsOfAgencies(tx, [agencyCode]))], rule);
}
