// 受入先: a place that takes somebody in is told of them only under the separate, explicit consent for it (F10 type
// 参加支援受入先への提供), and every time that it is told is written down.
import type { Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import type { ScopeItem } from '../consents/consents.js';
import { consentsHeldBy } from '../consents/of-person.js';
import { recordDisclosure } from '../disclosures.js';
import type { ResourceRow } from '../resources/resources.js';

export interface HostConsent {
  consentId: string;
  items: ScopeItem[];
}

/**
 * The newest consent of the person who is to go there that holds now and lets this place be told: one for this place, or one for
 * receiving places in general. A consent that names another place lets nothing be told here; neither does what somebody else of the
 * household agreed to.
 * @param clientId whose support it is; null: the 本人's
 */
export async function hostConsent(tx: Tx, caseId: string, clientId: string | null, place: Pick<ResourceRow, 'no' | 'name'>): Promise<HostConsent | null> {
  const found = (await consentsHeldBy(tx, caseId, clientId)).find(({ items, types, placeName }) => types.includes('place') && items.length > 0 && (placeName === null || isSamePlace(placeName, place)));
  return found ? { consentId: found.consentId, items: found.items } : null;
}

const fold = (text: string): string => text.normalize('NFKC').replace(/\s/g, '').toLowerCase();

function isSamePlace(said: string, { no, name }: Pick<ResourceRow, 'no' | 'name'>): boolean {
  const text = fold(said);
  return text === fold(name) || new RegExp(`(^|[^0-9a-z])${fold(no)}([^0-9]|$)`).test(text);
}

/**
 * Tells a receiving place about the person. The case is locked while a record is filed: of this and a withdrawal at once, the one that
 * comes second meets the other.
 * @throws Problem consent_missing when no consent for this place holds
 */
export async function tellHost(tx: Tx, told: { caseId: string; clientId: string | null; submissionId: string; place: Pick<ResourceRow, 'no' | 'name'> }): Promise<string> {
  const consent = await hostConsent(tx, told.caseId, told.clientId, told.place);
  if (!consent) throw new Problem('consent_missing', { detail: `「${told.place.name}」に、参加する方のことを伝えるご本人の同意（参加支援受入先への提供）がありません。先に同意を確かめてください。` });
  return recordDisclosure(tx, {
    caseId: told.caseId, to: { kind: 'place', code: told.place.no }, purpose: 'place', items: consent.items, legalBasis: '69-2-1', consentId: consent.consentId, meetingId: null, submissionId: told.submissionId,
  });
}
