// T-P10-03: everybody who was told under what was taken back hears that it is over, also a place that took somebody in.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transact } from '../../src/base/db.js';
import { grantAccess } from '../../src/domain/access.js';
import { identityIn, registerClient } from '../../src/domain/people/clients.js';
import { placeMembers, placeSubject } from '../../src/domain/people/households.js';
import type { Json } from '../../src/engine/model.js';
import { sampleOf } from '../support/answers.js';
import { keeper } from '../support/diagrams.js';
import { bareCase, begin, take } from '../support/steps.js';
import { openDesk, type Desk } from './desk.js';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk(new Date('2026-05-11T10:00:00+09:00'));
}, 180_000);
afterAll(() => desk.close());

const cafe = '喫茶ひだまり（就労体験）';
interface Home {
  caseNo: string;
  caseId: string;
  son: string;
}

const files = async (login: string, caseNo: string, formKey: string, said: Record<string, Json> = {}) => (await desk.as(login)).post(`/api/cases/${caseNo}/records`, { formKey, answers: { ...sampleOf('anytime', formKey), ...said } }).expect(201);
const agreed = { consentState: 'full', scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }], householdMembers: [] };

/** A mother who lets 高齢福祉課 be told and a café take her in, or her son, each under their own consent. */
async function placed(whose: 'mother' | 'son'): Promise<Home> {
  const one = await bareCase(desk.two.app);
  await transact(desk.two.app.db, keeper, async (tx) => {
    for (const reader of ['agency:chiiki_houkatsu', 'agency:shakyo']) await grantAccess(tx, { caseId: one.caseId, reader, level: 'content', basis: 'intake', basisId: null });
    await grantAccess(tx, { caseId: one.caseId, reader: 'grp.coordinator.city', level: 'content', basis: 'assignment', basisId: null });
  });
  const { body } = await files('mori.d', one.caseNo, 'consent', agreed);
  const [mother, son] = await transact(desk.two.app.db, keeper, async (tx) => {
    const at = { caseId: one.caseId, submissionId: body.submissionId as string, onDate: '2026-05-11' };
    const first = await placeSubject(tx, { ...at, type: null }, () => registerClient(tx, identityIn({ name: '川辺 トミ', kana: 'かわべ とみ' }), at.onDate));
    const [second] = await placeMembers(tx, at, [{ name: '川辺 進', kana: 'かわべ すすむ', relation: 'child', cohabit: 'together' }], async () => false);
    return [first, second!.id] as const;
  });
  await begin(desk.two.app, one, 'participation_requested');
  await take(desk.two.app, one.caseNo, 'hear_wishes', whose === 'son' ? { personId: son } : { personId: mother });
  await take(desk.two.app, one.caseNo, 'plan_participation');
  await take(desk.two.app, one.caseNo, 'search_resources');
  await take(desk.two.app, one.caseNo, 'confirm_sharing_consent', { placeName: cafe });
  await take(desk.two.app, one.caseNo, 'carry_out_trial', { trials: [{ triedOn: '2026-05-11' }] });
  await files('mori.d', one.caseNo, 'provide_to_agency', { toAgency: 'elderly_welfare', legalBasis: '69-2-1', items: ['basic'] });
  return { ...one, son };
}

interface Notice {
  id: string;
  item: string;
  carried: Record<string, Json>;
  candidateGroups: string[];
}

/** The tasks of T-P10-03 as the coordinator sees them. */
async function notices({ caseNo }: Home): Promise<Notice[]> {
  await desk.does('mori.d', caseNo, 'record_withdrawal');
  await desk.does('sato.h', caseNo, 'confirm_stop');
  const sato = await desk.as('sato.h');
  const { tasks } = (await sato.get(`/api/tasks?view=all&case=${caseNo}`).expect(200)).body as { tasks: { id: string; elementId: string }[] };
  const found = await Promise.all(tasks.filter(({ elementId }) => elementId === 'notify_recipient').map(async ({ id }) => (await sato.get(`/api/tasks/${id}`).expect(200)).body as Notice));
  return found.toSorted((a, b) => a.item.localeCompare(b.item));
}

const withdraws = (home: Home, said: Record<string, Json> = {}) => files('mori.d', home.caseNo, 'consent_withdrawal', said);
const toCafe = { recipient: cafe, recipientKind: 'place', toldItems: ['basic'], toldLastOn: '2026-05-11' };

describe('whoever was told of somebody hears that it is over', () => {
  test('all withdrawn: the agency and the café each by a task of the coordinator, which says who it is and what they were told', async () => {
    const home = await placed('mother');
    await withdraws(home);
    const found = await notices(home);
    expect(found.map(({ item, candidateGroups }) => [item, candidateGroups])).toEqual([['agency:elderly_welfare', ['grp.coordinator.city']], ['place:S-0032', ['grp.coordinator.city']]]);
    expect(found[0]!.carried).toMatchObject({ recipientKind: 'agency', recipient: '高齢福祉課' });
    expect(found[1]!.carried).toMatchObject(toCafe);
    await desk.does('sato.h', home.caseNo, 'notify_recipient');
    await desk.does('sato.h', home.caseNo, 'notify_recipient');
    const kept = await desk.sql<{ answers: Record<string, Json> }>(`select answers from submission where case_id = $1 and record = 'F17.notice'`, [home.caseId]);
    expect(kept.map(({ answers }) => answers['recipient']).toSorted()).toEqual([cafe, '高齢福祉課'].toSorted());
  }, 120_000);

  test('a part withdrawn: of what only the café was told for, the café alone hears; of an agency, only that agency', async () => {
    const home = await placed('mother');
    await withdraws(home, { withdrawnScope: 'part', withdrawnAgencies: [], withdrawnItems: [], withdrawnTypes: ['place'] });
    expect((await notices(home)).map(({ item }) => item)).toEqual(['place:S-0032']);
    const other = await placed('mother');
    await withdraws(other, { withdrawnScope: 'part', withdrawnAgencies: ['elderly_welfare'], withdrawnItems: [], withdrawnTypes: [] });
    expect((await notices(other)).map(({ item }) => item)).toEqual(['agency:elderly_welfare']);
  }, 120_000);

  test('the son takes back his own: the café that was told of him hears, the agency that was told of his mother does not', async () => {
    const home = await placed('son');
    await withdraws(home, { subject: 'member', memberId: home.son, memberName: '川辺 進' });
    const found = await notices(home);
    expect(found.map(({ item }) => item)).toEqual(['place:S-0032']);
    expect(found[0]!.carried).toMatchObject(toCafe);
  }, 120_000);

  test('the mother takes back hers: the café that was told of her son alone is not told to stop', async () => {
    const home = await placed('son');
    await withdraws(home);
    expect((await notices(home)).map(({ item }) => item)).toEqual(['agency:elderly_welfare']);
  }, 120_000);

  test('GUARD somebody who does not see the case reads of a recipient no more than who it is', async () => {
    const home = await placed('mother');
    await withdraws(home);
    await desk.sql(`update case_access set ended_at = '2026-05-11T01:00:00Z', end_reason = 'removed' where case_id = $1 and reader = 'grp.coordinator.city' and ended_at is null`, [home.caseId]);
    const [, place] = await notices(home);
    expect(place!.carried).toMatchObject({ recipient: cafe, recipientKind: 'place' });
    expect(place!.carried).not.toHaveProperty('toldItems');
    expect(place!.carried).not.toHaveProperty('toldLastOn');
  }, 120_000);
});
