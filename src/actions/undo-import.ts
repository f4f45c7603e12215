import type { App } from '../app.js';
import type { Person, Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { authorize } from '../domain/authorize.js';
import { lockCase } from '../domain/cases.js';
import { lockImport, markUndone, mayTakeBack, rowsOfImport, withdrawCase, type BroughtRow } from '../domain/imports.js';
import { noteIntervention } from '../engine/history.js';
import { cancelInstances } from '../engine/instances.js';
import { endHolds } from '../engine/steering.js';
import { act, type Ask } from './act.js';
import { importTimeoutMs } from './import-sheets.js';
import { mustHaveReason } from './reason.js';

export interface Undone {
  cases: number;
  resources: number;
}

/**
 * Takes exactly one import back: the processes of its cases end, the cases are closed (`import_undone`) and nobody reaches them any
 * more; what each record made is taken back by the record (`RecordKind.undo`). That it was there stays on record, as everything
 * does. Twice is once.
 * Whoever brought it may, and a manager of their agency: who is away or has left must not keep a wrong import standing.
 * @throws Problem not_found, forbidden; import_in_use when somebody has worked on one of its cases since (`caseNos`), or when a
 *   record cannot be taken back; invalid (no reason)
 */
export async function undoImport(app: App, person: Person, input: Ask & { importId: string; reason: string }): Promise<Undone> {
  mustHaveReason(input.reason);
  const { importId, reason } = input;
  return act(app, person, {
    action: 'import.run',
    resource: { type: 'import', id: importId },
    ask: input,
    request: { undo: true, reason },
    timeoutMs: importTimeoutMs,
    async work(tx) {
      const basis = authorize(person, 'import.run');
      const cases = await lockCases(tx, importId);
      const found = await lockImport(tx, importId);
      if (!found || !mayTakeBack(person, found)) throw new Problem('not_found');
      const rows = await rowsOfImport(tx, importId);
      const answer = { cases: rows.filter(({ caseId }) => caseId !== null).length, resources: rows.filter(({ caseId }) => caseId === null).length };
      if (found.undoneAt !== null) return { answer, basis, reason: 'undone_before' };
      const used = rows.filter((row) => row.used);
      if (used.length > 0) throw new Problem('import_in_use', { extra: { caseNos: used.map(({ caseNo }) => caseNo) } });
      await takeBackRecords(app, tx, rows);
      const instanceIds = await cancelInstances(tx, cases, 'import_undone');
      await noteIntervention(tx, instanceIds, 'instance.cancel', 'import_undone');
      for (const rootId of cases) await endHolds(tx, rootId);
      for (const { caseId } of rows) if (caseId !== null) await withdrawCase(tx, caseId);
      await markUndone(tx, importId, reason, person.userId);
      return { answer, basis, fields: ['undone'] };
    },
  });
}

/** Locks the call trees of its cases in one order, then the cases. @returns the roots */
async function lockCases(tx: Tx, importId: string): Promise<string[]> {
  const roots = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select i.id from process_instance i where i.parent_id is null and i.status in ('active', 'suspended')
       and i.business_key in (select c.case_no from import_row r join support_case c on c.id = r.case_id where r.import_id = $1::uuid) order by i.id for update`,
    importId,
  );
  const cases = await tx.db.$queryRawUnsafe<{ id: string }[]>(`select case_id as id from import_row where import_id = $1::uuid and case_id is not null order by case_id`, importId);
  for (const { id } of cases) await lockCase(tx, id);
  return roots.map(({ id }) => id);
}

/** @throws Problem import_in_use: a record about no case that cannot be taken back */
async function takeBackRecords(app: App, tx: Tx, rows: readonly BroughtRow[]): Promise<void> {
  for (const { record, submissionId, caseId } of rows) {
    const kind = record === null ? undefined : app.records.get(record);
    if (kind?.undo) await kind.undo(tx, submissionId);
    else if (caseId === null) throw new Problem('import_in_use', { detail: `${kind?.title ?? 'この記録'}は、まとめて取り消せません。ひとつずつ直してください。` });
  }
}
