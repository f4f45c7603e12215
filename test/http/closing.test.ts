// A case closes over nothing that goes on, nothing begins on one that is closed, and one that is open always has a next step. Through
// the interface, on two running copies of the application.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Response } from 'supertest';
import { listStandingForms } from '../../src/domain/standing-forms.js';
import type { Json } from '../../src/engine/model.js';
import { answersFor } from '../support/answers.js';
import { waitFor } from '../support/wait-for.js';
import { openDesk, type Desk } from './desk.js';

/** A slip without consent says its ground. */
const slip = { receivingGroup: 'grp.sectionLead.disability_consultation', sentOn: '2026-05-11', replyDue: '2026-05-19', consent: 'without_consent', legalBasis: '69-2-4', legalReason: '食事がとれておらず、待つあいだに体を損なうおそれがある。' };
const agreeing = { consentState: 'full', scopeAgencies: ['elderly_welfare', 'self_reliance', 'welfare_policy', 'chiiki_houkatsu'].map((agency) => ({ agency, answer: 'agreed' })) };
const responders = { responderGroups: ['grp.sectionLead.elderly_welfare'], safetyGroup: 'grp.sectionLead.elderly_welfare' };

describe('the end of a case', () => {
  let desk: Desk;
  const forms = new Map<string, Json>();
  beforeAll(async () => {
    desk = await openDesk(new Date('2026-05-11T12:00:00+09:00'));
    for (const { key, schema } of await listStandingForms({ db: desk.two.app.db.prisma })) forms.set(key, schema);
  }, 120_000);
  afterAll(() => desk.close());

  const files = async (login: string, caseNo: string, formKey: string, said: Record<string, Json> = {}): Promise<Response> =>
    (await desk.as(login)).post(`/api/cases/${caseNo}/records`, { formKey, answers: answersFor('anytime', formKey, forms.get(formKey)!, said, desk.now()) });
  const filed = async (login: string, caseNo: string, formKey: string, said: Record<string, Json> = {}): Promise<void> => {
    const answer = await files(login, caseNo, formKey, said);
    expect({ formKey, status: answer.status, body: answer.status === 201 ? null : answer.body }).toEqual({ formKey, status: 201, body: null });
  };
  /** A consultation that one agency can do alone: the step that closes it is open. */
  async function nearlyDone(): Promise<string> {
    const { caseNo } = (await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201)).body as { caseNo: string };
    await desk.does('mori.d', caseNo, 'receive_consultation');
    await desk.does('mori.d', caseNo, 'assess_urgency', { urgency: 'none' });
    await desk.does('mori.d', caseNo, 'screen_consultation', { screeningResult: 'inform' });
    return caseNo;
  }
  const closes = (caseNo: string): Promise<Response> => desk.tries('mori.d', caseNo, 'support_alone');
  async function closed(): Promise<string> {
    const caseNo = await nearlyDone();
    await desk.does('mori.d', caseNo, 'support_alone');
    expect(await statusOf(caseNo)).toBe('closed');
    return caseNo;
  }
  const statusOf = async (caseNo: string): Promise<string> => (await desk.sql<{ status: string }>('select status from support_case where case_no = $1', [caseNo]))[0]!.status;
  const running = async (caseNo: string): Promise<string[]> =>
    (await desk.sql<{ key: string }>(`select d.key from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 and i.status in ('active', 'suspended') order by 1`, [caseNo])).map(({ key }) => key);
  const open = async (caseNo: string): Promise<string[]> => (await desk.sql<{ e: string }>(`select element_id e from task where business_key = $1 and status = 'open' order by 1`, [caseNo])).map(({ e }) => e);
  const idOf = async (caseNo: string): Promise<string> => (await desk.sql<{ id: string }>('select id from support_case where case_no = $1', [caseNo]))[0]!.id;
  async function endEmergency(caseNo: string, emergencyOutcome = 'resolved'): Promise<void> {
    await desk.does('mori.d', caseNo, 'call_services');
    await desk.does('sato.h', caseNo, 'assess_emergency', responders);
    await desk.does('ishikawa.r', caseNo, 'confirm_safety', { safetyResult: 'safe', measuresNeeded: 'no' });
    await desk.does('sato.h', caseNo, 'record_basis', { emergencyOutcome });
  }
  const asked = (caseNo: string, element: string) => waitFor(`${element} of ${caseNo}`, async () => (await open(caseNo)).includes(element), { timeoutMs: 30_000 });

  test.each([
    ['an emergency', 'emergency', {}, 'emergency', '緊急対応'],
    ['a つなぎ that nobody has answered', 'referral', slip, 'referral', 'つなぎ'],
    ['an exit that is being dealt with', 'exit_notice', { exitKind: 'lost_contact' }, 'exit', '中断'],
    ['a withdrawal that is being dealt with', 'consent_withdrawal', {}, 'withdrawal', '同意撤回'],
  ] as const)('GUARD no case is closed over %s, and whoever tries is told what to do', async (_what, formKey, said, kind, word) => {
    const caseNo = await nearlyDone();
    await filed('mori.d', caseNo, formKey, said as Record<string, Json>);
    const before = [await statusOf(caseNo), await running(caseNo), await open(caseNo)];
    const refused = await closes(caseNo);
    expect([refused.status, refused.body.type, refused.body.running]).toEqual([409, expect.stringContaining('case_running'), [kind]]);
    expect(refused.body.detail).toContain(word);
    expect([await statusOf(caseNo), await running(caseNo), await open(caseNo)]).toEqual(before);
  }, 180_000);

  test('when the emergency is over the same step closes the case, and the slip is answered first', async () => {
    const caseNo = await nearlyDone();
    await filed('mori.d', caseNo, 'emergency');
    await filed('mori.d', caseNo, 'referral', slip);
    expect((await closes(caseNo)).body.running).toEqual(['emergency', 'referral']);
    await endEmergency(caseNo);
    expect((await closes(caseNo)).body.running).toEqual(['referral']);
    await desk.does('fujita.h', caseNo, 'answer_standing_referral', { referralAnswer: 'accepted' });
    expect((await closes(caseNo)).body.running).toEqual(['referral']);
    await desk.does('mori.d', caseNo, 'confirm_referral_result');
    expect((await closes(caseNo)).status).toBe(200);
    expect([await statusOf(caseNo), await running(caseNo)]).toEqual(['closed', []]);
  }, 180_000);

  test('a meeting that nobody was invited to ends with the case, and its office is told', async () => {
    const caseNo = await nearlyDone();
    await filed('mori.d', caseNo, 'consent', agreeing);
    await filed('mori.d', caseNo, 'request_meeting');
    expect(await open(caseNo)).toContain('arrange_meeting');
    expect((await closes(caseNo)).status).toBe(200);
    await waitFor('nothing runs', async () => (await running(caseNo)).length === 0, { timeoutMs: 30_000 });
    expect(await statusOf(caseNo)).toBe('closed');
    const told = await desk.sql(`select distinct u.login from notification n join app_user u on u.id = n.user_id where n.business_key = $1 and n.rule = 'ended_with_case'`, [caseNo]);
    expect(told).toContainEqual({ login: 'yamamoto.m' });
  }, 180_000);

  test('GUARD a meeting that members were invited to has to sit, and its minutes be confirmed, before the case closes', async () => {
    const caseNo = await nearlyDone();
    await filed('mori.d', caseNo, 'consent', agreeing);
    await filed('mori.d', caseNo, 'request_meeting');
    await desk.does('yamamoto.m', caseNo, 'arrange_meeting', { kind: 'conference', memberGroups: ['grp.sectionLead.elderly_welfare'], meetingAt: '2026-05-18T10:00+09:00' });
    await desk.does('yamamoto.m', caseNo, 'prepare_materials');
    const refused = await closes(caseNo);
    expect([refused.status, refused.body.running]).toEqual([409, ['meeting']]);
    expect(refused.body.detail).toContain('会議録');
  }, 180_000);

  test('what another way works on is not closed by the one that ends, and that a 支援会議 is about it is told to nobody', async () => {
    const caseNo = await nearlyDone();
    const caseId = await idOf(caseNo);
    await (await desk.as('kimura.s')).post('/api/messages', { name: 'worry_reported', correlationKey: caseId, businessKey: caseNo, variables: { caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', urgency: 'none' } }).expect(201);
    const done = await closes(caseNo);
    expect([done.status, JSON.stringify(done.body)]).toEqual([200, expect.not.stringMatching(/支援会議|confidential/)]);
    expect([await statusOf(caseNo) === 'closed', await running(caseNo)]).toEqual([false, ['confidential_route']]);
  }, 180_000);

  test('GUARD an alarm about a closed case opens it again, and when it is over somebody is asked for the next step', async () => {
    const caseNo = await closed();
    await filed('mori.d', caseNo, 'emergency');
    expect([await statusOf(caseNo), await running(caseNo), await open(caseNo)]).toEqual(['open', ['emergency'], ['call_services']]);
    await endEmergency(caseNo);
    await asked(caseNo, 'decide_next_step');
    expect([await statusOf(caseNo), await running(caseNo)]).toEqual(['open', ['next_step']]);
    expect((await desk.tries('mori.d', caseNo, 'decide_next_step', { nextStep: 'monitoring' })).body.type).toContain('plan_missing');
    expect((await desk.tries('mori.d', caseNo, 'decide_next_step', { nextStep: 'replan' })).body.type).toContain('plan_missing');
    await desk.does('mori.d', caseNo, 'decide_next_step', { nextStep: 'closing' });
    await desk.does('nakamura.m', caseNo, 'decide_ending', { closureReason: 'other', leadAfter: 'grp.sectionLead.chiiki_houkatsu', followUp: 'no' });
    expect([await statusOf(caseNo), await running(caseNo)]).toEqual(['closed', []]);
  }, 180_000);

  test('a withdrawal of consent is received for a closed case too', async () => {
    const caseNo = await closed();
    await filed('mori.d', caseNo, 'consent_withdrawal');
    expect([await statusOf(caseNo), await running(caseNo)]).toEqual(['open', ['consent_withdrawal']]);
  }, 180_000);

  test('GUARD nothing else begins on a closed case: not by a record, not by a message', async () => {
    const caseNo = await closed();
    const caseId = await idOf(caseNo);
    for (const [formKey, said] of [['referral', slip], ['exit_notice', {}], ['request_meeting', {}]] as const) {
      const refused = await files('mori.d', caseNo, formKey, said as Record<string, Json>);
      // for a meeting the consent is asked for first, and there is none
      expect([formKey, refused.status, refused.body.type]).toEqual([formKey, 409, expect.stringContaining(formKey === 'request_meeting' ? 'consent_missing' : 'case_closed')]);
    }
    const lead = 'grp.sectionLead.elderly_welfare';
    const known = { caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', coordinatorGroup: 'grp.coordinator.city', leadGroup: lead, roleGroups: [lead], urgency: 'none' };
    for (const name of ['worry_reported', 'referral_to_coordination', 'support_started', 'closure_proposed', 'outreach_requested', 'participation_requested', 'contact_lost', 'consented_case_moved', 'plan_restarted', 'case_unattended']) {
      const refused = await (await desk.as('kimura.s')).post('/api/messages', { name, correlationKey: caseId, businessKey: caseNo, variables: known });
      expect([name, refused.status, refused.body.type]).toEqual([name, 409, expect.stringContaining('case_closed')]);
    }
    expect([await statusOf(caseNo), await running(caseNo), await desk.sql(`select 1 from referral where case_id = $1`, [caseId])]).toEqual(['closed', [], []]);
  }, 180_000);

  test('GUARD an alarm and the closure at once: either is first, and the alarm is never over a closed case', async () => {
    for (let round = 0; round < 2; round += 1) {
      const caseNo = await nearlyDone();
      const [closing, alarm] = await Promise.all([closes(caseNo), files('mori.d', caseNo, 'emergency')]);
      expect(alarm.status).toBe(201);
      expect([200, 409]).toContain(closing.status);
      expect([await statusOf(caseNo) === 'closed', (await running(caseNo)).includes('emergency')]).toEqual([false, true]);
    }
  }, 180_000);

  test('GUARD the last process of an open case taken back by hand leaves somebody with the next step', async () => {
    const caseNo = await nearlyDone();
    const [{ id }] = (await desk.sql<{ id: string }>(`select id from process_instance where business_key = $1 and status = 'active'`, [caseNo])) as [{ id: string }];
    await (await desk.as('kimura.s')).post(`/api/instances/${id}/cancel`, { reason: '二重に始まったため' }).expect(200);
    await asked(caseNo, 'decide_next_step');
    await desk.does('mori.d', caseNo, 'decide_next_step', { nextStep: 'intake' });
    expect([await running(caseNo), await open(caseNo)]).toEqual([['intake_screening'], ['receive_consultation']]);
  }, 180_000);

  test('a hold that is taken back by hand lets the case go on', async () => {
    const caseNo = await nearlyDone();
    await filed('mori.d', caseNo, 'exit_notice', { exitKind: 'hold', resumeOn: '2026-09-01', holdReason: 'other' });
    await waitFor('the hold', async () => (await desk.sql(`select 1 from process_instance where business_key = $1 and status = 'suspended'`, [caseNo])).length > 0, { timeoutMs: 30_000 });
    const [{ id }] = (await desk.sql<{ id: string }>(`select i.id from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 and d.key = 'interruption'`, [caseNo])) as [{ id: string }];
    await (await desk.as('kimura.s')).post(`/api/instances/${id}/cancel`, { reason: '届の誤り' }).expect(200);
    await waitFor('it goes on', async () => (await desk.sql(`select 1 from process_instance where business_key = $1 and status = 'active'`, [caseNo])).length > 0, { timeoutMs: 30_000 });
    expect([await statusOf(caseNo) === 'on_hold', await running(caseNo)]).toEqual([false, ['intake_screening']]);
    await filed('mori.d', caseNo, 'exit_notice', { exitKind: 'lost_contact' });
  }, 180_000);

  test('an alarm after P04 was taken back by hand is heard', async () => {
    const caseNo = await nearlyDone();
    await filed('mori.d', caseNo, 'emergency');
    const [{ id }] = (await desk.sql<{ id: string }>(`select i.id from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 and d.key = 'emergency'`, [caseNo])) as [{ id: string }];
    await (await desk.as('kimura.s')).post(`/api/instances/${id}/cancel`, { reason: '試しに起こしたもの' }).expect(200);
    await filed('mori.d', caseNo, 'emergency');
    expect(await running(caseNo)).toEqual(['emergency', 'intake_screening']);
  }, 180_000);
});
