// 受入先: a place that takes somebody in is told of them only under the separate, explicit consent for it (F10 type
// 参加支援受入先への提供), and every time that it is told is written down.
import type { Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import type { ScopeItem } from '../consents/consents.js';
import { recordDisclosure } from '../disclosures.js';
import type { ResourceRow } from '../resources/resources.js';

export interface HostConsent {
  consentId: string;
  items: ScopeItem[];
}

/**
 * The newest consent of the person that holds now and lets this place be told: one for this place, or one for receiving places in
 * general. A consent that names another place lets nothing be told here.
 */
export async function hostConsent(tx: Pick<Tx, 'db' | 'now'>, caseId: string, place: Pick<ResourceRow, 'no' | 'name'>): Promise<HostConsent | null> {
  const rows = await tx.db.$queryRawUnsafe<(HostConsent & { placeName: string | null })[]>(
    `select c.id as "consentId", consent_items(c.id) as items, c.place_name as "placeName" from consent c
     where c.case_id = $1::uuid and c.subject = 'self' and consent_holds(c.id, $2::timestamptz) and 'place' = any (consent_types(c.id)) and cardinality(consent_items(c.id)) > 0
     order by c.recorded_at desc, c.id desc`,
    caseId,
    tx.now,
  );
  const found = rows.find(({ placeName }) => placeName === null || isSamePlace(placeName, place));
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
export async function tellHost(tx: Tx, told: { caseId: string; submissionId: string; place: Pick<ResourceRow, 'no' | 'name'> }): Promise<string> {
  const consent = await hostConsent(tx, told.caseId, told.place);
  if (!consent) throw new Problem('consent_missing', { detail: `「${told.place.name}」に本人のことを伝える同意（参加支援受入先への提供）がありません。先に同意を確かめてください。` });
  return recordDisclosure(tx, {
    caseId: told.caseId, to: { kind: 'place', code: told.place.no }, purpose: 'place', items: consent.items, legalBasis: '69-2-1', consentId: consent.consentId, meetingId: null, submissionId: told.submissionId,
  });
}
