// アウトリーチ: on what it rests, that two go where there is a risk, that there is always a next day, and who may know of it.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fileRecord } from '../../src/actions/file-record.js';
import { usualClocks } from '../../src/base/city.js';
import { readAs, transact } from '../../src/base/db.js';
import { grantAccess, rightsOf } from '../../src/domain/access.js';
import { countOutreach, listOutreaches } from '../../src/domain/outreach/outreach.js';
import { identityIn, registerClient } from '../../src/domain/people/clients.js';
import { placeMembers, placeSubject } from '../../src/domain/people/households.js';
import { endServices } from '../../src/domain/participation/end-services.js';
import { openTwo, type Two } from '../http/two-instances.js';
import { sampleOf } from '../support/answers.js';
import type { TestApp } from '../support/app.js';
import { query } from '../support/database.js';
import { keeper } from '../support/diagrams.js';
import { as, bareCase, begin, ready, take, type OpenCase } from '../support/steps.js';

let two: Two;
let app: TestApp;
const at = new Date('2026-05-18T16:00:00+09:00');

beforeAll(async () => {
  two = await openTwo({ deploy: ['processes/meeting', 'processes/referral', 'processes/outreach', 'processes/anytime'], clock: { now: () => at } });
  app = two.app;
}, 120_000);
afterAll(() => two.close());

const rows = <T extends Record<string, unknown>>(sql: string, ...values: unknown[]): Promise<T[]> => query<T>(app.database.ownerUrl, sql, values);

/** A case whose person has agreed to be supported, by the form of the office. */
async function consented(): Promise<OpenCase> {
  const one = await bareCase(app);
  await transact(app.db, keeper, (tx) => grantAccess(tx, { caseId: one.caseId, reader: 'agency:chiiki_houkatsu', level: 'content', basis: 'intake', basisId: null }));
  await fileRecord(app, await as(app, 'mori.d'), { formKey: 'consent', caseNo: one.caseNo, answers: sampleOf('anytime', 'consent') });
  return one;
}

/** A case that a 支援会議 agreed to approach. */
async function discussed(result = 'direction_agreed', kind = 'confidential', held: Date | null = at): Promise<OpenCase> {
  const one = await bareCase(app);
  await transact(app.db, keeper, (tx) => grantAccess(tx, { caseId: one.caseId, reader: 'agency:chiiki_houkatsu', level: 'content', basis: 'intake', basisId: null }));
  const [meeting] = await rows<{ id: string }>(`insert into meeting (id, kind, agency_code, opened_at, legal_basis, consent_missing) values (gen_random_uuid(), $1, 'welfare_policy', now(), case when $1 = 'confidential' then '106-6' end, case when $1 = 'confidential' then '{refused}'::text[] else '{}' end) returning id`, kind);
  await rows(`insert into meeting_case (meeting_id, case_id, added_at) values ($1, $2, now())`, meeting!.id, one.caseId);
  await rows(`insert into sitting (id, meeting_id, no, opened_at, held_at, result) values (gen_random_uuid(), $1, 1, now(), $2, $3)`, meeting!.id, held, held === null ? null : result);
  return one;
}

const outreachOf = async (caseId: string) => (await transact(app.db, keeper, (tx) => listOutreaches(tx, caseId)))[0]!;

async function planned(one: OpenCase, startBasis = 'consented', plan: Record<string, string | number> = {}): Promise<OpenCase> {
  await begin(app, one, 'outreach_requested', { startBasis });
  await take(app, one.caseNo, 'gather_information', { startBasis });
  await take(app, one.caseNo, 'plan_approach', plan);
  return one;
}

