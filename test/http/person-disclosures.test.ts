// One person over all their cases: what was told of them to whom, for a 開示請求 and for the family; and consents of the household, each
// of a person and not of a name.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { transact } from '../../src/base/db.js';
import { endAccess, grantAccess } from '../../src/domain/access.js';
import { registerClient, identityIn } from '../../src/domain/people/clients.js';
import { placeMembers, placeSubject } from '../../src/domain/people/households.js';
import { sampleOf } from '../support/answers.js';
import { query } from '../support/database.js';
import { openTwo, type Client, type Two } from './two-instances.js';

const now = new Date('2026-05-11T10:00:00+09:00');
const system = { kind: 'system', name: 'test' } as const;
let two: Two;
let mori: Client;
let fukuda: Client;
const sql = <Row extends Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> => query<Row>(two.app.database.ownerUrl, text, values);

interface Home {
  caseNo: string;
  caseId: string;
  submissionId: string;
}

const file = (client: Client, caseNo: string, formKey: string, said: Record<string, unknown> = {}) => client.post(`/api/cases/${caseNo}/records`, { formKey, answers: { ...sampleOf('anytime', formKey), ...said } });
const agreed = { consentState: 'full', scopeAgencies: [{ agency: 'shakyo', answer: 'agreed' }], householdMembers: [] as object[] };

async function opened(client: Client): Promise<Home> {
  const { body } = await client.post('/api/cases', { field: 'elder' }).expect(201);
  const note = await file(client, body.caseNo, 'case_note', { noteAt: '2026-05-10', nextActionDue: '2026-05-20' });
  expect([note.status, note.body.errors]).toEqual([201, undefined]);
  return { caseNo: body.caseNo, caseId: body.caseId, submissionId: note.body.submissionId };
}

const subjectOf = (home: Home, clientId: () => Promise<string>) => transact(two.app.db, system, (tx) => placeSubject(tx, { ...home, type: null }, clientId));
const register = (name: string) => transact(two.app.db, system, (tx) => registerClient(tx, identityIn({ name, kana: 'やまの' }), '2026-05-11'));
const family = (home: Home, rows: Record<string, string>[]) => transact(two.app.db, system, (tx) => placeMembers(tx, { ...home, onDate: '2026-05-11' }, rows.map((row) => ({ cohabit: 'together', ...row })), async () => true));

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes'], clock: { now: () => now } });
  [mori, fukuda] = await Promise.all([two.as('mori.d'), two.as('fukuda.r')]);
}, 180_000);
afterAll(() => two.close());

test('a person is shown all that was told of them, over all cases that the reader reaches, their own and those of their household, and each look is written down', async () => {
  const [first, second, parents, hidden] = [await opened(mori), await opened(mori), await opened(mori), await opened(fukuda)];
  const person = await register('山野 一');
  for (const home of [first, second, hidden]) await subjectOf(home, async () => person);
  await subjectOf(parents, () => register('山野 母'));
  await family(parents, [{ name: '山野 一', relation: 'child', knownPersonId: person }]);
  for (const home of [first, parents]) await file(mori, home.caseNo, 'consent', agreed).expect(201);
  await file(mori, second.caseNo, 'provide_to_agency', { legalBasis: '27-1', reason: '暑さのため確認が要る。', toAgency: 'self_reliance' }).expect(201);
  await file(fukuda, hidden.caseNo, 'consent', agreed).expect(201);
  await file(mori, first.caseNo, 'consent_withdrawal').expect(201);

  const { body } = await mori.get(`/api/people/${person}/disclosures`).expect(200);
  const lines = body.disclosures as { caseNo: string; as: string; toCode: string; legalBasis: string; basisArticle: string }[];
  expect(lines.map(({ caseNo, as, toCode, legalBasis }) => [caseNo, as, toCode, legalBasis]).toSorted()).toEqual([
    [first.caseNo, 'subject', 'shakyo', '69-2-1'], [parents.caseNo, 'member', 'shakyo', '69-2-1'], [second.caseNo, 'subject', 'self_reliance', '27-1'],
  ].toSorted());
  const audited = await sql<{ id: string }>(`select resource_id as id from audit_event where resource_type = 'person_disclosures' order by 1`);
  expect(audited.map(({ id }) => id).toSorted()).toEqual([first.caseId, second.caseId, parents.caseId, person].toSorted());

  const elsewhere = (await fukuda.get(`/api/people/${person}/disclosures`).expect(200)).body.disclosures as { caseNo: string }[];
  expect(elsewhere.map(({ caseNo }) => caseNo)).toEqual([hidden.caseNo]);
});

