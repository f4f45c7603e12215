// Guard: the city alone makes 支援決定 (and 対象決定, an extension, a closure). The routes and diagrams are in test/http/plans.test.ts, the rules
// of the domain in test/domain/plans.test.ts; here it is broken by changed roles, by statements, and by two applications at once.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transact } from '../../src/base/db.js';
import { newId } from '../../src/base/id.js';
import { keepDecision } from '../../src/domain/plans/decisions.js';
import { sampleOf } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { refusedBy, waitingPlan } from './waiting-plan.js';

const system = { kind: 'system', name: 'test' } as const;
let app: TestApp;
const sql = (text: string) => query(app.database.ownerUrl, text);

beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app?.close());

describe('the city alone decides', () => {
  test('ROLE nobody else: not who leads elsewhere, not a contractor with the role and the inbox of the chair, not a city section that is a contractor now', async () => {
    const plan = await waitingPlan(app);
    const everybody = await query<{ login: string }>(app.database.ownerUrl, `select u.login from app_user u join agency a on a.code = u.agency_code where u.active and not (u.roles && '{chair,director}' and a.kind = 'city') order by 1`);
    expect(everybody.length).toBeGreaterThan(35);
    for (const { login } of everybody) expect([login, await refusedBy(plan.decides(login))]).toEqual([login, expect.stringMatching(/^(not_city_decision|own_plan)$/)]);
    const saito = await personByLogin(app.database.ownerUrl, 'saito.o');
    for (const roles of [['chair'], ['director', 'manager']]) expect(await refusedBy(plan.decides({ ...saito, roles, groups: ['grp.chair', 'grp.director'] }))).toBe('not_city_decision');
    await sql(`update agency set is_contractor = true where code = 'welfare_policy'`);
    expect(await refusedBy(plan.decides('nakamura.m'))).toBe('not_city_decision');
    await sql(`update agency set is_contractor = false where code = 'welfare_policy'`);
    expect(await plan.rows(`select 1 from case_decision where case_id = $1`)).toEqual([]);
    await plan.decides('nakamura.m');
  }, 180_000);

  test('LATE a chair whose post was taken away, or who was moved to a contractor, while their page was open decides nothing', async () => {
    const plan = await waitingPlan(app);
    const before = await personByLogin(app.database.ownerUrl, 'nakamura.m');
    for (const [change, back] of [[`roles = '{manager}'`, `roles = '{chair,manager}'`], [`agency_code = 'shakyo'`, `agency_code = 'welfare_policy'`], ['active = false', 'active = true']]) {
      await sql(`update app_user set ${change} where login = 'nakamura.m'`);
      for (const decision of ['decided', 'not_decided']) expect(await refusedBy(plan.decides(before, decision))).not.toBe('done');
      expect(await refusedBy(plan.files(before, 'F05.eligibility', sampleOf('coordination_main', 'decide_eligibility')))).not.toBe('done');
      await sql(`update app_user set ${back} where login = 'nakamura.m'`);
    }
    expect(await plan.rows(`select 1 from case_decision where case_id = $1`)).toEqual([]);
    expect(await plan.status()).toEqual(['explained']);
  });

  test('SQL the application itself cannot write a decision of somebody else, nor change or take away one that was made', async () => {
    const plan = await waitingPlan(app);
    const insert = (login: string, kind = 'support') => transact(app.db, system, (tx) => tx.db.$executeRawUnsafe(
      `insert into case_decision (id, case_id, kind, decision, decided_by_id, decided_at, submission_id) values ($1::uuid, $2::uuid, $3, 'decided', coalesce((select id from app_user where login = $4), $1::uuid), now(), $1::uuid)`, newId(Date.now()), plan.caseId, kind, login));
    for (const login of ['sato.h', 'saito.o', 'ishikawa.r', 'kato.m', 'nobody']) for (const kind of ['eligibility', 'support', 'plan_end', 'closure']) expect(await refusedBy(insert(login, kind))).toMatch(/decided by its chair or director/);
    await insert('kobayashi.t');
    for (const change of [`update case_decision set decision = 'not_decided' where case_id = $1::uuid`, `delete from case_decision where case_id = $1::uuid`]) await expect(transact(app.db, system, (tx) => tx.db.$executeRawUnsafe(change, plan.caseId))).rejects.toThrow(/append-only|permission denied/);
    const sato = await personByLogin(app.database.ownerUrl, 'sato.h');
    expect(await refusedBy(transact(app.db, sato, (tx) => keepDecision(tx, sato, { caseId: plan.caseId, kind: 'support', decision: 'decided', planId: null, submissionId: newId(Date.now()) })))).toBe('not_city_decision');
  });

  test('TWO AT ONCE on two applications: the city’s decision stands once, an outsider’s never', async () => {
    const second = await testApp({ database: app.database });
    for (let round = 0; round < 3; round += 1) {
      const plan = await waitingPlan(app);
      const answers = await Promise.allSettled([plan.decides('nakamura.m'), plan.decides('kobayashi.t', 'not_decided', second), plan.decides('saito.o', 'decided', second), plan.decides('ishikawa.r')]);
      expect(answers.slice(2).every(({ status }) => status === 'rejected')).toBe(true);
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await plan.rows(`select 1 from case_decision where case_id = $1 and kind = 'support'`)).toHaveLength(1);
    }
    await second.close();
  });
});
