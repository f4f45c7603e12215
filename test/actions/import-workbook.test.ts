// Cases and resources from Excel: every bad cell named, all or nothing, taken back exactly.
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import ExcelJS from 'exceljs';
import { claimTask } from '../../src/actions/claim-task.js';
import { completeTask } from '../../src/actions/complete-task.js';
import { deployForm } from '../../src/actions/deploy-form.js';
import { importTemplate, importWorkbook, previewImport, type ImportPreview } from '../../src/actions/import-workbook.js';
import { pauseCaseClock, pauseTaskClock } from '../../src/actions/pause-clock.js';
import { undoImport } from '../../src/actions/undo-import.js';
import { readAs, type Person } from '../../src/base/db.js';
import { Problem } from '../../src/base/problem.js';
import { readWorkbook } from '../../src/base/workbook.js';
import { listImports } from '../../src/domain/imports.js';
import type { RecordKind } from '../../src/domain/records/record.js';
import type { Json } from '../../src/engine/model.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { deploy, diagram, end, flows, keeper, message, openTask, startBy, task } from '../support/diagrams.js';

const intake = diagram('intake', `${startBy('consultation_received')}${task('receive_consultation', { form: 'receive_consultation' })}${task('next')}${end()}${flows('start>receive_consultation', 'receive_consultation>next', 'next>end')}`, message('consultation_received'));
const required = { validate: { required: true } };
const form: Json = {
  type: 'default', id: 'f', schemaVersion: 18, record: 'F71',
  components: [
    { type: 'textfield', id: 'a0', key: 'no', label: '受付番号', readonly: true, properties: { from: 'case.caseNo' } },
    { type: 'group', id: 'g1', label: '本人', components: [
      { type: 'textfield', id: 'a1', key: 'kana', label: 'ふりがな', ...required, properties: { format: 'kana' } },
      { type: 'textfield', id: 'a2', key: 'name', label: '氏名', validate: { required: true, maxLength: 30 } },
      { type: 'textfield', id: 'a3', key: 'birthDate', label: '生年月日', properties: { format: 'date' } },
      { type: 'textfield', id: 'a4', key: 'phone', label: '電話番号', properties: { format: 'phone' } },
      { type: 'select', id: 'a5', key: 'sex', label: '性別', values: [{ label: '男', value: 'male' }, { label: '女', value: 'female' }] },
      { type: 'number', id: 'a6', key: 'age', label: '年齢', decimalDigits: 0, validate: { min: 0, max: 120 } }] },
    { type: 'checklist', id: 'a7', key: 'worries', label: '相談の内容', ...required, values: [{ label: '収入', value: 'income' }, { label: '介護', value: 'care' }, { label: 'ひきこもり', value: 'withdrawal' }] },
    { type: 'checkbox', id: 'a8', key: 'urgentVisit', label: '訪問を急ぐ' },
    { type: 'datetime', id: 'a9', key: 'since', label: '支援を始めた日', subtype: 'date' },
    { type: 'dynamiclist', id: 'l1', path: 'household', label: '世帯構成（本人を除く）', components: [
      { type: 'textfield', id: 'b1', key: 'name', label: '氏名', ...required },
      { type: 'select', id: 'b2', key: 'relation', label: '続柄', ...required, values: [{ label: '親', value: 'parent' }, { label: '子', value: 'child' }] }] },
    { type: 'textarea', id: 'a10', key: 'note', label: '経過', validate: { maxLength: 100 } },
  ],
};
const shelf: Json = { type: 'default', id: 'r', schemaVersion: 18, record: 'F72', components: [{ type: 'textfield', id: 'c1', key: 'name', label: '名前', ...required }, { type: 'number', id: 'c2', key: 'capacity', label: '定員' }] };
const shelves = new Map<string, string>();
const sheet: RecordKind = { key: 'F71', title: '試しの受付', compartment: 'agency', needs: [],
  async project(_tx, { answers }) {
    if (answers['name'] === '重複太郎') throw new Problem('form_invalid', { errors: [{ pointer: '/answers/name', detail: '同じ人がすでに登録されています。' }] });
    return {};
  } };
const resource: RecordKind = { key: 'F72', title: '試しの台帳', compartment: 'office', anytime: { roles: ['resourceManager', 'coordinator'] }, needs: [],
  async project(_tx, filed) { shelves.set(filed.submissionId, filed.answers['name'] as string); return {}; },
  async undo(_tx, submissionId) { shelves.delete(submissionId); } };

