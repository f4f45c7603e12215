// 地域課題: what is told of a case without saying whose it is, and only after a second person has looked.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readAs, type Person } from '../../src/base/db.js';
import type { Json } from '../../src/base/json.js';
import { Problem } from '../../src/base/problem.js';
import { listIssues } from '../../src/domain/community/issues.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { bareCase, projects } from '../support/casework.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';

const filed: Record<string, Json> = {
  name: '門田 ハナ子', kana: 'かどた はなこ', birthDate: '昭和19年5月3日', address: '大阪府門真市常称寺町12番地の3', phoneMobile: '090-0000-1234', phoneHome: '06-0000-5678', email: 'hanako@example.invalid',
  household: [{ name: '門田 健太郎', kana: 'カドタ ケンタロウ', relation: 'child' }],
};
const sample = sampleOf('closure_evaluation', 'extract_community_issue');

let app: TestApp;
let caseId: string;
let caseNo: string;
const people: Record<string, Person> = {};
const raises = (more: Record<string, Json> = {}, login = 'sato.h') => projects(app, people[login]!, { caseId, record: 'F15.issue', answers: { ...sample, ...more } });
const looks = (login: string, issueReview: string, variables: Record<string, Json> = {}) => projects(app, people[login]!, { caseId, record: 'F15.issueReview', answers: { ...sampleOf('closure_evaluation', 'review_community_issue'), issueReview, reviewNote: issueReview === 'returned' ? '場所が狭すぎる' : null }, variables });
const refusedBy = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', (error: Error) => (error instanceof Problem ? error.code : error.message));
const seenBy = (login: string) => readAs(app.db, people[login]!, async (tx) => (await listIssues(tx, { status: null, fiscalYear: null })).map(({ status }) => status));

beforeAll(async () => {
  app = await testApp();
  for (const login of ['sato.h', 'tanaka.k', 'nakamura.m', 'fukuda.r', 'yamamoto.m', 'watanabe.g']) people[login] = await personByLogin(app.database.ownerUrl, login);
});
afterAll(() => app.close());
beforeEach(async () => {
  ({ caseId, caseNo } = await bareCase(app));
  await query(app.database.ownerUrl, `insert into submission (id, case_id, form_key, form_sha256, answers, submitted_at, record, compartment) values (gen_random_uuid(), $1, 'receive_consultation', 'x', $2, now(), 'F01', 'agency')`, [caseId, JSON.stringify(filed)]);
});

describe('地域課題', () => {
  test.each([
    ['the name', '門田ハナ子さんのような方'], ['the name with a blank', '門田　ハナ子'], ['the family name', '門田さん宅'], ['the given name', 'ハナ子さん'], ['the name in old type', '門\u{E0100}田さん'],
    ['kana in another script', 'カドタさん'], ['kana in half width', 'ｶﾄﾞﾀさん'], ['a household member', '長男の健太郎さん'], ['the kana of a household member', 'けんたろう'],
    ['the telephone', '電話は09000001234'], ['the telephone in full width', '０６－００００－５６７８'], ['the mail address', 'HANAKO@example.invalid へ'],
    ['the address', '大阪府門真市常称寺町12番地の3'], ['the address below the city', '常称寺町１２－３の方'], ['the birth date as it was said', '昭和19年5月3日生'], ['the birth date otherwise', '1944-05-03生まれ'],
  ])('is refused with %s in it', async (_what, text) => {
    await expect(raises({ facts: `この地区では${text}のことが分かった` })).rejects.toMatchObject({ code: 'issue_identifies', errors: [{ pointer: '/answers/facts' }] });
    await expect(raises({ title: text })).rejects.toMatchObject({ code: 'issue_identifies', errors: [{ pointer: '/answers/title' }] });
    await expect(raises({ wanted: text })).rejects.toMatchObject({ code: 'issue_identifies', errors: [{ pointer: '/answers/wanted' }] });
    expect(await query(app.database.ownerUrl, `select 1 from community_issue_source where case_id = $1`, [caseId])).toEqual([]);
  });

  test('is refused with the number of the case in it', async () => {
    expect(await refusedBy(raises({ facts: `ケース${caseNo}から分かった` }))).toBe('issue_identifies');
  });

  test('is seen by nobody but its author and those who look it through, until a second person has', async () => {
    const { made } = await raises();
    expect(await seenBy('fukuda.r')).toEqual([]);
    expect(await seenBy('sato.h')).toEqual(['submitted']);
    expect(await refusedBy(looks('sato.h', 'approved'))).toBe('issue_own_review');
    const [one, other] = await Promise.allSettled([looks('nakamura.m', 'approved', { issueId: made['issueId']! }), looks('tanaka.k', 'returned')]);
    expect([one.status, other.status].sort()).toEqual(['fulfilled', 'rejected']);
    expect(await refusedBy(looks('nakamura.m', 'approved', { issueId: made['issueId']! }))).toBe('not_found');
    expect(await refusedBy(query(app.database.ownerUrl, `update community_issue set facts = 'x' where id = $1`, [made['issueId']]))).toContain('kept as it is');
    expect(await refusedBy(query(app.database.ownerUrl, `update community_issue set status = 'submitted' where id = $1`, [made['issueId']]))).toContain('kept as it is');
  });

  test('that was looked through is for everybody who works here, and says no case and no author', async () => {
    await raises();
    await looks('nakamura.m', 'approved');
    const [seen] = await readAs(app.db, people['fukuda.r']!, (tx) => listIssues(tx, { status: 'approved', fiscalYear: null }));
    expect(seen).toMatchObject({ title: sample['title'], category: 'place' });
    expect(JSON.stringify(seen)).not.toContain(caseId);
    expect(JSON.stringify(seen)).not.toContain(people['sato.h']!.userId);
    expect(await readAs(app.db, people['fukuda.r']!, (tx) => tx.db.communityIssueSource.count())).toBe(0);
  });

  test('that still says too much goes back, and is raised anew', async () => {
    await raises();
    await looks('nakamura.m', 'returned');
    await raises({ facts: '家族と暮らす中高年の方が昼に過ごせる場所が少ない。' });
    expect(await query(app.database.ownerUrl, `select i.status from community_issue i join community_issue_source s on s.issue_id = i.id where s.case_id = $1 order by i.raised_at, i.id`, [caseId])).toEqual([{ status: 'returned' }, { status: 'submitted' }]);
  });

  test('is not made where there is none', async () => {
    expect((await raises({ issueRaised: 'no', noIssueReason: '既存の資源で足りた' })).made).toEqual({});
    expect(await refusedBy(looks('nakamura.m', 'approved'))).toBe('not_found');
  });
});
