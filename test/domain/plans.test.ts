// 支援プラン: what no diagram, no form and no hurry may change.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readAs, transact, type Person } from '../../src/base/db.js';
import type { Json } from '../../src/base/json.js';
import { Problem } from '../../src/base/problem.js';
import { rightsOf } from '../../src/domain/access.js';
import { partsNow } from '../../src/domain/case-roles.js';
import { withdrawConsent } from '../../src/domain/consents/withdraw.js';
import { listReports, readPlans } from '../../src/domain/plans/read.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { agrees, bareCase, projects, withdraws } from '../support/casework.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';

const group = (agency: string): string => `grp.sectionLead.${agency}`;
const [elderly, school, needy] = ['elderly_welfare', 'school_education', 'self_reliance'] as const;
const sample = (key: string): Record<string, Json> => sampleOf('coordination_main', key);
const [firstRole] = sample('draft_plan')['roles'] as Record<string, Json>[];

/** A plan that gives these agencies a part; the first leads. */
const planFor = (...agencies: string[]): Record<string, Json> => ({
  ...sample('draft_plan'), leadGroup: group(agencies[0]!), roleGroups: agencies.map(group), roles: agencies.map((agency) => ({ ...firstRole!, agency: group(agency) })),
});

let app: TestApp;
let caseId: string;
const people: Record<string, Person> = {};
const as = (login: string): Person => people[login]!;
const rows = <T extends Record<string, unknown>>(sql: string, ...more: unknown[]): Promise<T[]> => query<T>(app.database.ownerUrl, sql, [caseId, ...more]);
const files = (login: string | Person, record: string, answers: Record<string, Json>, more: { item?: Json; variables?: Record<string, Json> } = {}) =>
  projects(app, typeof login === 'string' ? as(login) : login, { caseId, record, answers, ...more });
const decides = (by: string | Person, supportDecision = 'decided') => files(by, 'F05.decision', { ...sample('decide_support'), supportDecision }, { variables: { meetingResult: 'suitable' } });
const drafted = (answers = planFor(elderly, school)) => files('sato.h', 'F05', answers);
const signed = () => files('sato.h', 'F05.signature', sample('explain_plan'));
const statuses = async (): Promise<string[]> => (await rows<{ status: string }>(`select status from plan where case_id = $1 order by version`)).map(({ status }) => status);
const refusedBy = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', (error: Error) => (error instanceof Problem ? error.code : error.message));
/** Agencies that see the case because of the plan. */
const seeing = async (): Promise<string[]> => (await rows<{ reader: string }>(`select reader from case_access where case_id = $1 and basis = 'plan' and ended_at is null order by 1`)).map(({ reader }) => reader.replace('agency:', ''));

beforeAll(async () => {
  app = await testApp();
  for (const login of ['sato.h', 'tanaka.k', 'nakamura.m', 'kobayashi.t', 'ishikawa.r', 'aoki.w', 'fukuda.r', 'yamaguchi.n', 'saito.o', 'mori.d', 'kato.m']) people[login] = await personByLogin(app.database.ownerUrl, login);
});
afterAll(() => app.close());
beforeEach(async () => {
  ({ caseId } = await bareCase(app));
  await files('sato.h', 'F05.coordinator', sample('assign_coordinator'));
});

/** A case with a plan in force. */
async function inForce(...agencies: string[]): Promise<string> {
  const consentId = await agrees(app, caseId, [elderly, school, needy]);
  await drafted(planFor(...agencies));
  await signed();
  await decides('nakamura.m');
  return consentId;
}