test('GUARD who reaches no case of the person finds nobody; who knows only who they are is shown nothing of what was told', async () => {
  const home = await opened(mori);
  const person = await subjectOf(home, () => register('川野 二'));
  await file(mori, home.caseNo, 'consent', { ...agreed, scopeAgencies: [{ agency: 'shakyo', answer: 'agreed' }] }).expect(201);
  const aoki = await two.as('aoki.w');
  await aoki.get(`/api/people/${person}/disclosures`).expect(404);
  for (const login of ['kato.m', 'watanabe.g', 'kimura.s']) expect((await (await two.as(login)).get(`/api/people/${person}/disclosures`)).status).toBeGreaterThanOrEqual(403);
  await transact(two.app.db, system, (tx) => grantAccess(tx, { caseId: home.caseId, reader: 'grp.sectionLead.school_education', level: 'identity', basis: 'emergency', basisId: null }));
  expect((await aoki.get(`/api/people/${person}/disclosures`).expect(200)).body).toEqual({ disclosures: [] });
  await transact(two.app.db, system, (tx) => endAccess(tx, { caseId: home.caseId, basis: 'emergency' }, 'over'));
  await aoki.get(`/api/people/${person}/disclosures`).expect(404);
  await mori.get('/api/people/0190aaaa-0000-7000-8000-000000000001/disclosures').expect(404);
});

test('GUARD each consent of the household is of one person: two with one name are told apart by their number, and neither speaks for the other', async () => {
  const home = await opened(mori);
  await subjectOf(home, () => register('谷 三'));
  await family(home, [{ name: '谷 四郎', relation: 'child', birthDate: '昭和50年1月2日' }, { name: '谷 四郎', relation: 'grandchild', birthDate: '平成20年3月4日' }, { name: '谷 花󠄁', relation: 'spouse' }]);
  const members = await sql<{ id: string; name: string; relation: string }>(`select p.id, p.name, h.relation from household_member h join client_person p on p.id = h.client_id where h.case_id = $1 and h.relation <> 'subject' order by h.position`, [home.caseId]);
  const [father, son, wife] = members.map(({ id }) => id) as [string, string, string];
  const says = (householdMembers: object[]) => file(mori, home.caseNo, 'consent', { ...agreed, householdMembers });

  expect((await says([{ name: '谷 四郎', answer: 'agreed' }])).body.errors).toMatchObject([{ pointer: '/answers/householdMembers/0/memberId', detail: expect.stringContaining('二人以上') }]);
  expect((await says([{ name: '谷 四郎', memberId: '0190aaaa-0000-7000-8000-000000000001', answer: 'agreed' }])).body.errors).toMatchObject([{ pointer: '/answers/householdMembers/0/memberId' }]);
  expect((await says([{ name: 'x', memberId: father, answer: 'agreed' }, { name: 'y', memberId: father, answer: 'refused' }])).body.errors).toMatchObject([{ pointer: '/answers/householdMembers/1/name' }]);
  await says([{ name: '谷', memberId: father, answer: 'agreed' }, { name: '谷', memberId: son, answer: 'agreed' }, { name: '谷　花󠄁', answer: 'agreed' }, { name: '訪ねてくる人', answer: 'considering' }]).expect(201);
  const kept = async () => sql<{ id: string | null; name: string; state: string; holds: boolean }>(`select member_id as id, member_name as name, state, consent_holds(id, $2) as holds from consent where case_id = $1 and subject = 'member' order by recorded_at, member_name, member_id`, [home.caseId, now]);
  expect((await kept()).toSorted((a, b) => (a.id ?? '').localeCompare(b.id ?? ''))).toEqual([
    { id: null, name: '訪ねてくる人', state: 'considering', holds: false },
    ...[{ id: father, name: '谷 四郎' }, { id: son, name: '谷 四郎' }, { id: wife, name: '谷　花󠄁' }].map((one) => ({ ...one, state: 'full', holds: true })).toSorted((a, b) => a.id.localeCompare(b.id)),
  ]);

  expect((await file(mori, home.caseNo, 'consent_withdrawal', { subject: 'member', memberName: '谷 四郎' })).body.errors).toMatchObject([{ pointer: '/answers/memberId' }]);
  await file(mori, home.caseNo, 'consent_withdrawal', { subject: 'member', memberName: '谷 四郎', memberId: son }).expect(201);
  expect(Object.fromEntries((await kept()).map(({ id, holds }) => [id, holds]))).toMatchObject({ [father]: true, [son]: false, [wife]: true });
  await says([{ name: '谷', memberId: father, answer: 'agreed' }]).expect(201);
  expect((await kept()).filter(({ id }) => id === father).map(({ holds }) => holds).toSorted()).toEqual([false, true]);
  const listed = (await mori.get(`/api/cases/${home.caseNo}/consents`).expect(200)).body.consents as { memberId: string | null; memberName: string | null; holds: boolean }[];
  expect(listed.filter(({ holds, memberId }) => holds && memberId !== null).map(({ memberId, memberName }) => [memberId, memberName]).toSorted()).toEqual([[father, '谷 四郎'], [wife, '谷　花󠄁']].toSorted());
});
