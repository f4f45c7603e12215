// Flag C field by field: policy staff say in a form which of its answers are confidential, and from then on those come back to nobody
// who is not in on them, while the rest of the sheet does; by every way on which a sheet is read.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { deployForm } from '../../src/actions/deploy-form.js';
import { transact } from '../../src/base/db.js';
import { agencyReader, grantAccess, type Basis } from '../../src/domain/access.js';
import type { Json } from '../../src/engine/model.js';
import { sampleOf } from '../support/answers.js';
import { query } from '../support/database.js';
import { keeper } from '../support/diagrams.js';
import { openTwo, type Client, type Two } from './two-instances.js';

const now = new Date('2026-05-21T10:00:00+09:00');
const secret = '隣の桜井さんが、内緒にと言って知らせた';
const promise = '桜井さんに、来週また聴く';
let two: Two;
let caseNo: string;
let caseId: string;
let recordId: string;
const sql = <Row extends Record<string, unknown>>(text: string, values: unknown[]): Promise<Row[]> => query<Row>(two.app.database.ownerUrl, text, values);
const clients = new Map<string, Client>();
const as = (login: string): Client => clients.get(login)!;
const logins = ['mori.d', 'hashimoto.k', 'abe.k', 'sato.h', 'yamamoto.m', 'nakamura.m', 'ishikawa.r', 'yamaguchi.n', 'fujita.h', 'saito.o'];

interface Component {
  key?: string;
  path?: string;
  components?: Component[];
  properties?: Record<string, string>;
  [name: string]: unknown;
}
type Form = { components: Component[] } & Record<string, unknown>;
const shipped = (key: string): Form => JSON.parse(readFileSync(new URL(`../../processes/anytime/forms/${key}.json`, import.meta.url), 'utf8')) as Form;
const flagged = (components: Component[], keys: readonly string[]): Component[] =>
  components.map((one) => ({ ...one, ...(one.components ? { components: flagged(one.components, keys) } : {}), ...(keys.includes(one.key ?? '') ? { properties: { ...one.properties, confidential: 'true' } } : {}) }));
const field = (key: string, properties: Record<string, string>): Component => ({ type: 'textfield', key, id: `added_${key}`, label: `足した項目 ${key}`, validate: { maxLength: 200 }, properties });

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes'], clock: { now: () => now } });
  for (const login of logins) clients.set(login, await two.as(login));
  const note = shipped('case_note');
  const people: Component = { type: 'dynamiclist', path: 'heardFrom', id: 'added_heardFrom', label: '誰から聞いたか', components: [field('who', { confidential: 'true' }), field('when', {})] };
  await deployForm(two.app, keeper, { key: 'case_note', schema: { ...note, components: [...flagged(note.components, ['nextAction']), field('informant', { confidential: 'true' }), people] } as unknown as Json });
  const flag = shipped('flag');
  await deployForm(two.app, keeper, { key: 'flag', schema: { ...flag, components: [...flag.components, field('open', { from: 'F04.informant' }), field('kept', { from: 'F04.informant', confidential: 'true' }), field('plain', { from: 'F04.purpose' }), field('list', { from: 'F04.heardFrom' })] } as unknown as Json });
  ({ caseNo, caseId } = (await as('mori.d').post('/api/cases', { field: 'elder' })).body as { caseNo: string; caseId: string });
  await transact(two.app.db, keeper, async (tx) => {
    const grant = (reader: string, basis: Basis, items: string[] | null) => grantAccess(tx, { caseId, reader, level: 'content', basis, basisId: null, items });
    await grant('grp.coordinator.city', 'assignment', null);
    await grant('grp.meetingOffice', 'assignment', null);
    await grant('grp.chair', 'assignment', null);
    await grant(agencyReader('shakyo'), 'assignment', null);
    await grant(agencyReader('elderly_welfare'), 'consent', ['basic', 'progress']);
  });
  const answers = { ...sampleOf('anytime', 'case_note'), nextAction: promise, informant: secret, heardFrom: [{ who: secret, when: '昨日' }, { who: '', when: '一昨日' }] };
  const filed = await as('mori.d').post(`/api/cases/${caseNo}/records`, { formKey: 'case_note', answers });
  expect([filed.status, filed.body]).toMatchObject([201, {}]);
  recordId = (filed.body as { submissionId: string }).submissionId;
}, 180_000);
afterAll(() => two.close());

