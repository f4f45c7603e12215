// People: entered once at the window, found by any way of writing, never twice without a word, merged and taken apart again.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { agencyReader, endAccess, grantAccess, type Basis, type Level } from '../../src/domain/access.js';
import { transact } from '../../src/base/db.js';
import type { Json } from '../../src/base/json.js';
import { foldName, gramsOf } from '../../src/domain/people/fold.js';
import type { Answers } from '../../src/services/samples.js';
import { sampleOf } from '../support/answers.js';
import { query } from '../support/database.js';
import { openTwo, type Two } from './two-instances.js';
import { person, sheet, takeSheet, type Signed, type Taken } from './window.js';


let two: Two;
let mori: Signed;
let hashimoto: Signed;
let fujita: Signed;
let sato: Signed;

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes/intake_screening', 'processes/anytime'] });
  [mori, hashimoto, fujita, sato] = await Promise.all([two.as('mori.d'), two.as('hashimoto.k'), two.as('fujita.h'), two.as('sato.h')]) as [Signed, Signed, Signed, Signed];
}, 180_000);
afterAll(() => two.close());

const sample = sheet;
const noConsent: Answers = {
  ...Object.fromEntries(Object.entries(sample).filter(([key]) => key !== 'consent')), variant: 'no_consent',
  noConsentReason: ['refused', 'not_met'], consentAttempts: [{ date: '令和8年5月頃', who: '森', how: '手紙', result: '返事なし' }], infoSource: '隣の人', infoSourceMayBeNamed: false,
  legalBasis: 'swa_106_6', whyMeetingNeeded: '見守りの分担', observed: { facts: '郵便受けがあふれている。', guess: '外に出ていないのでは。' },
};


const take = (who: Signed, field: string, said: Answers): Promise<Taken> => takeSheet(two, who, field, said);
const grant = (caseId: string, reader: string, level: Level, basis: Basis, items: string[] | null = null): Promise<void> =>
  transact(two.app.db, { kind: 'system', name: 'test' }, (tx) => grantAccess(tx, { caseId, reader, level, basis, basisId: null, items }));
const search = async (who: Signed, q: string): Promise<string[]> => ((await who.post('/api/people/search', { q }).expect(200)).body.people as { id: string }[]).map(({ id }) => id);
const file = (who: Signed, caseNo: string, said: Answers) => who.post(`/api/cases/${caseNo}/records`, { formKey: 'case_note', answers: said });

