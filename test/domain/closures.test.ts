// How a plan is evaluated and how a case ends: never without somebody who accompanies afterwards.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { transact, type Person } from '../../src/base/db.js';
import type { Json } from '../../src/base/json.js';
import { Problem } from '../../src/base/problem.js';
import { partsNow } from '../../src/domain/case-roles.js';
import { listClosures } from '../../src/domain/evaluations/closures.js';
import { closeCase } from '../../src/domain/cases.js';
import { registerClosure } from '../../src/handlers/register-closure.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { agrees, bareCase, projects } from '../support/casework.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';

const group = (agency: string): string => `grp.sectionLead.${agency}`;
const [elderly, school] = ['elderly_welfare', 'school_education'] as const;
const of = (folder: string, key: string): Record<string, Json> => sampleOf(folder, key);
const [firstRole] = of('coordination_main', 'draft_plan')['roles'] as Record<string, Json>[];

let app: TestApp;
let caseId: string;
const people: Record<string, Person> = {};
const rows = <T extends Record<string, unknown>>(sql: string, ...more: unknown[]): Promise<T[]> => query<T>(app.database.ownerUrl, sql, [caseId, ...more]);
const files = (login: string, record: string, answers: Record<string, Json>, item: Json = null) => projects(app, people[login]!, { caseId, record, answers, item });
const closes = (more: Record<string, Json> = {}) => files('nakamura.m', 'F08.decision', { ...of('closure_evaluation', 'decide_closure'), ...more });
const refusedBy = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', (error: Error) => (error instanceof Problem ? error.code : error.message));
const leads = async (): Promise<string[]> => (await transact(app.db, people['sato.h']!, (tx) => partsNow(tx, caseId))).filter(({ role }) => role === 'lead').map(({ agencyCode }) => agencyCode);
const seeing = async (): Promise<string[]> => (await rows<{ r: string }>(`select basis || ' ' || reader as r from case_access where case_id = $1 and basis in ('plan', 'handover') and ended_at is null order by 1`)).map(({ r }) => r);

beforeAll(async () => {
  app = await testApp();
  for (const login of ['sato.h', 'nakamura.m', 'kobayashi.t', 'ishikawa.r', 'aoki.w', 'fukuda.r']) people[login] = await personByLogin(app.database.ownerUrl, login);
});
afterAll(() => app.close());
beforeEach(async () => {
  ({ caseId } = await bareCase(app));
  await files('sato.h', 'F05.coordinator', of('coordination_main', 'assign_coordinator'));
  await agrees(app, caseId, [elderly, school]);
  await files('sato.h', 'F05', { ...of('coordination_main', 'draft_plan'), roleGroups: [group(elderly), group(school)], roles: [elderly, school].map((agency) => ({ ...firstRole!, agency: group(agency) })) });
  await files('sato.h', 'F05.signature', of('coordination_main', 'explain_plan'));
  await files('nakamura.m', 'F05.decision', of('coordination_main', 'decide_support'));
});

