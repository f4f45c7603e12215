// The forms that are shipped, from a sheet: their own samples come in through Excel as they would through the screen.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import ExcelJS from 'exceljs';
import { importTemplate, importWorkbook, previewImport } from '../../src/actions/import-workbook.js';
import { undoImport } from '../../src/actions/undo-import.js';
import type { Person } from '../../src/base/db.js';
import { columnsOf, type Column } from '../../src/engine/forms/sheet.js';
import type { Json } from '../../src/engine/model.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';

/** An answer as somebody writes it into a cell. */
function written({ path, component }: Column, answers: Record<string, Json>): string {
  let value: Json | undefined = answers;
  for (const part of path) value = (value as Record<string | number, Json> | undefined)?.[part];
  const label = (one: Json): string => component.values?.find((option) => option.value === one)?.label ?? (typeof one === 'object' ? JSON.stringify(one) : String(one));
  if (value === undefined || value === null || value === false) return '';
  if (Array.isArray(value)) return value.map(label).join('、');
  return value === true ? 'はい' : label(value);
}

describe('実際の様式の取込み', () => {
  let app: TestApp;
  let person: Person;
  const url = (): string => app.database.ownerUrl;
  beforeAll(async () => {
    app = await testApp({ clock: { now: () => new Date('2026-12-20T10:00:00+09:00') }, deploy: ['processes'] });
    // one who may do both, as a city may decide
    const sato = await personByLogin(url(), 'sato.h');
    person = { ...sato, roles: [...sato.roles, 'resourceManager'] };
  });
  afterAll(() => app.close());

  async function bookOfSamples(more: Record<string, string> = {}): Promise<Buffer> {
    const book = new ExcelJS.Workbook();
    await book.xlsx.load((await importTemplate(app, person)) as unknown as ArrayBuffer);
    const [{ schema }] = (await query<{ schema: Json }>(url(), `select forms -> 'receive_consultation' as schema from process_definition where key = 'intake_screening' order by version desc limit 1`)) as [{ schema: Json }];
    const [shelf] = await query<{ schema: Json }>(url(), `select schema from standing_form where key = 'resource' order by version desc limit 1`);
    const fill = (name: string, columns: Column[], answers: Record<string, Json>, head: Record<string, string>): void => {
      const page = book.getWorksheet(name)!;
      (page.getRow(1).values as string[]).forEach((title, index) => {
        const column = columns.find((one) => one.title === title);
        page.getCell(2, index).value = head[title] ?? (column ? written(column, answers) : '');
      });
    };
    fill('ケース', columnsOf(schema), sampleOf('intake_screening', 'receive_consultation'), { ケースの分野: '高齢', 受付の方法: '電話', 受け付けた機関: 'chiiki_houkatsu', ...more });
    fill('社会資源', columnsOf(shelf!.schema), sampleOf('anytime', 'resource'), {});
    return Buffer.from(await book.xlsx.writeBuffer());
  }

  test('the samples of F01 and F14, written into the template, come in, and go out again', async () => {
    const file = await bookOfSamples();
    expect(await previewImport(app, person, { file })).toEqual({ cases: 1, resources: 1, bad: [] });
    const open = async (): Promise<number> => (await query<{ n: number }>(url(), `select count(*)::int as n from social_resource where closed_on is null`))[0]!.n;
    const before = await open();
    const done = await importWorkbook(app, person, { file });
    const [{ answers }] = (await query<{ answers: Record<string, Json> }>(url(), `select s.answers from submission s join support_case c on c.id = s.case_id where c.case_no = $1`, [done.caseNos[0]])) as [{ answers: Record<string, Json> }];
    const sample = sampleOf('intake_screening', 'receive_consultation');
    const kept = Object.entries(sample).filter(([key]) => !['caseNo', 'receivedAt', 'receivedBy', 'receivedAgency', 'field', 'channel', 'consent', 'household', 'involvedAgencies'].includes(key));
    expect(answers).toMatchObject(Object.fromEntries(kept));
    expect(await open()).toBe(before + 1);
    expect(await undoImport(app, person, { importId: done.importId, reason: '試し' })).toEqual({ cases: 1, resources: 1 });
    expect(await open()).toBe(before);
  }, 120_000);

  const peopleOf = (caseNo: string | undefined): Promise<{ relation: string; over: boolean; found: boolean; id: string; phone: string; name: string }[]> =>
    query(url(), `select m.relation, m.ended_at is not null as over, cardinality(p.grams) > 0 as found, p.id, p.phone_home as phone, p.name from household_member m join client_person p on p.id = m.client_id join support_case c on c.id = m.case_id where c.case_no = $1 order by m.position, m.id`, [caseNo]);

  test('undone, whom it registered is found by nobody, whom it only heard of anew is as before, and its consent is void', async () => {
    const kept = await importWorkbook(app, person, { file: await bookOfSamples({ '本人／電話番号（自宅）': '06-1111-1111' }) });
    const [known, ...others] = await peopleOf(kept.caseNos[0]);
    expect([known, ...others].map((one) => [one!.over, one!.found])).toEqual([known, ...others].map(() => [false, true]));
    const wrong = await importWorkbook(app, person, { file: await bookOfSamples({ '本人／登録済みの本人の番号（重複の確認で選んだとき）': known!.id, '本人／電話番号（自宅）': '06-2222-2222' }) });
    expect((await peopleOf(wrong.caseNos[0]))[0]).toMatchObject({ id: known!.id, phone: '06-2222-2222' });
    await undoImport(app, person, { importId: wrong.importId, reason: '去年の表でした' });
    const after = await peopleOf(wrong.caseNos[0]);
    expect(after[0]).toMatchObject({ id: known!.id, phone: known!.phone, over: true, found: true });
    expect(after.slice(1).map(({ over, found }) => [over, found])).toEqual(others.map(() => [true, false]));
    expect((await peopleOf(kept.caseNos[0])).map(({ over, found }) => [over, found])).toEqual([known, ...others].map(() => [false, true]));
    const consents = await query<{ caseNo: string; ended: string | null }>(url(), `select c.case_no as "caseNo", (select e.kind from consent_end e where e.consent_id = k.id) as ended from consent k join support_case c on c.id = k.case_id where c.case_no = any($1) and k.subject = 'self' order by k.id`, [[kept.caseNos[0], wrong.caseNos[0]]]);
    expect(consents).toEqual([{ caseNo: kept.caseNos[0], ended: null }, { caseNo: wrong.caseNos[0], ended: 'void' }]);
  }, 120_000);
});