const head = ['ケースの分野', '受付の方法', '緊急のケース', '受け付けた機関', '本人／ふりがな', '本人／氏名', '本人／生年月日', '本人／電話番号', '本人／性別', '本人／年齢', '相談の内容', '訪問を急ぐ', '支援を始めた日', '世帯構成1／氏名', '世帯構成1／続柄', '世帯構成3／氏名', '世帯構成3／続柄', '経過'];
/** Of a case that runs already; `test/actions/import-real-forms.test.ts` fills them in. */
const ofRunning = ['受付日', '現在の段階', '旧ケース番号', '主担当機関', '支援の始まり', '次の対応', '次の対応の期日'];
type Value = ExcelJS.CellValue;
const good = (n: number): Value[] => ['高齢', '電話', n % 7 === 0 ? 'はい' : '', 'chiiki_houkatsu', 'いまい　はなこ', `今井 花子${n}`, n % 3 === 0 ? new Date(Date.UTC(1945, 2, n % 28 + 1)) : `昭和${n % 60 + 1}年3月2日`, '０６－１２３４－５６７８', n % 2 ? '女' : 'male', n % 2 ? 80 : '８１', '収入、介護', n % 5 === 0 ? '○' : '', new Date('2026-04-01T00:00:00Z'), n % 4 === 0 ? '今井 一郎' : '', n % 4 === 0 ? '子' : '', '今井 ウメ', '親', '通いの場から'];

async function bookOf(rows: (Value[] | null)[], more: { title?: string; head?: string[]; resources?: Value[][] } = {}): Promise<Buffer> {
  const book = new ExcelJS.Workbook();
  const page = book.addWorksheet(more.title ?? 'ケース');
  page.addRow(more.head ?? head);
  rows.forEach((row) => page.addRow(row ?? []));
  if (more.resources) {
    const other = book.addWorksheet('社会資源');
    other.addRow(['名前', '定員']);
    more.resources.forEach((row) => other.addRow(row));
  }
  return Buffer.from(await book.xlsx.writeBuffer());
}