describe('an evaluation', () => {
  test('of every kind is kept with its plan and its goals, and never changes', async () => {
    await files('sato.h', 'F08.monitoring', of('monitor_replan', 'monitor_progress'));
    await files('sato.h', 'F08.preparation', of('monitor_replan', 'prepare_evaluation'));
    await files('ishikawa.r', 'F08.opinion', of('closure_evaluation', 'confirm_wishes'));
    await files('aoki.w', 'F08.agency', of('closure_evaluation', 'collect_evaluations'), group(school));
    await files('sato.h', 'F08.closure', of('closure_evaluation', 'write_evaluation'));
    await files('sato.h', 'F08', { ...of('anytime', 'evaluate_case'), evalType: 'interruption', meetingJudge: 'interrupt', closureReason: 'lost_contact', resumePolicy: '本人から電話があれば再開' });
    expect(await rows(`select e.eval_type, e.result, e.meeting_judge, p.version, (select count(*)::int from evaluation_goal g where g.evaluation_id = e.id) as goals from evaluation e join plan p on p.id = e.plan_id where e.case_id = $1 order by e.at, e.id`)).toEqual([
      { eval_type: 'monitoring', result: 'on_track', meeting_judge: null, version: 1, goals: 2 },
      { eval_type: 'closing', result: null, meeting_judge: null, version: 1, goals: 2 },
      { eval_type: 'opinion', result: null, meeting_judge: null, version: 1, goals: 0 },
      { eval_type: 'agency', result: null, meeting_judge: null, version: 1, goals: 2 },
      { eval_type: 'closing', result: null, meeting_judge: 'close', version: 1, goals: 2 },
      { eval_type: 'interruption', result: null, meeting_judge: 'interrupt', version: 1, goals: 2 },
    ]);
    expect(await refusedBy(rows(`update evaluation set remaining = 'x' where case_id = $1`))).toContain('append-only');
    expect(await refusedBy(rows(`delete from evaluation_goal g using evaluation e where e.id = g.evaluation_id and e.case_id = $1`))).toContain('append-only');
  });

  test('of a case with a plan says what became of its goals, whichever kind it is and whatever the form leaves out', async () => {
    const pointed = (record: string, answers: Record<string, Json>, item?: string) => files('sato.h', record, answers, item).then(() => 'kept', (error: { errors?: { pointer: string }[] }) => error.errors?.map(({ pointer }) => pointer));
    const sheets = [['F08', of('anytime', 'evaluate_case')], ['F08.closure', of('closure_evaluation', 'write_evaluation')], ['F08.monitoring', of('monitor_replan', 'monitor_progress')], ['F08.preparation', of('monitor_replan', 'prepare_evaluation')]] as const;
    for (const [record, { goalResults: _all, ...rest }] of sheets) {
      for (const without of [rest, { ...rest, goalResults: [] }]) expect([record, await pointed(record, without)]).toEqual([record, ['/answers/goalResults']]);
      expect([record, await pointed(record, { ...rest, withoutPlan: true })]).toEqual([record, ['/answers/withoutPlan']]);
    }
    expect(await rows(`select 1 from evaluation where case_id = $1`)).toEqual([]);
  });

  test('of a case that ends before there is a plan says so, and speaks of no goals', async () => {
    const before = caseId;
    ({ caseId } = await bareCase(app));
    const { goalResults: _none, ...sheet } = of('closure_evaluation', 'write_evaluation');
    await files('sato.h', 'F08.closure', { ...sheet, withoutPlan: true, closureReason: 'declined' });
    expect(await rows(`select e.eval_type, e.plan_id, (select count(*)::int from evaluation_goal g where g.evaluation_id = e.id) as goals from evaluation e where e.case_id = $1`)).toEqual([{ eval_type: 'closing', plan_id: null, goals: 0 }]);
    expect(await refusedBy(files('sato.h', 'F08', { ...of('anytime', 'evaluate_case'), evalType: 'interim', withoutPlan: true, goalResults: [] }))).toBe('plan_missing');
    caseId = before;
  });

  test('says what became of the goals, and an agency without a part in the plan writes none', async () => {
    expect(await refusedBy(files('sato.h', 'F08.monitoring', { ...of('monitor_replan', 'monitor_progress'), goalResults: [] }))).toBe('form_invalid');
    expect(await refusedBy(files('fukuda.r', 'F08.agency', of('closure_evaluation', 'collect_evaluations'), group('self_reliance')))).toBe('plan_missing');
    expect(await refusedBy(files('fukuda.r', 'F08.status', of('monitor_replan', 'report_status'), group('self_reliance')))).toBe('plan_missing');
  });
});

