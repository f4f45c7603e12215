// Guard: the coordinator never approves their own plan. The routes and diagrams are in test/http/plans.test.ts, the rules of the domain in
// test/domain/plans.test.ts; here it is broken by changed roles, by statements, and by two applications at once.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transact } from '../../src/base/db.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { refusedBy, waitingPlan } from './waiting-plan.js';

const system = { kind: 'system', name: 'test' } as const;
let app: TestApp;
const given = (login: string, roles: string[], groups: string[] = []) => query(app.database.ownerUrl, `with u as (update app_user set roles = $2 where login = $1 returning id) insert into membership (user_id, group_key) select u.id, g from u, unnest($3::text[]) g on conflict do nothing`, [login, roles, groups]);
const leaves = (login: string, group: string) => query(app.database.ownerUrl, `delete from membership where group_key = $2 and user_id = (select id from app_user where login = $1)`, [login, group]);

beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app?.close());

describe('the coordinator never approves their own plan', () => {
  test('ROLE not when they become chair, not when they leave the coordinators, not as director, not after a restart', async () => {
    const plan = await waitingPlan(app);
    await given('sato.h', ['coordinator', 'chair'], ['grp.chair']);
    expect(await refusedBy(plan.decides('sato.h'))).toBe('own_plan');
    await given('sato.h', ['director', 'chair']);
    await leaves('sato.h', 'grp.coordinator.city');
    for (const decision of ['decided', 'redraft', 'not_decided']) expect(await refusedBy(plan.decides('sato.h', decision))).toBe('own_plan');
    const again = await testApp({ database: app.database });
    expect(await refusedBy(plan.decides('sato.h', 'decided', again))).toBe('own_plan');
    await again.close();
    await given('tanaka.k', ['coordinator', 'chair'], ['grp.chair']); // wrote nothing, but coordinates
    expect(await refusedBy(plan.decides('tanaka.k'))).toBe('own_plan');
    await given('sato.h', ['coordinator'], ['grp.coordinator.city']);
    await given('tanaka.k', ['coordinator']);
    for (const login of ['sato.h', 'tanaka.k']) await leaves(login, 'grp.chair');
    expect(await plan.status()).toEqual(['explained']);
    await plan.decides('nakamura.m');
  });

  test('LATE a chair who writes one revision of it decides no version any more, whoever drafts the next', async () => {
    const plan = await waitingPlan(app);
    const [chair, director] = await Promise.all(['nakamura.m', 'kobayashi.t'].map((login) => personByLogin(app.database.ownerUrl, login)));
    await plan.drafts(chair!);
    await plan.drafts('sato.h');
    await plan.files('sato.h', 'F05.signature', { signature: 'oral', signedBy: '本人', signedOn: '2026-11-01', explainedOn: '2026-11-01' });
    expect(await refusedBy(plan.decides(chair!))).toBe('own_plan');
    await plan.decides(director!);
    expect(await plan.rows(`select u.login from plan p join app_user u on u.id = p.decided_by_id where p.case_id = $1`)).toEqual([{ login: 'kobayashi.t' }]);
  });

  test('SQL the application itself cannot write that its author, its coordinator or nobody decided it', async () => {
    const plan = await waitingPlan(app);
    await given('sato.h', ['coordinator', 'chair', 'director']);
    await given('tanaka.k', ['coordinator', 'chair']);
    const write = (login: string) => transact(app.db, system, (tx) => tx.db.$executeRawUnsafe(
      `update plan set status = 'decided', decided_at = now(), decided_by_id = (select id from app_user where login = $2), consent_id = (select id from consent where case_id = $1::uuid limit 1) where case_id = $1::uuid`, plan.caseId, login));
    for (const login of ['sato.h', 'tanaka.k']) expect(await refusedBy(write(login))).toMatch(/wrote it or coordinates/);
    for (const login of ['ishikawa.r', 'kato.m', 'nobody']) expect(await refusedBy(write(login))).toMatch(/decided by its chair or director/);
    await given('sato.h', ['coordinator']);
    await given('tanaka.k', ['coordinator']);
    for (const login of ['sato.h', 'tanaka.k']) expect(await refusedBy(write(login))).toMatch(/decided by its chair or director/);
    expect(await plan.status()).toEqual(['explained']);
  });

  test('TWO AT ONCE on two applications: who revises it while they decide it is never the one who decided', async () => {
    const second = await testApp({ database: app.database });
    for (let round = 0; round < 4; round += 1) {
      const plan = await waitingPlan(app);
      const nakamura = await personByLogin(app.database.ownerUrl, 'nakamura.m');
      await Promise.allSettled([plan.decides(nakamura), plan.drafts(nakamura, second), plan.decides(nakamura, 'decided', second)]);
      expect(await plan.rows(`select 1 from plan p join plan_event e on e.plan_id = p.id and e.kind in ('drafted', 'revised') and e.by_id = p.decided_by_id where p.case_id = $1 and p.decided_by_id is not null and e.at < p.decided_at`)).toEqual([]);
      expect((await plan.rows(`select 1 from case_decision where case_id = $1`)).length).toBeLessThanOrEqual(1);
    }
    await second.close();
  });
});
