// Referrals, emergencies, exits, flags, trainings, incidents, agencies: filed and read through the interface.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Json } from '../../src/engine/model.js';
import { seedTestCity } from '../support/city.js';
import { query } from '../support/database.js';
import { openTwo, type Client, type Two } from './two-instances.js';

type Staff = Client & { userId: string };
let two: Two;
let mori: Staff;
let fujita: Staff;
let abe: Staff;
let kimura: Staff;
let watanabe: Staff;
let caseNo: string;

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes'] });
  [mori, fujita, abe, kimura, watanabe] = await Promise.all([two.as('mori.d'), two.as('fujita.h'), two.as('abe.k'), two.as('kimura.s'), two.as('watanabe.g')]);
  caseNo = (await mori.post('/api/cases', { field: 'elder' }).expect(201)).body.caseNo;
}, 180_000);
afterAll(() => two.close());

const sample = (formKey: string): Record<string, unknown> => JSON.parse(readFileSync(new URL(`../../processes/anytime/examples/${formKey}.json`, import.meta.url), 'utf8')) as Record<string, unknown>;
const file = (who: Client, formKey: string, more: Record<string, unknown> = {}) => who.post(`/api/cases/${caseNo}/records`, { formKey, answers: { ...sample(formKey), ...more } });
const fileOffice = (who: Client, formKey: string, more: Record<string, unknown> = {}) => who.post('/api/records', { formKey, answers: { ...sample(formKey), ...more } });

test('a referral is read by both sides, an emergency and an exit by who reaches the case', async () => {
  const slip = { receivingGroup: 'grp.sectionLead.disability_consultation', replyDue: '2026-05-19' };
  const refused = (await file(mori, 'referral', slip).expect(409)).body;
  expect(refused).toMatchObject({ type: '/api/problems/consent_missing', detail: expect.stringContaining('未説明'), errors: [{ pointer: '/answers/consent' }] });
  await file(mori, 'referral', { ...slip, consent: 'without_consent', legalBasis: '27-1', legalReason: '食事をとれていないおそれがある' }).expect(201);
  const seen = (await fujita.get(`/api/cases/${caseNo}/referrals`).expect(200)).body.referrals;
  expect(seen).toMatchObject([{ status: 'sent', toGroups: ['grp.sectionLead.disability_consultation'] }]);
  await fujita.get(`/api/records/${seen[0].submissionId}`).expect(200);
  for (const path of ['emergencies', 'exits', 'flags', 'attachments', 'records']) await fujita.get(`/api/cases/${caseNo}/${path}`).expect(404);
  await file(mori, 'emergency').expect(201);
  expect((await mori.get(`/api/cases/${caseNo}/emergencies`).expect(200)).body.emergencies).toMatchObject([{ outcome: null, steps: [{ kind: 'called', detail: 'fire_119' }, { kind: 'raised' }] }]);
  await file(mori, 'exit_notice', { exitKind: 'lost_contact' }).expect(201);
  expect((await mori.get(`/api/cases/${caseNo}/exits`).expect(200)).body).toMatchObject({ exits: [{ kind: 'lost_contact', outcome: null }], breaks: [], from: null });
});

test('a flag has its history, and is resolved once, with a reason', async () => {
  const { flagId } = (await file(mori, 'flag').expect(201)).body.made as { flagId: string };
  await file(mori, 'flag_change', { flagId, flagChange: 'change', message: '携帯も可', reviewOn: '2027-01-31', reason: '本人の希望' }).expect(201);
  expect((await file(mori, 'flag_change', { flagId, reason: '' })).body.errors).toMatchObject([{ pointer: '/answers/reason' }]);
  await file(mori, 'flag_change', { flagId }).expect(201);
  expect((await file(mori, 'flag_change', { flagId })).body.type).toBe('/api/problems/flag_resolved');
  expect((await file(mori, 'flag_change')).status).toBe(404);
  const [flag] = (await mori.get(`/api/cases/${caseNo}/flags`).expect(200)).body.flags;
  expect(flag).toMatchObject({ kind: 'contact', message: '携帯も可', reviewOn: '2027-01-31', resolvedAt: expect.any(String), history: [{ kind: 'raised', byName: '森 大輔' }, { kind: 'changed', reason: '本人の希望' }, { kind: 'resolved' }] });
});