test('every step leaves its row: the stages one after the other, each attempt with the day of the next, until it ends', async () => {
  const one = await planned(await consented());
  const matsumoto = await as(app, 'matsumoto.c');
  expect(await outreachOf(one.caseId)).toMatchObject({ startBasis: 'consented', basisId: expect.any(String), agencyCode: 'shakyo', stage: 'family_only', twoPersons: true, attemptLimit: 6, nextContactOn: '2026-05-18', reviewOn: '2026-06-08', recheckOn: '2026-08-18', endedAt: null });
  expect(await readAs(app.db, matsumoto, async (tx) => (await rightsOf(tx, matsumoto, one.caseId)).map(({ basis }) => basis).toSorted())).toEqual(['assignment', 'consent']);
  await take(app, one.caseNo, 'carry_out_visit');
  const [due] = await rows<{ due: string }>(`select (due_at at time zone 'Asia/Tokyo')::date::text as due from task where business_key = $1 and element_id = 'update_stage'`, one.caseNo);
  expect(due!.due).toBe('2026-05-19');
  await take(app, one.caseNo, 'update_stage');
  await take(app, one.caseNo, 'obtain_consent', { outreachConsent: 'not_yet' });
  const [next] = await rows<{ due: string }>(`select (due_at at time zone 'Asia/Tokyo')::date::text as due from task where business_key = $1 and element_id = 'carry_out_visit' and status = 'open'`, one.caseNo);
  expect(next!.due).toBe('2026-05-28');
  await fileRecord(app, matsumoto, { formKey: 'outreach_contact', caseNo: one.caseNo, answers: { ...sampleOf('anytime', 'outreach_contact'), noteAt: '2026-05-18T15:00+09:00' } });
  await take(app, one.caseNo, 'carry_out_visit', { noteAt: '2026-05-18T15:30+09:00', nextActionDue: '2026-06-11', attemptResult: 'met' });
  await take(app, one.caseNo, 'update_stage', { relationStage: 'face_to_face' });
  await take(app, one.caseNo, 'obtain_consent', { outreachConsent: 'already' });
  // an agency gets a slip like any other: on the consent that covers it, with a line of the 提供記録; the outreach waits for its answer
  await take(app, one.caseNo, 'hand_to_agency');
  const slips = () => rows<Record<string, unknown>>(`select from_agency, to_groups, consent, status, result from referral where case_id = $1`, one.caseId);
  expect(await slips()).toEqual([{ from_agency: 'shakyo', to_groups: ['grp.sectionLead.self_reliance'], consent: 'consented', status: 'sent', result: null }]);
  expect(await rows(`select to_code, legal_basis from disclosure where case_id = $1 and submission_id in (select submission_id from referral)`, one.caseId)).toEqual([{ to_code: 'self_reliance', legal_basis: '69-2-1' }]);
  const open = (): Promise<{ id: string }[]> => rows(`select element_id as id from task where business_key = $1 and status = 'open'`, one.caseNo);
  expect(await open()).toEqual([{ id: 'answer_standing_referral' }]);
  const [ladder] = await rows<{ rules: string[] }>(`select array_agg(r.rule order by r.due_at) as rules from timer r join task k on k.id = r.task_id where k.business_key = $1 and k.element_id = 'answer_standing_referral'`, one.caseNo);
  expect(ladder!.rules).toEqual(['due-1BD', 'escalate:1BD>manager', 'escalate:3BD>grp.manager.shakyo', 'escalate:10BD>grp.chair']);
  await take(app, one.caseNo, 'answer_standing_referral', { referralAnswer: 'accepted' });
  await take(app, one.caseNo, 'confirm_referral_result');
  expect(await slips()).toMatchObject([{ status: 'accepted', result: 'connected' }]);
  expect(await open()).toEqual([{ id: 'confirm_relation' }]);
  await take(app, one.caseNo, 'confirm_relation');
  await take(app, one.caseNo, 'propose_closing');

  const { body } = await (await two.as('mori.d')).get(`/api/cases/${one.caseNo}/outreach`).expect(200);
  expect(body.outreaches).toMatchObject([{ stage: 'connected', endReason: 'connected', nextContactOn: null }]);
  expect(body.outreaches[0].stages.map(({ stage }: { stage: string }) => stage)).toEqual(['family_only', 'letter_door', 'face_to_face', 'connected']);
  expect(body.outreaches[0].attempts.map((a: Record<string, unknown>) => [a['number'], a['method'], a['result'], a['nextContactOn'], a['pairs']])).toEqual([
    [1, 'visit', 'answered', '2026-05-28', true], [2, 'phone', 'family_met', '2026-05-28', true], [3, 'visit', 'met', '2026-06-11', true],
  ]);
  expect(await readAs(app.db, matsumoto, async (tx) => (await rightsOf(tx, matsumoto, one.caseId)).map(({ basis }) => basis))).toEqual(['consent']);
  expect(await transact(app.db, keeper, (tx) => countOutreach(tx, '2026-05-01', '2026-05-31'))).toMatchObject({ attempts: 3 });
  const told = await rows<{ n: number }>(`select count(*)::int as n from notification where business_key = $1 and rule = 'outreach_closing'`, one.caseNo);
  expect(told[0]!.n).toBeGreaterThan(0);
}, 180_000);

