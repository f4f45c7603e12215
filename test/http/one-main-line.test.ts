// One case has one 本線 (P02), whatever would begin a second one: the intake that refers while an emergency has handed on already, both at
// once, a message by hand, a diagram that calls it. What comes later joins the one that runs, and whoever sent it is told so.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Response } from 'supertest';
import { listStandingForms } from '../../src/domain/standing-forms.js';
import type { Json } from '../../src/engine/model.js';
import { answersFor } from '../support/answers.js';
import { diagram, end, flows, keeper, message, startBy, task } from '../support/diagrams.js';
import { deployDefinition } from '../../src/actions/deploy-definition.js';
import { openDesk, type Desk } from './desk.js';

const elder = 'grp.sectionLead.elderly_welfare';
const responders = { responderGroups: [elder], safetyGroup: elder };
let desk: Desk;
const forms = new Map<string, Json>();
beforeAll(async () => {
  desk = await openDesk(new Date('2026-05-11T12:00:00+09:00'));
  for (const { key, schema } of await listStandingForms({ db: desk.two.app.db.prisma })) forms.set(key, schema);
}, 180_000);
afterAll(() => desk?.close());

interface Case {
  caseNo: string;
  caseId: string;
}
/** The intake is about to refer, and an emergency of the same case is about to be written down. */
async function both(): Promise<Case> {
  const case_ = (await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201)).body as Case;
  const { caseNo } = case_;
  await desk.does('mori.d', caseNo, 'receive_consultation');
  await desk.does('mori.d', caseNo, 'assess_urgency', { urgency: 'none' });
  await desk.does('mori.d', caseNo, 'screen_consultation', { screeningResult: 'coordinate' });
  await desk.does('ishikawa.r', caseNo, 'consult_section_lead', { singleAgency: 'no' });
  await (await desk.as('mori.d')).post(`/api/cases/${caseNo}/records`, { formKey: 'emergency', answers: answersFor('anytime', 'emergency', forms.get('emergency')!, {}) }).expect(201);
  await desk.does('mori.d', caseNo, 'call_services');
  await desk.does('sato.h', caseNo, 'assess_emergency', responders);
  await desk.does('ishikawa.r', caseNo, 'confirm_safety', { safetyResult: 'safe', measuresNeeded: 'no' });
  return case_;
}
const handsOn = ({ caseNo }: Case): Promise<Response> => desk.tries('sato.h', caseNo, 'record_basis', { emergencyOutcome: 'to_coordination' });
const refers = ({ caseNo }: Case): Promise<Response> => desk.tries('mori.d', caseNo, 'refer_to_coordination');
const lines = ({ caseNo }: Case) => desk.sql<{ status: string }>(`select i.status from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 and d.key = 'coordination_main'`, [caseNo]);
const running = async ({ caseNo }: Case): Promise<string[]> => (await desk.sql<{ key: string }>(`select d.key from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 and i.status in ('active', 'suspended') order by 1`, [caseNo])).map(({ key }) => key);
const joinedNotices = async ({ caseNo }: Case): Promise<string[]> => (await desk.sql<{ login: string }>(`select u.login from notification n join app_user u on u.id = n.user_id where n.business_key = $1 and n.rule = 'main_line_joined' order by 1`, [caseNo])).map(({ login }) => login);
const openTasks = async ({ caseNo }: Case): Promise<string[]> => (await desk.sql<{ e: string }>(`select element_id e from task where business_key = $1 and status = 'open' order by 1`, [caseNo])).map(({ e }) => e);