describe('a plan', () => {
  test('is drafted, revised, explained and decided, and every version stays', async () => {
    await agrees(app, caseId, [elderly, school, needy]);
    await drafted();
    await files('tanaka.k', 'F05', { ...planFor(elderly, school, needy), longGoal: '三世代で穏やかに暮らす' });
    expect(await rows(`select version, kind, status, revision, long_goal from plan where case_id = $1`)).toEqual([{ version: 1, kind: 'initial', status: 'draft', revision: 2, long_goal: '三世代で穏やかに暮らす' }]);
    await signed();
    await decides('nakamura.m');
    await files('sato.h', 'F05', { ...planFor(school), planKind: 'replan' });
    expect(await statuses()).toEqual(['decided', 'draft']);
    await signed();
    await decides('kobayashi.t');
    expect(await rows(`select version, kind, status, lead_agency, meeting_decision, signature from plan where case_id = $1 order by version`)).toEqual([
      { version: 1, kind: 'initial', status: 'superseded', lead_agency: elderly, meeting_decision: 'suitable', signature: 'written' },
      { version: 2, kind: 'replan', status: 'decided', lead_agency: school, meeting_decision: 'suitable', signature: 'written' },
    ]);
    expect((await rows<{ kind: string }>(`select e.kind from plan_event e join plan p on p.id = e.plan_id where p.case_id = $1 order by p.version, e.at`)).map(({ kind }) => kind)).toEqual(['drafted', 'revised', 'explained', 'decided', 'superseded', 'drafted', 'explained', 'decided']);
  });

  test('says of every agency with a part what it does, and of no other; its days fit', async () => {
    const wrong = (answers: Record<string, Json>) => files('sato.h', 'F05', answers).then(() => [], (e: { errors: { pointer: string }[] }) => e.errors.map(({ pointer }) => pointer));
    expect(await wrong({ ...planFor(elderly), roleGroups: [group(elderly), group(school)] })).toEqual(['/answers/roles']);
    expect(await wrong({ ...planFor(elderly, school), roleGroups: [group(elderly)] })).toEqual(['/answers/roles/1/agency']);
    expect(await wrong({ ...planFor(elderly), leadGroup: group(school) })).toEqual(['/answers/roleGroups']);
    expect(await wrong({ ...planFor(elderly), planEnd: '2026-01-01' })).toEqual(['/answers/planEnd']);
    expect(await wrong({ ...planFor(elderly), planEnd: '2028-01-01' })).toEqual(['/answers/planEnd']);
    expect(await wrong({ ...planFor(elderly), planGoals: [] })).toEqual(['/answers/planGoals']);
    expect(await wrong({ ...planFor(elderly), planKind: 'replan' })).toEqual(['/answers/planKind']);
    expect(await statuses()).toEqual([]);
  });
});

describe('a day in a plan that is only roughly known', () => {
  test('of a role, and of when it began, is kept as it was said, with the day beside it where there is one', async () => {
    await agrees(app, caseId, [elderly, school]);
    const { roles, ...plan } = planFor(elderly, school);
    const [first, second] = roles as [Record<string, Json>, Record<string, Json>];
    await drafted({ ...plan, roles: [{ ...first, startOn: '令和8年12月頃', endOn: '2027年春ごろ' }, { ...second, startOn: 'R8.12.15', endOn: '' }] });
    await signed();
    await decides('nakamura.m');
    const [read] = await readAs(app.db, as('sato.h'), (tx) => readPlans(tx, caseId));
    expect(read!.roles.map(({ startsOn, startsSaid, endsOn, endsSaid }) => [startsOn, startsSaid, endsOn, endsSaid])).toEqual([[null, '令和8年12月頃', null, '2027年春ごろ'], ['2026-12-15', 'R8.12.15', null, null]]);
    await files('ishikawa.r', 'F05.role', { ...sample('start_role'), startedOn: '令和8年12月下旬' }, { item: group(elderly) });
    await files('aoki.w', 'F05.role', { ...sample('start_role'), startedOn: '令和8年12月20日' }, { item: group(school) });
    const reports = await readAs(app.db, as('sato.h'), (tx) => listReports(tx, caseId));
    expect(reports.map(({ agencyCode, reportedOn, reportedSaid }) => [agencyCode, reportedOn, reportedSaid]).toSorted()).toEqual([[elderly, null, '令和8年12月下旬'], [school, '2026-12-20', '令和8年12月20日']]);
    await expect(rows(`update role_report set reported_said = null where case_id = $1`)).rejects.toThrow();
  });
});

