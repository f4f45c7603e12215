// An installation of the version before casework: six invented consultations that staff took with it, one down each route and two
// in the middle, as its own code left them in its database (data-of-the-spine.json.gz, one list of rows a table).
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { cancelInstance } from '../../src/actions/cancel-instance.js';
import { completeTask } from '../../src/actions/complete-task.js';
import { fireTimer } from '../../src/actions/fire-timer.js';
import { townForm, townWork } from '../../src/actions/town-work.js';
import { readAs } from '../../src/base/db.js';
import { mustReach } from '../../src/domain/access.js';
import { chronologyOf } from '../../src/domain/chronology.js';
import type { Json } from '../../src/engine/model.js';
import { deploy, withDatabase } from '../../prisma/engine.mjs';
import { asRole, ensureDatabase, migrate } from '../../prisma/prepare.js';
import { root } from '../house/source.js';
import { sampleOf, untilThen } from '../support/answers.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin, seedTestCity } from '../support/city.js';
import { asAdmin, query } from '../support/database.js';
import { servers } from '../support/run.js';

type Rows = Record<string, unknown>[];
const lastOfTheSpine = '20261123000060_take_back';
const before = JSON.parse(gunzipSync(readFileSync(join(root, 'test/infra/data-of-the-spine.json.gz'))).toString('utf8')) as Record<string, Rows>;
const clerk = { kind: 'system', name: 'upgrade test' } as const;

/** Puts the rows where that version had them, as they were: no trigger and no key interferes. */
async function load(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    for (const [table, rows] of Object.entries(before)) await client.query(`insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1)`, [JSON.stringify(rows)]);
    const { rows: counted } = await client.query<{ set: string }>(
      `select format('select setval(%L, (select max(%I) from %I))', pg_get_serial_sequence(quote_ident(table_name), column_name), column_name, table_name) as set
       from information_schema.columns where table_schema = 'public' and pg_get_serial_sequence(quote_ident(table_name), column_name) is not null`,
    );
    for (const { set } of counted) await client.query(set);
  } finally {
    await client.end();
  }
}

