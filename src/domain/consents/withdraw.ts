// 同意撤回 (F17, casework.md §3.4): from this transaction on nothing more is shared under what was withdrawn. What was told before
// stays written down.
import type { Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import { cancelReferrals } from '../referrals/referrals.js';
import { settleConsentAccess } from './access.js';
import { addEvidence, endConsent, type DataSubject } from './give.js';
import { groupsOfAgencies, tellClosedAgencies, tellGroups } from './tell.js';

export interface Withdrawal extends DataSubject {
  caseId: string;
  submissionId: string;
  /** null: all of it. Else these agencies, kinds of content or purposes. */
  part: { agencies: readonly string[]; items: readonly string[]; types: readonly string[] } | null;
  evidence: string | null;
}

export interface Withdrawn {
  /** `all` where nothing is left of any consent. */
  scope: 'all' | 'partial';
  consentIds: string[];
  /** Agencies that see the case no longer. */
  closed: string[];
  /** Slips (つなぎ) that rested on the consent, had not been answered, and are cancelled. */
  referralIds: string[];
}

interface Held {
  id: string;
  agencies: string[];
  items: string[];
  types: string[];
}

/** What the data subject has agreed to and not taken back, as it stands now. */
const held = (tx: Tx, { caseId, subject, memberName, memberId }: Withdrawal): Promise<Held[]> =>
  tx.db.$queryRawUnsafe<Held[]>(
    `select c.id, consent_items(c.id) as items, consent_types(c.id) as types,
       (select coalesce(array_agg(a.agency_code), '{}') from consent_agency a where a.consent_id = c.id and consent_agrees(c.id, a.agency_code)) as agencies
     from consent c where c.case_id = $1::uuid and c.subject = $2 and ($2 = 'self' or consent_of_member(c.member_id, c.member_name, $5::uuid, $3)) and c.state in ('full', 'partial') and c.valid_until > $4::timestamptz
       and not exists (select 1 from consent_end e where e.consent_id = c.id and e.kind <> 'narrowed') order by c.id`,
    caseId,
    subject,
    memberName,
    tx.now,
    memberId ?? null,
  );

const both = (asked: readonly string[], has: readonly string[]): string[] => asked.filter((one) => has.includes(one));
const without = (has: readonly string[], gone: readonly string[]): string[] => has.filter((one) => !gone.includes(one));

/**
 * Takes back all or a part of what a data subject agreed to: rows are added, rights end at once, the agencies concerned are told.
 * @throws Problem consent_missing when there is nothing to take back
 */
export async function withdrawConsent(tx: Tx, withdrawal: Withdrawal): Promise<Withdrawn> {
  const { caseId, submissionId, part } = withdrawal;
  const touched: string[] = [];
  let left = false;
  for (const { id, ...has } of await held(tx, withdrawal)) {
    const gone = part ? { agencies: both(part.agencies, has.agencies), items: both(part.items, has.items), types: both(part.types, has.types) } : null;
    if (gone && gone.agencies.length + gone.items.length + gone.types.length === 0) {
      left = true;
      continue;
    }
    const empty = gone === null || without(has.items, gone.items).length === 0 || without(has.types, gone.types).length === 0;
    await endConsent(tx, empty ? { consentId: id, caseId, kind: 'withdrawn', submissionId } : { consentId: id, caseId, kind: 'narrowed', ...gone, submissionId });
    if (withdrawal.evidence) await addEvidence(tx, { consentId: id, caseId, kind: withdrawal.evidence, about: 'withdrawal', submissionId });
    touched.push(id);
    left ||= !empty;
  }
  if (touched.length === 0) throw new Problem('consent_missing', { detail: '撤回できる同意がありません。本人・世帯員の別と、撤回する範囲を確かめてください。' });
  const { closed } = await settleConsentAccess(tx, caseId, 'withdrawn', submissionId);
  await tellClosedAgencies(tx, caseId, closed, 'consent_withdrawn');
  const referrals = withdrawal.subject === 'self' ? await cancelReferrals(tx, caseId, left ? [...closed, ...(part?.agencies ?? [])] : null, submissionId) : [];
  const told = await groupsOfAgencies(tx, closed);
  await tellGroups(tx, caseId, without([...new Set(referrals.flatMap(({ toGroups }) => toGroups))], told), 'consent_withdrawn');
  return { scope: left ? 'partial' : 'all', consentIds: touched, closed, referralIds: referrals.map(({ id }) => id) };
}