describe('guard: a decided plan never changes', () => {
  test('whoever writes afterwards begins the next version', async () => {
    await inForce(elderly, school);
    const before = await rows(`select * from plan where case_id = $1 and version = 1`);
    await files('sato.h', 'F05', { ...planFor(elderly), planKind: 'replan', longGoal: '別の目標' });
    expect(await rows(`select * from plan where case_id = $1 and version = 1`)).toEqual(before);
    expect(await statuses()).toEqual(['decided', 'draft']);
  });

  test('signing, deciding and putting to the meeting find no plan to change', async () => {
    await inForce(elderly);
    expect(await refusedBy(signed())).toBe('plan_decided');
    expect(await refusedBy(decides('nakamura.m'))).toBe('plan_decided');
  });

  test.each([
    ['its words', `update plan set long_goal = 'x' where case_id = $1`],
    ['its status back to a draft', `update plan set status = 'draft', decided_at = null where case_id = $1`],
    ['who decided it', `update plan set decided_by_id = gen_random_uuid(), status = 'ended' where case_id = $1`],
    ['the plan itself, away', `delete from plan where case_id = $1`],
    ['a goal', `update plan_goal g set goal = 'x' from plan p where p.id = g.plan_id and p.case_id = $1`],
    ['a goal, away', `delete from plan_goal g using plan p where p.id = g.plan_id and p.case_id = $1`],
    ['one goal more', `insert into plan_goal (id, plan_id, revision, position, goal, criterion, due_on) select gen_random_uuid(), id, revision, 99, 'x', 'x', now() from plan where case_id = $1`],
    ['one role more', `insert into plan_role (id, plan_id, revision, position, agency_code, group_key, issue, what, frequency) select gen_random_uuid(), id, revision, 99, 'shakyo', 'x', 'x', 'x', 'x' from plan where case_id = $1`],
    ['a role', `update plan_role r set what = 'x' from plan p where p.id = r.plan_id and p.case_id = $1`],
    ['what happened to it', `update plan_event e set kind = 'drafted' from plan p where p.id = e.plan_id and p.case_id = $1`],
  ])('not even the owner of the database changes %s', async (_what, sql) => {
    await inForce(elderly, school);
    expect(await refusedBy(rows(sql))).toMatch(/does not change|append-only|never deleted/);
  });

  test('a revision sent while it is decided comes first, and is explained first, or finds it decided', async () => {
    await agrees(app, caseId, [elderly, school, needy]);
    await drafted();
    await signed();
    const [decided, late] = await Promise.allSettled([decides('nakamura.m'), files('tanaka.k', 'F05', { ...planFor(elderly, school, needy), longGoal: '遅れて届いた修正' })]);
    if (decided.status === 'fulfilled') {
      expect(await rows(`select version, status, long_goal = '遅れて届いた修正' as late from plan where case_id = $1 order by version`)).toEqual([{ version: 1, status: 'decided', late: false }]);
      expect(late).toMatchObject({ status: 'rejected', reason: { code: 'form_invalid', errors: [{ pointer: '/answers/planKind' }] } });
    } else {
      expect(decided.reason).toMatchObject({ code: 'plan_not_signed' });
      expect(await statuses()).toEqual(['draft']);
    }
  });
});

describe('guard: the coordinator never approves their own plan', () => {
  const chairOf = (login: string): Person => ({ ...as(login), roles: ['chair', 'director'] });

  beforeEach(async () => {
    await agrees(app, caseId, [elderly, school, needy]);
  });

  test('nobody who wrote a version, a revision or a change of it decides, whatever else they are', async () => {
    await files(chairOf('nakamura.m'), 'F05', planFor(elderly));
    await files('sato.h', 'F05', planFor(elderly));
    await signed();
    expect(await refusedBy(decides('nakamura.m'))).toBe('own_plan');
    expect(await refusedBy(decides('nakamura.m', 'not_decided'))).toBe('own_plan');
    await decides('kobayashi.t');
    await files('kobayashi.t', 'F05.change', sampleOf('monitor_replan', 'reflect_changes'));
    await files('sato.h', 'F05', { ...planFor(elderly), planKind: 'replan' });
    await signed();
    expect(await refusedBy(decides('kobayashi.t'))).toBe('own_plan');
    expect(await statuses()).toEqual(['decided', 'explained']);
  });

  test('nobody who coordinates the case, or did when it was drafted, decides', async () => {
    await drafted();
    await signed();
    expect(await refusedBy(decides(chairOf('tanaka.k')))).toBe('own_plan');
    await files('sato.h', 'F05.coordinator', { ...sample('assign_coordinator'), coordinatorGroup: 'grp.coordinator.shakyo' });
    expect(await refusedBy(decides(chairOf('tanaka.k')))).toBe('own_plan');
    expect(await refusedBy(decides({ ...chairOf('yamaguchi.n'), agencyCode: 'welfare_policy' }))).toBe('own_plan');
    await decides('nakamura.m');
  });

  test('an author who becomes one while the chair decides is never the one who decided', async () => {
    await drafted();
    await signed();
    await Promise.allSettled([files(chairOf('nakamura.m'), 'F05', planFor(elderly)), decides('nakamura.m')]);
    const [own] = await rows<{ n: number }>(`select count(*)::int as n from plan p join plan_event e on e.plan_id = p.id and e.kind in ('drafted', 'revised') and e.by_id = p.decided_by_id where p.case_id = $1`);
    expect(own!.n).toBe(0);
  });
});