test('trainings are recorded by those who lead, and read by all', async () => {
  await fileOffice(mori, 'training').expect(403);
  await fileOffice(abe, 'training', { heldOn: '2099-01-01' }).expect(422);
  await fileOffice(abe, 'training').expect(201);
  expect((await mori.get('/api/trainings').expect(200)).body.trainings).toMatchObject([{ kind: 'secrecy', heldOn: '2026-05-08', participants: 24, attendees: [{ userId: null, name: '中川 久子' }, { userId: null, name: '野島 武' }] }]);
});

test('whether a member was taught secrecy is asked by person, in the house or from outside; the same training twice is warned of', async () => {
  const { id: userId } = (await query<{ id: string }>(two.app.database.ownerUrl, `select id from app_user where login = 'mori.d'`))[0]!;
  const roll = { title: '守秘の基本', attendees: [{ userId }, { name: '外山　由美', agency: 'commissioners' }] };
  const first = await fileOffice(abe, 'training', roll).expect(201);
  expect(first.body.warnings).toEqual([]);
  const again = await fileOffice(abe, 'training', { ...roll, trainingKind: 'law' }).expect(201);
  expect(again.body.warnings).toEqual([{ code: 'training_twice', detail: expect.any(String), ids: [first.body.made.trainingId] }]);
  const ids = ({ body }: { body: { trainings: { id: string }[] } }): string[] => body.trainings.map(({ id }) => id);
  expect(ids(await mori.get(`/api/trainings?userId=${userId}&kind=secrecy`).expect(200))).toEqual([first.body.made.trainingId]);
  expect(ids(await mori.get(`/api/trainings?userId=${userId}`).expect(200))).toEqual([again.body.made.trainingId, first.body.made.trainingId]);
  expect(ids(await mori.post('/api/trainings/search', { name: '外山 由美', agencyCode: 'commissioners', kind: 'secrecy' }).expect(200))).toEqual([first.body.made.trainingId]);
  expect(ids(await mori.post('/api/trainings/search', { name: '外山 由美', agencyCode: 'shakyo' }).expect(200))).toEqual([]);
  const wrong = async (said: Record<string, unknown>): Promise<string[]> => (await fileOffice(abe, 'training', { ...roll, ...said }).expect(422)).body.errors.map(({ pointer }: { pointer: string }) => pointer);
  expect(await wrong({ attendees: [{ userId: '00000000-0000-7000-8000-00000000dead' }] })).toEqual(['/answers/attendees/0/userId']);
  expect(await wrong({ attendees: [{ userId }, { agency: 'shakyo' }] })).toEqual(['/answers/attendees/1/name']);
  expect(await wrong({ attendees: [{ name: '外山 由美' }] })).toEqual(['/answers/attendees/0/agency']);
  expect(await wrong({ attendees: [{ userId }, { userId }] })).toEqual(['/answers/attendees/1/userId']);
  expect(await wrong({ participants: 1 })).toEqual(['/answers/participants']);
});

test('a leak is reported with its two deadlines, and seen by the agency that leads it and those who answer for it', async () => {
  const { made, submissionId } = (await fileOffice(mori, 'incident_report').expect(201)).body as { made: { incidentId: string }; submissionId: string };
  const seenBy = async (who: Client): Promise<unknown[]> => (await who.get('/api/incident-reports').expect(200)).body.incidents as unknown[];
  expect(await seenBy(abe)).toMatchObject([{ id: made.incidentId, preliminaryDueOn: '2026-05-13', finalDueOn: '2026-06-07', status: 'noticed', sensitive: true }]);
  expect(await seenBy(watanabe)).toHaveLength(1);
  expect(await seenBy(fujita)).toEqual([]);
  await abe.get(`/api/records/${submissionId}`).expect(200);
  await fujita.get(`/api/records/${submissionId}`).expect(404);
  await fileOffice(fujita, 'incident_report', { stage: 'preliminary', incidentId: made.incidentId }).expect(404);
  expect(await seenBy(abe)).toMatchObject([{ preliminaryOn: null, toldHow: null, submissionIds: [submissionId] }]);
  await fileOffice(abe, 'incident_report', { stage: 'final', incidentId: made.incidentId, persons: 2 }).expect(422);
  await query(two.app.database.ownerUrl, `update incident_report set by_tasks = false where id = $1`, [made.incidentId]); // of an earlier version
  await fileOffice(abe, 'incident_report', { stage: 'final', incidentId: made.incidentId, persons: 2 }).expect(201);
  await fileOffice(abe, 'incident_report', { stage: 'preliminary', incidentId: made.incidentId }).expect(422);
  expect(await seenBy(abe)).toMatchObject([{ status: 'final', persons: 2 }]);
});

