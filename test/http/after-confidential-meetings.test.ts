// 支援会議 (社会福祉法106条の6): what goes on between sittings, and that nothing flows from it into a consented case.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readAs, transact } from '../../src/base/db.js';
import { grantAccess } from '../../src/domain/access.js';
import { carryAnswers } from '../../src/domain/records/carry.js';
import { sampleOf } from '../support/answers.js';
import { personByLogin } from '../support/city.js';
import { canary, desk, dossier, elderly, held, meetingOf, needy, openTheDesk, opened, watched } from './confidential-desk.js';
import { day } from './desk.js';

const system = { kind: 'system', name: 'test' } as const;

beforeAll(openTheDesk, 180_000);
afterAll(() => desk?.close());

describe('what goes on between sittings', () => {
  test('a household that is only watched: its members see nothing any more, the chair keeps the papers for the yearly look', async () => {
    const worry = await watched();
    await desk.passes(worry.caseNo, 'review_due');
    await desk.does('nakamura.m', worry.caseNo, 'review_continuation', { reviewResult: 'watch_only' });
    await desk.passes(worry.caseNo, 'yearly_review');
    expect(await dossier('ishikawa.r', worry)).toBe('pledge_missing');
    expect(await dossier('nakamura.m', worry)).toBe('open');
    await desk.does('nakamura.m', worry.caseNo, 'review_continuation', { reviewResult: 'end' });
    desk.later(15 * day);
    expect(await dossier('nakamura.m', worry)).toBe('pledge_missing');
  }, 180_000);

  test.each([['protected_by_other_law', 'other_law_took_over', 'other_law'], ['case_exited', 'household_left', 'left']])('%s ends the watch: whoever had a part in it is told, and nobody else; while nothing may be closed, nobody is', async (name, rule, reason) => {
    const worry = await watched();
    const told = (): Promise<{ login: string }[]> => desk.sql(`select u.login from notification n join app_user u on u.id = n.user_id where n.business_key = $1 and n.rule = $2 order by 1`, [worry.caseNo, rule]);
    const says = async (login: string, { caseId, caseNo }: { caseId: string; caseNo: string }) => (await desk.as(login)).post('/api/messages', { name, correlationKey: caseId, businessKey: caseNo, ttlS: 0 });
    const reports = () => says('nakamura.m', worry);
    // the city alone ends what it decided; and nobody learns by the answer whether a 支援会議 watches a household
    const { body: plain } = await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201);
    for (const login of ['mori.d', 'hayashi.m', 'sato.h']) for (const one of [worry, plain]) {
      const answered = await says(login, one);
      expect([login, answered.status, answered.body.type]).toEqual([login, 403, expect.stringMatching(/not_city_decision$/)]);
    }
    const [running] = await desk.sql<{ id: string }>(`insert into process_instance (id, root_id, definition_id, business_key, status, step_no, executor_version, variables, started_at)
      select i.id, i.id, i.definition_id, $1, 'suspended', 0, 0, '{}', now() from (select gen_random_uuid() as id, (select id from process_definition where key = 'emergency' order by version desc limit 1) as definition_id) i returning id`, [worry.caseNo]);
    const refused = await reports();
    expect([refused.status, refused.body.type]).toEqual([409, expect.stringMatching(/case_running$/)]);
    expect([await told(), await desk.sql(`select 1 from task where business_key = $1 and element_id = 'report_role' and status = 'open'`, [worry.caseNo])]).toEqual([[], [{ '?column?': 1 }]]);
    await desk.sql(`delete from process_instance where id = $1`, [running!.id]);
    expect((await reports()).status).toBe(201);
    const logins = (await told()).map(({ login }) => login);
    for (const login of ['ishikawa.r', 'fukuda.r', 'nakamura.m', 'yamamoto.m', 'hayashi.m', 'matsumoto.c', 'mori.d', 'hashimoto.k']) expect([login, logins.includes(login)]).toEqual([login, true]);
    for (const login of ['sato.h', 'okamoto.s', 'maeda.s', 'aoki.w', 'kobayashi.t']) expect([login, logins.includes(login)]).toEqual([login, false]);
    expect(new Set(logins).size).toBe(logins.length);
    expect(await desk.sql(`select close_reason from support_case where case_no = $1`, [worry.caseNo])).toEqual([{ close_reason: reason }]);
    expect(JSON.stringify((await (await desk.as('mori.d')).get('/api/notifications').expect(200)).body)).not.toContain('支援会議');
  }, 180_000);

  test('a case that leaves by P11 while it is watched: the papers close, and whoever sat there is told', async () => {
    const worry = await watched();
    expect(await dossier('ishikawa.r', worry)).toBe('open');
    await (await desk.as('mori.d')).post(`/api/cases/${worry.caseNo}/records`, { formKey: 'exit_notice', answers: { ...sampleOf('anytime', 'exit_notice'), exitKind: 'died', occurredOn: desk.now().toISOString().slice(0, 10) } }).expect(201);
    await desk.does('mori.d', worry.caseNo, 'register_exit', { exitKind: 'died' });
    await desk.does('mori.d', worry.caseNo, 'settle_after_death', { householdRemains: 'no' });
    await desk.does('nakamura.m', worry.caseNo, 'decide_exit_closure', { closureReason: 'died' });
    expect(await desk.sql(`select m.close_reason from meeting m where m.id = $1`, [worry.meetingId])).toEqual([{ close_reason: 'case_closed' }]);
    const told = (await desk.sql<{ login: string }>(`select u.login from notification n join app_user u on u.id = n.user_id where n.business_key = $1 and n.rule = 'watch_over'`, [worry.caseNo])).map(({ login }) => login);
    for (const login of ['ishikawa.r', 'fukuda.r', 'nakamura.m', 'yamamoto.m']) expect([login, told.includes(login)]).toEqual([login, true]);
    desk.later(15 * day);
    for (const login of ['ishikawa.r', 'nakamura.m']) expect([login, await dossier(login, worry)]).toEqual([login, 'pledge_missing']);
  }, 180_000);

  test('a sitting that could not be held is never opened again; the next one asks for new pledges', async () => {
    const worry = await opened();
    for (const login of ['ishikawa.r', 'fukuda.r']) await desk.does(login, worry.caseNo, 'prepare_sheets');
    const arranged = { kind: 'confidential', memberGroups: [elderly, needy], meetingAt: desk.now().toISOString().slice(0, 19) + 'Z' };
    await desk.does('yamamoto.m', worry.caseNo, 'arrange_meeting', arranged);
    await desk.does('yamamoto.m', worry.caseNo, 'prepare_materials');
    for (const login of ['ishikawa.r', 'fukuda.r']) await desk.does(login, worry.caseNo, 'confirm_attendance');
    await desk.passes(worry.caseNo, 'meeting_day');
    await desk.does('yamamoto.m', worry.caseNo, 'hold_confidential_meeting', { meetingResult: 'postponed', postponeReason: '大雨のため' });
    expect(await dossier('ishikawa.r', worry)).toBe('pledge_missing');
    await desk.does('yamamoto.m', worry.caseNo, 'arrange_meeting', arranged);
    expect(await meetingOf(worry.caseNo)).toMatchObject({ no: 2, status: 'invited' });
    for (const login of ['ishikawa.r', 'fukuda.r', 'nakamura.m']) await desk.does(login, worry.caseNo, 'sign_pledge_late');
    expect(await dossier('ishikawa.r', worry)).toBe('pledge_missing');
    await desk.does('yamamoto.m', worry.caseNo, 'sign_pledge_late');
    expect(await dossier('ishikawa.r', worry)).toBe('open');
  }, 180_000);

  test('without its chair, or with too few at the table, there is no sitting to judge in', async () => {
    const worry = await opened();
    for (const login of ['ishikawa.r', 'fukuda.r']) await desk.does(login, worry.caseNo, 'prepare_sheets');
    await desk.does('yamamoto.m', worry.caseNo, 'arrange_meeting', { kind: 'confidential', memberGroups: [elderly, needy], meetingAt: desk.now().toISOString().slice(0, 19) + 'Z' });
    await desk.does('yamamoto.m', worry.caseNo, 'prepare_materials');
    for (const login of ['ishikawa.r', 'fukuda.r']) await desk.does(login, worry.caseNo, 'confirm_attendance');
    await desk.passes(worry.caseNo, 'meeting_day');
    for (const absentGroups of [['grp.chair'], [elderly, needy, 'grp.meetingOffice']]) {
      const refused = await desk.tries('yamamoto.m', worry.caseNo, 'hold_confidential_meeting', { absentGroups });
      expect([refused.status, refused.body.errors]).toEqual([422, [{ pointer: '/answers/absentGroups', detail: expect.stringContaining('定足数') }]]);
    }
    expect(await desk.sql(`select 1 from disclosure where meeting_id = $1`, [worry.meetingId])).toEqual([]); // nobody was told anything
    await desk.does('yamamoto.m', worry.caseNo, 'hold_confidential_meeting', { absentGroups: [elderly] });
    expect(await meetingOf(worry.caseNo)).toMatchObject({ status: 'held' });
  }, 180_000);

  test('papers are numbered, one a seat, and all come back; who sat there answers the questionnaire, by name', async () => {
    const worry = await held();
    const office = await desk.as('yamamoto.m');
    const { handouts } = (await office.get(`/api/meetings/${worry.meetingId}`).expect(200)).body;
    expect(handouts.map(({ no, returnedAt }: { no: number; returnedAt: string | null }) => [no, returnedAt])).toEqual([[1, null], [2, null], [3, null], [4, null]]);
    const unknown = await desk.tries('yamamoto.m', worry.caseNo, 'collect_handouts', { handoutsCollected: 'none' });
    expect([unknown.status, unknown.body.errors[0].pointer]).toEqual([422, '/answers/handoutsCollected']);
    const none = await desk.tries('yamamoto.m', worry.caseNo, 'collect_handouts', { handoutsCollected: 'no', missingNumbers: '2、99' });
    expect([none.status, none.body.errors[0]]).toEqual([422, { pointer: '/answers/missingNumbers', detail: expect.stringContaining('99 の番号の資料はありません') }]);
    await desk.does('yamamoto.m', worry.caseNo, 'collect_handouts', { handoutsCollected: 'no', missingNumbers: '２' });
    const out = async (): Promise<number[]> => (await desk.sql<{ no: number }>(`select h.no from handout h join sitting s on s.id = h.sitting_id where s.meeting_id = $1 and h.returned_at is null`, [worry.meetingId])).map(({ no }) => no);
    expect(await out()).toEqual([2]);
    await desk.does('yamamoto.m', worry.caseNo, 'collect_handouts', { handoutsCollected: 'yes' });
    expect(await out()).toEqual([]);
    const { sittingId } = await meetingOf(worry.caseNo);
    const answers = { sittingId, clear: 4, actionable: 5, comment: '話しやすかった' };
    await (await desk.as('fukuda.r')).post('/api/records', { formKey: 'meeting_questionnaire', answers }).expect(201);
    await (await desk.as('okamoto.s')).post('/api/records', { formKey: 'meeting_questionnaire', answers }).expect(404);
  }, 180_000);
});