describe('Excel からの取込み', () => {
  let app: TestApp;
  let sato: Person;
  const url = (): string => app.database.ownerUrl;
  const count = async (): Promise<Record<string, number>> => (await query<Record<string, number>>(url(), `select (select count(*)::int from support_case) as cases, (select count(*)::int from submission) as submissions, (select count(*)::int from process_instance) as instances, (select count(*)::int from import_batch) as imports`))[0]!;
  const preview = (file: Buffer): Promise<ImportPreview> => previewImport(app, sato, { file });
  const refused = (work: Promise<unknown>): Promise<Problem> => work.then(() => { throw new Error('taken in'); }, (error: Problem) => error);
  beforeAll(async () => {
    app = await testApp({ records: [sheet, resource] });
    sato = await personByLogin(url(), 'sato.h');
    await deploy(app, intake, { receive_consultation: form });
    await deployForm(app, keeper, { key: 'resource', schema: shelf });
  });
  afterAll(() => app.close());

  test('the template has the columns of the forms as they are, says how each is written, and is understood when it comes back', async () => {
    const book = new ExcelJS.Workbook();
    await book.xlsx.load((await importTemplate(app, sato)) as unknown as ArrayBuffer);
    expect(book.worksheets.map(({ name }) => name)).toEqual(['ケース', '書き方（ケース）', '社会資源', '書き方（社会資源）']);
    const page = book.getWorksheet('ケース')!;
    const titles = (page.getRow(1).values as string[]).slice(1);
    expect(titles.filter((title) => !/世帯構成[2456]/.test(title))).toEqual([...head.slice(0, 4), ...ofRunning, ...head.slice(4)]);
    const words = (book.getWorksheet('書き方（ケース）')!.getSheetValues() as Value[][]).slice(2).find((row) => row[1] === '本人／性別');
    expect(words?.slice(1)).toEqual(['本人／性別', '', '次のどれかを書いてください: 男・女']);
    page.addRow(titles.map((title) => (head.includes(title) ? good(1)[head.indexOf(title)] : '')));
    expect(await preview(Buffer.from(await book.xlsx.writeBuffer()))).toEqual({ cases: 1, resources: 0, bad: [], warnings: [] });
  });

  test('200 messy rows: every bad cell is named with what is wrong and how it is written, none of the good ones, and nothing is kept', async () => {
    const before = await count();
    const rows: (Value[] | null)[] = Array.from({ length: 200 }, (_, n) => good(n));
    const spoil = (row: number, title: string, value: Value): void => void (rows[row - 2]![head.indexOf(title)] = value);
    spoil(5, '本人／性別', '不明');
    spoil(9, '本人／生年月日', '昭和70年2月1日');
    spoil(12, '本人／氏名', { formula: 'A1&B1', result: '今井' } as Value);
    spoil(13, '本人／氏名', '=cmd|calc');
    spoil(20, '本人／ふりがな', 'Imai');
    spoil(21, '本人／ふりがな', '');
    spoil(33, '本人／年齢', 'はちじゅう');
    spoil(34, '本人／年齢', 200);
    spoil(40, '相談の内容', '収入、恋愛');
    spoil(41, '相談の内容', '');
    spoil(50, '世帯構成3／続柄', '');
    spoil(51, '世帯構成3／続柄', '友達');
    spoil(60, '経過', 'あ'.repeat(101));
    spoil(70, 'ケースの分野', '');
    spoil(71, '受け付けた機関', '架空センター');
    spoil(80, '本人／電話番号', { error: '#N/A' } as Value);
    spoil(90, '支援を始めた日', '来月');
    spoil(91, '訪問を急ぐ', 'たぶん');
    rows[97] = null; // an empty row between
    rows[150]!.push('', '欄外のメモ');
    const { bad, cases } = await preview(await bookOf(rows));
    expect(cases).toBe(199);
    const column = (title: string): string => String.fromCharCode(65 + head.indexOf(title));
    expect(bad.map(({ cell, detail }) => [cell, detail]).toSorted()).toEqual([
      [`${column('本人／性別')}5`, '「不明」という選択肢はありません。'],
      [`${column('本人／生年月日')}9`, '日付は「昭和45年3月2日」「S45.3.2」「1970-03-02」「1970年頃」のように入力してください。'],
      [`${column('本人／氏名')}12`, '数式は読めません。値を書いてください。'],
      [`${column('本人／氏名')}13`, '「=」「@」「+」「-」で始まる式のような文字は入れられません。'],
      [`${column('本人／ふりがな')}20`, 'ひらがなかカタカナで入力してください。'],
      [`${column('本人／ふりがな')}21`, '入力してください。'],
      [`${column('本人／年齢')}33`, '数として読めません。'],
      [`${column('本人／年齢')}34`, '120以下の値を入力してください。'],
      [`${column('相談の内容')}40`, '「恋愛」という選択肢はありません。'],
      [`${column('相談の内容')}41`, '入力してください。'],
      [`${column('世帯構成3／続柄')}50`, '入力してください。'],
      [`${column('世帯構成3／続柄')}51`, '「友達」という選択肢はありません。'],
      [`${column('経過')}60`, '100文字以内で入力してください。'],
      [`${column('ケースの分野')}70`, '入力してください。'],
      [`${column('受け付けた機関')}71`, '「架空センター」という選択肢はありません。'],
      [`${column('本人／電話番号')}80`, 'エラー値になっています。値を書いてください。'],
      [`${column('支援を始めた日')}90`, '日付として読めません。'],
      [`${column('訪問を急ぐ')}91`, '「はい」か空のどちらかです。'],
      ['T152', '見出しのない列に書かれています。'],
    ].toSorted());
    expect(bad.find(({ cell }) => cell === `${column('本人／性別')}5`)).toMatchObject({ sheet: 'ケース', column: '本人／性別', how: '次のどれかを書いてください: 男・女' });
    expect(await refused(importWorkbook(app, sato, { file: await bookOf(rows) }))).toMatchObject({ code: 'import_refused', extra: { bad } });
    expect(await count()).toEqual(before);
  });

  test('what only a rule of the office refuses is found in the preview too, and one such row keeps all others out', async () => {
    const before = await count();
    const rows = [good(1), good(2), good(3)];
    rows[1]![head.indexOf('本人／氏名')] = '重複太郎';
    const file = await bookOf(rows, { resources: [['卓球の会', 12]] });
    expect((await preview(file)).bad).toEqual([{ sheet: 'ケース', cell: 'F3', column: '本人／氏名', detail: '同じ人がすでに登録されています。', how: '文字で書いてください。' }]);
    expect(await refused(importWorkbook(app, sato, { file }))).toMatchObject({ code: 'import_refused' });
    expect(await count()).toEqual(before);
    expect(await query(url(), `select 1 from outbox where relayed_at is null and kind <> 'timer.nudge'`)).toEqual([]);
  });

  test('taken in: each row is a case whose consultation is answered as if somebody had typed it; the same file is not taken in twice', async () => {
    const rows = Array.from({ length: 20 }, (_, n) => good(n));
    const file = await bookOf(rows, { resources: [['卓球の会', 12], ['子ども食堂', '２０']] });
    expect((await preview(file)).bad).toEqual([]);
    const done = await importWorkbook(app, sato, { file });
    expect([done.caseNos.length, done.resources, [...shelves.values()].filter((name) => name === '子ども食堂').length]).toEqual([20, 2, 2]); // a rehearsal and the real one
    const [kept] = await query<{ answers: Record<string, Json>; record: string; agency: string; status: string }>(url(), `select s.answers, s.record, c.agency_code as agency, c.status from submission s join support_case c on c.id = s.case_id where c.case_no = $1`, [done.caseNos[0]]);
    expect(kept).toMatchObject({ record: 'F71', agency: 'chiiki_houkatsu', answers: { no: done.caseNos[0], kana: 'いまい　はなこ', name: '今井 花子0', birthDate: '1945-03-01', age: 81, sex: 'male', worries: ['income', 'care'], urgentVisit: true, since: '2026-04-01', household: [{ name: '今井 一郎', relation: 'child' }, { name: '今井 ウメ', relation: 'parent' }] } });
    expect((await openTask(url(), done.caseNos[19]!)).elementId).toBe('next');
    expect(await refused(importWorkbook(app, sato, { file }))).toMatchObject({ code: 'import_twice' });
    expect(await readAs(app.db, sato, (tx) => listImports(tx))).toMatchObject([{ id: done.importId, cases: 20, resources: 2, undoneAt: null }]);
  }, 120_000);

  test('undone: exactly its cases end, are closed and reached by nobody; twice is once, and the file can come again', async () => {
    const other = await importWorkbook(app, sato, { file: await bookOf([good(101)]) });
    const file = await bookOf([good(102), good(103)], { resources: [['写経の会', 5]] });
    const done = await importWorkbook(app, sato, { file });
    const undo = { importId: done.importId, reason: '去年の表でした' };
    expect(await undoImport(app, sato, undo)).toEqual({ cases: 2, resources: 1 });
    expect(await undoImport(app, sato, undo)).toEqual({ cases: 2, resources: 1 });
    const rows = await query(url(), `select c.status, c.close_reason, (select string_agg(i.status, ',') from process_instance i where i.business_key = c.case_no) as processes, (select count(*)::int from task t where t.business_key = c.case_no and t.status = 'open') as open,
      (select count(*)::int from case_access a where a.case_id = c.id and a.ended_at is null) as reach from support_case c where case_no = any($1)`, [done.caseNos]);
    expect(rows).toEqual(Array.from({ length: 2 }, () => ({ status: 'closed', close_reason: 'import_undone', processes: 'cancelled', open: 0, reach: 0 })));
    expect([...shelves.values()].filter((name) => name === '写経の会')).toHaveLength(0);
    expect((await openTask(url(), other.caseNos[0]!)).elementId).toBe('next');
    expect((await importWorkbook(app, sato, { file })).caseNos).toHaveLength(2);
  });

  test('an import of which a case was worked on is not undone, and only who brought it may, or a manager of the same agency', async () => {
    const done = await importWorkbook(app, sato, { file: await bookOf([good(110), good(111)]) });
    await expect(undoImport(app, await personByLogin(url(), 'ishikawa.r'), { importId: done.importId, reason: '誤り' })).rejects.toMatchObject({ code: 'not_found' });
    expect((await readAs(app.db, await personByLogin(url(), 'abe.k'), (tx) => listImports(tx))).map(({ id }) => id)).not.toContain(done.importId);
    await expect(undoImport(app, await personByLogin(url(), 'abe.k'), { importId: done.importId, reason: '誤り' })).rejects.toMatchObject({ code: 'not_found' });
    const another = await importWorkbook(app, sato, { file: await bookOf([good(112)]) });
    const manager = await personByLogin(url(), 'nakamura.m');
    expect((await readAs(app.db, manager, (tx) => listImports(tx))).map(({ id }) => id)).toEqual(expect.arrayContaining([done.importId, another.importId]));
    expect(await undoImport(app, manager, { importId: another.importId, reason: '担当者が休んでいる' })).toEqual({ cases: 1, resources: 0 });
    const { id, version } = await openTask(url(), done.caseNos[1]!);
    await completeTask(app, await personByLogin(url(), 'mori.d'), { taskId: id, version });
    expect(await refused(undoImport(app, sato, { importId: done.importId, reason: '誤り' }))).toMatchObject({ code: 'import_in_use', extra: { caseNos: [done.caseNos[1]] } });
    expect((await openTask(url(), done.caseNos[0]!)).elementId).toBe('next');
    // nor one of which somebody has begun to write: what was typed and not sent is work too
    const begun = await importWorkbook(app, sato, { file: await bookOf([good(113)]) });
    const open = await openTask(url(), begun.caseNos[0]!);
    await query(url(), `insert into draft (task_id, user_id, answers, saved_at) values ($1, $2, '{}', $3)`, [open.id, (await personByLogin(url(), 'mori.d')).userId, new Date()]);
    expect(await refused(undoImport(app, sato, { importId: begun.importId, reason: '誤り' }))).toMatchObject({ code: 'import_in_use' });
    await query(url(), `delete from draft where task_id = $1`, [open.id]);
    await query(url(), `insert into attachment (id, case_id, name, kind, bytes, sha256, compartment, agency_code, key_id, wrapped_key, uploaded_by_id, uploaded_at) select gen_random_uuid(), id, 'x.txt', 'txt', 1, 'x', 'team', 'welfare_policy', 'k', ''::bytea, $2, now() from support_case where case_no = $1`, [begun.caseNos[0], sato.userId]);
    expect(await refused(undoImport(app, sato, { importId: begun.importId, reason: '誤り' }))).toMatchObject({ code: 'import_in_use' });
  });

  test('nor one of which somebody has taken a task or stopped its clock: that is work as well', async () => {
    const mori = await personByLogin(url(), 'mori.d');
    const resumeOn = app.calendar.onDate(new Date(Date.now() + 30 * 86_400_000));
    const uses = [
      async ({ id, version }: { id: string; version: number }) => void (await claimTask(app, mori, { taskId: id, version })),
      async ({ id, version }: { id: string; version: number }) => void (await pauseTaskClock(app, mori, { taskId: id, version, reason: 'in_hospital', resumeOn })),
      async (_task: { id: string }, caseNo: string) => void (await pauseCaseClock(app, { ...mori, roles: [...mori.roles, 'manager'] }, { caseNo, reason: 'in_hospital', resumeOn })),
    ];
    for (const [index, use] of uses.entries()) {
      const { importId, caseNos } = await importWorkbook(app, sato, { file: await bookOf([good(120 + index)]) });
      await use(await openTask(url(), caseNos[0]!), caseNos[0]!);
      expect(await refused(undoImport(app, sato, { importId, reason: '誤り' }))).toMatchObject({ code: 'import_in_use', extra: { caseNos } });
    }
  });

  test('a header that nobody knows, one that is missing and one that is there twice are named', async () => {
    const titles = [...head];
    titles[titles.indexOf('本人／氏名')] = '名前';
    titles[titles.indexOf('経過')] = '本人／性別';
    expect((await preview(await bookOf([good(1)], { head: titles }))).bad.map(({ cell, detail }) => `${cell} ${detail}`)).toEqual([
      'F1 「名前」という見出しはありません。ひな形の見出しをそのまま使ってください。', 'R1 この見出しが二つあります。', 'A1 必須の見出し「本人／氏名」がありません。',
    ]);
  });

  test('what is no Excel file, is locked, or unpacks to more than it says is refused before it is read', async () => {
    const wrong = async (file: Buffer): Promise<string> => (await refused(preview(file))).errors[0]?.detail ?? '';
    expect(await wrong(Buffer.from('名前,年齢\n'.repeat(20)))).toContain('Excel ファイル（.xlsx）として読めません');
    expect(await wrong(Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]))).toContain('パスワード');
    expect(await wrong(await bookOf([good(1)], { title: 'その他' }))).toContain('シート「ケース」');
    const real = await bookOf([good(1)]);
    expect(await wrong(real.subarray(0, real.length - 200))).toContain('読めません');
    expect(await wrong(bomb())).toContain('大きすぎます');
    await expect(readWorkbook(real)).resolves.toHaveLength(1);
  });

  test('who only takes consultations may not bring a whole list', async () => {
    await expect(preview(await bookOf([good(1)])).then(async () => previewImport(app, await personByLogin(url(), 'mori.d'), { file: await bookOf([good(1)]) }))).rejects.toMatchObject({ code: 'forbidden' });
  });
});

/** A small zip whose one entry unpacks to 64 MB and claims to hold ten bytes. */
function bomb(): Buffer {
  const name = Buffer.from('xl/workbook.xml');
  const data = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(data.length, 18);
  local.writeUInt32LE(10, 22);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(10, 24);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + name.length, 12);
  end.writeUInt32LE(30 + name.length + data.length, 16);
  return Buffer.concat([local, name, data, central, name, end]);
}
