// What is done through the interface alone: an import from its template to its undoing, 開庁日 changed as it was shown, and clocks that are stopped and go on.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import ExcelJS from 'exceljs';
import type { Response } from 'supertest';
import { transact } from '../../src/base/db.js';
import { grantAccess } from '../../src/domain/access.js';
import { columnsOf, type Column } from '../../src/engine/forms/sheet.js';
import type { Json } from '../../src/engine/model.js';
import { sampleOf } from '../support/answers.js';
import { query } from '../support/database.js';
import { inTown } from '../support/options.js';
import { openTwo, type Client, type Two } from './two-instances.js';

let two: Two;
let sato: Client;
let mori: Client;
let kato: Client;
let at = new Date('2026-11-24T10:00:00+09:00');

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes/intake_screening', 'processes/anytime'], clock: { now: () => at } });
  [sato, mori, kato] = (await Promise.all(['sato.h', 'mori.d', 'kato.m'].map((login) => two.as(login)))) as unknown as [Client, Client, Client];
}, 180_000);
afterAll(() => two.close());

const rows = <T extends Record<string, unknown>>(sql: string, ...values: unknown[]): Promise<T[]> => query<T>(two.app.database.ownerUrl, sql, values);
const bytes = (res: Response, done: (error: Error | null, body: Buffer) => void): void => {
  const parts: Buffer[] = [];
  (res as unknown as NodeJS.ReadableStream).on('data', (part: Buffer) => void parts.push(part)).on('end', () => done(null, Buffer.concat(parts)));
};

function written({ path, component }: Column, answers: Record<string, Json>): string {
  const value = path.reduce<Json | undefined>((inner, part) => (inner as Record<string | number, Json> | undefined)?.[part], answers);
  const label = (one: Json): string => component.values?.find((option) => option.value === one)?.label ?? (typeof one === 'object' ? JSON.stringify(one) : String(one));
  if (value === undefined || value === null || value === false) return '';
  return Array.isArray(value) ? value.map(label).join('、') : value === true ? 'はい' : label(value);
}

/** The template as it is served, with the sample in its one row; `more`: what stands under these headings instead. */
async function filledTemplate(more: Record<string, string> = {}): Promise<string> {
  const { body } = await sato.get('/api/imports/template').buffer(true).parse(bytes as never).expect(200).expect('Content-Type', /spreadsheetml/);
  const book = new ExcelJS.Workbook();
  await book.xlsx.load(body as ArrayBuffer);
  const [form] = await rows<{ schema: Json }>(`select forms -> 'receive_consultation' as schema from process_definition where key = 'intake_screening' order by version desc limit 1`);
  const columns = columnsOf(inTown(form!.schema));
  const answers = sampleOf('intake_screening', 'receive_consultation') as Record<string, Json>;
  const head: Record<string, string> = { ケースの分野: '高齢', 受付の方法: '電話', 受け付けた機関: 'chiiki_houkatsu', ...more };
  const page = book.getWorksheet('ケース')!;
  (page.getRow(1).values as string[]).forEach((title, index) => {
    const column = columns.find((one) => one.title === title);
    page.getCell(2, index).value = head[title] ?? (column ? written(column, answers) : '');
  });
  return Buffer.from(await book.xlsx.writeBuffer()).toString('base64');
}

test('an import: the template is filled in, looked at, taken in once, listed and taken back', async () => {
  await mori.get('/api/imports/template').expect(403);
  const bad = (await sato.post('/api/imports/preview', { file: await filledTemplate({ 受付の方法: '伝書鳩' }) }).expect(200)).body;
  expect(bad.bad).toMatchObject([{ sheet: 'ケース', column: '受付の方法', how: expect.stringContaining('電話') }]);
  const file = await filledTemplate();
  expect((await sato.post('/api/imports/preview', { file }).expect(200)).body).toEqual({ cases: 1, resources: 0, bad: [], warnings: [] });
  expect(await rows('select 1 from support_case')).toEqual([]);
  const { body: done } = await sato.post('/api/imports', { file }).expect(201);
  expect(done).toMatchObject({ caseNos: [expect.stringMatching(/^R8-/)], resources: 0 });
  expect((await sato.post('/api/imports', { file }).expect(409)).body.type).toBe('/api/problems/import_twice');
  expect((await mori.get(`/api/cases/${done.caseNos[0]}/records`).expect(200)).body.records).toMatchObject([{ record: 'F01', formKey: 'receive_consultation' }]);
  expect((await sato.get('/api/imports').expect(200)).body.imports).toMatchObject([{ id: done.importId, cases: 1, resources: 0, undoneAt: null }]);
  expect((await sato.post(`/api/imports/${done.importId}/undo`, { reason: '去年の表でした' }).expect(200)).body).toEqual({ cases: 1, resources: 0 });
  await mori.get(`/api/cases/${done.caseNos[0]}/records`).expect(404);
  expect((await sato.get('/api/imports').expect(200)).body.imports).toMatchObject([{ id: done.importId, undoneAt: at.toISOString(), undoReason: '去年の表でした' }]);
}, 60_000);