describe('guard: a closure names who accompanies afterwards', () => {
  const reasons = ['goal_reached', 'handed_over', 'other_framework', 'declined', 'institution', 'lost_contact', 'not_eligible', 'duplicate', 'other'];

  test.each(reasons)('%s is not closed without', async (closureReason) => {
    await files('sato.h', 'F20', { ...of('closure_evaluation', 'hand_over_to_lead'), handoverKind: 'municipality', toGroup: '', toName: '隣の市の福祉課' });
    for (const leadAfter of ['', 'grp.nobody', 'grp.sectionLead.gone']) expect(await refusedBy(closes({ closureReason, leadAfter }))).toBe('closure_unaccompanied');
    expect(await rows(`select 1 from closure where case_id = $1`)).toEqual([]);
    expect(await leads()).toEqual([elderly]);
  });

  test('not by an agency that works with the city no longer', async () => {
    await query(app.database.ownerUrl, `update agency set active = false where code = 'silver_centre'`);
    expect(await refusedBy(closes({ leadAfter: group('silver_centre') }))).toBe('closure_unaccompanied');
    await query(app.database.ownerUrl, `update agency set active = true where code = 'silver_centre'`);
  });

  test('a death or a move names a handover instead, and is not closed without one', async () => {
    for (const closureReason of ['moved_out', 'died']) expect(await refusedBy(closes({ closureReason, leadAfter: '' }))).toBe('closure_unaccompanied');
    await files('sato.h', 'F20', { ...of('closure_evaluation', 'hand_over_to_lead'), handoverKind: 'municipality', toGroup: '', toName: '隣の市の福祉課' });
    await closes({ closureReason: 'moved_out', leadAfter: '' });
    expect(await rows(`select reason, lead_agency, handover_id is not null as handed from closure where case_id = $1`)).toEqual([{ reason: 'moved_out', lead_agency: null, handed: true }]);
    expect(await leads()).toEqual([]);
    expect(await seeing()).toEqual([]);
  });

  test('a handover to the next worker is none to another city, and none that was made before the exit was noticed counts', async () => {
    const hands = (handoverKind: string) => files('sato.h', 'F20', { ...of('closure_evaluation', 'hand_over_to_lead'), handoverKind, ...(handoverKind === 'worker' ? { toGroup: group(elderly) } : { toGroup: '', toName: '隣の市の福祉課' }) });
    const end = (closureReason: string) => refusedBy(closes({ closureReason, leadAfter: '' }));
    await hands('worker');
    expect([await end('moved_out'), await end('died')]).toEqual(['closure_unaccompanied', 'closure_unaccompanied']);
    await hands('household');
    expect(await end('moved_out')).toBe('closure_unaccompanied');
    await hands('municipality');
    await files('sato.h', 'F93', { ...of('anytime', 'exit_notice'), exitKind: 'moved' });
    expect(await end('moved_out')).toBe('closure_unaccompanied');
    // nor by a statement that goes past the domain
    const [old] = await rows<{ id: string }>(`select id from handover where case_id = $1 and kind = 'municipality'`);
    expect(await refusedBy(rows(`insert into closure (id, case_id, reason, handover_id, follow_up, decided_by_id, decided_at, submission_id) values (gen_random_uuid(), $1, 'moved_out', $2, false, gen_random_uuid(), now(), gen_random_uuid())`, old!.id))).toContain('names nobody');
    await hands('municipality');
    await hands('worker');
    expect(await end('moved_out')).toBe('done');
    expect(await transact(app.db, people['sato.h']!, (tx) => listClosures(tx, caseId))).toMatchObject([{ reason: 'moved_out', leadAgency: null, handedOver: true, handedTo: '隣の市の福祉課' }]);
  });

  test('the handover of another case does not count', async () => {
    const own = caseId;
    ({ caseId } = await bareCase(app));
    await files('sato.h', 'F20', { ...of('closure_evaluation', 'hand_over_to_lead'), handoverKind: 'municipality', toGroup: '', toName: '隣の市の福祉課' });
    caseId = own;
    expect(await refusedBy(closes({ closureReason: 'died', leadAfter: '' }))).toBe('closure_unaccompanied');
  });

  test('a diagram that closes the case without that decision closes nothing', async () => {
    const close = () => transact(app.db, people['nakamura.m']!, (tx) => closeCase(tx, caseId, 'handed_over'));
    expect(await refusedBy(close())).toBe('closure_unaccompanied');
    expect(await rows(`select status, closed_at from support_case where id = $1`)).toEqual([{ status: 'open', closed_at: null }]);
    await closes();
    await close();
    expect(await rows(`select status, close_reason from support_case where id = $1`)).toEqual([{ status: 'closed', close_reason: 'handed_over' }]);
  });

  test('an end that follows from another decision names the agency that leads, which goes on', async () => {
    const register = (reason: string) => transact(app.db, people['nakamura.m']!, (tx) => registerClosure.run(tx, { input: { caseId, reason }, calendar: app.calendar, instanceId: caseId, businessKey: null, elementId: 'x', jobId: caseId }));
    for (const reason of ['handed_over', 'died', 'lost_contact', 'because']) expect(await refusedBy(register(reason))).toBe('closure_unaccompanied');
    await register('confidential_ended');
    expect(await rows(`select reason, lead_agency from closure where case_id = $1`)).toEqual([{ reason: 'confidential_ended', lead_agency: elderly }]);
    expect(await rows(`select c.status, p.status as plan from support_case c join plan p on p.case_id = c.id where c.id = $1`)).toEqual([{ status: 'closed', plan: 'ended' }]);
    expect(await leads()).toEqual([elderly]);
    expect(await seeing()).toEqual(['handover agency:elderly_welfare']);
  });

  test('the database itself refuses one that names nobody', async () => {
    const insert = (reason: string, lead: string | null) =>
      rows(`insert into closure (id, case_id, reason, lead_agency, follow_up, decided_by_id, decided_at, submission_id) values (gen_random_uuid(), $1, $2, $3, false, gen_random_uuid(), now(), gen_random_uuid())`, reason, lead);
    expect(await refusedBy(insert('handed_over', null))).toContain('names nobody');
    expect(await refusedBy(insert('died', null))).toContain('names nobody');
    expect(await refusedBy(insert('because', elderly))).toContain('no closure reason');
  });

  test('two closures at once: the team is replaced once, and one agency accompanies', async () => {
    await Promise.allSettled([closes({ leadAfter: group(elderly) }), files('kobayashi.t', 'F08.decision', { ...of('closure_evaluation', 'decide_closure'), leadAfter: group(school) })]);
    expect(await leads()).toHaveLength(1);
    expect(await seeing()).toEqual([`handover agency:${(await leads())[0]}`]); // who was named before accompanies no more, and sees nothing by it
  });

  test('afterwards that agency leads and sees the case, the rest of the team no longer does, and the plan has ended', async () => {
    expect(await seeing()).toEqual(['plan agency:elderly_welfare', 'plan agency:school_education']);
    await files('sato.h', 'F08.closure', of('closure_evaluation', 'write_evaluation'));
    await files('ishikawa.r', 'F20', of('closure_evaluation', 'hand_over_to_lead'));
    const { made } = await closes({ leadAfter: group(school) });
    expect(made['leadGroup']).toBe(group(school));
    expect(await leads()).toEqual([school]);
    expect(await seeing()).toEqual(['handover agency:school_education']);
    expect(await rows(`select status from plan where case_id = $1`)).toEqual([{ status: 'ended' }]);
    expect(await rows(`select kind, decision from case_decision where case_id = $1 order by decided_at, id`)).toEqual([{ kind: 'support', decision: 'decided' }, { kind: 'closure', decision: 'handed_over' }]);
    await files('aoki.w', 'F08.followUp', of('closure_evaluation', 'confirm_stability'));
    expect(await rows(`select stability from closure_check where case_id = $1`)).toEqual([{ stability: 'stable' }]);
    expect(await seeing()).toEqual(['handover agency:school_education']);
  });
});
