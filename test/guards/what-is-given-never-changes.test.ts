// Guards: a consent once given, what was shared under it, a pledge, a decided plan, and what the city decided never change; from the plan on
// there is always a 主担当. Broken here as the application's own role in the database, which is all that any code of it can be.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transact } from '../../src/base/db.js';
import { leavePart } from '../../src/domain/case-roles.js';
import { shareUnderConsent } from '../../src/domain/disclosures.js';
import { recordPledge } from '../../src/domain/pledges.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { refusedBy, waitingPlan, type Planned } from './waiting-plan.js';

const system = { kind: 'system', name: 'test' } as const;
let app: TestApp;
let plan: Planned;
const run = (text: string, ...values: unknown[]) => transact(app.db, system, (tx) => tx.db.$executeRawUnsafe(text, ...values));
const may = async (table: string, what: string): Promise<boolean> => (await query<{ may: boolean }>(app.database.ownerUrl, `select ${what === 'UPDATE' ? 'has_any_column_privilege' : 'has_table_privilege'}('tsunagi_app', $1, $2) as may`, [table, what]))[0]!.may;

beforeAll(async () => {
  app = await testApp();
  plan = await waitingPlan(app, ['elderly_welfare', 'school_education']);
  await transact(app.db, system, (tx) => shareUnderConsent(tx, { caseId: plan.caseId, agencyCode: 'elderly_welfare', purpose: 'share' }));
  const ishikawa = await personByLogin(app.database.ownerUrl, 'ishikawa.r');
  await transact(app.db, system, (tx) => recordPledge(tx, { userId: ishikawa.userId, personName: '石川 亮', agencyCode: 'elderly_welfare', capacity: 'city_staff', textVersion: '2026-04', understood: ['secrecy'], validFor: 'term', sittingId: null, signedOn: '2026-05-11', validUntil: null, submissionId: null }));
  await plan.decides('nakamura.m');
});
afterAll(() => app?.close());

describe('what is given never changes', () => {
  test.each(['consent', 'consent_agency', 'consent_end', 'consent_evidence', 'disclosure', 'pledge', 'plan_goal', 'plan_issue', 'plan_role', 'plan_event', 'case_decision', 'closure', 'handover', 'evaluation', 'submission', 'audit_event', 'community_issue_source'])('SQL %s is neither changed, deleted nor emptied', async (table) => {
    for (const what of ['UPDATE', 'DELETE', 'TRUNCATE']) expect([what, await may(table, what)]).toEqual([what, false]);
    await expect(run(`delete from ${table}`)).rejects.toThrow(/permission denied|append-only/);
    await expect(run(`truncate ${table}`)).rejects.toThrow(/permission denied|append-only/);
    const [row] = await query<{ n: number; column: string }>(app.database.ownerUrl, `select (select count(*)::int from ${table}) as n, (select column_name from information_schema.columns where table_name = $1 and table_schema = 'public' order by ordinal_position limit 1) as column`, [table]);
    await expect(run(`update ${table} set ${row!.column} = ${row!.column}`)).rejects.toThrow(/permission denied|append-only/);
    // not even by the owner of the database
    if (row!.n > 0) await expect(query(app.database.ownerUrl, `update ${table} set ${row!.column} = ${row!.column}`)).rejects.toThrow('append-only');
  });

  test.each(['plan', 'case_role', 'case_access', 'meeting', 'sitting', 'sitting_member', 'referral', 'emergency', 'community_issue', 'support_case', 'process_definition', 'standing_form'])('SQL %s is never deleted from', async (table) => {
    for (const what of ['DELETE', 'TRUNCATE']) expect([what, await may(table, what)]).toEqual([what, false]);
    await expect(run(`delete from ${table}`)).rejects.toThrow(/permission denied|append-only|never deleted/);
  });

  test.each([
    `long_goal = 'x'`, `lead_agency = 'silver_centre'`, `ends_on = ends_on + 30`, `status = 'draft'`, `status = 'explained'`, `status = 'not_decided'`, `signature = 'oral'`, `consent_id = null`, `decided_by_id = null`, `decided_at = now()`, `revision = revision + 1`,
    `status = 'ended', long_goal = 'x'`, `status = 'superseded', watch_rules = ''`,
  ])('SQL a decided plan takes no %s', async (change) => {
    await expect(run(`update plan set ${change} where case_id = $1::uuid`, plan.caseId)).rejects.toThrow(/does not change|permission denied/);
    await expect(query(app.database.ownerUrl, `update plan set ${change} where case_id = $1`, [plan.caseId])).rejects.toThrow('does not change');
  });

  test('API whoever writes after the decision writes the next version; what was decided reads as it did', async () => {
    const before = await plan.rows(`select to_jsonb(p) as p from plan p where case_id = $1 and version = 1`);
    const draft = sampleOf('coordination_main', 'draft_plan');
    expect(await refusedBy(plan.files('sato.h', 'F05.signature', sampleOf('coordination_main', 'explain_plan')))).toBe('plan_decided');
    expect(await refusedBy(plan.decides('nakamura.m'))).toBe('plan_decided');
    for (const login of ['sato.h', 'kobayashi.t']) await refusedBy(plan.files(login, 'F05', { ...draft, planKind: 'replan', longGoal: '別の目標' }));
    expect(await plan.rows(`select to_jsonb(p) as p from plan p where case_id = $1 and version = 1`)).toEqual(before);
  });

  test('API an application that is started anew changes nothing of it either', async () => {
    const again = await testApp({ database: app.database });
    expect(await refusedBy(plan.decides('kobayashi.t', 'not_decided', again))).not.toBe('done');
    await again.close();
    expect((await plan.rows<{ status: string }>(`select status from plan where case_id = $1 and version = 1`))[0]).toEqual({ status: 'decided' });
  });
});

