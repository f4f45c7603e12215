// The forms that are shipped, from a sheet: their own samples come in through Excel as they would through the screen.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import ExcelJS from 'exceljs';
import { completeTask } from '../../src/actions/complete-task.js';
import { importTemplate, importWorkbook, previewImport } from '../../src/actions/import-workbook.js';
import { undoImport } from '../../src/actions/undo-import.js';
import { readAs, type Person } from '../../src/base/db.js';
import { readWorkbook } from '../../src/base/workbook.js';
import { searchPeople } from '../../src/domain/people/search.js';
import { columnsOf, type Column } from '../../src/engine/forms/sheet.js';
import type { Json } from '../../src/engine/model.js';
import { sampleOf } from '../support/answers.js';
import { inTown } from '../support/options.js';
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
  }, 120_000);
  afterAll(() => app.close());

  /** The samples, once for each row; `more`: what stands in the columns of these titles instead. */
  async function bookOfSamples(...rows: Record<string, string>[]): Promise<Buffer> {
    return bookOf(rows.length === 0 ? [{}] : rows);
  }

  const sampleOfCase = (): Record<string, Json> => sampleOf('intake_screening', 'receive_consultation') as Record<string, Json>;

  /** @param said what the row of the case answers, instead of the sample */
  async function bookOf(rows: Record<string, string>[], without: (title: string) => boolean = () => false, said: Record<string, Json> = sampleOfCase()): Promise<Buffer> {
    const book = new ExcelJS.Workbook();
    await book.xlsx.load((await importTemplate(app, person)) as unknown as ArrayBuffer);
    const [{ schema }] = (await query<{ schema: Json }>(url(), `select forms -> 'receive_consultation' as schema from process_definition where key = 'intake_screening' order by version desc limit 1`)) as [{ schema: Json }];
    const [shelf] = await query<{ schema: Json }>(url(), `select schema from standing_form where key = 'resource' order by version desc limit 1`);
    const fill = (name: string, columns: Column[], answers: Record<string, Json>, heads: Record<string, string>[]): void => {
      const page = book.getWorksheet(name)!;
      (page.getRow(1).values as string[]).forEach((title, index) => {
        if (without(title)) page.getCell(1, index).value = null;
        const column = columns.find((one) => one.title === title);
        for (const [row, head] of heads.entries()) if (!without(title)) page.getCell(row + 2, index).value = head[title] ?? (column ? written(column, answers) : '');
      });
    };
    fill('ケース', columnsOf(inTown(schema)), said, rows.map((more) => ({ ケースの分野: '高齢', 受付の方法: '電話', 受け付けた機関: 'chiiki_houkatsu', ...more })));
    fill('社会資源', columnsOf(shelf!.schema), sampleOf('anytime', 'resource'), [{}]);
    return Buffer.from(await book.xlsx.writeBuffer());
  }

  test('the samples of F01 and F14, written into the template, come in, and go out again', async () => {
    const file = await bookOfSamples();
    expect(await previewImport(app, person, { file })).toEqual({ cases: 1, resources: 1, bad: [], warnings: [] });
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

  test('a sheet of people who consented needs no column for those who did not; a row without consent is told which is missing', async () => {
    const without = (title: string): boolean => /同意なし|同意が得られない|緊急性・必要性|氏名がわからない|呼び名/.test(title);
    const titles = (await readWorkbook(await importTemplate(app, person)))[0]!.rows[0]!.cells.map(({ value }) => String(value));
    expect(titles.filter(without).length).toBeGreaterThan(0);
    expect((await previewImport(app, person, { file: await bookOf([{}], without) })).bad).toEqual([]);
    const { bad } = await previewImport(app, person, { file: await bookOf([{ 本人の同意: '同意なし' }], without) });
    expect(bad.every(({ cell }) => cell.endsWith('2'))).toBe(true);
    expect(bad.length).toBeGreaterThan(0);
  }, 120_000);

  test('a whole row without consent comes in as F02, whatever the reason; so does one whose person leaves agencies out or whose household refuses', async () => {
    const { consent, ...others } = sampleOfCase();
    const named = { duplicateChecked: 'someone_else', phoneHome: '', phoneMobile: '' };
    const without = (noConsentReason: Json): Record<string, Json> => ({
      ...others, ...named, variant: 'no_consent', noConsentReason, consentAttempts: [{ date: '令和8年5月頃', who: '森', how: '手紙', result: '断ると言われた' }], infoSource: '隣の人', infoSourceMayBeNamed: false, legalBasis: 'swa_106_6', whyMeetingNeeded: '見守りの分担', observed: { facts: '郵便受けがあふれている。', guess: '外に出ていないのでは。' },
    });
    const partly = (change: Record<string, Json>): Record<string, Json> => ({ ...others, ...named, consent: { ...(consent as Record<string, Json>), ...change } });
    const kept: [said: Record<string, Json>, record: string][] = [
      [without(['refused']), 'F02'], [without(['not_met', 'no_contact']), 'F02'], [without(['would_break', 'other']), 'F02'],
      [partly({ scopeAgencies: [{ agency: 'welfare_policy', answer: 'agreed' }, { agency: 'commissioners', answer: 'excluded' }] }), 'F01'],
      [partly({ householdMembers: [{ name: '豊野 和雄', relation: 'child', answer: 'refused' }] }), 'F01'],
    ];
    for (const [said, record] of kept) {
      const file = await bookOf([{}], () => false, said);
      expect((await previewImport(app, person, { file })).bad).toEqual([]);
      const { caseNos } = await importWorkbook(app, person, { file, acknowledgeDuplicates: true });
      const [filed] = await query<{ record: string; answers: Record<string, Json>; by: Json }>(url(), `select s.record, s.answers, s.answers -> 'consent' -> 'explainedBy' as by from submission s join support_case c on c.id = s.case_id where c.case_no = $1`, [caseNos[0]]);
      expect([filed!.record, filed!.by]).toEqual([record, record === 'F01' ? person.name : null]);
      expect(filed!.answers['variant']).toBe(said['variant']);
      if (record === 'F02') expect(filed!.answers).toMatchObject({ noConsentReason: said['noConsentReason'], legalBasis: 'swa_106_6', observed: { facts: '郵便受けがあふれている。' } });
    }
    // what a row without consent says of a consent all the same is named cell by cell, by its heading, also where it is a list
    const { bad } = await previewImport(app, person, { file: await bookOf([{}], () => false, { ...without(['refused']), consent: consent! }) });
    expect(bad.map(({ column }) => column)).toEqual(expect.arrayContaining([expect.stringMatching(/^同意（本人が署名する欄）／共有先1／機関$/), expect.stringMatching(/同意の種類$/)]));
    expect(bad.every(({ cell, column, how, detail }) => cell !== 'A2' && column !== null && how !== null && !detail.includes('/consent'))).toBe(true);
  }, 180_000);

  test('people who may be registered already, or stand twice in the sheet, are warned of by cell and taken in only when that was acknowledged', async () => {
    const one = { '本人／氏名': '倉田 芙美', '本人／ふりがな': 'くらた ふみ', '本人／生年月日（和暦・西暦、わかる範囲で）': '昭和20年2月2日', '本人／電話番号（自宅）': '06-3333-1111', '本人／電話番号（携帯）': '', '本人／住所': '桜町8-8', '本人／重複の確認': '', ...Object.fromEntries([1, 2, 3].map((n) => [`世帯構成${n}／重複の確認`, '別の人と確かめた'])) };
    const first = await importWorkbook(app, person, { file: await bookOfSamples(one) });
    const [known] = await peopleOf(first.caseNos[0]);
    for (const caseId of await query<{ id: string }>(url(), `select id from support_case where case_no = $1`, [first.caseNos[0]])) await query(url(), `insert into case_access (id, case_id, reader, level, basis, from_at) values (gen_random_uuid(), $1, $2, 'identity', 'referral', '2026-12-01')`, [caseId.id, person.userId]);
    const file = await bookOfSamples({ ...one, '本人／氏名': '藏田 ふみ' }, { ...one, '本人／生年月日（和暦・西暦、わかる範囲で）': 'S20.2.2', '本人／電話番号（自宅）': '', '本人／住所': '桜町8丁目8' }, { ...one, '本人／氏名': '倉田 礼', '本人／ふりがな': 'くらた れい', '本人／生年月日（和暦・西暦、わかる範囲で）': '昭和50年1月1日', '本人／電話番号（自宅）': '' , '本人／住所': '' });
    const { bad, warnings } = await previewImport(app, person, { file });
    expect([bad, warnings.map(({ cell, column, ids, rows }) => [cell.replace(/^[A-Z]+/, ''), column, ids, rows])]).toEqual([[], [['2', '本人／氏名', [known!.id], []], ['3', '本人／氏名', [known!.id], [2]]]]);
    const cases = async (): Promise<number> => (await query<{ n: number }>(url(), `select count(*)::int as n from support_case`))[0]!.n;
    const before = await cases();
    await expect(importWorkbook(app, person, { file })).rejects.toMatchObject({ code: 'possible_duplicates', extra: { warnings } });
    expect(await cases()).toBe(before);
    expect((await importWorkbook(app, person, { file, acknowledgeDuplicates: true })).caseNos).toHaveLength(3);
    const said = await bookOfSamples({ ...one, '本人／重複の確認': '別の人と確かめた' }, { ...one, '本人／登録済みの本人の番号（重複の確認で選んだとき）': known!.id });
    expect((await previewImport(app, person, { file: said })).warnings).toEqual([]);
  }, 120_000);

  test('a case that runs already comes in where it stands: received on its day, with its old number and its lead, and one task on the day that was planned', async () => {
    const running = { 受付日: '2026-04-10', 現在の段階: '見守り中', 旧ケース番号: 'A-0417', 主担当機関: '福祉政策課', 支援の始まり: '令和8年5月1日', 次の対応: '年明けに訪ねる', 次の対応の期日: '2027-01-12' };
    const file = await bookOfSamples(running, { 現在の段階: '受付・スクリーニング中', '本人／重複の確認': '別の人と確かめた' });
    const { bad } = await previewImport(app, person, { file });
    expect(bad).toEqual([]);
    const { caseNos } = await importWorkbook(app, person, { file, acknowledgeDuplicates: true });
    const cases = await query<Record<string, Json>>(url(), `select c.status, (c.opened_at at time zone 'Asia/Tokyo')::date::text as opened, i.old_case_no as old, i.next_action as next, i.support_began_on::text as began, r.group_key as lead, s.record, s.answers ->> 'receivedAt' as received,
        (select jsonb_agg(jsonb_build_array(t.element_id, t.candidate_groups, (t.due_at at time zone 'Asia/Tokyo')::date) order by t.id) from task t where t.business_key = c.case_no and t.status = 'open') as tasks
      from support_case c join imported_case i on i.case_id = c.id join submission s on s.case_id = c.id left join case_role r on r.case_id = c.id and r.until_at is null where c.case_no = any($1) order by c.case_no`, [caseNos]);
    expect(cases).toMatchObject([
      { status: 'watching', opened: '2026-04-10', old: 'A-0417', next: '年明けに訪ねる', began: '2026-05-01', record: 'F01', received: '2026-04-10T09:00', lead: expect.stringContaining('.'), tasks: [['confirm_imported_case', [expect.any(String)], '2027-01-12']] },
      { status: 'screening', opened: '2026-12-20', old: null, next: null, record: 'F01', lead: null, tasks: [['confirm_imported_case', ['grp.intake.elder'], expect.any(String)]] },
    ]);
    const sought = await readAs(app.db, person, (tx) => searchPeople(tx, 'ａ０４１７'));
    expect(sought.people[0]!.cases).toMatchObject([{ caseNo: caseNos[0], oldCaseNo: 'A-0417', relation: 'subject' }]);
    expect((cases[0]!['tasks'] as Json[][])[0]![1]).toEqual([cases[0]!['lead']]);
    const [task] = await query<{ id: string; version: number }>(url(), `select id, version from task where business_key = $1 and status = 'open'`, [caseNos[1]]);
    const mori = await personByLogin(url(), 'mori.d');
    const look = { ...sampleOf('intake_screening', 'confirm_imported_case'), noteAt: '2026-12-20', noteTime: null, importedRoute: 'continue', nextAction: 'また訪ねる', nextActionDue: '2027-01-20' };
    await completeTask(app, mori, { taskId: task!.id, version: task!.version, answers: look as Record<string, Json> });
    const [again] = await query<{ element: string; due: string }>(url(), `select element_id as element, (due_at at time zone 'Asia/Tokyo')::date::text as due from task where business_key = $1 and status = 'open'`, [caseNos[1]]);
    expect(again).toEqual({ element: 'confirm_imported_case', due: '2027-01-20' });
  }, 120_000);

  test('what does not fit a running case is named: no stage, days to come, a lead to whom the person has not agreed', async () => {
    const cells = async (more: Record<string, string>): Promise<(string | null)[]> => (await previewImport(app, person, { file: await bookOfSamples(more) })).bad.map(({ column }) => column);
    expect(await cells({ 旧ケース番号: 'A-1' })).toEqual(['現在の段階']);
    expect(await cells({ 現在の段階: '見守り中', 受付日: '2027-01-01' })).toEqual(['受付日']);
    expect(await cells({ 現在の段階: '見守り中', 受付日: '2026-05-01', 支援の始まり: '2026-04-01' })).toEqual(['支援の始まり']);
    expect(await cells({ 現在の段階: '見守り中', 主担当機関: 'シルバー人材センター' })).toEqual(['主担当機関']);
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
    const consents = await query<{ caseNo: string; ended: string | null }>(url(), `select c.case_no as "caseNo", (select e.kind from consent_end e where e.consent_id = k.id) as ended from consent k join support_case c on c.id = k.case_id where c.case_no = any($1) and k.subject = 'self' order by c.case_no`, [[kept.caseNos[0], wrong.caseNos[0]]]);
    expect(consents).toEqual([{ caseNo: kept.caseNos[0], ended: null }, { caseNo: wrong.caseNos[0], ended: 'void' }]);
  }, 120_000);
});