describe('guard: the city alone decides', () => {
  const outsiders: [string, () => Person][] = [
    ['a coordinator of the city', () => as('sato.h')],
    ['a section lead of the city', () => as('ishikawa.r')],
    ['a policy editor of the city', () => as('kato.m')],
    ['the manager of a contractor', () => as('saito.o')],
    ['a contractor who was given the role of chair', () => ({ ...as('saito.o'), roles: ['chair', 'director', 'manager'] })],
  ];

  test.each(outsiders)('%s decides neither eligibility nor support, nor an extension, nor a closure', async (_who, person) => {
    await inForce(elderly);
    expect(await refusedBy(files(person(), 'F05.eligibility', sample('decide_eligibility')))).toBe('not_city_decision');
    expect(await refusedBy(files(person(), 'F05.extension', { planEndDecision: 'extend', extensionPeriod: 'P3M' }))).toBe('not_city_decision');
    expect(await refusedBy(files(person(), 'F05.extension', { planEndDecision: 'evaluate' }))).toBe('not_city_decision');
    expect(await refusedBy(files(person(), 'F08.decision', sampleOf('closure_evaluation', 'decide_closure')))).toBe('not_city_decision');
    await files('sato.h', 'F05', { ...planFor(elderly), planKind: 'replan' });
    await signed();
    for (const decision of ['decided', 'redraft', 'not_decided']) expect(await refusedBy(decides(person(), decision))).toBe('not_city_decision');
    expect(await statuses()).toEqual(['decided', 'explained']);
    expect((await rows<{ kind: string }>(`select kind from case_decision where case_id = $1`)).map(({ kind }) => kind)).toEqual(['support']);
  });

  test('chair and director do, and what they decided is kept', async () => {
    await files('nakamura.m', 'F05.eligibility', sample('decide_eligibility'));
    await files('kobayashi.t', 'F05.eligibility', { ...sample('decide_eligibility'), eligibility: 'not_eligible' });
    expect(await rows(`select kind, decision from case_decision where case_id = $1 order by decided_at, id`)).toEqual([{ kind: 'eligibility', decision: 'eligible' }, { kind: 'eligibility', decision: 'not_eligible' }]);
  });

  test('two deciders at once: one decides, the other finds it decided', async () => {
    await agrees(app, caseId, [elderly]);
    await drafted(planFor(elderly));
    await signed();
    const results = await Promise.allSettled([decides('nakamura.m'), decides('kobayashi.t', 'not_decided')]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await rows(`select 1 from case_decision where case_id = $1 and kind = 'support'`)).toHaveLength(1);
  });
});

describe('guard: a plan is decided with the person’s signature or the reason why there is none, and a valid consent', () => {
  test('not before it was explained, and not after it was changed since', async () => {
    await agrees(app, caseId, [elderly, school]);
    await drafted();
    expect(await refusedBy(decides('nakamura.m'))).toBe('plan_not_signed');
    await signed();
    await files('sato.h', 'F05', planFor(elderly));
    expect(await refusedBy(decides('nakamura.m'))).toBe('plan_not_signed');
    await files('sato.h', 'F05', { ...sample('reflect_revision'), ...planFor(elderly) , signature: 'oral', signedOn: '2026-12-24' });
    await decides('nakamura.m');
    expect(await rows(`select signature, signed_on::text from plan where case_id = $1`)).toEqual([{ signature: 'oral', signed_on: '2026-12-24' }]);
  });

  test('a reason stands for a signature, an empty one does not', async () => {
    await agrees(app, caseId, [elderly, school]);
    await drafted();
    const without = { ...sample('explain_plan'), signature: 'not_signed', signedBy: '', signedOn: null };
    expect(await refusedBy(files('sato.h', 'F05.signature', { ...without, noSignatureReason: '  ' }))).not.toBe('done');
    await files('sato.h', 'F05.signature', { ...without, noSignatureReason: '手が震えて書けず、長男の立会いで口頭で確かめた。' });
    await decides('nakamura.m');
    expect(await statuses()).toEqual(['decided']);
  });

  test('not without consent, not by one that was withdrawn, not for an agency that it does not cover', async () => {
    await drafted();
    await signed();
    expect(await refusedBy(decides('nakamura.m'))).toBe('plan_consent_missing');
    const withdrawn = await agrees(app, caseId, [elderly, school]);
    await withdraws(app, caseId, withdrawn);
    expect(await refusedBy(decides('nakamura.m'))).toBe('plan_consent_missing');
    await agrees(app, caseId, [elderly]);
    await expect(decides('nakamura.m')).rejects.toMatchObject({ code: 'plan_consent_missing', errors: [{ detail: '本人の同意が学校教育課に及びません。' }] });
    await agrees(app, caseId, [elderly, school]);
    await decides('nakamura.m');
    expect(await statuses()).toEqual(['decided']);
  });

  test('an agency that the consent does not cover is not asked either', async () => {
    await agrees(app, caseId, [elderly]);
    const ask = (...agencies: string[]) => files('sato.h', 'F12.inquiry', { ...sample('request_information'), informationGroups: agencies.map(group) });
    await expect(ask(elderly, school)).rejects.toMatchObject({ code: 'plan_consent_missing', errors: [{ pointer: '/answers/informationGroups/1' }] });
    await ask(elderly);
  });
});