describe('what a form says of its basis is not enough to begin', () => {
  const start = async (one: OpenCase, startBasis: string): Promise<unknown> => {
    await begin(app, one, 'outreach_requested', { startBasis });
    return take(app, one.caseNo, 'gather_information', { startBasis });
  };

  test('"本人同意あり" without a consent, or with one that was withdrawn', async () => {
    await expect(start(await bareCase(app), 'consented')).rejects.toMatchObject({ code: 'outreach_basis_missing' });
    const one = await consented();
    await fileRecord(app, await as(app, 'mori.d'), { formKey: 'consent_withdrawal', caseNo: one.caseNo, answers: sampleOf('anytime', 'consent_withdrawal') });
    await expect(start(one, 'consented')).rejects.toMatchObject({ code: 'outreach_basis_missing' });
    expect(await rows(`select 1 from outreach where case_id = $1`, one.caseId)).toEqual([]);
  });

  test('"支援会議で方針確認" without a 支援会議 that was held and agreed; a 重層的支援会議 is none', async () => {
    await expect(start(await consented(), 'confidential')).rejects.toMatchObject({ code: 'outreach_basis_missing' });
    await expect(start(await discussed('postponed'), 'confidential')).rejects.toMatchObject({ code: 'outreach_basis_missing' });
    await expect(start(await discussed('direction_agreed', 'confidential', null), 'confidential')).rejects.toMatchObject({ code: 'outreach_basis_missing' });
    const other = await discussed();
    await expect(start(await bareCase(app), 'confidential')).rejects.toMatchObject({ code: 'outreach_basis_missing' });
    await start(other, 'confidential');
    expect(await outreachOf(other.caseId)).toMatchObject({ startBasis: 'confidential', basisId: expect.any(String) });
  });

  test('towards a son: that his mother agreed is not enough, his own consent is; and one household is approached for one person at a time', async () => {
    const one = await consented();
    const mori = await as(app, 'mori.d');
    const said = { ...sampleOf('anytime', 'consent'), householdMembers: [] };
    const { submissionId } = await fileRecord(app, mori, { formKey: 'consent', caseNo: one.caseNo, answers: said });
    const members = await transact(app.db, keeper, async (tx) => {
      const placed = { caseId: one.caseId, submissionId, onDate: '2026-05-18' };
      await placeSubject(tx, { ...placed, type: null }, () => registerClient(tx, identityIn({ name: '川辺 トミ', kana: 'かわべ とみ' }), placed.onDate));
      return placeMembers(tx, placed, [{ name: '川辺 進', kana: 'かわべ すすむ', relation: 'child', cohabit: 'together' }, { name: '川辺 咲', kana: 'かわべ さき', relation: 'grandchild', cohabit: 'together' }], async () => false);
    });
    const [son, daughter] = members.map(({ id }) => id) as [string, string];
    await begin(app, one, 'outreach_requested', { startBasis: 'consented' });
    const towards = (personId: string) => take(app, one.caseNo, 'gather_information', { startBasis: 'consented', personId });
    await expect(towards(son)).rejects.toMatchObject({ code: 'outreach_basis_missing' });
    await expect(towards('0190aaaa-0000-7000-8000-000000000001')).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/personId' }] });
    for (const memberName of ['川辺 進', '川辺 咲']) await fileRecord(app, mori, { formKey: 'consent', caseNo: one.caseNo, answers: { ...said, subject: 'member', memberName } });
    await towards(son);
    const [own] = await rows<{ id: string }>(`select id from consent where case_id = $1 and member_name = '川辺 進'`, one.caseId);
    expect(await outreachOf(one.caseId)).toMatchObject({ clientId: son, basisId: own!.id });
    // what the process asks for later is asked for the son
    expect(await rows(`select i.variables->>'personId' as whose from process_instance i join process_definition d on d.id = i.definition_id where d.key = 'outreach' and i.business_key = $1`, one.caseNo)).toEqual([{ whose: son }]);
    await begin(app, one, 'outreach_requested', { startBasis: 'consented' });
    await expect(towards(daughter)).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/personId' }] });
    await expect(rows(`update outreach set client_id = $2 where case_id = $1`, one.caseId, daughter)).rejects.toThrow('does not change');
  }, 180_000);

  test('a person who is said to have agreed before must have', async () => {
    const one = await planned(await discussed(), 'confidential');
    await take(app, one.caseNo, 'carry_out_visit');
    await take(app, one.caseNo, 'update_stage');
    await expect(take(app, one.caseNo, 'obtain_consent', { outreachConsent: 'already' })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/outreachConsent' }] });
    expect(await outreachOf(one.caseId)).toMatchObject({ startBasis: 'confidential' });
  });
});

describe('outreach without consent', () => {
  test('is known to those who carry it and to those who sat in the 支援会議, not to everybody who reaches the case', async () => {
    const one = await planned(await discussed(), 'confidential');
    await take(app, one.caseNo, 'carry_out_visit');
    const seen = async (login: string): Promise<number> => (await (await two.as(login)).get(`/api/cases/${one.caseNo}/outreach`).expect(200)).body.outreaches.length;
    expect([await seen('matsumoto.c'), await seen('mori.d')]).toEqual([1, 0]);
    await (await two.as('fujita.h')).get(`/api/cases/${one.caseNo}/outreach`).expect(404);
    const fujita = await as(app, 'fujita.h');
    await transact(app.db, keeper, (tx) => grantAccess(tx, { caseId: one.caseId, reader: fujita.userId, level: 'content', basis: 'meeting', basisId: one.caseId }));
    expect(await seen('fujita.h')).toBe(1);
    const mori = await as(app, 'mori.d');
    expect(await readAs(app.db, mori, (tx) => tx.db.$queryRawUnsafe(`select 1 from outreach_attempt where case_id = $1::uuid union all select 1 from outreach_stage where case_id = $1::uuid`, one.caseId))).toEqual([]);
    expect(await readAs(app.db, mori, (tx) => tx.db.$queryRawUnsafe(`select record from submission where case_id = $1::uuid and record like 'F06%'`, one.caseId))).toEqual([]);
  });
});

describe('safety of those who go', () => {
  test('a visit with a risk is planned for two, and one that two must make is not recorded with one', async () => {
    const one = await consented();
    await begin(app, one, 'outreach_requested', { startBasis: 'consented' });
    await take(app, one.caseNo, 'gather_information');
    const alone = { date: '2026-05-18', pair: '', purpose: '手紙を置く', risk: 'violence' };
    await expect(take(app, one.caseNo, 'plan_approach', { staffSafety: 'caution', visitPlan: [{ ...alone, risk: 'none' }, alone] })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/visitPlan/1/pair' }] });
    await expect(take(app, one.caseNo, 'plan_approach', { staffSafety: 'two_persons', visitPlan: [{ ...alone, risk: 'none' }] })).rejects.toMatchObject({ code: 'form_invalid' });
    await take(app, one.caseNo, 'plan_approach', { staffSafety: 'two_persons' });
    for (const method of ['visit', 'accompany']) await expect(take(app, one.caseNo, 'carry_out_visit', { partner: '', method })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/partner' }] });
    await expect(fileRecord(app, await as(app, 'matsumoto.c'), { formKey: 'outreach_contact', caseNo: one.caseNo, answers: { ...sampleOf('anytime', 'outreach_contact'), noteAt: '2026-05-18T15:00+09:00', method: 'visit', partner: '' } })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/partner' }] });
    await take(app, one.caseNo, 'carry_out_visit', { partner: '', method: 'letter' });
  });
});

describe('the next day', () => {
  test('is mandatory, lies within thirty days of the attempt and not before today; only who closes needs none, and then it is late when it is not closed by the latest day', async () => {
    const one = await planned(await consented());
    for (const nextActionDue of ['', '2026-05-17', '2026-06-18', '令和8年6月', '2026年頃']) {
      await expect(take(app, one.caseNo, 'carry_out_visit', { nextActionDue })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/nextActionDue' }] });
    }
    await expect(take(app, one.caseNo, 'carry_out_visit', { attemptNext: 'close', closeReason: '' })).rejects.toMatchObject({ code: 'form_invalid' });
    await take(app, one.caseNo, 'carry_out_visit', { attemptNext: 'close', closeReason: '市外へ転居した', attemptResult: 'absent' });
    expect(await outreachOf(one.caseId)).toMatchObject({ nextContactOn: '2026-06-17', endedAt: null });
    await take(app, one.caseNo, 'update_stage');
    await take(app, one.caseNo, 'propose_closing', { endReason: 'moved' });
    expect(await outreachOf(one.caseId)).toMatchObject({ endReason: 'moved' });
  });

  test('is there from the beginning: until somebody has said when, the latest day that the city lets pass; Postgres keeps none without', async () => {
    const one = await consented();
    await begin(app, one, 'outreach_requested', { startBasis: 'consented' });
    await take(app, one.caseNo, 'gather_information', { startBasis: 'consented' });
    expect(await outreachOf(one.caseId)).toMatchObject({ nextContactOn: '2026-06-17' });
    await expect(rows(`update outreach set next_contact_on = null where case_id = $1`, one.caseId)).rejects.toThrow('outreach_next_day');
    for (const [key, days] of [['nextContactOn', ['', '2026-05-17', '2026-06-18', '2026年5月']], ['reviewOn', ['', '2026-05-17', '2026年6月']]] as const) {
      for (const day of days) await expect(take(app, one.caseNo, 'plan_approach', { [key]: day })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: `/answers/${key}` }] });
    }
    await take(app, one.caseNo, 'plan_approach', { nextContactOn: '2026-06-17' });
    // written down later than it was: the next day lies ahead of who writes it, not only after the attempt
    await expect(take(app, one.caseNo, 'carry_out_visit', { noteAt: '2026-05-10T10:00+09:00', nextActionDue: '2026-05-17' })).rejects.toMatchObject({ errors: [{ pointer: '/answers/nextActionDue', detail: '働きかける日は、今日からの日にしてください。' }] });
    await expect(take(app, one.caseNo, 'carry_out_visit', { noteAt: '2026-05-10T10:00+09:00', nextActionDue: '2026-06-10' })).rejects.toMatchObject({ errors: [{ pointer: '/answers/nextActionDue' }] });
    await expect(take(app, one.caseNo, 'carry_out_visit', { noteAt: '2026-04-01T10:00+09:00', nextActionDue: '2026-06-18' })).rejects.toMatchObject({ errors: [{ detail: '次に働きかける日は、今日から30日以内にしてください。' }] });
    await take(app, one.caseNo, 'carry_out_visit', { noteAt: '2026-04-01T10:00+09:00', nextActionDue: '2026-06-17', attemptResult: 'met' });
    // 続ける: whether somebody was handed over or not, it goes on on a day that is written down, and the step is due on it
    await take(app, one.caseNo, 'update_stage');
    await take(app, one.caseNo, 'obtain_consent', { outreachConsent: 'already' });
    await take(app, one.caseNo, 'hand_to_agency', { handToKind: 'community' });
    for (const nextContactOn of ['', '2026-05-17', '2026-06-18']) await expect(take(app, one.caseNo, 'confirm_relation', { relationStable: 'no', nextContactOn })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/nextContactOn' }] });
    await take(app, one.caseNo, 'confirm_relation', { relationStable: 'no', nextContactOn: '2026-05-25' });
    expect(await outreachOf(one.caseId)).toMatchObject({ nextContactOn: '2026-05-25' });
    expect(await rows(`select (due_at at time zone 'Asia/Tokyo')::date::text as due from task where business_key = $1 and element_id = 'carry_out_visit' and status = 'open'`, one.caseNo)).toEqual([{ due: '2026-05-25' }]);
  }, 120_000);

  test('that has passed is found among the cases to look at, and so is a review that is due, by who may know that it runs and by who manages those who go', async () => {
    const [openly, quietly] = [await planned(await consented()), await planned(await discussed(), 'confidential')];
    for (const one of [openly, quietly]) await take(app, one.caseNo, 'carry_out_visit', { nextActionDue: '2026-06-10' });
    const found = async (login: string) => {
      const { body } = await (await two.as(login)).get('/api/attention?kind=outreach_overdue').expect(200);
      const lines = (body.cases as { caseNo: string; kinds: string[]; outreachDueOn: string; lastAt: string | null }[]).filter(({ caseNo }) => [openly.caseNo, quietly.caseNo].includes(caseNo));
      expect(body.counts.outreach_overdue).toBeGreaterThanOrEqual(lines.length);
      return Object.fromEntries(lines.map((line) => [line.caseNo === openly.caseNo ? 'openly' : 'quietly', line]));
    };
    const seen = async (login: string): Promise<string[]> => Object.keys(await found(login)).toSorted();
    expect(await seen('saito.o')).toEqual([]);
    await rows(`update outreach set review_on = '2026-05-17' where case_id = any ($1::uuid[])`, [openly.caseId, quietly.caseId]);
    // the manager of 社会福祉協議会, who sees neither case otherwise, learns that they are late and no more
    const managers = await found('saito.o');
    expect(managers['quietly']).toMatchObject({ kinds: ['outreach_overdue'], outreachDueOn: '2026-05-17', lastAt: null });
    // without consent: who holds 支援会議 for the city, not who coordinates elsewhere, nor the agency that took the case in
    expect([await seen('saito.o'), await seen('yamamoto.m'), await seen('nakamura.m')]).toEqual(Array.from({ length: 3 }, () => ['openly', 'quietly']));
    expect([await seen('sato.h'), await seen('yamaguchi.n')]).toEqual([['openly'], ['openly']]);
    // of another agency's manager neither
    const [other] = await rows<{ login: string }>(`select u.login from app_user u join membership m on m.user_id = u.id where m.group_key like 'grp.manager.%' and u.agency_code not in ('shakyo', 'welfare_policy', 'chiiki_houkatsu', 'elderly_welfare') order by 1 limit 1`);
    if (other) expect([other.login, await seen(other.login)]).toEqual([other.login, []]);
    await rows(`update outreach set review_on = '2026-06-08', next_contact_on = '2026-05-16' where case_id = $1`, quietly.caseId);
    expect((await found('saito.o'))['quietly']).toMatchObject({ outreachDueOn: '2026-05-16' });
    // looked at again with the stage: the review is over; a day that lies ahead stays the one that was said
    await take(app, openly.caseNo, 'update_stage');
    expect(await outreachOf(openly.caseId)).toMatchObject({ reviewOn: '2026-06-17', recheckOn: '2026-08-18' });
    await take(app, quietly.caseNo, 'update_stage');
    expect(await outreachOf(quietly.caseId)).toMatchObject({ reviewOn: '2026-06-08' });
    expect(await seen('saito.o')).toEqual(['quietly']);
    await transact(app.db, keeper, (tx) => endServices(tx, quietly.caseId, 'died', '2026-05-18'));
    expect(await seen('saito.o')).toEqual([]);
  }, 120_000);

  test('a review that is planned for later than thirty days on is brought forward', async () => {
    const one = await planned(await consented(), 'consented', { reviewOn: '2026-12-01' });
    expect(await outreachOf(one.caseId)).toMatchObject({ reviewOn: '2026-06-17' });
  });
});

test('at a review it goes on only where what it rests on still stands', async () => {
  const one = await planned(await consented(), 'consented', { attemptLimit: 1 });
  await take(app, one.caseNo, 'carry_out_visit', { attemptResult: 'absent' });
  await take(app, one.caseNo, 'update_stage', { relationStage: 'none' });
  await fileRecord(app, await as(app, 'mori.d'), { formKey: 'consent_withdrawal', caseNo: one.caseNo, answers: sampleOf('anytime', 'consent_withdrawal') });
  await expect(take(app, one.caseNo, 'review_outreach')).rejects.toMatchObject({ code: 'outreach_basis_missing' });
  await take(app, one.caseNo, 'review_outreach', { outreachReview: 'end' });
  await take(app, one.caseNo, 'propose_closing', { endReason: 'declined', relationStage: 'none' });
  expect(await outreachOf(one.caseId)).toMatchObject({ endReason: 'declined', stage: 'none' });
});

test('one outreach runs for a case at a time, also when two begin at once', async () => {
  const one = await consented();
  await begin(app, one, 'outreach_requested', { startBasis: 'consented' });
  await begin(app, one, 'outreach_requested', { startBasis: 'consented' });
  const tasks = await rows<{ id: string }>(`select id from task where business_key = $1 and element_id = 'gather_information' and status = 'open'`, one.caseNo);
  expect(tasks).toHaveLength(2);
  // whichever comes second, and finds its step taken, takes the other
  const first = await ready(app, one.caseNo, 'gather_information');
  await Promise.all([first().catch(() => take(app, one.caseNo, 'gather_information')), ready(app, one.caseNo, 'gather_information').then(async (again) => again().catch(() => take(app, one.caseNo, 'gather_information')))]);
  expect(await rows(`select 1 from outreach where case_id = $1`, one.caseId)).toHaveLength(1);
});

test('somebody who moves away or dies is no longer visited: what runs for the case ends at once, and its rights with it', async () => {
  const one = await planned(await discussed(), 'confidential');
  expect(await transact(app.db, keeper, (tx) => endServices(tx, one.caseId, 'died', '2026-05-18'))).toEqual({ outreaches: 1, participations: 0, seats: 0 });
  expect(await outreachOf(one.caseId)).toMatchObject({ endReason: 'died', endedAt: at });
  const matsumoto = await as(app, 'matsumoto.c');
  expect(await readAs(app.db, matsumoto, (tx) => rightsOf(tx, matsumoto, one.caseId))).toEqual([]);
  await expect(take(app, one.caseNo, 'carry_out_visit')).rejects.toMatchObject({ code: 'not_found' });
  expect(await transact(app.db, keeper, (tx) => endServices(tx, one.caseId, 'died', '2026-05-18'))).toEqual({ outreaches: 0, participations: 0, seats: 0 });
});

test('GUARD the worker of an outreach without consent reads what they wrote of it when it has ended, and nothing else; nobody beside them does, nor they once they left', async () => {
  const one = await planned(await discussed(), 'confidential');
  await take(app, one.caseNo, 'carry_out_visit');
  await take(app, one.caseNo, 'update_stage');
  const list = async (login: string) => (await two.as(login)).get(`/api/cases/${one.caseNo}/outreach`);
  const [writer] = await rows<{ login: string }>(`select distinct u.login from outreach_attempt a join app_user u on u.id = a.by_id where a.case_id = $1`, one.caseId);
  const login = writer!.login;
  const other = login === 'matsumoto.c' ? 'hayashi.m' : 'matsumoto.c';
  expect((await list(login)).body.outreaches).toMatchObject([{ endedAt: null }]);
  expect((await list(other)).body.outreaches[0].attempts).toHaveLength(1);
  await rows(`insert into outreach_attempt (id, outreach_id, case_id, submission_id, number, method, pairs, result, held_at, by_id, at)
    select gen_random_uuid(), outreach_id, case_id, submission_id, 99, method, pairs, result, held_at, (select id from app_user where login = 'yamaguchi.n'), at from outreach_attempt where case_id = $1 and number = 1`, one.caseId);
  await transact(app.db, keeper, (tx) => endServices(tx, one.caseId, 'died', '2026-05-18'));
  const mine = (await list(login)).body.outreaches;
  expect(mine).toMatchObject([{ endReason: 'died', attempts: [{ number: 1 }] }]);
  expect(mine[0].attempts).toHaveLength(1);
  for (const none of [other, 'yamaguchi.n', 'fujita.h', 'saito.o']) expect([none, (await list(none)).status]).toEqual([none, 404]);
  for (const path of ['/records', '/chronology', '/household', '/plan']) expect([path, (await (await two.as(login)).get(`/api/cases/${one.caseNo}${path}`)).status]).toEqual([path, 404]);
  expect(await rows(`select 1 from audit_event where basis = 'own:outreach' and resource_id = $1`, one.caseId)).toHaveLength(1);
  await rows(`delete from membership where user_id = (select id from app_user where login = $1) and group_key = 'grp.outreach'`, login);
  expect((await list(login)).status).toBe(404);
  await rows(`insert into membership (user_id, group_key) select id, 'grp.outreach' from app_user where login = $1`, login);
});

test('an agency that the person left out does not reach the case by going there', async () => {
  const one = await bareCase(app);
  await transact(app.db, keeper, (tx) => grantAccess(tx, { caseId: one.caseId, reader: 'agency:chiiki_houkatsu', level: 'content', basis: 'intake', basisId: null }));
  const sample = sampleOf('anytime', 'consent');
  await fileRecord(app, await as(app, 'mori.d'), { formKey: 'consent', caseNo: one.caseNo, answers: { ...sample, consentState: 'partial', scopeAgencies: [{ agency: 'elderly_welfare', answer: 'agreed' }, { agency: 'shakyo', answer: 'excluded' }] } });
  await begin(app, one, 'outreach_requested', { startBasis: 'consented' });
  await take(app, one.caseNo, 'gather_information');
  const matsumoto = await as(app, 'matsumoto.c');
  expect(await readAs(app.db, matsumoto, (tx) => rightsOf(tx, matsumoto, one.caseId))).toEqual([]);
});

test('what was done cannot be changed afterwards', async () => {
  for (const table of ['outreach_stage', 'outreach_attempt']) await expect(rows(`delete from ${table}`)).rejects.toThrow('append-only');
});

test('two requests for one case share an outreach; when one of them has ended it, the other can still go on, as safely as before', async () => {
  const one = await planned(await consented());
  await begin(app, one, 'outreach_requested', { startBasis: 'consented' });
  await take(app, one.caseNo, 'gather_information', { startBasis: 'consented' });
  const first = await outreachOf(one.caseId);
  await take(app, one.caseNo, 'carry_out_visit', { attemptNext: 'close', closeReason: '本人がこれ以上の訪問を望まない' });
  await take(app, one.caseNo, 'update_stage');
  await take(app, one.caseNo, 'propose_closing', { endReason: 'declined' });
  expect(await rows(`select end_reason as "endReason" from outreach where id = $1`, first.id)).toEqual([{ endReason: 'declined' }]);
  await take(app, one.caseNo, 'plan_approach');
  expect(await rows(`select start_basis, two_persons from outreach where case_id = $1 and ended_at is null`, one.caseId)).toEqual([{ start_basis: 'consented', two_persons: first.twoPersons }]);
  await take(app, one.caseNo, 'carry_out_visit');
  await take(app, one.caseNo, 'update_stage');
});

test('what ended because the person has moved away does not go on', async () => {
  const one = await planned(await consented());
  await transact(app.db, keeper, (tx) => endServices(tx, one.caseId, 'moved', '2026-05-18'));
  await expect(take(app, one.caseNo, 'carry_out_visit')).rejects.toMatchObject({ code: 'not_found' });
});

test('how long until the next contact, and how often it is looked at again, is the city\'s', async () => {
  await rows(`update city_setting set value = $1 where key = 'clocks'`, JSON.stringify({ ...usualClocks, outreach: { longestGapDays: 45, reviewEvery: 'P60D', recheckEvery: 'P2M' } }));
  try {
    const one = await planned(await consented(), 'consented', { reviewOn: '2026-07-10' });
    // neither refused nor cut: the city lets it be looked at again after sixty days
    expect(await outreachOf(one.caseId)).toMatchObject({ reviewOn: '2026-07-10', recheckOn: '2026-07-18' });
    await expect(take(app, one.caseNo, 'carry_out_visit', { nextActionDue: '2026-07-10' })).rejects.toMatchObject({ errors: [{ pointer: '/answers/nextActionDue', detail: '次に働きかける日は、今回の日から45日以内にしてください。' }] });
    await take(app, one.caseNo, 'carry_out_visit', { nextActionDue: '2026-06-30' });
  } finally {
    await rows(`update city_setting set value = $1 where key = 'clocks'`, JSON.stringify(usualClocks));
  }
});
