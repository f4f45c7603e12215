// How much of what was filed about a case a form may carry to whoever fills it in: as much as they see of it anyway, whatever the form
// names and whoever drew it (casework.md §3.3 R4, R5).
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import type { ScopeItem } from '../consents/consents.js';
import { agreedMembers, withinItems } from './items.js';
import type { Compartment } from './record.js';

interface Row {
  record: string;
  answers: Json;
  compartment: Compartment;
  /** Who wrote it; left out where nobody asked. */
  agencyCode?: string | null;
}

interface Bounds {
  everything: boolean;
  items: ScopeItem[];
  identity: boolean;
  agency: string;
}

const intake = /^F0[12]$/;
/** What says who it is about, and how to reach them. */
const identityKeys: ReadonlySet<string> = new Set(['name', 'kana', 'knownAs', 'commonName', 'formerName', 'sex', 'birthDate', 'ageApprox', 'postalCode', 'address', 'phoneHome', 'phoneMobile', 'safeContact']);

const identityOf = (answers: Json): Json => Object.fromEntries(Object.entries(answers as Record<string, Json>).filter(([key]) => identityKeys.has(key)));

/**
 * The rows, less what the person who acts may not be told: of each sheet what their right names (items.ts), and nothing of what another
 * agency keeps to itself; of intake beside that who it is about, and not even that where it is not theirs to know (carry_bounds in the
 * database). What is confidential was bounded before (sitting_inside). The clock and the workers, who are nobody, are bounded by nothing.
 */
export async function withinBounds<T extends Row>(tx: Pick<Tx, 'db'>, caseId: string, rows: readonly T[]): Promise<T[]> {
  if (rows.length === 0) return [];
  const [bounds] = await tx.db.$queryRawUnsafe<Bounds[]>(`select everything, items, identity, coalesce(current_setting('app.agency', true), '') as agency from carry_bounds($1::uuid)`, caseId);
  if (!bounds) return [];
  if (bounds.everything) return [...rows];
  const members = bounds.items.includes('family') ? await agreedMembers(tx, caseId) : [];
  return rows.map((row) => {
    if (row.compartment === 'confidential' || (row.agencyCode ?? '') === (bounds.agency || null)) return row;
    const isKeptApart = row.compartment === 'agency' && !intake.test(row.record);
    const told = withinItems(row.record, row.answers as Record<string, Json>, { items: isKeptApart ? [] : bounds.items, members });
    return { ...row, answers: bounds.identity && intake.test(row.record) ? { ...told, ...(identityOf(row.answers) as Record<string, Json>) } : told };
  });
}