test('the master of agencies is kept by administrators and policy staff, and what they change outlives the next start', async () => {
  await fileOffice(abe, 'agency').expect(403);
  await fileOffice(kimura, 'agency').expect(201);
  const of = async (code: string): Promise<Record<string, unknown>> => ((await mori.get('/api/agency-master').expect(200)).body.agencies as Record<string, unknown>[]).find((one) => one['code'] === code)!;
  expect(await of('food_bank_sample')).toMatchObject({ category: 'npo', area: '中部圏域', pledged: true, canIntake: false, canJoinConfidential: false, active: true });
  const silver = { code: 'silver_centre', name: 'シルバー人材センター（新）', kind: 'contractor', category: 'other', field: 'elder', isContractor: 'yes', contractFrom: '2026-04-01', contractUntil: '2026-03-31' };
  expect((await fileOffice(kimura, 'agency', silver)).body.errors).toMatchObject([{ pointer: '/answers/contractUntil' }]);
  await fileOffice(kimura, 'agency', { ...silver, contractUntil: '2027-03-31' }).expect(201);
  // one thing put right leaves the others as they are; what is sent empty is cleared, and the form is served with what stands in it
  const { carried } = (await kimura.get('/api/forms/agency?no=silver_centre').expect(200)).body as { carried: Record<string, Json> };
  expect(carried).toMatchObject({ name: 'シルバー人材センター（新）', contact: '06-0000-7777', field: 'elder', contractFrom: '2026-04-01', contractUntil: '2027-03-31', isContractor: 'yes' });
  await abe.get('/api/forms/agency?no=silver_centre').expect(403);
  await kimura.get('/api/forms/agency?no=nowhere').expect(404);
  const before = await of('silver_centre');
  const must = Object.fromEntries(['code', 'name', 'kind', 'category', 'isContractor', 'contractFrom', 'pledged', 'canIntake', 'canJoinConfidential', 'active'].map((key) => [key, carried[key]!]));
  await kimura.post('/api/records', { formKey: 'agency', answers: { ...must, contact: '06-0000-8888' } }).expect(201);
  expect(await of('silver_centre')).toEqual({ ...before, contact: '06-0000-8888' });
  await kimura.post('/api/records', { formKey: 'agency', answers: { ...must, area: '', field: null } }).expect(201);
  expect(await of('silver_centre')).toEqual({ ...before, contact: '06-0000-8888', area: null, field: null });
  await seedTestCity(two.app.database.ownerUrl);
  expect(await of('silver_centre')).toMatchObject({ name: 'シルバー人材センター（新）', contractUntil: '2027-03-31' });
  const [row] = await query<{ id: string }>(two.app.database.ownerUrl, `select id from support_case where case_no = $1`, [caseNo]);
  await query(two.app.database.ownerUrl, `insert into case_role (id, case_id, role, agency_code, group_key, from_at) values (gen_random_uuid(), $1, 'lead', 'silver_centre', 'grp.sectionLead.silver_centre', now())`, [row!.id]);
  expect((await fileOffice(kimura, 'agency', { ...silver, contractUntil: '2027-03-31', active: 'no' })).body.type).toBe('/api/problems/lead_missing');
});

test('the year and changes of diagrams can be read', async () => {
  expect((await mori.get('/api/programme-years/R8').expect(200)).body).toEqual({ runs: [], kpis: [], snapshots: [], evaluations: [] });
  await mori.get('/api/programme-years/2026').expect(422);
  expect((await mori.get('/api/definition-changes').expect(200)).body).toEqual({ changes: [] });
});
