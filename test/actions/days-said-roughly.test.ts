// Days that may honestly be known only roughly: a death 「5月頃」, a leak 「先月の半ば」. They are kept as they were said, with the day
// beside it where one was said to the day; nothing is lost, and nothing is made up.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listExits } from '../../src/domain/exits/exits.js';
import { listIncidentReports } from '../../src/domain/incident-reports.js';
import { roughDayAt } from '../../src/domain/records/answers.js';
import { listReferrals } from '../../src/domain/referrals/referrals.js';
import { openAffairs, type Affairs } from './affairs.js';

describe('a day that is only roughly known', () => {
  let it: Affairs;
  beforeAll(async () => {
    it = await openAffairs(new Date('2026-06-11T10:00:00+09:00'));
  }, 180_000);
  afterAll(() => it.town.app.close());

  const exitsOf = async (caseNo: string) => (await it.read('mori.d', async (tx) => listExits(tx, await it.caseIdOf(caseNo)))).exits;
  const answersOf = async (caseNo: string, record: string) => (await it.rows<{ answers: Record<string, unknown> }>(`select answers from submission where case_id = $1 and record = $2`, [await it.caseIdOf(caseNo), record])).map(({ answers }) => answers);

  test('is read as it was said, and as a day only where one was said', () => {
    for (const [said, day] of [['令和8年5月頃', null], ['2026-05', null], ['昭和20年頃', null], ['令和8年5月11日頃', null], ['令和8年5月11日', '2026-05-11'], ['R8.5.11', '2026-05-11'], ['２０２６年５月１１日', '2026-05-11'], [' 2026/5/11 ', '2026-05-11']] as const) {
      expect(roughDayAt({ on: said }, 'on')).toEqual({ said: said.trim(), day });
    }
    for (const none of ['', '　', null]) expect(roughDayAt({ on: none }, 'on')).toBeNull();
  });

  test('a death is known about when: in the notice, in what is registered, and in what is settled afterwards', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'died', occurredOn: '令和8年5月頃' });
    expect(await exitsOf(caseNo)).toMatchObject([{ kind: 'died', occurredOn: null, occurredSaid: '令和8年5月頃' }]);
    await it.town.does(caseNo, 'register_exit', { exitKind: 'died', occurredOn: '２０２６年５月上旬' });
    expect(await exitsOf(caseNo)).toMatchObject([{ kind: 'died', occurredOn: null, occurredSaid: '２０２６年５月上旬' }]);
    await it.town.does(caseNo, 'settle_after_death', { diedOn: '2026-05' });
    expect(await answersOf(caseNo, 'F93.death')).toMatchObject([{ diedOn: '2026-05' }]);
  });

  test('once the day is known it stands as a day, as it was typed and as ISO', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'moved', occurredOn: '2026年夏' });
    await it.town.does(caseNo, 'register_exit', { exitKind: 'moved', occurredOn: '令和8年6月30日' });
    expect(await exitsOf(caseNo)).toMatchObject([{ occurredOn: '2026-06-30', occurredSaid: '令和8年6月30日' }]);
    const unknown = await it.town.consult();
    await it.files('mori.d', 'exit_notice', unknown, { exitKind: 'moved', occurredOn: '' });
    expect(await exitsOf(unknown)).toMatchObject([{ occurredOn: null, occurredSaid: null }]);
  });

  test('a death that is still to come is refused, however roughly it was said', async () => {
    const caseNo = await it.town.consult();
    for (const occurredOn of ['2026-07', '令和9年頃', '2026-06-12']) {
      await expect(it.files('mori.d', 'exit_notice', caseNo, { exitKind: 'died', occurredOn })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/occurredOn' }] });
    }
    expect(await exitsOf(caseNo)).toEqual([]);
  });

  test('what became of a referral is known about when', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'consent', caseNo);
    const { made } = await it.files('mori.d', 'referral', caseNo, { receivingGroup: 'grp.sectionLead.elderly_welfare' });
    await it.town.does(caseNo, 'answer_standing_referral', { referralAnswer: 'accepted' });
    await it.town.does(caseNo, 'confirm_referral_result', { referralResult: 'connected', resultOn: '令和8年6月上旬' });
    expect(await it.read('mori.d', async (tx) => listReferrals(tx, await it.caseIdOf(caseNo)))).toMatchObject([{ id: made['referralId'], result: 'connected', resultOn: null, resultSaid: '令和8年6月上旬' }]);
    await it.files('mori.d', 'referral_result', caseNo, { referralId: made['referralId']!, referralResult: 'connected', resultOn: 'R8.6.9' });
    expect(await it.read('mori.d', async (tx) => listReferrals(tx, await it.caseIdOf(caseNo)))).toMatchObject([{ resultOn: '2026-06-09', resultSaid: 'R8.6.9' }]);
    await expect(it.files('mori.d', 'referral_result', caseNo, { referralId: made['referralId']!, resultOn: '2026-07' })).rejects.toMatchObject({ errors: [{ pointer: '/answers/resultOn' }] });
  });

  test('a leak happened about then; later reports may know better, and its deadlines count from when it was noticed', async () => {
    const { made } = await it.files('mori.d', 'incident_report', null, { noticedAt: '2026-06-11T09:00', occurredOn: '令和8年5月の半ば', occurredTime: '' });
    const incidents = async () => (await it.read('abe.k', (tx) => listIncidentReports(tx))).filter(({ id }) => id === made['incidentId']);
    expect(await incidents()).toMatchObject([{ occurredOn: null, occurredSaid: '令和8年5月の半ば', preliminaryDueOn: '2026-06-16' }]);
    // as of an incident from before its reports were tasks
    await it.rows(`update incident_report set by_tasks = false where id = $1`, [made['incidentId']]);
    await it.files('mori.d', 'incident_report', null, { stage: 'preliminary', incidentId: made['incidentId']!, noticedAt: '2026-06-11T09:00', occurredOn: '2026/5/14', occurredTime: '' });
    expect(await incidents()).toMatchObject([{ occurredOn: '2026-05-14', occurredSaid: '2026/5/14', status: 'preliminary' }]);
    await it.files('mori.d', 'incident_report', null, { stage: 'final', incidentId: made['incidentId']!, noticedAt: '2026-06-11T09:00', occurredOn: '', occurredTime: '' });
    expect(await incidents()).toMatchObject([{ occurredOn: '2026-05-14', occurredSaid: '2026/5/14', status: 'final' }]);
    await expect(it.files('mori.d', 'incident_report', null, { noticedAt: '2026-06-11T09:00', occurredOn: '2026年7月頃' })).rejects.toMatchObject({ errors: [{ pointer: '/answers/occurredOn' }] });
  });

  test('what the office reckons from is refused with its reason, on its way in', async () => {
    const caseNo = await it.town.consult();
    await it.files('mori.d', 'consent', caseNo);
    await expect(it.files('mori.d', 'referral', caseNo, { receivingGroup: 'grp.sectionLead.elderly_welfare', replyDue: '令和8年7月頃' })).rejects.toMatchObject({ code: 'form_invalid', errors: [{ pointer: '/answers/replyDue', detail: expect.stringContaining('おおよその日では受け付けられません。回答の期限だからです。') }] });
    await it.files('mori.d', 'referral', caseNo, { receivingGroup: 'grp.sectionLead.elderly_welfare', sentOn: 'Ｒ８．６．１１', replyDue: '令和８年６月３０日' });
    expect(await answersOf(caseNo, 'F12')).toMatchObject([{ sentOn: '2026-06-11', replyDue: '2026-06-30' }]);
  });
});