interface Open { id: string; version: number; dueAt: string }
const openTaskOf = async (caseNo: string): Promise<Open> => {
  const [task] = await rows<{ id: string; version: number; due: Date }>(`select id, version, due_at as due from task where business_key = $1 and status = 'open' order by id limit 1`, caseNo);
  return { id: task!.id, version: task!.version, dueAt: task!.due.toISOString() };
};

test('開庁日: what a change would move is shown, moved as it was shown, and on record', async () => {
  const { caseNo } = (await mori.post('/api/cases', { field: 'elder', channel: 'phone' }).expect(201)).body as { caseNo: string };
  const before = await openTaskOf(caseNo);
  const closed = { onDate: new Date(Date.parse(before.dueAt) + 9 * 3_600_000).toISOString().slice(0, 10), open: false, name: '臨時閉庁' };
  await mori.post('/api/calendar/preview', { days: [closed] }).expect(403);
  const { body: seen } = await kato.post('/api/calendar/preview', { days: [closed] }).expect(200);
  expect(seen.count).toBe(1);
  // of which case it is, is for those who reach that case
  expect(seen.moved).toMatchObject([{ taskId: before.id, caseNo: null }]);
  const [{ id: reader }] = await rows<{ id: string }>(`select id from app_user where login = 'kato.m'`) as [{ id: string }];
  const [{ id: caseId }] = await rows<{ id: string }>(`select id from support_case where case_no = $1`, caseNo) as [{ id: string }];
  await transact(two.app.db, { kind: 'system', name: 'test' }, (tx) => grantAccess(tx, { caseId, reader, level: 'exists', basis: 'assignment', basisId: null }));
  expect((await kato.post('/api/calendar/preview', { days: [closed] }).expect(200)).body.moved).toMatchObject([{ taskId: before.id, caseNo }]);
  expect(await openTaskOf(caseNo)).toEqual(before);
  const change = { days: [closed], reason: '台風のため', revision: seen.revision, digest: seen.digest };
  await kato.post('/api/calendar/changes', { ...change, digest: 'x' }).expect(409);
  const { body: made } = await kato.post('/api/calendar/changes', change).expect(201);
  expect(made.moved).toMatchObject([{ taskId: before.id, fromDueAt: before.dueAt, toDueAt: seen.moved[0].toDueAt }]);
  expect((await openTaskOf(caseNo)).dueAt).toBe(seen.moved[0].toDueAt);
  const { body: calendar } = await kato.get('/api/calendar').expect(200);
  expect(calendar.days).toContainEqual({ ...closed, changed: true });
  expect(calendar.changes[0]).toMatchObject({ reason: '台風のため', moved: 1, days: [closed] });
}, 60_000);

test('the clock of a task and of a case is stopped with a reason and a day, stands in the ledger, and goes on with what stood added', async () => {
  const { caseNo } = (await mori.post('/api/cases', { field: 'elder', channel: 'phone' }).expect(201)).body as { caseNo: string };
  const before = await openTaskOf(caseNo);
  const stop = { reason: 'awaiting_person', resumeOn: '2026-12-18' };
  await mori.post(`/api/tasks/${before.id}/clock/pause`, { ...stop, resumeOn: '2026-11-24', version: before.version }).expect(422);
  const { body: paused } = await mori.post(`/api/tasks/${before.id}/clock/pause`, { ...stop, version: before.version }).expect(201);
  expect((await mori.get(`/api/cases/${caseNo}/clock`).expect(200)).body.pauses).toMatchObject([{ scope: 'task', reason: 'awaiting_person', resumeOn: '2026-12-18' }]);
  at = new Date('2026-11-25T10:00:00+09:00');
  expect((await mori.post(`/api/clock-pauses/${paused.pauseId}/resume`).expect(200)).body).toMatchObject({ pauseId: paused.pauseId, resumedAt: at.toISOString() });
  expect(Date.parse((await openTaskOf(caseNo)).dueAt)).toBeGreaterThan(Date.parse(before.dueAt));
  await mori.post(`/api/cases/${caseNo}/clock/pause`, stop).expect(403);
  const nakamura = await two.as('nakamura.m');
  await nakamura.post(`/api/cases/${caseNo}/clock/pause`, stop).expect(404);
  await mori.get('/api/cases/R8-99999/clock').expect(404);
}, 60_000);
