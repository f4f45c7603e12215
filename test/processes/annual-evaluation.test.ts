// P09: every path of 推進会議・年次評価, and the calendar that begins it.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { beginAnnualRuns } from '../../src/actions/begin-annual-runs.js';
import { completeTask } from '../../src/actions/complete-task.js';
import { readAs } from '../../src/base/db.js';
import { annualOf } from '../../src/domain/annual/annual.js';
import { dueRuns } from '../../src/domain/annual/schedule.js';
import { validateAnswers } from '../../src/engine/forms.js';
import { taskDetailOf } from '../../src/http/task-detail.js';
import { testApp, type TestApp } from '../support/app.js';
import type { Answers } from '../../src/services/samples.js';
import { answersFor } from '../support/answers.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { walkPaths } from './paths.js';
import { calendar, done, readDiagram } from './walk.js';

const diagram = await readDiagram('annual_evaluation');
const groups = ['grp.kpi.chiiki_houkatsu', 'grp.kpi.shakyo'];
const prepared = [done('enter_kpi'), done('fix_statistics'), done('organise_issues')];
const held = [...prepared, done('draft_evaluation'), done('hold_council'), done('assign_improvements'), done('report_to_government')];

walkPaths(diagram, { variables: { caseId: null, fiscalYear: 'R8', run: 'year_end', kpiGroups: groups } }, [
  { title: 'the year begins with figures of each owner, counts and community issues, side by side', moves: [], waits: ['enter_kpi', 'enter_kpi', 'fix_statistics', 'organise_issues'], check: ({ waits }) => expect(waits.filter(({ elementId }) => elementId === 'enter_kpi').map(({ task }) => task!.candidateGroups[0])).toEqual(groups) },
  { title: 'the evaluation is drafted when all three are there', moves: prepared, waits: ['draft_evaluation'] },
  { title: 'after the council, improvements and the report go on side by side', moves: held.slice(0, 5), waits: ['assign_improvements', 'report_to_government'] },
  { title: 'the year may end without a change of the plan', moves: [...held, done('judge_revision', { revision: 'none' })], ends: 'end_no_revision' },
  { title: 'or with one', moves: [...held, done('judge_revision', { revision: 'revise' })], ends: 'end_revision' },
  { title: 'a second run in October is a whole one', begin: { variables: { run: 'mid_year' } }, moves: [], waits: ['enter_kpi', 'enter_kpi', 'fix_statistics', 'organise_issues'] },
  { title: 'a quarter asks for its figures and nothing else', begin: { variables: { run: 'q1' } }, moves: [done('enter_quarter_kpi')], ends: 'end_quarter' },
], { days: 42, elements: ['hold_council', 'report_to_government'] });

describe('the calendar of the year', () => {
  const rules = { secondRun: false, quarters: true };
  const due = (day: string, given = rules): string[] => dueRuns(calendar, new Date(`${day}T12:00:00+09:00`), given).map(({ fiscalYear, run, dueOn }) => `${fiscalYear} ${run} ${dueOn}`);

  test('the first working day of April is for the year that has ended', () => {
    expect(due('2027-03-31').filter((run) => run.includes('year_end'))).toEqual([]);
    expect(due('2027-04-01')).toContain('R8 year_end 2027-04-01');
    expect(due('2028-04-02').filter((run) => run.includes('year_end'))).toEqual([]); // a Saturday and a Sunday
    expect(due('2028-04-03')).toContain('R9 year_end 2028-04-03');
  });

  test('quarters are of the year that goes on; January is its third, after the holidays', () => {
    expect(due('2027-01-03')).toEqual([]);
    expect(due('2027-01-04')).toEqual(['R8 q3 2027-01-04']);
    expect(due('2026-07-01')).toEqual(['R8 q1 2026-07-01']);
    expect(due('2026-10-01')).toEqual(['R8 q2 2026-10-01']);
    expect(due('2026-10-01', { secondRun: true, quarters: true })).toEqual(['R8 mid_year 2026-10-01']);
    expect(due('2026-10-01', { secondRun: false, quarters: false })).toEqual([]);
  });

  test('what came due while nobody worked begins late; what is long past does not', () => {
    expect(due('2027-04-06')).toContain('R8 year_end 2027-04-01');
    expect(due('2027-06-20')).toEqual([]);
  });
});

