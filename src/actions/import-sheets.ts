// A workbook against the forms that are asked here: each row as answers, and every cell that does not fit with what is wrong and
// how it is written.
import type { App } from '../app.js';
import type { Person, Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import type { PointedError } from '../base/problem.js';
import type { Cell, Sheet } from '../base/workbook.js';
import { channels, fields } from '../domain/cases.js';
import { importedStages, type ImportedStage, type ImportSheet } from '../domain/imports.js';
import { findStandingForm } from '../domain/standing-forms.js';
import { validateAnswers } from '../engine/forms.js';
import { formToCheck } from './form-options.js';
import { columnsOf, factsOf, packRows, putAnswer, takeCell, withFacts, type Column } from '../engine/forms/sheet.js';

export const sheetNames: Readonly<Record<ImportSheet, string>> = { cases: 'ケース', resources: '社会資源' };
export const consultationForm = 'receive_consultation';
export const resourceForm = 'resource';
export const mostRows = 300;
/** As many cases are opened and answered in one transaction. */
export const importTimeoutMs = 120_000;

/** One cell that does not fit. `how`: how it is written. */
export interface BadCell {
  sheet: string;
  /** `C5`; of a whole row its first cell. */
  cell: string;
  column: string | null;
  detail: string;
  how: string | null;
}

export interface SheetForm {
  schema: Json;
  columns: Column[];
  /** Of a case: what is said of the case itself. */
  head: Column[];
}

export interface PlannedRow {
  sheet: ImportSheet;
  row: number;
  head: Record<string, Json>;
  answers: Record<string, Json>;
  /** The cell to which a pointer into the answers leads. */
  cellOf(pointer: string): { cell: string; column: Column | null };
}

const words: Record<string, string> = { elder: '高齢', disability: '障がい', child: '子ども', needy: '生活困窮', desk: '窓口', phone: '電話', visit: '訪問', web: 'ウェブ', outreach: 'アウトリーチ', community: '地域から', city_other: '市の他の課', on_site: '出張', meeting: '会議', sns: 'SNS', other: 'その他' };
const named = (keys: readonly string[]): { label: string; value: string }[] => keys.map((value) => ({ label: words[value] ?? value, value }));

const stageWords: Readonly<Record<ImportedStage, string>> = { screening: '受付・スクリーニング中', supporting: '多機関協働で支援中', watching: '見守り中' };

function headColumns(agencies: readonly { code: string; name: string }[], everyAgency: readonly { code: string; name: string }[]): Column[] {
  const choose = (key: string, title: string, values: { label: string; value: string }[], required: boolean): Column =>
    ({ path: [key], title, required, how: `次のどれかを書いてください: ${values.map(({ label }) => label).join('・')}`, options: values.map(({ label }) => label), component: { type: 'select', key, label: title, values, validate: { required } } });
  const day = (key: string, title: string): Column => ({ path: [key], title, required: false, how: '日付を書いてください（例 2026-11-23、令和8年11月23日）。', options: [], component: { type: 'datetime', subtype: 'date', key } });
  const text = (key: string, title: string, maxLength: number): Column => ({ path: [key], title, required: false, how: `${maxLength}文字まで。`, options: [], component: { type: 'textfield', key, validate: { maxLength } } });
  return [
    choose('field', 'ケースの分野', named(fields), true),
    choose('channel', '受付の方法', named(channels), false),
    { path: ['urgent'], title: '緊急のケース', required: false, how: '緊急のときは「はい」、そうでなければ空にしてください。', options: [], component: { type: 'checkbox', key: 'urgent' } },
    choose('agencyCode', '受け付けた機関', agencies.map(({ code, name }) => ({ label: name, value: code })), true),
    day('receivedOn', '受付日'),
    { ...choose('stage', '現在の段階', importedStages.map((value) => ({ label: stageWords[value], value })), false), how: `すでに支援しているケースだけ。空なら新しい相談として受け付けます: ${importedStages.map((value) => stageWords[value]).join('・')}` },
    text('oldCaseNo', '旧ケース番号', 50),
    choose('leadAgencyCode', '主担当機関', everyAgency.map(({ code, name }) => ({ label: name, value: code })), false),
    day('supportBeganOn', '支援の始まり'),
    text('nextAction', '次の対応', 300),
    day('nextActionOn', '次の対応の期日'),
  ];
}

/** The forms of the sheets as they are deployed now, with the agencies of now in them. A form that is not deployed has no sheet. */
export async function sheetForms(app: App, tx: Pick<Tx, 'db'>): Promise<Partial<Record<ImportSheet, SheetForm>>> {
  const start = await app.definitions.startedBy(tx as Tx, 'consultation_received');
  const consultation = start?.definition.forms.get(consultationForm);
  const resource = await findStandingForm(tx as Tx, resourceForm);
  const everyAgency = consultation ? await tx.db.agency.findMany({ where: { active: true }, orderBy: { code: 'asc' }, select: { code: true, name: true, canIntake: true } }) : [];
  const [asked, offered] = [consultation && (await formToCheck(tx, consultation.schema)), resource && (await formToCheck(tx, resource.schema))];
  return {
    ...(asked ? { cases: { schema: asked, columns: columnsOf(asked), head: headColumns(everyAgency.filter(({ canIntake }) => canIntake), everyAgency) } } : {}),
    ...(offered ? { resources: { schema: offered, columns: columnsOf(offered), head: [] } } : {}),
  };
}

const columnLetter = (column: number): string => (column > 26 ? columnLetter(Math.floor((column - 1) / 26)) : '') + String.fromCharCode(65 + ((column - 1) % 26));
const foldTitle = (text: string): string => text.normalize('NFKC').replace(/[\s＊*※]/g, '');

interface Reading {
  name: string;
  bad: BadCell[];
  say(cell: string, column: Column | null, detail: string): void;
}

function reading(name: string): Reading {
  const bad: BadCell[] = [];
  return { name, bad, say: (cell, column, detail) => void bad.push({ sheet: name, cell, column: column?.title ?? null, detail, how: column?.how ?? null }) };
}

/** Which column of the sheet is which field; what is missing or unknown is said of the header. */
function readHeader(sheet: Sheet, form: SheetForm, at: Reading): Map<number, Column> {
  const known = new Map([...form.head, ...form.columns].map((column) => [foldTitle(column.title), column]));
  const found = new Map<number, Column>();
  for (const cell of sheet.rows[0]?.cells ?? []) {
    const column = known.get(foldTitle(String(cell.value)));
    if (!column) at.say(cell.address, null, `「${String(cell.value).slice(0, 60)}」という見出しはありません。ひな形の見出しをそのまま使ってください。`);
    else if ([...found.values()].includes(column)) at.say(cell.address, column, 'この見出しが二つあります。');
    else found.set(cell.column, column);
  }
  const missing = [...known.values()].filter((column) => column.required && ![...found.values()].includes(column));
  for (const column of missing) at.say(`A${sheet.rows[0]?.number ?? 1}`, column, `必須の見出し「${column.title}」がありません。`);
  return found;
}

/** Rows with what they say; every cell that does not fit is in `bad`. */
export function readRows(app: App, person: Person, now: Date, sheet: Sheet, kind: ImportSheet, form: SheetForm): { rows: PlannedRow[]; bad: BadCell[] } {
  const at = reading(sheet.name);
  const header = readHeader(sheet, form, at);
  const body = sheet.rows.slice(1);
  if (body.length > mostRows) at.say(`A${body[mostRows]!.number}`, null, `一度に取り込めるのは${mostRows}行までです。分けてください。`);
  if (body.length === 0 && at.bad.length === 0) at.say('A2', null, '取り込む行がありません。');
  if (at.bad.some(({ cell }) => cell.endsWith(String(sheet.rows[0]?.number ?? 1)) && !/\d{2,}$/.test(cell))) return { rows: [], bad: at.bad };
  const rows = body.slice(0, mostRows).map((row) => readRow(app, person, now, row, kind, form, header, at));
  return { rows, bad: at.bad };
}

function readRow(app: App, person: Person, now: Date, row: Sheet['rows'][number], kind: ImportSheet, form: SheetForm, header: Map<number, Column>, at: Reading): PlannedRow {
  const head: Record<string, Json> = {};
  const loose: Record<string, Json> = {};
  const said = new Set<string>();
  for (const cell of row.cells) {
    const column = header.get(cell.column);
    if (!column) {
      at.say(cell.address, null, '見出しのない列に書かれています。');
      continue;
    }
    take(cell, column, form.head.includes(column) ? head : loose, said, at);
  }
  for (const column of form.head.filter((one) => one.required && head[String(one.path[0])] === undefined && !said.has(one.path.join('/')))) at.say(cellFor(header, column, row.number), column, '入力してください。');
  const { value, was } = packRows(loose);
  const answers = value as Record<string, Json>;
  const planned: PlannedRow = { sheet: kind, row: row.number, head, answers, cellOf: (pointer) => locate(pointer, was, loose, form, header, row.number) };
  if (kind === 'cases') for (const [key, detail] of headProblems(head, answers, app.calendar.onDate(now))) {
    const column = form.head.find(({ path }) => path[0] === key)!;
    at.say(cellFor(header, column, row.number), column, detail);
  }
  const facts = factsOf(form.schema, (record, what) => factOf(record, what, head, person, app, now));
  for (const { pointer, detail } of validateAnswers(form.schema, withFacts(form.schema, answers, facts), facts).errors) {
    const { cell, column } = planned.cellOf(pointer);
    if (column === null || !said.has(column.path.join('/'))) at.say(cell, column, column ? detail : `${pointer}: ${detail}`);
  }
  return planned;
}

/** What does not fit in what is said of the case itself. A case that runs already is led by who took it, or by whom its person agreed to. */
function headProblems(head: Record<string, Json>, answers: Record<string, Json>, today: string): [key: string, detail: string][] {
  const said = (key: string): string => (typeof head[key] === 'string' ? head[key] : '');
  const wrong: [string, string][] = [];
  for (const key of ['receivedOn', 'supportBeganOn']) if (said(key) > today) wrong.push([key, 'まだ来ていない日です。']);
  if (said('receivedOn') !== '' && said('supportBeganOn') !== '' && said('supportBeganOn') < said('receivedOn')) wrong.push(['supportBeganOn', '受付日より前です。']);
  for (const [key, most] of [['oldCaseNo', 50], ['nextAction', 300]] as const) if (Array.from(said(key)).length > most) wrong.push([key, `${most}文字までにしてください。`]);
  const ofRunning = ['oldCaseNo', 'leadAgencyCode', 'supportBeganOn', 'nextAction', 'nextActionOn'].filter((key) => said(key) !== '');
  if (said('stage') === '' && ofRunning.length > 0) wrong.push(['stage', 'すでに支援しているケースなら、現在の段階を選んでください。']);
  const lead = said('leadAgencyCode');
  const { consent } = answers as { consent?: { scopeAgencies?: { agency?: Json; answer?: Json }[] } };
  const agreed = answers['variant'] === 'consented' && (consent?.scopeAgencies ?? []).some(({ agency, answer }) => agency === lead && answer === 'agreed');
  if (lead !== '' && lead !== said('agencyCode') && !agreed) wrong.push(['leadAgencyCode', '受け付けた機関でない主担当機関は、本人が情報の共有に同意した機関に入れてください。']);
  return wrong;
}

function take(cell: Cell, column: Column, into: Record<string, Json>, said: Set<string>, at: Reading): void {
  const taken = takeCell(column, cell);
  if ('value' in taken) return putAnswer(into, column.path, taken.value);
  said.add(column.path.join('/')); // what the form says of the empty answer is not said again
  at.say(cell.address, column, taken.wrong);
}

/** What the case and the person say in fields that nobody writes; before there is a case, what it will say. */
function factOf(record: string, what: string, head: Record<string, Json>, person: Person, app: App, now: Date): Json | undefined {
  if (record === 'me') return what === 'name' ? person.name : person.agencyCode;
  if (what === 'caseNo') return 'R1-00000';
  if (what === 'openedAt') {
    const said = [head['receivedOn'], head['supportBeganOn']].find((day): day is string => typeof day === 'string');
    return `${said ?? app.calendar.onDate(now)}T09:00`;
  }
  return head[what];
}

function cellFor(header: Map<number, Column>, column: Column, row: number): string {
  const found = [...header].find(([, one]) => one === column)?.[0];
  return `${columnLetter(found ?? 1)}${row}`;
}

/** Of a list as a whole: its first column that says something in this row, or its first. */
function locate(pointer: string, was: Map<string, number[]>, loose: Record<string, Json>, form: SheetForm, header: Map<number, Column>, row: number): { cell: string; column: Column | null } {
  let seen = '';
  const path = pointer.split('/').slice(1).map((part) => {
    const number = was.get(seen)?.[Number(part)];
    seen += `/${part}`;
    return number === undefined ? part : String(number);
  });
  const wanted = path.join('/');
  const within = form.columns.filter((one) => one.path.join('/').startsWith(`${wanted}/`));
  const says = (one: Column): boolean => one.path.reduce<Json | undefined>((value, part) => (value as Record<string | number, Json> | undefined)?.[part], loose) !== undefined;
  const column = form.columns.find((one) => one.path.join('/') === wanted) ?? form.columns.find((one) => wanted.startsWith(`${one.path.join('/')}/`)) ?? within.find(says) ?? within[0] ?? null;
  return { cell: column ? cellFor(header, column, row) : `A${row}`, column };
}

/** A refusal of the rules of a record, as cells of the row that it is about. */
export function refusedRow(planned: PlannedRow, errors: readonly PointedError[], detail: string): BadCell[] {
  const sheet = sheetNames[planned.sheet];
  if (errors.length === 0) return [{ sheet, cell: `A${planned.row}`, column: null, detail, how: null }];
  return errors.map((error) => {
    const { cell, column } = planned.cellOf(error.pointer.replace(/^\/answers/, ''));
    return { sheet, cell, column: column?.title ?? null, detail: error.detail, how: column?.how ?? null };
  });
}
