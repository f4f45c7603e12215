import { createHash } from 'node:crypto';
import type { App } from '../app.js';
import type { Person, Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { readWorkbook, writeTemplate, WorkbookRefused, type Sheet } from '../base/workbook.js';
import { readAs } from '../base/db.js';
import { authorize } from '../domain/authorize.js';
import { storeImport, type ImportedRow, type ImportSheet } from '../domain/imports.js';
import { act, type Ask, type Doing } from './act.js';
import { askOfDuplicates, type DuplicateWarning } from './import-duplicates.js';
import { fileIn } from './file-record.js';
import { bringCase } from './import-case.js';
import { importTimeoutMs, readRows, refusedRow, resourceForm, sheetForms, sheetNames, type BadCell, type PlannedRow } from './import-sheets.js';

export interface WorkbookInput extends Ask {
  /** The .xlsx as it is. */
  file: Buffer;
  /** Whoever brings it has looked at the possible duplicates: they are other people. */
  acknowledgeDuplicates?: boolean | undefined;
}

export interface ImportPreview {
  cases: number;
  resources: number;
  /** Every cell that does not fit; none: it can be taken in. */
  bad: BadCell[];
  /** People who may be registered already, or who stand twice in the workbook: to be acknowledged, or answered in the sheet. */
  warnings: DuplicateWarning[];
}

export interface Imported {
  importId: string;
  caseNos: string[];
  resources: number;
}

/** Undoes the rehearsal and brings its result out of the transaction. */
class Rehearsed extends Error {
  readonly bad: BadCell[];
  readonly warnings: DuplicateWarning[];

  constructor(bad: BadCell[], warnings: DuplicateWarning[]) {
    super('rehearsed');
    this.bad = bad;
    this.warnings = warnings;
  }
}

const words = { not_excel: 'Excel ファイル（.xlsx）として読めません。', too_much: 'ファイルが大きすぎます。行や列を減らして、分けてください。', protected: 'パスワードで保護されています。保護を外して保存し直してください。' } as const;

/** @throws Problem invalid (pointer /file) */
async function sheetsOf(file: Buffer): Promise<Sheet[]> {
  try {
    return await readWorkbook(file);
  } catch (error) {
    if (error instanceof WorkbookRefused) throw new Problem('invalid', { errors: [{ pointer: '/file', detail: words[error.fault] }], cause: error });
    throw error;
  }
}

export interface Plan {
  rows: PlannedRow[];
  bad: BadCell[];
  schemas: Partial<Record<ImportSheet, Json>>;
}

/** @throws Problem forbidden, invalid (no sheet that is known) */
async function planOf(app: App, tx: Tx, person: Person, sheets: readonly Sheet[]): Promise<Plan> {
  const forms = await sheetForms(app, tx);
  const plan: Plan = { rows: [], bad: [], schemas: {} };
  let found = 0;
  for (const kind of ['cases', 'resources'] as const) {
    const sheet = sheets.find(({ name }) => name.normalize('NFKC').trim() === sheetNames[kind]);
    const form = forms[kind];
    if (!sheet || (sheet.rows.length <= 1 && sheets.some(({ name }) => name !== sheet.name && Object.values(sheetNames).includes(name)))) continue;
    if (!form) throw new Problem('invalid', { errors: [{ pointer: '/file', detail: `シート「${sheet.name}」の様式がまだ登録されていません。` }] });
    if (kind === 'cases') authorize(person, 'case.open');
    found += 1;
    const { rows, bad } = readRows(app, person, tx.now, sheet, kind, form);
    plan.rows.push(...rows);
    plan.bad.push(...bad);
    plan.schemas[kind] = form.schema;
  }
  if (found === 0) throw new Problem('invalid', { errors: [{ pointer: '/file', detail: `シート「${Object.values(sheetNames).join('」か「')}」に取り込む行がありません。` }] });
  return plan;
}

/** Takes in every row, or says of each that is refused why. */
async function bringAll(app: App, tx: Tx, doing: Doing, person: Person, plan: Plan): Promise<{ rows: (ImportedRow & { caseNo?: string })[]; bad: BadCell[] }> {
  const rows: (ImportedRow & { caseNo?: string })[] = [];
  const bad: BadCell[] = [];
  for (const planned of plan.rows) {
    try {
      if (planned.sheet === 'cases') rows.push(await bringCase(app, tx, doing, person, planned, plan.schemas.cases!));
      else {
        const { kept } = await fileIn(app, tx, doing, person, { formKey: resourceForm, caseNo: null, answers: planned.answers });
        rows.push({ sheet: 'resources', row: planned.row, caseId: null, submissionId: kept.submissionId });
      }
    } catch (error) {
      if (!(error instanceof Problem) || error.code === 'forbidden') throw error;
      bad.push(...refusedRow(planned, error.errors, error.message));
    }
  }
  return { rows, bad };
}

/**
 * What taking in a workbook would do: every cell that does not fit, named. If all fit, everything is carried out and taken back,
 * so that what only a rule of the office refuses is found too. Keeps nothing.
 * @throws Problem forbidden, invalid (pointer /file: no Excel file, too large, no sheet that is known)
 */
export async function previewImport(app: App, person: Person, input: WorkbookInput): Promise<ImportPreview> {
  const sheets = await sheetsOf(input.file);
  const counts = { cases: 0, resources: 0 };
  try {
    return await act<ImportPreview>(app, person, {
      action: 'import.run',
      resource: { type: 'import', id: null },
      ask: {},
      timeoutMs: importTimeoutMs,
      async work(tx, doing) {
        authorize(person, 'import.run');
        const plan = await planOf(app, tx, person, sheets);
        for (const { sheet } of plan.rows) counts[sheet] += 1;
        const warnings = await askOfDuplicates(app, tx, person, plan);
        throw new Rehearsed(plan.bad.length > 0 ? plan.bad : (await bringAll(app, tx, doing, person, plan)).bad, warnings);
      },
    });
  } catch (error) {
    if (error instanceof Rehearsed) return { ...counts, bad: error.bad, warnings: error.warnings };
    throw error;
  }
}

/**
 * Takes in a workbook: each row of ケース opens a case and answers its consultation form, each row of 社会資源 is filed. All of it in
 * one transaction, or nothing.
 * @throws Problem forbidden, invalid, import_refused (`bad` names the cells), import_twice (this very workbook is in already),
 *   possible_duplicates (`warnings` names the cells) unless they were acknowledged
 */
export async function importWorkbook(app: App, person: Person, input: WorkbookInput): Promise<Imported> {
  const sheets = await sheetsOf(input.file);
  const sha256 = createHash('sha256').update(input.file).digest('hex');
  return act(app, person, {
    action: 'import.run',
    resource: { type: 'import', id: null },
    ask: input,
    request: { sha256, acknowledgeDuplicates: input.acknowledgeDuplicates ?? false },
    timeoutMs: importTimeoutMs,
    async work(tx, doing) {
      const basis = authorize(person, 'import.run');
      const plan = await planOf(app, tx, person, sheets);
      if (plan.bad.length > 0) throw new Problem('import_refused', { extra: { bad: plan.bad } });
      const warnings = await askOfDuplicates(app, tx, person, plan);
      if (warnings.length > 0 && input.acknowledgeDuplicates !== true) throw new Problem('possible_duplicates', { extra: { warnings } });
      const { rows, bad } = await bringAll(app, tx, doing, person, plan);
      if (bad.length > 0) throw new Problem('import_refused', { extra: { bad } });
      const importId = await storeImport(tx, sha256, rows.map(({ caseNo: _caseNo, ...row }) => row), person.userId);
      if (importId === null) throw new Problem('import_twice');
      return { answer: { importId, caseNos: rows.flatMap(({ caseNo }) => caseNo ?? []), resources: rows.filter(({ sheet }) => sheet === 'resources').length }, basis, resourceId: importId };
    },
  });
}

/** The template: a sheet for each form that may be brought, made of the forms as they are now. */
export async function importTemplate(app: App, person: Person): Promise<Buffer> {
  authorize(person, 'import.run');
  const forms = await readAs(app.db, person, (tx) => sheetForms(app, tx));
  return writeTemplate((['cases', 'resources'] as const).flatMap((kind) => (forms[kind] ? [{ name: sheetNames[kind], columns: [...forms[kind].head, ...forms[kind].columns] }] : [])));
}
