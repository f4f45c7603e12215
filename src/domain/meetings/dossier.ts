// The dossier of a sitting: the curated extract that its members are shown, and nothing beside it. Asked anew at every read.
//   重層的支援会議: of each case what its person has agreed to tell the agency that sits there, now.
//   支援会議: what was written for this sitting, to those inside it (social welfare act art. 106-6; casework.md §3.3 R6, R7).
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import type { ScopeItem } from '../consents/consents.js';
import { agreedMembers, extractOf } from '../records/items.js';
import { mustBeInside } from './seats.js';
import { findSitting, type Sitting } from './sittings.js';

export interface DossierPart {
  record: string;
  /** The kind of content under which the consent lets it be told; null in a 支援会議. */
  item: ScopeItem | null;
  submittedAt: Date;
  agencyCode: string | null;
  answers: Record<string, Json>;
}

export interface Dossier {
  sittingId: string;
  caseId: string;
  /** Why it is open: `consent:<id>` or `article:106-6`. */
  basis: string;
  /** What the consent lets be told; null in a 支援会議. */
  items: ScopeItem[] | null;
  parts: DossierPart[];
}

interface Written {
  record: string | null;
  answers: Record<string, Json>;
  submittedAt: Date;
  agencyCode: string | null;
  consentId: string;
  items: ScopeItem[];
  members: string[];
}

/** What is laid on the table: from the intake sheet to the meetings. Slips, emergencies and exits are read for themselves. */
const ofTheTable = /^F0\d/;
/** Records of which only the newest says how things are; of the others every one is shown. */
const newestOnly = /^F0[1235678]$/;

async function openConsented(tx: Pick<Tx, 'db'>, sitting: Sitting, caseId: string): Promise<Dossier> {
  const rows = await tx.db.$queryRawUnsafe<Written[]>(
    `select record, answers, submitted_at as "submittedAt", agency_code as "agencyCode", consent_id as "consentId", items, members from dossier_submissions($1::uuid, $2::uuid)`,
    sitting.id,
    caseId,
  );
  const [first] = rows;
  if (!first) throw new Problem('not_found');
  const members = (await agreedMembers(tx, caseId)).filter(({ name }) => first.members.includes(name));
  const seen = new Set<string>();
  const parts = rows.flatMap(({ record, answers, submittedAt, agencyCode }) => {
    if (record === null || !ofTheTable.test(record) || (newestOnly.test(record) && seen.has(record))) return [];
    seen.add(record);
    return extractOf(record, answers, first.items, members).map((part) => ({ record, item: part.item, submittedAt, agencyCode, answers: part.answers }));
  });
  return { sittingId: sitting.id, caseId, basis: `consent:${first.consentId}`, items: first.items, parts };
}

async function openConfidential(tx: Pick<Tx, 'db'>, sitting: Sitting, caseId: string): Promise<Dossier> {
  const rows = await tx.db.$queryRawUnsafe<Omit<Written, 'items' | 'consentId' | 'members'>[]>(
    `select record, answers, submitted_at as "submittedAt", agency_code as "agencyCode" from submission
     where sitting_id = $1::uuid and case_id = $2::uuid and compartment = 'confidential' and record is not null and sitting_inside($1::uuid) order by submitted_at desc, id desc`,
    sitting.id,
    caseId,
  );
  const parts = rows.map(({ record, ...row }) => ({ record: record!, item: null, ...row }));
  return { sittingId: sitting.id, caseId, basis: 'article:106-6', items: null, parts };
}

/**
 * Opens the dossier of a case to whoever reads, if they sit there and the law lets them. Nothing in it can be exported; a read
 * is a line of the audit, which the caller writes.
 * @throws Problem not_found (no seat, no such case, not invited yet, over, or no consent that covers their agency now: all look the
 *   same), pledge_missing (支援会議: somebody at the table has not pledged)
 */
export async function openDossier(tx: Pick<Tx, 'db'>, sittingId: string, caseId: string): Promise<Dossier> {
  const sitting = await findSitting(tx, sittingId);
  if (!sitting) throw new Problem('not_found');
  if (sitting.kind !== 'confidential') return openConsented(tx, sitting, caseId);
  await mustBeInside(tx, sittingId);
  if (!sitting.caseIds.includes(caseId)) throw new Problem('not_found');
  return openConfidential(tx, sitting, caseId);
}