describe('who sees the case because of the plan', () => {
  test('its agencies, from the decision on, as far as the consent names; with the next version, those of the next', async () => {
    const consentId = await agrees(app, caseId, [elderly, school, needy]);
    const [{ submission_id: consentSubmission }] = (await rows<{ submission_id: string }>(`select submission_id from consent where case_id = $1 and id = $2`, consentId)) as [{ submission_id: string }];
    await drafted(planFor(elderly, school));
    await signed();
    expect(await seeing()).toEqual([]);
    await decides('nakamura.m');
    expect(await seeing()).toEqual([elderly, school]);
    const [right] = await readAs(app.db, as('aoki.w'), (tx) => rightsOf(tx, as('aoki.w'), caseId));
    expect(right).toMatchObject({ basis: 'plan', level: 'content', items: ['basic', 'family', 'health', 'progress'] });
    await files('sato.h', 'F05', { ...planFor(elderly, needy), planKind: 'replan' });
    expect(await seeing()).toEqual([elderly, school]);
    await signed();
    await decides('nakamura.m');
    expect(await seeing()).toEqual([elderly, needy]);
    await transact(app.db, as('sato.h'), (tx) => withdrawConsent(tx, { caseId, subject: 'self', memberName: null, part: { agencies: [needy], items: [], types: [] }, evidence: null, submissionId: consentSubmission }));
    expect(await seeing()).toEqual([elderly]);
    await transact(app.db, as('sato.h'), (tx) => withdrawConsent(tx, { caseId, subject: 'self', memberName: null, part: null, evidence: null, submissionId: consentSubmission }));
    expect(await seeing()).toEqual([]);
    expect((await rows<{ to: string }>(`select distinct to_code as to from disclosure where case_id = $1 order by 1`)).map(({ to }) => to)).toEqual([elderly, school, needy]);
  });

  test('not an agency whose role has ended', async () => {
    await inForce(elderly, school);
    const { made } = await files('sato.h', 'F05.change', { ...sampleOf('monitor_replan', 'reflect_changes'), endedRoles: [{ agency: group(school), endedOn: '2027-02-01', endReason: '卒業' }] });
    expect(made).toEqual({ roleGroups: [group(elderly)], leadGroup: group(elderly) });
    expect(await seeing()).toEqual([elderly]);
  });

  test('no role begins without a decided plan, or by an agency that has no part in it', async () => {
    const starts = (login: string, agency: string) => files(login, 'F05.role', sample('start_role'), { item: group(agency) });
    await agrees(app, caseId, [elderly, school]);
    await drafted();
    expect(await refusedBy(starts('ishikawa.r', elderly))).toBe('plan_missing');
    await signed();
    await decides('nakamura.m');
    expect(await refusedBy(starts('fukuda.r', needy))).toBe('plan_missing');
    await starts('aoki.w', school);
    expect(await rows(`select agency_code, kind, status from role_report where case_id = $1`)).toEqual([{ agency_code: school, kind: 'started', status: 'started' }]);
  });
});