const inOnIt = ['mori.d', 'hashimoto.k', 'sato.h', 'yamamoto.m', 'nakamura.m'];
/** By consent, by assignment of a contractor, and as a manager: they reach the case, and are not in on it. */
const notInOnIt = ['ishikawa.r', 'yamaguchi.n', 'saito.o', 'abe.k'];

test.each(inOnIt)('%s, who wrote it, works beside the writer, or stands in the confidential compartment, reads the whole sheet', async (login) => {
  const { answers } = (await as(login).get(`/api/records/${recordId}`)).body as { answers: Record<string, unknown> };
  expect(answers).toMatchObject({ informant: secret, nextAction: promise, purpose: expect.any(String), heardFrom: [{ who: secret, when: '昨日' }, { when: '一昨日' }] });
});

test.each(notInOnIt)('GUARD %s reads the sheet without its confidential answers, however it is read', async (login) => {
  const { body, status } = await as(login).get(`/api/records/${recordId}`);
  const { answers } = body as { answers: Record<string, unknown> };
  expect(status).toBe(200);
  expect(Object.keys(answers)).toEqual(expect.arrayContaining(['content', 'purpose']));
  // a field that the city has added is of no kind of content that a consent names
  expect(answers['heardFrom']).toEqual(login === 'ishikawa.r' ? undefined : [{ when: '昨日' }, { when: '一昨日' }]);
  for (const key of ['informant', 'nextAction']) expect(answers).not.toHaveProperty(key);
  const paths = ['records', 'chronology', 'household', 'consents', 'disclosures', 'referrals', 'flags', 'plan', 'meetings', 'emergencies', 'attachments', 'exits'].map((path) => `/api/cases/${caseNo}/${path}`);
  for (const path of [...paths, `/api/cases/${caseNo}`, `/api/forms/flag?case=${caseNo}`, `/api/people/search?q=${encodeURIComponent('桜井')}`, '/api/tasks?view=all']) {
    const text = JSON.stringify((await as(login).get(path)).body);
    expect([path, text.includes(secret), text.includes(promise)]).toEqual([path, false, false]);
  }
  const { events } = (await as(login).get(`/api/cases/${caseNo}/chronology`)).body as { events: { submissionId: string; content: string | null; nextAction: string | null }[] };
  expect(events.find(({ submissionId }) => submissionId === recordId)).toMatchObject({ content: expect.stringContaining('玄関先'), nextAction: null });
});

test('who does not reach the case reads nothing of it', async () => {
  expect((await as('fujita.h').get(`/api/records/${recordId}`)).status).toBe(404);
});

test('GUARD a confidential answer is carried into no field that is not confidential itself, and into that before the eyes alone of who may read it', async () => {
  const carried = async (login: string) => ((await as(login).get(`/api/forms/flag?case=${caseNo}`)).body as { carried: Record<string, unknown> }).carried;
  expect(await carried('mori.d')).toMatchObject({ kept: secret, plain: '様子の確認と受診のすすめ' });
  expect(await carried('ishikawa.r')).toMatchObject({ plain: '様子の確認と受診のすすめ' });
  for (const login of ['mori.d', 'sato.h', 'ishikawa.r', 'yamaguchi.n']) for (const key of ['open', 'list', ...(inOnIt.includes(login) ? [] : ['kept'])]) expect([login, await carried(login)]).not.toMatchObject([login, { [key]: expect.anything() }]);
});

test('GUARD what was flagged stays flagged for what was answered then, whatever the form says later', async () => {
  await deployForm(two.app, keeper, { key: 'case_note', schema: shipped('case_note') as unknown as Json });
  expect((await as('ishikawa.r').get(`/api/records/${recordId}`)).body.answers).not.toHaveProperty('informant');
  const [row] = await sql<{ confidential: string[] }>(`select confidential from submission where id = $1`, [recordId]);
  expect(row!.confidential).toEqual(['heardFrom.who', 'informant', 'nextAction']);
  await expect(sql(`update submission set confidential = '{}' where id = $1`, [recordId])).rejects.toThrow('append-only');
});
