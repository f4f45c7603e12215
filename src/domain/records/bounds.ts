// How much of what was filed about a case a form may carry to whoever fills it in: as much as they see of it anyway, whatever the form
// names and whoever drew it (casework.md §3.3 R4, R5).
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import type { Compartment } from './record.js';

interface Row {
  record: string;
  answers: Json;
  compartment: Compartment;
}

interface Bounds {
  everything: boolean;
  items: string[];
  identity: boolean;
  /** The kind of content that each record holds; null: what everybody in the case team may see. */
  kinds: Record<string, string | null>;
}

const intake = /^F0[12]$/;
/** What says who it is about, and how to reach them. */
const identityKeys: ReadonlySet<string> = new Set(['name', 'kana', 'knownAs', 'commonName', 'formerName', 'sex', 'birthDate', 'ageApprox', 'postalCode', 'address', 'phoneHome', 'phoneMobile', 'safeContact']);

const identityOf = (answers: Json): Json => Object.fromEntries(Object.entries(answers as Record<string, Json>).filter(([key]) => identityKeys.has(key)));

/**
 * The rows, less what the person who acts may not be told: records of a kind that their right does not name, and what another agency
 * keeps to itself; of intake then only who it is about, and nothing where not even that is theirs (carry_bounds in the database). What is
 * confidential was bounded before (sitting_inside). The clock and the workers, who are nobody, are bounded by nothing.
 */
export async function withinBounds<T extends Row>(tx: Pick<Tx, 'db'>, caseId: string, rows: readonly T[]): Promise<T[]> {
  if (rows.length === 0) return [];
  const [bounds] = await tx.db.$queryRawUnsafe<Bounds[]>(
    `select everything, items, identity, (select jsonb_object_agg(r, record_item(r)) from unnest($2::text[]) r) as kinds from carry_bounds($1::uuid)`,
    caseId, [...new Set(rows.map(({ record }) => record))],
  );
  if (!bounds) return [];
  if (bounds.everything) return [...rows];
  return rows.flatMap((row) => {
    const kind = bounds.kinds[row.record] ?? null;
    const isOwn = row.compartment === 'agency' && !intake.test(row.record);
    if (row.compartment === 'confidential' || (!isOwn && (kind === null ? bounds.items.length > 0 : bounds.items.includes(kind)))) return [row];
    return bounds.identity && intake.test(row.record) ? [{ ...row, answers: identityOf(row.answers) }] : [];
  });
}