describe('at the window', () => {
  let taken: Taken;
  beforeAll(async () => {
    taken = await take(mori, 'elder', sample);
  });

  test('the person and the household are registered once, letter by letter, and the household hints at 8050', async () => {
    const { body } = await mori.get(`/api/cases/${taken.caseNo}/household`).expect(200);
    const [own, ...apart] = body.households as { place: string; label: string; type: string | null; members: Record<string, Json>[] }[];
    expect(own).toMatchObject({ place: 'subject', type: 'aged_parent_child' });
    expect(own!.members).toEqual([
      expect.objectContaining({ relation: 'subject', name: '豊野 ハナ󠄀', formerName: '𠮷田', birthDate: '昭和18年3月2日', commonName: 'ハナさん' }),
      expect.objectContaining({ relation: 'child', name: '豊野 和雄', birthDate: '昭和49年5月頃', healthNote: '昼夜逆転。受診歴なし', keyPerson: false }),
    ]);
    expect(apart.map(({ place, label, members }) => [place, label, members[0]!['name'], members[0]!['keyPerson']])).toEqual([['apart', '長女の世帯', '西田 惠子', true], ['apart', '弟の世帯', '豊野 勇', false]]);
    expect(body.hints).toEqual(['issue8050']);
  });

  test('F01 with a signature, F02 without: one sheet, kept as what it is; F02 is read by its agency and by who judges what may be done', async () => {
    const records = async (who: Signed, caseNo: string): Promise<string[]> => ((await who.get(`/api/cases/${caseNo}/records`)).body.records ?? []).map(({ record }: { record: string }) => record);
    expect(await records(mori, taken.caseNo)).toEqual(['F01']);
    const other = await take(mori, 'elder', { ...noConsent, nameUnknown: true, knownAs: '青い上着の男性', ...Object.fromEntries(['kana', 'name'].map((key) => [key, ''])), household: [], phoneHome: '', phoneMobile: '', address: '' });
    expect(await records(mori, other.caseNo)).toEqual(['F02']);
    for (const reader of ['welfare_policy', 'disability_consultation']) await grant(other.caseId, agencyReader(reader), 'content', 'referral');
    expect(await records(sato, other.caseNo)).toEqual(['F02']);
    expect(await records(fujita, other.caseNo)).toEqual([]);
    expect(await search(mori, '青い上着')).toEqual([other.subjectId]);
  });

  test('without a name there has to be something to call the person by; without consent there has to be a reason', async () => {
    const opened = await mori.post('/api/cases', { field: 'elder' }).expect(201);
    const [task] = opened.body.next;
    const send = (answers: Answers) => mori.post(`/api/tasks/${task.id}/complete`, { version: task.version, answers });
    const pointers = async (answers: Answers): Promise<string[]> => (await send(answers).expect(422)).body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(await pointers({ ...sample, name: '', kana: '' })).toEqual(['/answers/kana', '/answers/name']);
    expect(await pointers({ ...noConsent, nameUnknown: true, kana: '', name: '', knownAs: '' })).toEqual(['/answers/knownAs']);
    expect(await pointers({ ...noConsent, noConsentReason: [], legalBasis: null, whyMeetingNeeded: '', observed: { facts: '' } })).toEqual(['/answers/noConsentReason', '/answers/legalBasis', '/answers/whyMeetingNeeded', '/answers/observed/facts']);
    expect(await pointers({ ...sample, consent: {} })).toEqual(['types', 'scopeItems', 'method', 'explained', 'explainedBy', 'explainedOn', 'validFrom', 'signedBy', 'signedOn'].map((key) => `/answers/consent/${key}`));
    expect(await pointers({ ...sample, knownPersonId: '00000000-0000-7000-8000-00000000dead' })).toEqual(['/answers/knownPersonId']);
    const [kept] = await query<{ n: number }>(two.app.database.ownerUrl, `select count(*)::int n from household where case_id = $1`, [opened.body.caseId]);
    expect(kept!.n).toBe(0);
  });

  test('an identity that was corrected is carried into the forms that come after, with the old one and the reason on record', async () => {
    const { body: before } = await mori.get(`/api/people/${taken.subjectId}`).expect(200);
    await mori.patch(`/api/people/${taken.subjectId}`, { version: before.version, changes: { birthDate: 'いつか', kana: '漢字' }, reason: '聞き直した' }).expect(422).expect((r) => expect(r.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/changes/kana', '/changes/birthDate']));
    await mori.patch(`/api/people/${taken.subjectId}`, { version: before.version, changes: { name: '', knownAs: '' }, reason: '聞き直した' }).expect(422);
    await mori.patch(`/api/people/${taken.subjectId}`, { version: before.version, changes: { birthDate: '昭和17年3月2日' }, reason: ' ' }).expect(422);
    await fujita.patch(`/api/people/${taken.subjectId}`, { version: before.version, changes: { birthDate: '昭和17年3月2日' }, reason: '盗み見' }).expect(404);
    const both = await Promise.all(['昭和17年3月2日', '昭和16年3月2日'].map((birthDate) => mori.patch(`/api/people/${taken.subjectId}`, { version: before.version, changes: { birthDate }, reason: '保険証で確かめた' })));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const birthDate = both.find(({ status }) => status === 200)!.body.birthDate;
    const { body: after } = await mori.get(`/api/people/${taken.subjectId}`).expect(200);
    expect(after).toMatchObject({ birthDate, version: before.version + 1, changes: [{ reason: '保険証で確かめた', before: { birthDate: '昭和18年3月2日', name: '豊野 ハナ󠄀' } }] });

    const [urgency] = (await mori.get(`/api/tasks?view=all&case=${taken.caseNo}&elementId=assess_urgency`)).body.tasks;
    await mori.post(`/api/tasks/${urgency.id}/complete`, { version: urgency.version, answers: { urgency: 'none' } }).expect(200);
    const [screen] = (await mori.get(`/api/tasks?view=all&case=${taken.caseNo}&elementId=screen_consultation`)).body.tasks;
    const { body: page } = await mori.get(`/api/tasks/${screen.id}`).expect(200);
    expect(page.carried).toMatchObject({ name: '豊野 ハナ󠄀', birthDate, firstRoute: 'commissioner', screenedBy: '森 大輔' });
    expect(page.carried.household).toHaveLength(3);
    await mori.post(`/api/tasks/${screen.id}/complete`, { version: page.version ?? screen.version, answers: { ...sampleOf('intake_screening', 'screen_consultation'), household: [...(sample['household'] as Json[]), { name: '豊野 翔', kana: 'とよの しょう', relation: 'grandchild', cohabit: 'together', age: 17 }] } }).expect(200);
    const { body } = await mori.get(`/api/cases/${taken.caseNo}/household`).expect(200);
    expect(body.households.flatMap(({ members }: { members: { name: string }[] }) => members.map(({ name }) => name)).toSorted()).toEqual(['豊野 ハナ󠄀', '豊野 和雄', '豊野 翔', '豊野 勇', '西田 惠子'].toSorted());
    const [answers] = await query<{ answers: Answers }>(two.app.database.ownerUrl, `select answers from submission where case_id = $1 and record = 'F03.screening'`, [taken.caseId]);
    expect(answers!.answers).toMatchObject({ name: '豊野 ハナ󠄀', birthDate });
  });

  test('a consent that covers some items shows some of the household', async () => {
    const seen = async (items: string[]): Promise<[string, Json][]> => {
      await grant(taken.caseId, agencyReader('disability_consultation'), 'content', 'assignment', items);
      const { body } = await fujita.get(`/api/cases/${taken.caseNo}/household`).expect(200);
      return body.households.flatMap(({ members }: { members: { relation: string; healthNote: Json }[] }) => members.map(({ relation, healthNote }) => [relation, healthNote]));
    };
    const others = async (): Promise<string[]> => ((await fujita.get(`/api/cases/${taken.caseNo}/household`).expect(200)).body.households as { others: { relation: string }[] }[]).flatMap((one) => one.others.map(({ relation }) => relation)).toSorted();
    const son = (await mori.get(`/api/cases/${taken.caseNo}/household`)).body.households[0].members[1] as { clientId: string; version: number };
    const agrees = async (items: string[]): Promise<void> => {
      const said = { ...sampleOf('anytime', 'consent'), subject: 'member', memberId: son.clientId, memberName: '豊野 和雄', consentState: 'full', types: ['share'], scopeItems: items, scopeAgencies: [{ agency: 'disability_consultation', answer: 'agreed' }], householdMembers: [] };
      expect((await mori.post(`/api/cases/${taken.caseNo}/records`, { formKey: 'consent', answers: said })).body).toMatchObject({ record: 'F10' });
    };
    const known = async (): Promise<[number, number, string[]]> => [(await fujita.get(`/api/people/${son.clientId}`)).status, (await fujita.get(`/api/people/${taken.subjectId}`)).status, await search(fujita, taken.caseNo)];
    expect(await seen(['basic'])).toEqual([['subject', null]]);
    expect(await others()).toEqual([]);
    expect(await known()).toEqual([404, 200, [taken.subjectId]]);
    expect(await search(fujita, '豊野 和雄')).toEqual([]);
    // of the family, before anybody of it has agreed: how they stand to the person, and no more; nor the person, whom this right does not name
    expect(await seen(['family', 'health'])).toEqual([]);
    expect(await others()).toEqual(['child', 'child', 'grandchild', 'sibling', 'subject']);
    expect(await known()).toEqual([404, 404, []]);
    await agrees(['basic']);
    expect(await seen(['family', 'health'])).toEqual([['child', null]]);
    expect(await known()).toEqual([200, 404, [son.clientId]]);
    await agrees(['family', 'health']);
    expect(await seen(['family', 'health'])).toEqual([['child', '昼夜逆転。受診歴なし']]);
    expect(await seen(['family', 'basic'])).toEqual([['subject', null], ['child', null]]);
    expect(await search(fujita, '豊野 和雄')).toEqual([son.clientId]);
    // what somebody was told is not theirs to change
    for (const [id, version] of [[son.clientId, son.version], [taken.subjectId, 2]]) expect((await fujita.patch(`/api/people/${id}`, { version, changes: { phoneMobile: '090-0000-0000' }, reason: '電話で聞いた' })).status).toBe(403);
    await mori.patch(`/api/people/${son.clientId}`, { version: son.version, changes: { phoneMobile: '090-2222-3333' }, reason: '本人から聞いた' }).expect(200);
    // a slip says who it is about, not whom they live with
    await transact(two.app.db, { kind: 'system', name: 'test' }, (tx) => endAccess(tx, { caseId: taken.caseId, basis: 'assignment' }, 'test'));
    await grant(taken.caseId, agencyReader('disability_consultation'), 'identity', 'referral');
    expect(await known()).toEqual([404, 200, [taken.subjectId]]);
    await fujita.patch(`/api/people/${taken.subjectId}`, { version: 2, changes: { phoneMobile: '090-0000-0000' }, reason: '電話で聞いた' }).expect(403);
    await transact(two.app.db, { kind: 'system', name: 'test' }, (tx) => endAccess(tx, { caseId: taken.caseId, basis: 'referral' }, 'test'));
    await transact(two.app.db, { kind: 'system', name: 'test' }, (tx) => endAccess(tx, { caseId: taken.caseId, basis: 'assignment' }, 'withdrawn'));
    await fujita.get(`/api/cases/${taken.caseNo}/household`).expect(404);
    await fujita.get(`/api/people/${taken.subjectId}`).expect(404);
  });
});

describe('search', () => {
  let found: Taken;
  beforeAll(async () => {
    found = await take(mori, 'elder', person({ kana: 'わたなべ　じゅんいちろう', name: '渡邉󠄂 純一郎', commonName: 'なべさん', formerName: '髙﨑', birthDate: '昭和24年11月3日', phoneMobile: '090-1111-7788' }));
  });

  test.each(['ﾜﾀﾅﾍﾞ', 'わたなべ', '渡邊', '渡邉', '渡辺', '渡辺　純一郎', 'ワタナヘ ジユンイチロー', 'なべさん', '高崎', '髙崎', '純一', '09011117788', '090-1111-7788', '7788', '090 1111 7788', '０９０　１１１１　７７８８', '+81(0)90-1111-7788', '+81 90 1111 7788', '渡辺 090 1111 7788', '昭和 24年11月3日', '昭和24年11月3日生', '１１１１ー７７８８', 'S24.11.3', '昭和24年11月3日', '1949-11-03', '19491103', '昭和24年', '渡辺 S24.11.3'])('%s finds 渡邉󠄂 純一郎', async (typed) => {
    expect(await search(mori, typed)).toContain(found.subjectId);
  });

  test.each(['渡部', '田中', '0000000000', 'S25.11.3', '渡辺 S25.11.3', '渡辺 田中', '.', '渡辺 7789'])('%s does not', async (typed) => {
    expect(await search(mori, typed)).not.toContain(found.subjectId);
  });

  test.each([
    ['野分 茂', 'のわき しげる', ['野分 茂', '野分　茂', '茂 野分', '野分茂', '野分 茂 のわき', 'のわき しげる', 'ノワキ ｼ']],
    ['林 茂', 'はやし しげる', ['林 茂', '林茂', '林　茂', '茂 はやし', 'はやし 茂', '林 しげる']],
    ['津 井', 'つ い', ['津 井', '津井', 'つ い', 'ツ イ', 'つい', '津井 つい']],
    ['斎藤 治', 'さいとう おさむ', ['さいとう おさむ', 'さいとうおさむ', 'おさむ', 'サイトー オサム', '齋藤 治', '治 斉藤']],
    ['加藤 梅子', 'かとう うめこ', ['かとう うめこ', 'かとううめこ', 'うめこ', '加藤 うめこ']],
  ])('%s (%s) is found with a space and without, however short a part is', async (name, kana, typed) => {
    const { subjectId } = await take(mori, 'elder', person({ name, kana }));
    for (const one of typed) expect([one, await search(mori, one)]).toEqual([one, expect.arrayContaining([subjectId])]);
    for (const one of [`${name} 丸`, `丸 ${name}`, `${kana} ぬ`]) expect([one, await search(mori, one)]).toEqual([one, expect.not.arrayContaining([subjectId])]);
  });

  test('who was registered before names were kept word by word is found by family and given name all the same', async () => {
    const { subjectId } = await take(mori, 'elder', person({ name: '後藤 修', kana: 'ごとう おさむ' }));
    await query(two.app.database.ownerUrl, `update client_person set name_keys = $2, grams = $3 where id = $1`, [subjectId, ['後藤修', foldName('ごとうおさむ')], gramsOf(foldName('ごとうおさむ'))]);
    expect(await search(mori, 'ごとう おさむ')).toEqual([subjectId]);
  });

  test('the case number finds its people, by whoever may know of the case', async () => {
    expect(await search(mori, found.caseNo)).toEqual([found.subjectId]);
    expect(await search(fujita, found.caseNo)).toEqual([]);
  });

  test('the number that the case had before it was imported finds them too, however it is written, and by nobody else', async () => {
    await query(two.app.database.ownerUrl, `insert into imported_case (case_id, stage, old_case_no) values ($1, 'supporting', 'Ｋ－0412 の 3')`, [found.caseId]);
    const digits = await take(mori, 'elder', person({ name: '古川 番', kana: 'ふるかわ ばん' }));
    await query(two.app.database.ownerUrl, `insert into imported_case (case_id, stage, old_case_no) values ($1, 'watching', '19430302')`, [digits.caseId]);
    for (const typed of ['K-0412の3', 'ｋ０４１２ の ３', 'k‐0412ー の3', ' K0412の3 ']) expect([typed, await search(mori, typed)]).toEqual([typed, [found.subjectId]]);
    for (const typed of ['K-0412', '0412の3', '-', '・ ー']) expect([typed, await search(mori, typed)]).toEqual([typed, []]);
    // digits that are a day as well
    expect(await search(mori, '19430302')).toContain(digits.subjectId);
    expect(await search(fujita, 'K-0412の3')).toEqual([]);
    const { people } = (await (await two.as('mori.d')).post('/api/people/search', { q: 'k0412の3' }).expect(200)).body as { people: { cases: { caseNo: string; oldCaseNo: string | null }[] }[] };
    expect(people[0]!.cases).toMatchObject([{ caseNo: found.caseNo, oldCaseNo: 'Ｋ－0412 の 3' }]);
  });

  test('another agency and a coordinator find nobody whose case they do not reach', async () => {
    for (const who of [fujita, sato]) for (const typed of ['渡辺', '7788', 'S24.11.3']) expect(await search(who, typed)).toEqual([]);
    await grant(found.caseId, 'grp.coordinator.city', 'identity', 'referral');
    expect(await search(sato, 'わたなべ')).toEqual([found.subjectId]);
  });

  test('a seat in a meeting opens a case by its number, not by a name', async () => {
    await grant(found.caseId, agencyReader('disability_consultation'), 'identity', 'meeting');
    expect(await search(fujita, '渡辺 純一郎')).toEqual([]);
    expect(await search(fujita, found.caseNo)).toEqual([found.subjectId]);
  });

  test('those who have no case work search for nobody, and what was sought is nowhere on record', async () => {
    const kato = await two.as('kato.m');
    await kato.post('/api/people/search', { q: '渡辺' }).expect(403);
    await two.nobody.post('/api/people/search', { q: '渡辺' }).expect(401);
    const [line] = await query<{ fields: string[]; reason: string; whole: string }>(two.app.database.ownerUrl, `select fields, reason, a::text as whole from audit_event a where action = 'people.search' and fields = '{name,birthDate}' and outcome = 'done' order by id desc limit 1`);
    expect(line).toMatchObject({ fields: ['name', 'birthDate'], reason: expect.stringMatching(/^found:/) });
    expect(line!.whole).not.toContain('渡');
  });
});

describe('merging', () => {
  let one: Taken;
  let other: Taken;
  const mergeAs = (who: Signed, keptId: string, mergedId: string, reason = '保険証で同じ人と確かめた') => who.post('/api/people/merges', { keptId, mergedId, reason });

  beforeAll(async () => {
    one = await take(mori, 'elder', person({ kana: 'みずの　はじめ', name: '水野 一', birthDate: '昭和30年4月1日' }));
    other = await take(mori, 'elder', person({ kana: 'みずの　はじめ', name: '水野 肇', birthDate: '昭和30年4月1日' }));
  });

  test('is for those who lead, between people whom they reach, with a reason, and not with oneself', async () => {
    await mergeAs(mori, one.subjectId, other.subjectId).expect(403);
    await mergeAs(hashimoto, one.subjectId, one.subjectId).expect(422);
    await mergeAs(hashimoto, one.subjectId, other.subjectId, '').expect(422);
    await mergeAs(fujita, one.subjectId, other.subjectId).expect(404);
    const hidden = await take(fujita, 'disability', person({ name: '水野 一', kana: 'みずの はじめ' }));
    await mergeAs(hashimoto, one.subjectId, hidden.subjectId).expect(404);
  });

  test('makes one person of two with the names and cases of both; taken back, both stand as they did', async () => {
    const before = await Promise.all([one, other].map(async ({ subjectId }) => (await hashimoto.get(`/api/people/${subjectId}`)).body));
    const { body: merged } = await mergeAs(hashimoto, one.subjectId, other.subjectId).expect(201);
    expect((await search(mori, 'みずの')).toSorted()).toEqual([one.subjectId]);
    expect(await search(mori, '水野肇')).toEqual([one.subjectId]);
    const { body: whole } = await mori.get(`/api/people/${other.subjectId}`).expect(200);
    expect(whole).toMatchObject({ name: '水野 肇', rootId: one.subjectId });
    expect(whole.cases.map(({ caseNo }: { caseNo: string }) => caseNo)).toEqual([other.caseNo, one.caseNo]);
    await mergeAs(hashimoto, one.subjectId, other.subjectId).expect(409).expect((r) => expect(r.body.type).toBe('/api/problems/already_merged'));

    await mori.post(`/api/people/merges/${merged.mergeId}/undo`, { reason: '別人だった' }).expect(403);
    await hashimoto.post(`/api/people/merges/${merged.mergeId}/undo`, { reason: '別人だった' }).expect(200);
    await hashimoto.post(`/api/people/merges/${merged.mergeId}/undo`, { reason: '別人だった' }).expect(409);
    const after = await Promise.all([one, other].map(async ({ subjectId }) => (await hashimoto.get(`/api/people/${subjectId}`)).body));
    expect(after.map((body) => ({ ...body, merges: [] }))).toEqual(before);
    expect(after[0].merges).toEqual([expect.objectContaining({ reason: '保険証で同じ人と確かめた', undoneReason: '別人だった' })]);
    expect((await search(mori, 'みずの')).toSorted()).toEqual([one.subjectId, other.subjectId].toSorted());
  });

  test('a merge opens nothing: what one agency was told is read by nobody who reaches only the registration of the other', async () => {
    const who = { kana: 'べっしょ　すみ', name: '別所 澄', birthDate: '昭和50年7月7日' };
    const elder = await take(mori, 'elder', person({ ...who, address: '桜町4-4', phoneHome: '06-4444-6173' }));
    const refuge = await take(fujita, 'disability', person({ ...who, address: '避難先 みどり市7-7', phoneMobile: '080-4444-9999', safeContact: '夫には絶対に連絡しない' }));
    for (const { caseId } of [elder, refuge]) await grant(caseId, 'grp.coordinator.city', 'identity', 'referral');
    const mine = { mori: [mori, elder, refuge, ['避難先', '4444-9999', '夫には'], '080-4444-9999'], fujita: [fujita, refuge, elder, ['桜町', '4444-6173'], '06-4444-6173'] } as const;
    const nothingOfTheOther = async (): Promise<void> => {
      for (const [reader, own, foreign, words, number] of Object.values(mine)) {
        const { body: seen } = await reader.get(`/api/people/${own.subjectId}`).expect(200);
        expect([seen.registrations.map(({ id }: { id: string }) => id), seen.cases.map(({ caseNo }: { caseNo: string }) => caseNo), seen.merges]).toEqual([[own.subjectId], [own.caseNo], []]);
        const lists = await Promise.all([
          reader.post('/api/people/search', { q: '別所 澄' }), reader.post('/api/people/search', { q: number }), reader.post('/api/people/search', { q: own.caseNo }), reader.post('/api/people/search', { q: foreign.caseNo }),
          reader.post('/api/people/duplicates', { ...who, phoneMobile: number }), reader.get(`/api/cases/${own.caseNo}/household`), reader.get(`/api/cases/${own.caseNo}/chronology`),
        ]);
        expect(lists.map(({ status }) => status)).toEqual(Array(7).fill(200));
        const all = JSON.stringify([seen, ...lists.map(({ body }) => body)]);
        expect(words.filter((word) => all.includes(word))).toEqual([]);
        expect(lists.slice(0, 5).map(({ body }) => body.people.map(({ id }: { id: string }) => id))).toEqual([[own.subjectId], [], [own.subjectId], [], [own.subjectId]]);
        await reader.get(`/api/people/${foreign.subjectId}`).expect(404);
        await reader.patch(`/api/people/${foreign.subjectId}`, { version: 1, changes: { address: 'どこか' }, reason: '知りたい' }).expect(404);
      }
    };
    for (const [kept, merged] of [[elder, refuge], [refuge, elder]] as const) {
      const { body: made } = await mergeAs(sato, kept.subjectId, merged.subjectId).expect(201);
      await nothingOfTheOther();
      const { body: both } = await sato.get(`/api/people/${merged.subjectId}`).expect(200);
      expect([both.registrations.length, both.cases.length, both.merges.length > 0, both.rootId]).toEqual([2, 2, true, kept.subjectId]);
      expect([await search(sato, '別所 澄'), await search(sato, '080-4444-9999'), await search(sato, merged.caseNo)]).toEqual(Array(3).fill([kept.subjectId]));
      await hashimoto.post(`/api/people/merges/${made.mergeId}/undo`, { reason: '見たい' }).expect(404);
      await sato.post(`/api/people/merges/${made.mergeId}/undo`, { reason: '確かめ直す' }).expect(200);
    }
    // a correction of the one says nothing to the readers of the other
    const { body: again } = await mergeAs(sato, elder.subjectId, refuge.subjectId).expect(201);
    expect(again.keptId).toBe(elder.subjectId);
    await fujita.patch(`/api/people/${refuge.subjectId}`, { version: 1, changes: { address: '避難先 その二' }, reason: '避難先が変わった' }).expect(200);
    await nothingOfTheOther();
  });

  test('a chain comes apart where it is cut', async () => {
    const third = await take(mori, 'elder', person({ kana: 'みずの　げん', name: '水野 元' }));
    const { body: lower } = await mergeAs(hashimoto, one.subjectId, other.subjectId).expect(201);
    const { body: upper } = await mergeAs(hashimoto, third.subjectId, one.subjectId).expect(201);
    const rootOf = async ({ subjectId }: Taken): Promise<string> => (await mori.get(`/api/people/${subjectId}`)).body.rootId;
    expect(await Promise.all([one, other, third].map(rootOf))).toEqual(Array(3).fill(third.subjectId));
    await hashimoto.post(`/api/people/merges/${lower.mergeId}/undo`, { reason: '別人' }).expect(200);
    expect(await Promise.all([one, other, third].map(rootOf))).toEqual([third.subjectId, other.subjectId, third.subjectId]);
    await hashimoto.post(`/api/people/merges/${upper.mergeId}/undo`, { reason: '別人' }).expect(200);
    expect(await Promise.all([one, other, third].map(rootOf))).toEqual([one, other, third].map(({ subjectId }) => subjectId));
  });

  test('two who merge at once, each the other way round, make one merge', async () => {
    const both = await Promise.all([mergeAs(hashimoto, one.subjectId, other.subjectId), mergeAs(hashimoto, other.subjectId, one.subjectId)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  });
});

describe('支援経過', () => {
  let taken: Taken;
  const note = sampleOf('anytime', 'case_note');
  beforeAll(async () => {
    taken = await take(mori, 'elder', person({ kana: 'きろく　たろう', name: '記録 太郎' }));
  });

  test('stands in one order of time, newest first; an hour that nobody knows is not shown', async () => {
    const { noteTime: _time, ...dayOnly } = note;
    await file(mori, taken.caseNo, { ...note, noteAt: '2026-05-20', noteTime: '14:30', content: '午後の訪問' }).expect(201);
    await file(mori, taken.caseNo, { ...dayOnly, noteAt: '2026-05-20', content: '時刻不明' }).expect(201);
    await file(mori, taken.caseNo, { ...note, noteAt: '2026-05-21', noteTime: '09:05', content: '翌朝の電話', method: 'phone' }).expect(201);
    await file(mori, taken.caseNo, { ...note, noteAt: '2020-01-01', noteTime: '10:00', content: '昔のこと' }).expect(201);
    const { body } = await mori.get(`/api/cases/${taken.caseNo}/chronology`).expect(200);
    const lines = (body.events as Record<string, Json>[]).map(({ kind, on, time, content, what }) => [kind, kind === 'note' ? on : '', kind === 'note' ? time : '', content ?? what]);
    expect(lines.slice(0, 2).map(([kind]) => kind).toSorted()).toEqual(['case', 'intake']);
    expect(lines.slice(2)).toEqual([['note', '2026-05-21', '09:05', '翌朝の電話'], ['note', '2026-05-20', '14:30', '午後の訪問'], ['note', '2026-05-20', null, '時刻不明'], ['note', '2020-01-01', '10:00', '昔のこと']]);
    expect(body.events.find(({ kind }: { kind: string }) => kind === 'intake')).toMatchObject({ record: 'F01', title: '相談受付・申込票（同意あり）', compartment: 'team', byName: '森 大輔' });
    const notes = (await mori.get(`/api/cases/${taken.caseNo}/chronology?kind=note`)).body.events;
    expect(notes).toHaveLength(4);
    const pages: string[] = [];
    for (let at: string | null = ''; at !== null;) {
      const page: { events: { submissionId: string | null; what: string }[]; nextCursor: string | null } = (await mori.get(`/api/cases/${taken.caseNo}/chronology?limit=1${at ? `&cursor=${at}` : ''}`).expect(200)).body;
      pages.push(...page.events.map((one) => one.submissionId ?? one.what));
      at = page.nextCursor;
    }
    expect(pages).toEqual(body.events.map((one: { submissionId: string | null; what: string }) => one.submissionId ?? one.what));
    await mori.get(`/api/cases/${taken.caseNo}/chronology?cursor=xx`).expect(422);
  });

  test('a note is corrected by another that says why, once, by the same agency; what was written stays', async () => {
    const { body: wrong } = await file(mori, taken.caseNo, { ...note, content: '10時に会った' }).expect(201);
    const { noteId } = wrong.made;
    const pointers = async (who: Signed, said: Answers): Promise<string[]> => (await file(who, taken.caseNo, { ...note, ...said }).expect(422)).body.errors.map(({ pointer }: { pointer: string }) => pointer);
    expect(await pointers(mori, { corrects: noteId })).toEqual(['/answers/correctionReason']);
    expect(await pointers(mori, { correctionReason: '理由だけ' })).toEqual(['/answers/correctionReason']);
    await grant(taken.caseId, agencyReader('disability_consultation'), 'content', 'consent');
    expect(await pointers(fujita, { corrects: noteId, correctionReason: '他機関' })).toEqual(['/answers/corrects']);
    const both = await Promise.all([1, 2].map((n) => file(mori, taken.caseNo, { ...note, content: `11時に会った ${n}`, corrects: noteId, correctionReason: '時刻の誤り' })));
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 422]);
    const { body } = await mori.get(`/api/cases/${taken.caseNo}/chronology?kind=note`);
    const fixed = body.events.find(({ correctsId }: { correctsId: string }) => correctsId === noteId);
    expect(fixed).toMatchObject({ correctionReason: '時刻の誤り', content: expect.stringContaining('11時') });
    expect(body.events.find((one: { noteId: string }) => one.noteId === noteId)).toMatchObject({ content: '10時に会った', correctedById: fixed.noteId });
    await expect(query(two.app.database.ownerUrl, `update case_note set visibility = 'team'`)).rejects.toThrow('append-only');
  });

  test('speaks of what was, and plans what comes: no note of a day or an hour to come, no next step before the day of the note', async () => {
    const day = (days: number): string => new Date(Date.now() + 9 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
    const said = async (more: Answers): Promise<[number, string[] | undefined]> => {
      const { status, body } = await file(mori, taken.caseNo, { ...note, ...more });
      return [status, body.errors?.map(({ pointer }: { pointer: string }) => pointer)];
    };
    expect(await said({ noteAt: '2099-01-01', nextActionDue: '2099-02-01' })).toEqual([422, ['/answers/noteAt']]);
    expect(await said({ noteAt: day(1), noteTime: '00:00', nextActionDue: day(9) })).toEqual([422, ['/answers/noteAt']]);
    expect(await said({ noteAt: '2026-05-20', nextActionDue: '2026-05-19' })).toEqual([422, ['/answers/nextActionDue']]);
    expect(await said({ noteAt: '2026-05-20', nextActionDue: '2001-01-01' })).toEqual([422, ['/answers/nextActionDue']]);
    const soon = new Date(Date.now() + 9 * 3_600_000 + 3_600_000).toISOString();
    expect(await said({ noteAt: soon.slice(0, 10), noteTime: soon.slice(11, 16), nextActionDue: day(9) })).toEqual([422, [soon.slice(0, 10) === day(0) ? '/answers/noteTime' : '/answers/noteAt']]);
    expect((await said({ noteAt: day(0), noteTime: '00:00', nextActionDue: day(0) }))[0]).toBe(201);
  });

  test('what is written for the agency stays in it, what is confidential is read by nobody who only reaches the case', async () => {
    const secret = await take(mori, 'elder', person({ kana: 'ひみつ　はなこ', name: '秘密 花子' }));
    await grant(secret.caseId, agencyReader('disability_consultation'), 'content', 'consent');
    for (const visibility of ['agency', 'team', 'confidential']) await file(mori, secret.caseNo, { ...note, content: visibility, visibility }).expect(201);
    const seen = async (who: Signed): Promise<string[]> => (await who.get(`/api/cases/${secret.caseNo}/chronology?kind=note`).expect(200)).body.events.map(({ content }: { content: string }) => content).toSorted();
    expect(await seen(mori)).toEqual(['agency', 'team']);
    expect(await seen(fujita)).toEqual(['team']);
    await sato.get(`/api/cases/${secret.caseNo}/chronology`).expect(404);
  });
});