describe('guard: from the plan on there is always a 主担当', () => {
  const ends = (agency: string, newLead: string | null) =>
    files('sato.h', 'F05.change', { ...sampleOf('monitor_replan', 'reflect_changes'), endedRoles: [{ agency: group(agency), endedOn: '2027-02-01', endReason: '体制の都合' }], newLead: newLead === null ? null : group(newLead) });
  const leads = async (): Promise<string[]> => (await transact(app.db, as('sato.h'), (tx) => partsNow(tx, caseId))).filter(({ role }) => role === 'lead').map(({ agencyCode }) => agencyCode);

  test('the lead does not leave without somebody of the team who follows', async () => {
    await inForce(elderly, school);
    expect(await refusedBy(ends(elderly, null))).toBe('lead_missing');
    expect(await refusedBy(ends(elderly, elderly))).toBe('lead_missing');
    expect(await refusedBy(ends(elderly, needy))).toBe('lead_missing');
    expect(await leads()).toEqual([elderly]);
    const { made } = await ends(elderly, school);
    expect(made).toEqual({ roleGroups: [group(school)], leadGroup: group(school) });
    expect(await leads()).toEqual([school]);
    expect(await rows(`select count(*)::int as n from case_role where case_id = $1 and role = 'lead' and succeeded_by_id is not null`)).toEqual([{ n: 1 }]);
    expect(await refusedBy(ends(school, null))).toBe('lead_missing');
  });

  test('two agencies that leave at once do not leave the case without one', async () => {
    await inForce(elderly, school);
    await Promise.allSettled([ends(elderly, school), ends(school, elderly)]);
    expect(await leads()).toHaveLength(1);
  });

  test('the database itself keeps nobody from being the lead of a plan in force', async () => {
    await inForce(elderly, school);
    expect(await refusedBy(rows(`update case_role set until_at = now(), end_reason = 'x' where case_id = $1 and role = 'lead'`))).toContain('nobody who leads it');
    expect(await refusedBy(rows(`insert into case_role (id, case_id, role, agency_code, group_key, from_at) values (gen_random_uuid(), $1, 'lead', 'shakyo', 'x', now())`))).toContain('case_lead_once');
    expect(await refusedBy(rows(`delete from case_role where case_id = $1`))).toContain('can only be ended');
  });
});

describe('who coordinates', () => {
  test('sees the case, with those who decide; and no longer when another coordinator is named', async () => {
    const sees = (login: string) => readAs(app.db, as(login), async (tx) => (await rightsOf(tx, as(login), caseId)).map(({ basis, level }) => `${basis} ${level}`));
    expect(await Promise.all(['sato.h', 'nakamura.m', 'kobayashi.t', 'yamaguchi.n', 'kato.m'].map(sees))).toEqual([['assignment content'], ['assignment content'], ['assignment content'], [], []]);
    await files('sato.h', 'F05.coordinator', { ...sample('assign_coordinator'), coordinatorGroup: 'grp.coordinator.shakyo' });
    expect(await Promise.all(['sato.h', 'nakamura.m', 'yamaguchi.n'].map(sees))).toEqual([[], ['assignment content'], ['assignment content']]);
    expect(await rows(`select group_key, until_at is null as now, succeeded_by_id is not null as followed from case_role where case_id = $1 order by from_at`)).toEqual([
      { group_key: 'grp.coordinator.city', now: false, followed: true }, { group_key: 'grp.coordinator.shakyo', now: true, followed: false },
    ]);
    expect(await refusedBy(files('sato.h', 'F05.coordinator', { ...sample('assign_coordinator'), coordinatorGroup: 'grp.nobody' }))).toBe('form_invalid');
  });
});

describe('the end of a plan', () => {
  test('is put off once, by three months at most, by the city', async () => {
    await inForce(elderly);
    const extend = (extensionPeriod: string) => files('nakamura.m', 'F05.extension', { planEndDecision: 'extend', extensionPeriod });
    for (const period of ['P4M', 'P1Y', 'P12M', 'P90D', '']) expect(await refusedBy(extend(period))).toBe('plan_not_extendable');
    const [one, other] = await Promise.allSettled([extend('P3M'), extend('P3M')]);
    expect([one.status, other.status].sort()).toEqual(['fulfilled', 'rejected']);
    expect(await refusedBy(extend('P1M'))).toBe('plan_not_extendable');
    expect(await rows(`select e.data ->> 'until' as until from plan_event e join plan p on p.id = e.plan_id where p.case_id = $1 and e.kind = 'extended'`)).toEqual([{ until: '2028-03-14' }]);
    expect(await rows(`select ends_on::text from plan where case_id = $1`)).toEqual([{ ends_on: '2027-12-14' }]);
  });
});
