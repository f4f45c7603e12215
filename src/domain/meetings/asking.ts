// 支援会議の開催の求め: any agency may ask the city for one about a case that it knows. Asking convenes nothing, opens nothing to anybody
// and tells nobody but the city's chair, who judges whether article 106-6 applies (T-P03-01).
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { inboxOfAgency } from '../agencies.js';
import { processRuns } from '../closing.js';
import { caseFacts } from '../exits/facts.js';
import { tellChair } from '../main-line.js';
import { caseOf } from '../records/answers.js';
import type { Filed, RecordKind } from '../records/record.js';

export const asksForConfidential = (answers: Filed['answers']): boolean => answers['kind'] === 'confidential';

/** What a 開催依頼 (F09.request) for a 支援会議 is kept as. Filed by no form of its own. */
export const asked: RecordKind = { key: 'F16.request', title: '支援会議の開催の求め', compartment: 'confidential', needs: [], place: async () => ({ compartment: 'confidential', sittingId: null }) };

/**
 * Brings it to the chair: the route of P03 begins with the chair's judgement. Where one goes on for the case, or has been judged, no second
 * one begins; the chair is told. Whoever asked hears the same either way, since that there is a 支援会議 is not theirs to know.
 */
export async function askTheCity(tx: Tx, filed: Filed): Promise<Record<string, Json>> {
  const caseId = caseOf(filed);
  if (await processRuns(tx, caseId, 'confidential_route')) {
    await tellChair(tx, caseId);
    return {};
  }
  const { field, agencyCode, coordinatorGroup } = await caseFacts(tx, caseId);
  // the answer goes to whoever asked, and not to the agency that took the case
  const intakeGroup = (await inboxOfAgency(tx, filed.by.agencyCode, filed.by.groups)) ?? filed.by.groups[0] ?? null;
  filed.tell({ kind: 'message', name: 'worry_reported', variables: { caseId, field: field!, agencyCode: agencyCode!, intakeGroup, coordinatorGroup: coordinatorGroup ?? null, urgency: filed.answers['urgency'] === 'urgent' ? 'urgent' : 'none', calledBy: 'running_case' } });
  return {};
}

export interface AskedLine {
  id: string;
  caseNo: string;
  urgency: 'urgent' | 'none';
  submittedAt: Date;
  submittedByName: string | null;
  agencyCode: string | null;
}

/** Those that the person may see: their own; all of them, to who convenes and chairs for the city. Newest first. */
export async function listAsked(tx: Pick<Tx, 'db'>): Promise<AskedLine[]> {
  return tx.db.$queryRawUnsafe<AskedLine[]>(`select id, case_no as "caseNo", urgency, submitted_at as "submittedAt", submitted_by_name as "submittedByName", agency_code as "agencyCode" from meetings_asked_for()`);
}