describe('nothing flows by itself from a confidential meeting to a consented case', () => {
  test('conversion closes the meeting, lists what has to be asked anew, and copies not a word', async () => {
    const worry = await watched();
    const before = await desk.sql<{ n: number }>(`select count(*)::int as n from submission where case_id = $1 and compartment <> 'confidential'`, [worry.caseId]);
    await (await desk.as('hayashi.m')).post('/api/messages', { name: 'consent_obtained', correlationKey: worry.caseId, businessKey: worry.caseNo, ttlS: 0 });
    const convert = await desk.tries('sato.h', worry.caseNo, 'convert_to_consented');
    expect([convert.status, convert.body]).toEqual([200, expect.anything()]);
    expect(await desk.sql(`select 1 from meeting where id = $1 and close_reason = 'consented'`, [worry.meetingId])).toHaveLength(1);
    const after = await desk.sql<{ n: number; leaked: boolean }>(`select count(*)::int as n, bool_or(position($2 in answers::text) > 0) as leaked from submission where case_id = $1 and compartment <> 'confidential'`, [worry.caseId, canary]);
    expect(after[0]).toEqual({ n: before[0]!.n + 1, leaked: false });
    const sato = await desk.as('sato.h');
    await transact(desk.two.app.db, system, (tx) => grantAccess(tx, { caseId: worry.caseId, reader: 'grp.coordinator.city', level: 'content', basis: 'assignment', basisId: null }));
    const list = (await sato.get(`/api/cases/${worry.caseNo}/conversion`).expect(200)).body.items as { record: string; field: string }[];
    expect(list).toContainEqual(expect.objectContaining({ record: 'F16', title: '支援会議 事案カード', field: 'facts' }));
    expect(JSON.stringify(list)).not.toContain(canary);
    expect((await (await desk.as('fukuda.r')).get(`/api/cases/${worry.caseNo}/conversion`).expect(200)).body.items).toEqual([]);
    expect(await dossier('sato.h', worry)).toBe('not_found');
  }, 180_000);

  test('no form of a consented case is filled in from it, whatever it names and whoever asks', async () => {
    const worry = await held();
    const { app } = desk.two;
    const wanted = ['F16.facts', 'F09.minutes.sharedInfo', 'F09.prepSheet.knownByMe', 'F09.request.purpose'].map((source) => ({ at: source, from: [{ record: source.split('.').slice(0, -1).join('.'), at: source.split('.').at(-1)! }] }));
    for (const login of ['sato.h', 'mori.d', 'yamamoto.m', 'ishikawa.r']) {
      const person = await personByLogin(app.database.ownerUrl, login);
      for (const into of ['F05', 'F09.minutes', 'F09.request', 'F10', null]) {
        expect(await transact(app.db, person, (tx) => carryAnswers(tx, app.records, worry.caseId, into, wanted))).toEqual({});
        expect(await readAs(app.db, person, (tx) => carryAnswers(tx, app.records, worry.caseId, into, wanted))).toEqual({});
      }
    }
    const [mori, inside] = await Promise.all(['mori.d', 'ishikawa.r'].map((login) => personByLogin(app.database.ownerUrl, login)));
    expect(await transact(app.db, inside!, (tx) => carryAnswers(tx, app.records, worry.caseId, 'F16', wanted))).toMatchObject({ 'F16.facts': canary });
    expect(await transact(app.db, mori!, (tx) => carryAnswers(tx, app.records, worry.caseId, 'F16', wanted))).toEqual({});
    expect(await transact(app.db, system, (tx) => carryAnswers(tx, app.records, worry.caseId, 'F16', wanted))).toEqual({});
  });

  test('decisions reach their doers without the minutes, and only those who sit there', async () => {
    const worry = await held();
    const refused = await desk.tries('yamamoto.m', worry.caseNo, 'assign_decisions', { decisionGroups: ['grp.sectionLead.school_education'] });
    expect([refused.status, refused.body.errors?.[0]?.pointer]).toEqual([422, '/answers/decisionGroups']);
    await desk.does('yamamoto.m', worry.caseNo, 'assign_decisions');
    const rows = await desk.sql<{ what: string }>(`select d.what from sitting_decision d join sitting s on s.id = d.sitting_id where s.meeting_id = $1`, [worry.meetingId]);
    expect(rows).toEqual([{ what: '受診の同行と介護申請の手伝い' }]);
    const [ishikawa, fukuda] = await Promise.all([desk.as('ishikawa.r'), desk.as('fukuda.r')]);
    const { decisions } = (await ishikawa.get('/api/meetings/decisions').expect(200)).body;
    const mine = decisions.filter(({ doneAt }: { doneAt: string | null }) => doneAt === null);
    expect(mine).toContainEqual(expect.objectContaining({ groupKey: elderly, what: rows[0]!.what, dueOn: '2026-12-18' }));
    expect((await fukuda.get('/api/meetings/decisions').expect(200)).body.decisions).toEqual([]);
    await fukuda.post(`/api/meetings/decisions/${mine[0].id}/done`).expect(404);
    await ishikawa.post(`/api/meetings/decisions/${mine[0].id}/done`).expect(409); // it is a task: there is one way to close it
    await desk.does('ishikawa.r', worry.caseNo, 'carry_out_decision');
    expect((await ishikawa.get('/api/meetings/decisions')).body.decisions.find(({ id }: { id: string }) => id === mine[0].id)).toMatchObject({ state: 'done', doneAt: expect.any(String) });
  });
});
