// Guard: a closure names who accompanies afterwards. The reasons are in test/domain/closures.test.ts, a redrawn diagram in
// test/http/plans.test.ts; here it is broken by handlers, statements, what was withdrawn in the meantime, and two applications at once.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readAs, transact, type Person } from '../../src/base/db.js';
import { rightsOf } from '../../src/domain/access.js';
import { closeCase } from '../../src/domain/cases.js';
import { withdrawConsent } from '../../src/domain/consents/withdraw.js';
import { newId } from '../../src/base/id.js';
import { openHandlers } from '../../src/handlers/registry.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { refusedBy, waitingPlan, type Planned } from './waiting-plan.js';

const [elderly, school, silver] = ['elderly_welfare', 'school_education', 'silver_centre'] as const;
const lead = (agency: string): string => `grp.sectionLead.${agency}`;
const sample = sampleOf('closure_evaluation', 'decide_closure');
let app: TestApp;

beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app?.close());

async function decided(): Promise<Planned> {
  const plan = await waitingPlan(app, [elderly, school]);
  await plan.decides('nakamura.m');
  return plan;
}

const closes = (plan: Planned, leadAfter: string, by = 'nakamura.m', on = app) => plan.files(by, 'F08.decision', { ...sample, closureReason: 'handed_over', leadAfter }, on);
const runs = (plan: Planned, handler: string, input: Record<string, string>) => transact(app.db, { kind: 'system', name: 'engine' }, (tx) => {
  const found = openHandlers().get(handler)!;
  if (found.kind !== 'inside') throw new Error(handler);
  return found.run(tx, { input: { caseId: plan.caseId, ...input }, calendar: app.calendar, instanceId: plan.caseId, businessKey: plan.caseNo, elementId: 'x', jobId: plan.caseId });
});
const open = async (plan: Planned): Promise<boolean> => (await plan.rows<{ closed_at: Date | null }>(`select closed_at from support_case where id = $1`))[0]!.closed_at === null;

describe('a closure names who accompanies afterwards', () => {
  test('DIAGRAM no service task closes a case with a plan by another way: not by the status, not by an exit, not by any reason that is decided', async () => {
    const plan = await decided();
    const reasons = (await plan.rows<{ code: string }>(`select code from closure_reason where accompanied <> 'current' and $1::uuid is not null`)).map(({ code }) => code);
    expect(reasons.length).toBeGreaterThan(9);
    for (const reason of [...reasons, 'because', '']) expect(await refusedBy(runs(plan, 'register_closure', { reason }))).not.toBe('done');
    expect(await refusedBy(runs(plan, 'set_case_status', { status: 'closed' }))).not.toBe('done');
    await refusedBy(runs(plan, 'settle_exit', { outcome: 'closed' }));
    expect(await refusedBy(transact(app.db, { kind: 'system', name: 'engine' }, (tx) => closeCase(tx, plan.caseId, 'goal_reached')))).toBe('closure_unaccompanied');
    expect(await open(plan)).toBe(true);
    expect(await plan.status()).toEqual(['decided']);
  });

  test('API an inbox that is nobody’s, a person’s name, an inbox in several, or blanks name nobody', async () => {
    const plan = await decided();
    for (const leadAfter of ['', ' ', 'grp.nobody', 'elderly_welfare', '石川 亮', `${lead(elderly)},${lead(school)}`]) expect([leadAfter, await refusedBy(closes(plan, leadAfter))]).toEqual([leadAfter, 'closure_unaccompanied']);
    expect(await plan.rows(`select 1 from closure where case_id = $1`)).toEqual([]);
    expect(await open(plan)).toBe(true);
  });

  test('ROLE nobody but the city closes it, also naming somebody', async () => {
    const plan = await decided();
    for (const login of ['sato.h', 'ishikawa.r', 'saito.o', 'kato.m', 'mori.d']) expect(await refusedBy(closes(plan, lead(elderly), login))).toBe('not_city_decision');
    expect(await open(plan)).toBe(true);
  });

  test('LATE who accompanies is shown the case as far as the consent reaches at that time, and no further once it is withdrawn', async () => {
    const seen = async (person: Person, caseId: string): Promise<string[]> => readAs(app.db, person, async (tx) => (await rightsOf(tx, person, caseId)).map(({ level, basis }) => `${level}:${basis}`));
    const [aoki, okamoto] = await Promise.all([personByLogin(app.database.ownerUrl, 'aoki.w'), personByLogin(app.database.ownerUrl, 'okamoto.s')]);
    const plan = await decided();
    await closes(plan, lead(school));
    expect(await seen(aoki, plan.caseId)).toContain('content:handover');
    expect(await plan.rows(`select items is not null as bounded, until_at is not null as ends from case_access where case_id = $1 and basis = 'handover' and ended_at is null`)).toEqual([{ bounded: true, ends: true }]);
    await transact(app.db, { kind: 'system', name: 'test' }, (tx) => withdrawConsent(tx, { caseId: plan.caseId, submissionId: newId(Date.now()), subject: 'self', memberName: null, part: null, evidence: null }));
    expect(await seen(aoki, plan.caseId)).toEqual(['exists:handover']);
    const uncovered = await decided();
    await closes(uncovered, lead(silver));
    expect(await seen(okamoto, uncovered.caseId)).toEqual(['exists:handover']);
    expect(await uncovered.rows(`select lead_agency from closure where case_id = $1`)).toEqual([{ lead_agency: silver }]);
  });

  test('SQL a closure is neither written without an agency, nor changed, nor taken away', async () => {
    const plan = await decided();
    await closes(plan, lead(elderly));
    const run = (text: string) => transact(app.db, { kind: 'system', name: 'test' }, (tx) => tx.db.$executeRawUnsafe(text, plan.caseId));
    for (const change of [`update closure set lead_agency = null where case_id = $1::uuid`, `update closure set lead_agency = 'silver_centre' where case_id = $1::uuid`, `delete from closure where case_id = $1::uuid`, `delete from handover where case_id = $1::uuid`]) await expect(run(change)).rejects.toThrow(/append-only|permission denied/);
    for (const named of ['null', `'nobody'`]) await expect(run(`insert into closure (id, case_id, reason, lead_agency, follow_up, decided_at) values (gen_random_uuid(), $1::uuid, 'handed_over', ${named}, false, now())`)).rejects.toThrow();
  });

  test('TWO AT ONCE on two applications, and after a restart: one agency accompanies', async () => {
    const second = await testApp({ database: app.database });
    const plan = await decided();
    await Promise.allSettled([closes(plan, lead(elderly)), closes(plan, lead(school), 'kobayashi.t', second), closes(plan, '', 'kobayashi.t', second), transact(second.db, { kind: 'system', name: 'engine' }, (tx) => closeCase(tx, plan.caseId, 'handed_over'))]);
    expect(await plan.rows(`select 1 from case_role where case_id = $1 and role = 'lead' and until_at is null`)).toHaveLength(1);
    expect(await plan.rows(`select 1 from closure where case_id = $1 and lead_agency is null`)).toEqual([]);
    await second.close();
  });
});