describe('one case has one 本線', () => {
  test('an emergency has handed on; the intake that refers after it joins, and whoever refers is told', async () => {
    const case_ = await both();
    expect((await handsOn(case_)).status).toBe(200);
    expect(await lines(case_)).toHaveLength(1);
    const answer = await refers(case_);
    expect([answer.status, answer.body.warnings]).toMatchObject([200, [{ code: 'main_line_joined', detail: expect.stringContaining('すでに進んでいます') }]]);
    expect([await lines(case_), await running(case_), await openTasks(case_)]).toEqual([[{ status: 'active' }], ['coordination_main'], ['answer_referral']]);
    // those who have the step that runs hear that something more has come
    expect(await joinedNotices(case_)).toContain('sato.h');
    const { notifications } = (await (await desk.as('sato.h')).get('/api/notifications').expect(200)).body as { notifications: { caseNo: string | null; text: string }[] };
    expect(JSON.stringify(notifications)).toContain('すでに進んでいる多機関協働に、また申出がありました');
    // what the message said is kept with the one that got it
    const [kept] = await desk.sql<{ n: number }>(`select count(*)::int as n from message m join process_instance i on i.id = m.correlated_instance_id join process_definition d on d.id = i.definition_id where m.name = 'referral_to_coordination' and m.business_key = $1 and d.key = 'coordination_main'`, [case_.caseNo]);
    expect(kept!.n).toBe(2);
  }, 120_000);

  test('the intake has referred; the emergency that hands on goes on where the case is', async () => {
    const case_ = await both();
    expect((await refers(case_)).body.warnings).toEqual([]);
    expect((await handsOn(case_)).status).toBe(200);
    expect([await lines(case_), await running(case_)]).toEqual([[{ status: 'active' }], ['coordination_main']]);
  }, 120_000);

  test('TWO AT ONCE, on both applications: one begins, and nobody is refused', async () => {
    for (let round = 0; round < 3; round += 1) {
      const case_ = await both();
      const answers = await Promise.all(round % 2 === 0 ? [handsOn(case_), refers(case_)] : [refers(case_), handsOn(case_)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect([await lines(case_), await running(case_)]).toEqual([[{ status: 'active' }], ['coordination_main']]);
    }
  }, 180_000);

  test('by hand none begins: the message is refused, at once and twice at once', async () => {
    const case_ = (await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201)).body as Case;
    const kato = await desk.as('kato.m');
    const sends = (): Promise<Response> => kato.post('/api/messages', { name: 'referral_to_coordination', correlationKey: case_.caseId, businessKey: case_.caseNo, variables: { caseId: case_.caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', urgency: 'none' }, ttlS: 0 }).then((answer) => answer);
    const answers = await Promise.all([sends(), sends(), sends()]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    for (const { body } of answers.filter(({ status }) => status === 409)) expect(body).toMatchObject({ type: expect.stringContaining('main_line_runs'), title: 'この手続きはすでに進んでいます' });
    expect(await lines(case_)).toHaveLength(1);
  });

  test('DIAGRAM one that throws it twice begins one, one that calls it is refused while it runs; for another case it begins', async () => {
    const thrown = (id: string): string => `<bpmn:intermediateThrowEvent id="${id}" name="${id}"><bpmn:extensionElements><camunda:properties><camunda:property name="correlationKey" value="=caseId" /><camunda:property name="payload" value="={caseId: caseId, field: field, agencyCode: agencyCode, intakeGroup: intakeGroup, urgency: &quot;none&quot;}" /></camunda:properties></bpmn:extensionElements><bpmn:messageEventDefinition id="${id}_m" messageRef="m_referral_to_coordination" /></bpmn:intermediateThrowEvent>`;
    const twice = diagram('throws_twice', [startBy('throws_twice'), task('ask'), thrown('once'), thrown('again'), end(), flows('start>ask', 'ask>once', 'once>again', 'again>end')].join(''), message('throws_twice') + message('referral_to_coordination'));
    const calls = diagram('calls_main_line', [startBy('calls_main_line'), task('ask_first'), '<bpmn:callActivity id="call" name="call" calledElement="coordination_main"><bpmn:extensionElements><camunda:in variables="all" /></bpmn:extensionElements></bpmn:callActivity>', end(), flows('start>ask_first', 'ask_first>call', 'call>end')].join(''), message('calls_main_line'));
    await deployDefinition(desk.two.app, keeper, { xml: twice });
    await deployDefinition(desk.two.app, keeper, { xml: calls });
    const kato = await desk.as('kato.m');
    const begins = (name: string, { caseId, caseNo }: Case): Promise<Response> => kato.post('/api/messages', { name, correlationKey: caseId, businessKey: caseNo, variables: { caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder' }, ttlS: 0 }).then((answer) => answer);
    const case_ = (await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201)).body as Case;
    expect((await begins('throws_twice', case_)).status).toBe(201);
    await desk.does('mori.d', case_.caseNo, 'ask', {});
    expect(await lines(case_)).toHaveLength(1);
    expect((await begins('calls_main_line', case_)).status).toBe(201);
    const refused = await desk.tries('mori.d', case_.caseNo, 'ask_first', {});
    expect([refused.status, refused.body.type]).toEqual([409, expect.stringContaining('main_line_runs')]);
    expect([await lines(case_), (await openTasks(case_)).includes('ask_first')]).toEqual([[{ status: 'active' }], true]);
    const other = (await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201)).body as Case;
    expect((await begins('throws_twice', other)).status).toBe(201);
    await desk.does('mori.d', other.caseNo, 'ask', {});
    expect([(await lines(case_)).length, (await lines(other)).length]).toEqual([1, 1]);
  }, 120_000);

  test('one that rests is one too; after it has ended the next may begin', async () => {
    const case_ = await both();
    await handsOn(case_);
    const kato = await desk.as('kato.m');
    const [line] = await desk.sql<{ id: string }>(`select i.id from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 and d.key = 'coordination_main'`, [case_.caseNo]);
    await kato.post(`/api/instances/${line!.id}/suspend`, { reason: '確かめるため' }).expect(200);
    expect((await refers(case_)).body.warnings).toMatchObject([{ code: 'main_line_joined' }]);
    expect(await lines(case_)).toEqual([{ status: 'suspended' }]);
    await kato.post(`/api/instances/${line!.id}/cancel`, { reason: 'やり直すため' }).expect(200);
    const answer = await kato.post('/api/messages', { name: 'referral_to_coordination', correlationKey: case_.caseId, businessKey: case_.caseNo, variables: { caseId: case_.caseId, field: 'elder', agencyCode: 'chiiki_houkatsu', intakeGroup: 'grp.intake.elder', urgency: 'none' }, ttlS: 0 });
    expect(answer.status).toBe(201);
    expect((await lines(case_)).map(({ status }) => status).toSorted()).toEqual(['active', 'cancelled']);
  }, 120_000);

  test('one case has one 支援会議 route too: the 本線 that calls it while one runs that an agency asked for takes that one over, silently, and it comes back to the 本線', async () => {
    const routes = (caseNo: string) => desk.sql<{ status: string; caller: string | null; called: string | null }>(`select i.status, d2.key as caller, i.variables->>'calledBy' as called from process_instance i join process_definition d on d.id = i.definition_id left join process_instance p on p.id = i.parent_id left join process_definition d2 on d2.id = p.definition_id where i.business_key = $1 and d.key = 'confidential_route' order by i.id`, [caseNo]);
    const case_ = (await (await desk.as('mori.d')).post('/api/cases', { field: 'elder' }).expect(201)).body as Case;
    const { caseNo } = case_;
    await desk.does('mori.d', caseNo, 'receive_consultation', { variant: 'no_consent', consent: null, noConsentReason: ['refused'], legalBasis: 'swa_106_6', whyMeetingNeeded: '見守りの体制', observed: { facts: '雨戸が閉まったまま' } });
    await desk.does('mori.d', caseNo, 'assess_urgency', { urgency: 'none' });
    await desk.does('mori.d', caseNo, 'screen_consultation', { screeningResult: 'coordinate' });
    await desk.does('ishikawa.r', caseNo, 'consult_section_lead', { singleAgency: 'no' });
    await desk.does('mori.d', caseNo, 'refer_to_coordination', { consent: 'without_consent', legalBasis: '69-2-4', legalReason: '食事をとれていないおそれがある' });
    await desk.does('sato.h', caseNo, 'answer_referral', { referralDecision: 'accept' });
    await desk.does('sato.h', caseNo, 'assign_coordinator', { coordinatorGroup: 'grp.coordinator.city' });
    await desk.does('nakamura.m', caseNo, 'decide_eligibility', { eligibility: 'eligible' });
    const asks = async (): Promise<Response> => (await desk.as('mori.d')).post(`/api/cases/${caseNo}/records`, { formKey: 'request_meeting', answers: answersFor('anytime', 'request_meeting', forms.get('request_meeting')!, { kind: 'confidential' }) });
    expect((await asks()).status).toBe(201);
    expect(await routes(caseNo)).toEqual([{ status: 'active', caller: null, called: 'running_case' }]);
    // asked for again, and reported again by another process: no second one, and nobody but the chair hears of it
    expect((await asks()).status).toBe(201);
    const answer = await desk.tries('sato.h', caseNo, 'check_consent', { consentState: 'refused', ...Object.fromEntries(['types', 'scopeAgencies', 'scopeItems', 'householdMembers', 'method', 'witness', 'noticeVersion', 'validFrom', 'validUntil', 'file'].map((key) => [key, null])) });
    expect([answer.status, answer.body.warnings]).toEqual([200, []]);
    expect(await routes(caseNo)).toEqual([{ status: 'active', caller: 'coordination_main', called: 'coordination_main' }]);
    expect(await desk.sql(`select count(distinct root_id)::int as n from process_instance where business_key = $1 and status = 'active' and (id in (select instance_id from task where element_id = 'judge_applicability') or definition_id in (select id from process_definition where key = 'coordination_main'))`, [caseNo])).toEqual([{ n: 1 }]);
    expect((await openTasks(case_)).filter((element) => element === 'judge_applicability')).toHaveLength(1);
    await desk.does('nakamura.m', caseNo, 'judge_applicability', { applicability: 'not_applicable', notApplicableReason: '見守りで足りる' });
    expect((await routes(caseNo)).map(({ status }) => status)).toEqual(['ended']);
    expect(await lines(case_)).toEqual([{ status: 'ended' }]);
    expect(await desk.sql(`select type from history_event h join process_instance i on i.id = h.instance_id where i.business_key = $1 and h.type = 'instance_called'`, [caseNo])).toEqual([{ type: 'instance_called' }]);
  }, 120_000);
});