describe('from the plan on there is always a lead', () => {
  test('SQL the lead of a plan in force is neither ended without another, nor made two, nor renamed', async () => {
    await expect(run(`update case_role set until_at = now(), end_reason = 'x' where case_id = $1::uuid and role = 'lead' and until_at is null`, plan.caseId)).rejects.toThrow(/nobody who leads|RestrictViolation/);
    await expect(run(`insert into case_role (id, case_id, role, agency_code, group_key, from_at) values (gen_random_uuid(), $1::uuid, 'lead', 'silver_centre', 'grp.sectionLead.silver_centre', now())`, plan.caseId)).rejects.toThrow(/case_lead_once|unique/i);
    await expect(run(`update case_role set agency_code = 'silver_centre' where case_id = $1::uuid and role = 'lead' and until_at is null`, plan.caseId)).rejects.toThrow('can only be ended');
  });

  test('API a plan is not decided without one, and the lead does not leave without one who follows, not even two at once on two applications', async () => {
    const second = await testApp({ database: app.database });
    const leave = (on: TestApp, agencyCode: string, successorGroup: string | null) => transact(on.db, system, async (tx) => {
      await tx.db.$queryRawUnsafe(`select 1 from support_case where id = $1::uuid for update`, plan.caseId);
      return leavePart(tx, { caseId: plan.caseId, agencyCode, reason: 'role_ended', successorGroup });
    });
    expect(await refusedBy(leave(app, 'elderly_welfare', null))).toBe('lead_missing');
    expect(await refusedBy(leave(app, 'elderly_welfare', 'grp.sectionLead.silver_centre'))).toBe('lead_missing');
    await Promise.allSettled([leave(app, 'elderly_welfare', 'grp.sectionLead.school_education'), leave(second, 'school_education', null), leave(second, 'elderly_welfare', null)]);
    expect(await plan.rows(`select 1 from case_role where case_id = $1 and role = 'lead' and until_at is null`)).toHaveLength(1);
    await second.close();
  });
});
