// Consents, the 提供記録 and pledges as clients see them: two API instances, each request at the other one.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sampleOf } from '../support/answers.js';
import { openTwo, type Client, type Two } from './two-instances.js';

let two: Two;
let mori: Client;
let ishikawa: Client;
let caseNo: string;
const now = new Date('2026-05-11T10:00:00+09:00');

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes'], clock: { now: () => now } });
  [mori, ishikawa] = await Promise.all([two.as('mori.d'), two.as('ishikawa.r')]);
  const opened = await mori.post('/api/cases', { field: 'elder' });
  caseNo = (opened.body as { caseNo: string }).caseNo;
});
afterAll(() => two.close());

const file = (client: Client, formKey: string, said: Record<string, unknown> = {}) => client.post(`/api/cases/${caseNo}/records`, { formKey, answers: { ...sampleOf('anytime', formKey), ...said } });
const agreed = { consentState: 'full', scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }] };

test('GUARD withdrawn, the very next request of the recipient finds nothing, and what was told stays listed', async () => {
  expect((await mori.get(`/api/cases/${caseNo}/consents`)).body).toMatchObject({ state: 'unexplained', consents: [] });
  expect((await ishikawa.get(`/api/cases/${caseNo}/consents`)).status).toBe(404);
  expect((await file(mori, 'provide_to_agency')).body).toMatchObject({ status: 409, type: expect.stringContaining('consent_missing') as unknown });
  expect((await file(mori, 'consent', agreed)).status).toBe(201);
  const seen = await ishikawa.get(`/api/cases/${caseNo}/consents`);
  expect(seen.body).toMatchObject({ state: 'full', again: false, validUntil: '2028-03-31T15:00:00.000Z' });
  const [own] = (seen.body as { consents: { subject: string; agencies: unknown[] }[] }).consents.filter(({ subject }) => subject === 'self');
  expect(own).toMatchObject({ holds: true, method: 'oral', agencies: [{ agencyCode: 'elderly_welfare', name: '高齢福祉課', answer: 'agreed', covered: true }], endings: [] });
  expect((await file(mori, 'provide_to_agency')).status).toBe(201);

  expect((await file(mori, 'consent_withdrawal')).status).toBe(201);
  for (const path of ['consents', 'disclosures', 'records', 'disclosure-requests']) expect((await ishikawa.get(`/api/cases/${caseNo}/${path}`)).status).toBe(404);
  expect((await file(ishikawa, 'provide_to_agency', { toAgency: 'shakyo' })).status).toBe(404);
  const listed = (await mori.get(`/api/cases/${caseNo}/disclosures`)).body as { disclosures: { toName: string; basisArticle: string; byName: string }[] };
  expect(listed.disclosures).toHaveLength(2);
  expect(listed.disclosures[0]).toMatchObject({ toName: '高齢福祉課', basisArticle: '個人情報保護法69条2項1号', byName: '森 大輔' });
  expect((await mori.get(`/api/cases/${caseNo}/consents`)).body).toMatchObject({ state: 'withdrawn' });
});

test('a request to see records is listed with the day by which it is answered', async () => {
  expect((await file(mori, 'disclosure_request')).status).toBe(201);
  expect((await mori.get(`/api/cases/${caseNo}/disclosure-requests`)).body).toMatchObject({ requests: [{ kind: 'disclosure', receivedOn: '2026-05-07', dueAt: '2026-06-06T15:00:00.000Z', decision: null }] });
});

test('one sees the own pledges; who convenes sees all; who looks after diagrams sees none', async () => {
  const yamamoto = await two.as('yamamoto.m');
  expect((await yamamoto.post('/api/records', { formKey: 'pledge', answers: sampleOf('anytime', 'pledge') })).status).toBe(201);
  const of = async (client: Client, query = ''): Promise<string[]> => ((await client.get(`/api/pledges${query}`)).body as { pledges: { personName: string }[] }).pledges.map(({ personName }) => personName);
  expect(await of(ishikawa)).toEqual(['石川 亮']);
  expect(await of(mori)).toEqual([]);
  expect(await of(yamamoto)).toEqual(['石川 亮']);
  expect(await of(yamamoto, '?mine=true')).toEqual([]);
  expect(await of(await two.as('kato.m'))).toEqual([]);
});