describe('an installation of the version before', () => {
  const name = `test_upgrade_${randomBytes(4).toString('hex')}`;
  const { adminUrl, password } = servers();
  const url = withDatabase(adminUrl, name);
  const database = { name, ownerUrl: url, appUrl: asRole(url, 'tsunagi_app', password), queueUrl: asRole(url, 'tsunagi_queue', password), drop: () => asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
  let app: TestApp;
  let at = new Date('2026-11-25T10:00:00+09:00');

  beforeAll(async () => {
    await ensureDatabase(url);
    await deploy(url, lastOfTheSpine);
    await load(url);
  });
  afterAll(async () => {
    await app?.close();
    await database.drop();
  });

  async function take(login: string, caseNo: string, elementId: string, answers: Record<string, Json> = {}): Promise<void> {
    const [task] = await query<{ id: string; version: number }>(url, `select id, version from task where business_key = $1 and element_id = $2 and status = 'open' order by id limit 1`, [caseNo, elementId]);
    if (!task) throw new Error(`${elementId} of ${caseNo} is not open`);
    const { schema } = await townForm(app, clerk, task.id);
    await completeTask(app, await personByLogin(url, login), { taskId: task.id, version: task.version, answers: schema === null ? answers : untilThen(schema, answers, at) });
  }
  /** Lets the days pass until that clock of the case, and every other before it, has rung. */
  async function passes(caseNo: string, elementId: string): Promise<void> {
    for (let rang = ''; rang !== elementId; ) {
      const [next] = (await townWork(app, clerk, caseNo)).timers;
      if (!next) throw new Error(`no clock runs for ${caseNo}`);
      const [timer] = await query<{ elementId: string }>(url, `select element_id as "elementId" from timer where id = $1`, [next.id]);
      at = new Date(Math.max(at.getTime(), next.dueAt.getTime()));
      await fireTimer(app, clerk, { timerId: next.id });
      rang = timer!.elementId;
    }
  }
  const processes = async (caseNo: string): Promise<string[]> =>
    (await query<{ line: string }>(url, `select d.key || ' v' || d.version || ' ' || i.status as line from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 order by 1`, [caseNo])).map(({ line }) => line);

  test('every later migration applies to its data: no row is gone, none says anything else, every rule holds for all of them', async () => {
    expect((await migrate(url)).length).toBeGreaterThan(10);
    for (const [table, rows] of Object.entries(before)) {
      const keys = Object.keys(rows[0]!);
      const kept = await query<{ n: number }>(
        url,
        `select count(*)::int as n from jsonb_populate_recordset(null::${table}, $1) o where exists (select 1 from ${table} t where (${keys.map((key) => `t.${key}`).join(', ')}) is not distinct from (${keys.map((key) => `o.${key}`).join(', ')}))`,
        [JSON.stringify(rows)],
      );
      expect([table, kept[0]!.n]).toEqual([table, rows.length]);
    }
    expect(await query(url, `select conname from pg_constraint where not convalidated`)).toEqual([]);
  }, 120_000);

  test('the new city and the new diagrams come beside the old; whoever took a case still reaches it and its answers', async () => {
    await seedTestCity(url);
    app = await testApp({ database, deploy: ['processes'], clock: { now: () => at } });
    const mori = await personByLogin(url, 'mori.d');
    const [open] = await query<{ id: string; caseId: string }>(url, `select t.id, c.id as "caseId" from task t join support_case c on c.case_no = t.business_key where c.case_no = 'R8-00005' and t.status = 'open'`);
    await readAs(app.db, mori, (tx) => mustReach(tx, mori, open!.caseId, 'content'));
    const memos = await readAs(app.db, mori, (tx) => tx.db.$queryRawUnsafe<{ memo: string }[]>(`select answers ->> 'memo' as memo from submission where case_id = $1::uuid`, open!.caseId));
    expect(memos).toEqual([{ memo: '途中まで' }]);
    const [draft] = await readAs(app.db, mori, (tx) => tx.db.$queryRawUnsafe<{ memo: string }[]>(`select answers ->> 'memo' as memo from draft where task_id = $1::uuid`, open!.id));
    expect(draft).toEqual({ memo: '書きかけ' });
    expect(await readAs(app.db, mori, (tx) => chronologyOf(tx, { caseId: open!.caseId, most: 50 }))).toMatchObject({ next: null });
  }, 120_000);

  test('what was in the middle goes on by the diagrams under which it began', async () => {
    await take('mori.d', 'R8-00005', 'assess_urgency', { urgency: 'none' });
    await take('mori.d', 'R8-00005', 'screen_consultation', { screeningResult: 'coordinate' });
    await take('sato.h', 'R8-00006', 'answer_referral', { referralDecision: 'accept' });
    await take('sato.h', 'R8-00006', 'assign_coordinator', { coordinatorGroup: 'grp.coordinator.city' });
    expect(await processes('R8-00006')).toEqual(['coordination_main v1 active', 'intake_screening v1 ended']);
    expect((await query(url, `select 1 from task where business_key = 'R8-00006' and element_id = 'decide_eligibility' and status = 'open'`)).length).toBe(1);
  }, 120_000);

  test('what waited for months goes on: participation and monitoring by the old diagrams to the evaluation by the new one; the watch without consent to its end', async () => {
    const [consented, refused] = ['R8-00003', 'R8-00004'];
    await passes(consented, 'wait_first_monitoring');
    await take('inoue.t', consented, 'support_settling', { settlingResult: 'stable' });
    await take('inoue.t', consented, 'evaluate_settling');
    await take('ishikawa.r', consented, 'report_status');
    await take('sato.h', consented, 'monitor_progress', { monitoringResult: 'closing' });
    await take('sato.h', consented, 'prepare_evaluation');
    expect((await processes(consented)).filter((line) => line.endsWith('active'))).toEqual(['closure_evaluation v2 active', 'coordination_main v1 active']);
    expect((await townWork(app, clerk, consented)).tasks.map(({ elementId }) => elementId).toSorted()).toEqual(['collect_evaluations', 'confirm_wishes']);
    // the evaluation asks for a plan that was never kept: whoever is asked reads how the case goes on
    await expect(take('ishikawa.r', consented, 'collect_evaluations', sampleOf('closure_evaluation', 'collect_evaluations'))).rejects.toMatchObject({ code: 'plan_missing', message: expect.stringContaining('「次の対応を決める」仕事') });
    await passes(refused, 'review_due');
    await take('nakamura.m', refused, 'review_continuation', { reviewResult: 'end' });
    expect((await processes(refused)).filter((line) => !line.endsWith('ended'))).toEqual([]);
  }, 120_000);

  test('a case whose plan was never kept goes on as it says: what asks for it is called off, the coordinator decides what comes next, and it comes to its closure with all that was written', async () => {
    const caseNo = 'R8-00003';
    const kato = await personByLogin(url, 'kato.m');
    const written = await query<{ id: string }>(url, `select s.id from submission s join support_case c on c.id = s.case_id where c.case_no = $1 order by s.id`, [caseNo]);
    for (const key of ['closure_evaluation', 'coordination_main']) {
      const [running] = await query<{ id: string }>(url, `select i.id from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 and d.key = $2 and i.status = 'active'`, [caseNo, key]);
      await cancelInstance(app, kato, { instanceId: running!.id, reason: 'プランの記録がないため' });
    }
    expect((await townWork(app, clerk, caseNo)).tasks.map(({ elementId }) => elementId)).toEqual(['decide_next_step']);
    const next = (nextStep: string): Promise<void> => take('mori.d', caseNo, 'decide_next_step', { ...sampleOf('next_step', 'decide_next_step'), nextStep } as Record<string, Json>);
    // none of the ways that need the plan is open
    for (const nextStep of ['monitoring', 'replan']) await expect(next(nextStep)).rejects.toMatchObject({ code: 'plan_missing' });
    await next('closing');
    await take('nakamura.m', caseNo, 'decide_ending', sampleOf('next_step', 'decide_ending') as Record<string, Json>);
    expect(await query(url, `select status from support_case where case_no = $1`, [caseNo])).toEqual([{ status: 'closed' }]);
    expect((await processes(caseNo)).filter((line) => /active|suspended/.test(line))).toEqual([]);
    const kept = await query<{ id: string }>(url, `select s.id from submission s join support_case c on c.id = s.case_id where c.case_no = $1 order by s.id`, [caseNo]);
    expect(kept.map(({ id }) => id)).toEqual(expect.arrayContaining(written.map(({ id }) => id)));
  }, 120_000);
});
