// Guard: a 地域課題 says of nobody whose it is, and is read only after a second person has looked. The words that are found are in
// test/domain/community-issues.test.ts; here it is broken by the other fields, by statements, by who looks, and by two at once.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readAs, transact } from '../../src/base/db.js';
import type { Json } from '../../src/base/json.js';
import { listIssues } from '../../src/domain/community/issues.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { bareCase, projects } from '../support/casework.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { refusedBy } from './waiting-plan.js';

const system = { kind: 'system', name: 'test' } as const;
const sample = sampleOf('closure_evaluation', 'extract_community_issue');
const look = sampleOf('closure_evaluation', 'review_community_issue');
let app: TestApp;
let caseId: string;
let caseNo: string;

const raises = async (login: string, more: Record<string, Json> = {}): Promise<string> => {
  const { made } = await projects(app, await personByLogin(app.database.ownerUrl, login), { caseId, record: 'F15.issue', answers: { ...sample, ...more } });
  return made['issueId'] as string;
};
const looks = async (login: string, issueId: string, more: Record<string, Json> = {}, on = app) =>
  projects(on, await personByLogin(app.database.ownerUrl, login), { caseId, record: 'F15.issueReview', answers: { ...look, issueReview: 'approved', reviewNote: null, ...more }, variables: { issueId } });
const seen = async (login: string) => readAs(app.db, await personByLogin(app.database.ownerUrl, login), (tx) => listIssues(tx, { status: null, fiscalYear: null }));
const run = (text: string, ...values: unknown[]) => transact(app.db, system, (tx) => tx.db.$executeRawUnsafe(text, ...values));

beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app?.close());
beforeEach(async () => {
  ({ caseId, caseNo } = await bareCase(app));
  const filed = { name: '門田 ハナ子', kana: 'かどた はなこ', phoneMobile: '090-0000-1234', household: [{ name: '門田 健太郎', relation: 'child' }] };
  await query(app.database.ownerUrl, `insert into submission (id, case_id, form_key, form_sha256, answers, submitted_at, record, compartment) values (gen_random_uuid(), $1, 'receive_consultation', 'x', $2, now(), 'F01', 'agency')`, [caseId, JSON.stringify(filed)]);
});

describe('a community issue names nobody and is looked through', () => {
  test.each(['title', 'facts', 'wanted', 'area'])('API nobody is named in the field %s', async (field) => {
    for (const words of ['門田さんの地区', 'ｶﾄﾞﾀ ハナコ', '健太郎さん', '０９０－００００－１２３４', caseNo]) expect([words, await refusedBy(raises('sato.h', { [field]: words }))]).toEqual([words, 'issue_identifies']);
    expect(await query(app.database.ownerUrl, `select 1 from community_issue_source where case_id = $1`, [caseId])).toEqual([]);
  });

  test('API nor in another writing of the name, nor by a part of one that was filed without a space', async () => {
    const filed = { name: '渡邊花子', kana: 'わたなべはなこ', household: [{ name: '髙﨑 齋', relation: 'child' }] };
    await query(app.database.ownerUrl, `insert into submission (id, case_id, form_key, form_sha256, answers, submitted_at, record, compartment) values (gen_random_uuid(), $1, 'receive_consultation', 'x', $2, now(), 'F01', 'agency')`, [caseId, JSON.stringify(filed)]);
    for (const words of ['渡辺さんの地区', '渡邊さん', '渡邉様のお宅', '花子さん', '高崎さん', '渡辺花子']) expect([words, await refusedBy(raises('sato.h', { facts: words }))]).toEqual([words, 'issue_identifies']);
    await raises('sato.h', { facts: '花壇のある地区で、渡し船がなくなった。' });
  });

  test('API nor in the note of whoever looks it through, which everybody reads that reads the issue', async () => {
    const issueId = await raises('sato.h');
    for (const [issueReview, reviewNote] of [['approved', '門田さんの件として確認'], ['returned', `${caseNo} と分かる`], ['returned', '電話 09000001234 を消す']]) expect(await refusedBy(looks('nakamura.m', issueId, { issueReview: issueReview!, reviewNote: reviewNote! }))).toBe('issue_identifies');
    await looks('nakamura.m', issueId, { reviewNote: '地区名だけにしてよい' });
    const [shown] = (await seen('fukuda.r')).filter(({ id }) => id === issueId);
    expect(shown).toMatchObject({ status: 'approved', reviewNote: '地区名だけにしてよい' });
  });

  test('ROLE its author looks nothing through, whatever else they are by then; nor does whoever may not look at all', async () => {
    const issueId = await raises('sato.h');
    await query(app.database.ownerUrl, `update app_user set roles = '{chair,director,coordinator}' where login = 'sato.h'`);
    expect(await refusedBy(looks('sato.h', issueId))).toBe('issue_own_review');
    await query(app.database.ownerUrl, `update app_user set roles = '{coordinator}' where login = 'sato.h'`);
    for (const login of ['fukuda.r', 'kato.m', 'okamoto.s', 'mori.d']) expect((await seen(login)).filter(({ id }) => id === issueId)).toEqual([]);
  });

  test('SQL it is neither approved by its author or by nobody, nor reworded, nor taken out of what was decided', async () => {
    const issueId = await raises('sato.h');
    for (const change of [
      `status = 'approved'`, `status = 'approved', reviewed_at = now(), reviewed_by_id = author_id`, `facts = '門田さん'`, `author_id = gen_random_uuid()`, `status = 'approved', reviewed_by_id = gen_random_uuid(), facts = '門田さん'`,
    ]) await expect(run(`update community_issue set ${change} where id = $1::uuid`, issueId)).rejects.toThrow(/community_issue_status|kept as it is|CheckConstraint|check constraint/);
    await looks('nakamura.m', issueId);
    for (const change of [`status = 'submitted', reviewed_by_id = null`, `title = 'x'`, `review_note = '門田さん'`]) await expect(run(`update community_issue set ${change} where id = $1::uuid`, issueId)).rejects.toThrow('kept as it is');
    await expect(run(`delete from community_issue where id = $1::uuid`, issueId)).rejects.toThrow(/permission denied/);
  });

  test('TWO AT ONCE on two applications: it is looked through once', async () => {
    const second = await testApp({ database: app.database });
    const issueId = await raises('sato.h');
    const results = await Promise.allSettled([looks('nakamura.m', issueId), looks('tanaka.k', issueId, { issueReview: 'returned', reviewNote: '広すぎる' }, second), looks('sato.h', issueId, {}, second)]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await second.close();
  });
});
