// Whoever a workbook would register and who may be registered already, or stands in it twice. A warning, not a bad cell: the row is
// right, only nobody has said yet that it is somebody else (decision 0016).
import type { App } from '../app.js';
import type { Person, Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { identityIn, type Identity } from '../domain/people/clients.js';
import { likelyFor, mayBeOne } from '../domain/people/duplicates.js';
import { keysOf } from '../domain/people/fold.js';
import { recordOf } from '../engine/forms.js';
import { putAnswer } from '../engine/forms/sheet.js';
import { sheetNames, type PlannedRow } from './import-sheets.js';

export interface DuplicateWarning {
  sheet: string;
  cell: string;
  column: string | null;
  detail: string;
  /** Registrations that whoever imports reaches. */
  ids: string[];
  /** Rows of the sheet above that may be of the same person. */
  rows: number[];
}

interface Somebody {
  planned: PlannedRow;
  /** `household/0/`; the 本人: ''. */
  at: string;
  said: Identity;
}

/** Rows above in which somebody stands who may be the same; one row may hold people who are alike. */
function rowsAbove(one: Somebody, near: ReadonlyMap<string, Somebody[]>): number[] {
  const others = new Set(keysNear(one.said).flatMap((key) => near.get(key) ?? []));
  return [...new Set([...others].filter(({ planned, said }) => planned !== one.planned && mayBeOne(one.said, said)).map(({ planned }) => planned.row))].toSorted((a, b) => a - b);
}

const keysNear = (said: Identity): string[] => {
  const { nameKeys, phoneKeys } = keysOf(said);
  return [...nameKeys, ...phoneKeys.filter((key) => !key.startsWith('~'))];
};

function detailOf(ids: readonly string[], rows: readonly number[]): string {
  const registered = ids.length > 0 ? ['同じ人かもしれない登録があります。'] : [];
  const twice = rows.length > 0 ? [`このシートの${rows.join('・')}行目の人と同じ人かもしれません。`] : [];
  return [...registered, ...twice, '同じ人なら登録済みの番号を書くか行をまとめ、別の人なら「別の人と確かめた」を選んでください。'].join('');
}

/**
 * Asks of everybody whom the rows would register whether they may be known. Of other agencies' registrations nothing is said here;
 * their coordinators hear of it when the row is taken in. Each row that is asked about counts as answered from here on (whether it may
 * be taken in is for the caller to decide).
 */
export async function askOfDuplicates(app: App, tx: Tx, person: Person, plan: { rows: readonly PlannedRow[]; schemas: { cases?: Json } }): Promise<DuplicateWarning[]> {
  const record = plan.schemas.cases === undefined ? null : recordOf(plan.schemas.cases);
  const people = record === null ? undefined : app.records.get(record)?.people;
  if (!people) return [];
  const warnings: DuplicateWarning[] = [];
  const near = new Map<string, Somebody[]>();
  for (const planned of plan.rows) {
    if (planned.sheet !== 'cases') continue;
    for (const { at, said: answers } of people(planned.answers)) {
      const one: Somebody = { planned, at, said: identityIn(answers) };
      const { reached, elsewhere } = await likelyFor(tx, person, one.said);
      const rows = rowsAbove(one, near);
      for (const key of keysNear(one.said)) near.set(key, [...(near.get(key) ?? []), one]);
      if (reached.length === 0 && rows.length === 0 && elsewhere === 'none') continue;
      putAnswer(planned.answers, [...at.split('/').filter(Boolean).map((part) => (/^\d+$/.test(part) ? Number(part) : part)), 'duplicateChecked'], 'someone_else');
      if (reached.length === 0 && rows.length === 0) continue;
      const { cell, column } = planned.cellOf(`/${at}name`);
      warnings.push({ sheet: sheetNames[planned.sheet], cell, column: column?.title ?? null, detail: detailOf(reached, rows), ids: reached, rows });
    }
  }
  return warnings;
}
