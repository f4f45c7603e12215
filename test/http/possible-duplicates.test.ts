// 重複の可能性: nobody is registered twice unasked, and nobody learns by it what another agency holds.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answers } from '../../src/services/samples.js';
import { sampleOf } from '../support/answers.js';
import { query } from '../support/database.js';
import { openTwo, type Two } from './two-instances.js';
import { person, takeSheet, type Signed, type Taken } from './window.js';

let two: Two;
let mori: Signed;
let fujita: Signed;

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes/intake_screening', 'processes/anytime'] });
  [mori, fujita] = await Promise.all([two.as('mori.d'), two.as('fujita.h')]) as [Signed, Signed];
}, 180_000);
afterAll(() => two.close());

const take = (who: Signed, field: string, said: Answers): Promise<Taken> => takeSheet(two, who, field, said);

describe('twice the same person', () => {
  let first: Taken;
  const twin = person({ kana: 'さいとう　みえ', name: '齋藤 美惠', birthDate: '昭和31年1月9日', phoneHome: '06-5555-4321', address: '桜町2-3' });
  beforeAll(async () => {
    first = await take(mori, 'elder', twin);
  });

  test.each<[string, Record<string, string>, string[]]>([
    ['another writing of the name and the birth date', { name: '斉藤美恵', birthDate: 'S31.1.9' }, ['birthDate']],
    ['the kana in half width and the telephone', { kana: 'ｻｲﾄｳﾐｴ', phoneMobile: '0655554321' }, ['phone']],
    ['the name and the address', { name: '斎藤　美恵', address: '桜町２丁目３番' }, ['address']],
    ['a birth date that is only about right', { kana: 'さいとうみえ', birthDate: '昭和30年頃' }, ['birthDate']],
    ['another name, the same telephone and birth date', { name: '田中 美恵', phoneHome: '06-5555-4321', birthDate: '1956-01-09' }, ['birthDate', 'phone']],
  ])('is noticed before anything is registered: %s', async (_what, said, alike) => {
    const { body } = await mori.post('/api/people/duplicates', said).expect(200);
    expect(body.people).toEqual([expect.objectContaining({ id: first.subjectId, alike })]);
  });

  test.each([{ name: '斎藤 美恵' }, { name: '斎藤 美恵', birthDate: '昭和40年1月9日' }, { name: '斎藤 美恵子', birthDate: '昭和31年1月9日' }, { phoneHome: '06-5555-4321' }, {}])('but not where only that much is alike: %j', async (said) => {
    expect((await mori.post('/api/people/duplicates', said).expect(200)).body.people).toEqual([]);
  });

  /** The answer to a sheet that says nothing of duplicates. */
  async function sends(who: Signed, field: string, said: Answers) {
    const { body: opened } = await who.post('/api/cases', { field }).expect(201);
    const { id, version } = opened.next[0] as { id: string; version: number };
    const send = (more: Answers = {}) => who.post(`/api/tasks/${id}/complete`, { version, answers: { ...said, duplicateChecked: null, ...more } });
    return { caseNo: opened.caseNo as string, answer: await send(), send };
  }
  const registered = async (): Promise<number> => (await query<{ n: number }>(two.app.database.ownerUrl, `select count(*)::int as n from client_person`))[0]!.n;
  const told = async (caseNo: string): Promise<{ login: string; text: string }[]> => query(two.app.database.ownerUrl, `select u.login, n::text as text from notification n join app_user u on u.id = n.user_id where n.rule = 'possible_duplicate' and n.business_key = $1 order by u.login`, [caseNo]);

  test('nobody is registered before it is said who it is: the sheet is refused with whom the filer reaches, and nothing is kept', async () => {
    const before = await registered();
    const { answer, send, caseNo } = await sends(mori, 'elder', twin);
    expect([answer.status, answer.body.type, answer.body.duplicates]).toEqual([409, '/api/problems/possible_duplicates', [{ pointer: '/answers/duplicateChecked', ids: [first.subjectId], elsewhereAtLeast: 0 }]]);
    expect(answer.body.errors).toEqual([{ pointer: '/answers/duplicateChecked', detail: expect.stringContaining('同じ人かもしれない') }]);
    expect(await registered()).toBe(before);
    expect((await send({ duplicateChecked: 'nobody' })).body.errors).toEqual([{ pointer: '/answers/duplicateChecked', detail: expect.any(String) }]);
    const done = await send({ duplicateChecked: 'someone_else' });
    expect([done.status, done.body.warnings, await registered(), await told(caseNo)]).toEqual([200, [], before + 1, []]);
  });

  test('members of the household are asked about, each in their row', async () => {
    const row = { name: '斎藤美恵', kana: 'さいとう みえ', birthDate: 'S31.1.9', relation: 'spouse', cohabit: 'together' };
    const { answer, send } = await sends(mori, 'elder', person({ name: '斎藤 正', kana: 'さいとう ただし', household: [{ name: '斎藤 進', relation: 'child', cohabit: 'together' }, row] }));
    expect([answer.status, answer.body.duplicates.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([409, ['/answers/household/1/duplicateChecked']]);
    expect(answer.body.duplicates[0].ids).toContain(first.subjectId);
    expect((await send({ household: [{ ...row, knownPersonId: first.subjectId }] })).status).toBe(200);
  });

  test('of whom another agency registered it is said that there may be one, and nothing else; the coordinators hear of what stays open', async () => {
    const { answer, send, caseNo } = await sends(fujita, 'disability', twin);
    expect([answer.status, answer.body.duplicates]).toEqual([409, [{ pointer: '/answers/duplicateChecked', ids: [], elsewhereAtLeast: 1 }]]);
    expect(answer.body.errors[0].detail).toContain('該当の可能性のある登録がほかの機関にあります。重層コーディネーターに確かめてください。');
    for (const word of [first.subjectId, first.caseNo, '地域包括', '4321', '桜町']) expect(JSON.stringify(answer.body)).not.toContain(word);
    const [audited] = await query<{ n: number }>(two.app.database.ownerUrl, `select count(*)::int as n from audit_event where actor_id = $1 and outcome = 'refused' and reason = 'possible_duplicates'`, [fujita.userId]);
    expect(audited!.n).toBe(1);
    const refused = await send({ knownPersonId: first.subjectId });
    expect([refused.status, refused.body.errors]).toEqual([422, [{ pointer: '/answers/knownPersonId', detail: expect.any(String) }]]);
    expect((await send({ duplicateChecked: 'someone_else' })).status).toBe(200);
    const notices = await told(caseNo);
    expect(notices.map(({ login }) => login)).toContain('sato.h');
    expect(notices.map(({ login }) => login)).not.toContain('fujita.h');
    for (const word of ['齋藤', first.caseNo]) expect(JSON.stringify(notices)).not.toContain(word);
    expect((await fujita.post('/api/people/duplicates', { name: '齋藤美惠', birthDate: 'S31.1.9' })).body.people).toHaveLength(1);
  });

  test.each([
    ['the name and the address alone', 'fukuda.r', 'needy', { birthDate: '', phoneHome: '' }],
    ['a birth date that is only about right', 'hasegawa.a', 'child', { birthDate: '昭和31年頃', phoneHome: '', address: '' }],
    ['another kana', 'kondo.a', 'child', { kana: 'さいとう よしえ' }],
  ])('less is not enough to speak of another agency: %s', async (_what, login, field, said) => {
    const { answer, caseNo } = await sends((await two.as(login)) as Signed, field, { ...twin, ...said });
    expect([answer.status, await told(caseNo)]).toEqual([200, []]);
  });

  test('whom nobody may contact is not spoken of at all: only the coordinators are told', async () => {
    const hidden = person({ kana: 'かくれ　さと', name: '隠 里', birthDate: '昭和60年5月5日' });
    await take(mori, 'elder', { ...hidden, noContactReason: '夫からの暴力で避難中' });
    const one = await sends(fujita, 'disability', hidden);
    expect([one.answer.status, (await told(one.caseNo)).length > 0]).toEqual([200, true]);
    const flagged = person({ kana: 'かくれ　みち', name: '隠 道', birthDate: '昭和61年6月6日' });
    const { caseNo } = await take(mori, 'elder', flagged);
    await mori.post(`/api/cases/${caseNo}/records`, { formKey: 'flag', answers: { ...sampleOf('anytime', 'flag'), flagKind: 'violence' } }).expect(201);
    const other = await sends(fujita, 'disability', flagged);
    expect([other.answer.status, (await told(other.caseNo)).length > 0]).toEqual([200, true]);
  });

  test('who asks again and again whether somebody is known hears no more of other agencies for an hour', async () => {
    const asked = person({ kana: 'さがし　ひと', name: '探 人', birthDate: '昭和50年1月1日' });
    await take(mori, 'elder', asked);
    await query(two.app.database.ownerUrl, `insert into audit_event (at, actor_id, action, resource_type, outcome, reason, fields) select now(), $1, 'task.complete', 'task', 'refused', 'possible_duplicates', '{}' from generate_series(1, 20)`, [fujita.userId]);
    const { answer, caseNo } = await sends(fujita, 'disability', asked);
    expect([answer.status, (await told(caseNo)).length > 0]).toEqual([200, true]);
  });

  test('two windows that register one person at the same moment: one is asked about the other', async () => {
    const twice = person({ kana: 'どうじ　はじめ', name: '同時 始', birthDate: '昭和40年4月4日' });
    const opened = await Promise.all([1, 2].map(async () => (await mori.post('/api/cases', { field: 'elder' }).expect(201)).body.next[0] as { id: string; version: number }));
    const both = await Promise.all(opened.map(({ id, version }) => mori.post(`/api/tasks/${id}/complete`, { version, answers: { ...twice, duplicateChecked: null } })));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });

  test('who is known is linked, not registered again; the cases stand together and the new address is learnt', async () => {
    const linked = await take(mori, 'elder', { ...twin, knownPersonId: first.subjectId, address: '桜町9-9' });
    expect([linked.subjectId, linked.warnings.flatMap(({ ids }) => ids)]).toEqual([first.subjectId, []]);
    const { body } = await mori.get(`/api/people/${first.subjectId}`).expect(200);
    const caseNos = body.cases.map(({ caseNo }: { caseNo: string }) => caseNo);
    expect([caseNos[0], caseNos.at(-1)]).toEqual([linked.caseNo, first.caseNo]);
    expect(body).toMatchObject({ address: '桜町9-9', changes: [{ before: { address: '桜町2-3' } }] });
  });
});