describe('the yearly run', () => {
  let app: TestApp;
  let now = new Date('2027-04-04T12:00:00+09:00'); // three days after it was due
  const clerk = { kind: 'system', name: 'test' } as const;
  beforeAll(async () => {
    app = await testApp({ deploy: ['processes/annual_evaluation'], clock: { now: () => now } });
  }, 180_000);
  afterAll(() => app.close());

  const does = async (elementId: string, said: Answers = {}): Promise<void> => {
    const tasks = await query<{ id: string; version: number; login: string; formKey: string }>(app.database.ownerUrl,
      `select t.id, t.version, t.form_key as "formKey", (select u.login from app_user u join membership m on m.user_id = u.id where m.group_key = any(t.candidate_groups) order by u.login limit 1) as login from task t where t.element_id = $1 and t.status = 'open' order by t.candidate_groups`, [elementId]);
    for (const { id, version, login, formKey } of tasks) await completeTask(app, await personByLogin(app.database.ownerUrl, login), { taskId: id, version, answers: answersFor('annual_evaluation', formKey, diagram.forms.get(formKey)!, said) });
  };

  test('begins once, late rather than never, also when two workers come at once', async () => {
    const began = await Promise.all([beginAnnualRuns(app, clerk), beginAnnualRuns(app, clerk)]);
    expect(began.flat()).toEqual(['R8 year_end']);
    now = new Date('2027-04-20T12:00:00+09:00');
    expect(await beginAnnualRuns(app, clerk)).toEqual([]);
    const open = await query<{ e: string; n: number }>(app.database.ownerUrl, `select element_id e, count(*)::int n from task where status = 'open' group by 1 order by 1`);
    expect(open).toEqual([{ e: 'enter_kpi', n: 7 }, { e: 'fix_statistics', n: 1 }, { e: 'organise_issues', n: 1 }]);
  });

  test('the year is known to whoever opens a step, and kept with what they send', async () => {
    const kato = await personByLogin(app.database.ownerUrl, 'kato.m');
    const [task] = await query<{ id: string }>(app.database.ownerUrl, `select t.id from task t where t.element_id = 'fix_statistics' and t.status = 'open'`);
    expect((await readAs(app.db, kato, (tx) => taskDetailOf(app, tx, kato, task!.id))).carried).toEqual({ fiscalYearNote: 'R8', fixedBy: kato.name });
  });

  test('地域課題 that were looked through in the year lie before whoever organises them, in one list of fields; the others do not', async () => {
    const [sato, nakamura] = await Promise.all(['sato.h', 'nakamura.m'].map((login) => personByLogin(app.database.ownerUrl, login)));
    const raised = (title: string, year: string, status: string, reviewedAt: string | null): Promise<unknown[]> => query(app.database.ownerUrl,
      `insert into community_issue (id, category, area, title, facts, wanted, status, fiscal_year, author_id, raised_at, reviewed_by_id, reviewed_at, review_note)
       values (gen_random_uuid(), 'mobility', '坂の上', $1, 'バスが減った。', null, $2, $3, $4, '2026-03-20T12:00:00+09:00', $5, $6, $7)`, [title, status, year, sato!.userId, reviewedAt === null ? null : nakamura!.userId, reviewedAt, status === 'returned' ? '狭すぎる' : null]);
    await raised('前の年度のもの', 'R7', 'approved', '2026-03-25T12:00:00+09:00');
    await raised('前の年度の終わりに上がり、この年度に確かめたもの', 'R7', 'approved', '2026-04-02T12:00:00+09:00');
    await raised('買い物に行けない', 'R8', 'approved', '2026-08-20T12:00:00+09:00');
    await raised('差し戻されたもの', 'R8', 'returned', '2026-08-20T12:00:00+09:00');
    await raised('まだ確かめていないもの', 'R8', 'submitted', null);
    const [task] = await query<{ id: string }>(app.database.ownerUrl, `select t.id from task t where t.element_id = 'organise_issues' and t.status = 'open'`);
    const { carried } = await readAs(app.db, sato!, (tx) => taskDetailOf(app, tx, sato!, task!.id));
    const row = { category: 'mobility', area: '坂の上', facts: 'バスが減った。', wanted: '', caseCount: 1 };
    expect((carried['issues'] as { title: string }[]).toSorted((one, other) => (one.title < other.title ? -1 : 1))).toEqual(['前の年度の終わりに上がり、この年度に確かめたもの', '買い物に行けない'].toSorted().map((title) => ({ ...row, title })));
    expect(validateAnswers(diagram.forms.get('organise_issues'), { ...carried, summary: '移動の課題が重なる。' }).errors).toEqual([]);
    const kinds = (folder: string, key: string): unknown => JSON.parse(/"key": "category",[\s\S]*?"values": (\[[\s\S]*?\])/.exec(readFileSync(`processes/${folder}/forms/${key}.json`, 'utf8'))![1]!);
    for (const [folder, key] of [['anytime', 'raise_community_issue'], ['annual_evaluation', 'organise_issues']] as const) expect(kinds(folder, key)).toEqual(kinds('closure_evaluation', 'extract_community_issue'));
  });

  test('keeps figures with the agency that answers for them, counts, and evaluations', async () => {
    await expect(does('enter_kpi', { entries: [] })).rejects.toMatchObject({ errors: [{ pointer: '/answers/entries' }] });
    await expect(does('enter_kpi', { entries: [{ kpi: 'K3', value: 1 }, { kpi: 'K3', value: 2 }] })).rejects.toMatchObject({ errors: [{ pointer: '/answers/entries/1/kpi' }] });
    await does('enter_kpi');
    // one case, and one that was imported by mistake and taken back: that one was never there
    await query(app.database.ownerUrl, `insert into support_case (id, case_no, field, channel, urgent, agency_code, status, opened_at, closed_at, close_reason) values
      (gen_random_uuid(), 'R8-90001', 'elder', 'phone', false, 'chiiki_houkatsu', 'closed', '2026-06-01', '2026-07-01', 'goals_achieved'), (gen_random_uuid(), 'R8-90002', 'child', 'phone', false, 'chiiki_houkatsu', 'closed', '2026-06-01', '2026-06-02', 'import_undone')`);
    await does('fix_statistics');
    await does('organise_issues');
    await does('draft_evaluation');
    expect(await query(app.database.ownerUrl, `select distinct answers ->> 'fiscalYearNote' as year from submission`)).toEqual([{ year: 'R8' }]);
    const kato = await personByLogin(app.database.ownerUrl, 'kato.m');
    const year = await readAs(app.db, kato, (tx) => annualOf(tx, 'R8'));
    expect(year.runs).toMatchObject([{ run: 'year_end', dueOn: '2027-04-01' }]);
    expect(year.kpis.map(({ agencyCode, kpi, value }) => `${agencyCode} ${kpi} ${value}`)).toContain('chiiki_houkatsu K3 97');
    expect(year.kpis).toHaveLength(7);
    expect(year.snapshots).toMatchObject([{ counts: { opened: 1, byStatus: { closed: 1 }, byField: { elder: 1 }, closedFor: { goals_achieved: 1 }, emergencies: 0 } }]);
    expect(year.evaluations).toMatchObject([{ programme: 'collaboration', indicator: 'K1', target: 10, actual: 12, grade: 'A', ownerAgency: 'welfare_policy' }]);
    await expect(query(app.database.ownerUrl, `update annual_snapshot set counts = '{}'`)).rejects.toThrow('append-only');
  });
});
