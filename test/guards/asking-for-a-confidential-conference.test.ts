// Guard: any agency may ask the city for a 支援会議 about a case that it knows; asking convenes nothing, opens nothing, and is known to
// nobody but whoever asked and those who convene and chair for the city (社会福祉法106条の6第1項).
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDesk, type Desk } from '../http/desk.js';

const canary = 'カナリア：長男が通帳を渡さない';
const asks = { kind: 'confidential', purpose: canary, asks: '各機関の見立てを聞きたい', urgency: 'urgent' };
const others = ['hashimoto.k', 'ishikawa.r', 'sato.h', 'yamaguchi.n', 'saito.o', 'kato.m', 'abe.k'];

describe('asking for a confidential conference', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(new Date('2026-05-11T10:00:00+09:00'));
  }, 180_000);
  afterAll(() => desk.close());

  const opens = async (): Promise<{ caseNo: string; caseId: string }> => (await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201)).body as { caseNo: string; caseId: string };
  const asked = async (caseNo: string, login = 'mori.d') => (await desk.as(login)).post(`/api/cases/${caseNo}/records`, { formKey: 'request_meeting', answers: asks });
  const judging = (caseNo: string) => desk.sql(`select 1 from task where business_key = $1 and element_id = 'judge_applicability' and status = 'open'`, [caseNo]);
  const traces = async (caseId: string): Promise<unknown> => [await desk.sql(`select reader, level, basis from case_access where case_id = $1 order by 1, 2, 3`, [caseId]), await desk.sql(`select 1 from disclosure where case_id = $1`, [caseId]), await desk.sql(`select 1 from meeting_case where case_id = $1`, [caseId])];

  test('it comes to the chair, convenes nothing and opens nothing; it is kept under secrecy', async () => {
    const { caseNo, caseId } = await opens();
    const before = await traces(caseId);
    const answer = await asked(caseNo);
    expect([answer.status, answer.body]).toEqual([201, { submissionId: expect.any(String), record: 'F16.request', made: {}, next: [], warnings: [] }]);
    expect(await traces(caseId)).toEqual(before);
    expect(await judging(caseNo)).toHaveLength(1);
    const { submissionId: id } = answer.body as { submissionId: string };
    expect(await desk.sql(`select compartment, sitting_id from submission where id = $1`, [id])).toEqual([{ compartment: 'confidential', sitting_id: null }]);
    expect(JSON.stringify(await desk.sql(`select variables from process_instance where business_key = $1`, [caseNo]))).not.toContain('カナリア');
    for (const login of ['mori.d', 'nakamura.m', 'yamamoto.m']) {
      const client = await desk.as(login);
      expect([login, (await client.get('/api/meeting-requests').expect(200)).body.requests]).toEqual([login, expect.arrayContaining([expect.objectContaining({ id, caseNo, urgency: 'urgent', agencyCode: 'chiiki_houkatsu' })])]);
      expect((await client.get(`/api/records/${id}`).expect(200)).body.answers).toMatchObject({ purpose: canary });
    }
    for (const login of others) {
      const client = await desk.as(login);
      expect([login, (await client.get('/api/meeting-requests').expect(200)).body.requests]).toEqual([login, []]);
      expect([login, (await client.get(`/api/records/${id}`)).status]).toEqual([login, 404]);
      expect([login, JSON.stringify((await client.get(`/api/cases/${caseNo}/records`)).body).includes(id)]).toEqual([login, false]);
    }
    // what was asked for is not asked again: it stands on the chair's card
    const [card] = await desk.sql<{ id: string }>(`select id from task where business_key = $1 and element_id = 'judge_applicability' and status = 'open'`, [caseNo]);
    const { body: task } = await (await desk.as('nakamura.m')).get(`/api/tasks/${card!.id}`).expect(200);
    expect(task.carried).toMatchObject({ askedPurpose: canary, askedOfAgencies: asks.asks, urgency: 'urgent' });
    await desk.sql(`update agency set is_contractor = true where code = 'welfare_policy'`);
    expect((await (await desk.as('nakamura.m')).get(`/api/records/${id}`)).status).toBe(404);
    await desk.sql(`update agency set is_contractor = false where code = 'welfare_policy'`);
  });

  test('asked for twice, or while one goes on, no second route begins, and whoever asked hears the same', async () => {
    const { caseNo } = await opens();
    const [first, second] = [await asked(caseNo), await asked(caseNo)];
    const said = ({ status, body: { submissionId: _id, ...body } }: typeof first): unknown => [status, body];
    expect(said(second)).toEqual(said(first));
    expect(await judging(caseNo)).toHaveLength(1);
    expect(await desk.sql(`select distinct u.login from notification n join app_user u on u.id = n.user_id where n.business_key = $1 and n.rule = 'confidential_meeting_asked'`, [caseNo])).toEqual([{ login: 'nakamura.m' }]);
    await desk.does('nakamura.m', caseNo, 'judge_applicability');
    const third = await asked(caseNo);
    expect(said(third)).toEqual(said(first));
  });

  test('two at once: one route', async () => {
    const { caseNo } = await opens();
    expect((await Promise.all([asked(caseNo), asked(caseNo)])).map(({ status }) => status)).toEqual([201, 201]);
    expect(await judging(caseNo)).toHaveLength(1);
  });

  test('a no of the chair goes to whoever asked, and the case goes on', async () => {
    const { caseNo, caseId } = await opens();
    await asked(caseNo);
    await desk.does('nakamura.m', caseNo, 'judge_applicability', { applicability: 'not_applicable', notApplicableReason: '地域ケア会議で足りる', legalBasis: null, consentMissing: null, pseudonym: null, source: null, sourceMayBeNamed: null, guess: null, riskLevel: null, risk: null, agenciesKnowing: null, firstContactPlan: null, consentStrategy: null, reviewOn: null });
    const told = await desk.sql<{ agency: string }>(`select distinct u.agency_code as agency from notification n join app_user u on u.id = n.user_id where n.business_key = $1 and n.rule = 'not_applicable'`, [caseNo]);
    expect(told).toEqual([{ agency: 'chiiki_houkatsu' }]);
    expect(await desk.sql(`select status from support_case where id = $1`, [caseId])).toEqual([{ status: 'open' }]);
  });

  test('who does not know the case asks for nothing; a form without the kind, or with members of its own choosing, is refused', async () => {
    const { caseNo } = await opens();
    for (const login of ['fukuda.r', 'hayashi.m']) expect([login, (await asked(caseNo, login)).status]).toEqual([login, 404]);
    const mori = await desk.as('mori.d');
    for (const answers of [{ ...asks, kind: undefined }, { ...asks, purpose: ' ' }, { ...asks, memberGroups: ['grp.sectionLead.elderly_welfare'] }, { ...asks, wishDates: [{ startsAt: '2026-06-01T10:00' }] }]) {
      expect((await mori.post(`/api/cases/${caseNo}/records`, { formKey: 'request_meeting', answers })).status).toBe(422);
    }
    expect(await judging(caseNo)).toEqual([]);
  });
});
