// The invented town that bin/start fills itself with on its first run.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeTown, type TownMade } from '../../src/services/town/town.js';
import { testApp, type TestApp } from '../support/app.js';
import { query } from '../support/database.js';
import { processNames } from './walk.js';

const endsAt = new Date('2026-11-24T10:00:00+09:00');

describe('架空の町', () => {
  let app: TestApp;
  let made: TownMade;
  const sql = <Row extends Record<string, unknown>>(text: string, ...values: unknown[]): Promise<Row[]> => query<Row>(app.database.ownerUrl, text, values);
  beforeAll(async () => {
    let at = new Date(0);
    const clock = { now: () => at, set: (next: Date) => void (at = next) };
    app = await testApp({ clock, deploy: ['processes'] });
    made = await makeTown(app, clock, { households: 45, seed: 1, days: 240, endsAt, budgetMs: 420_000, tell: () => {} });
  }, 450_000);
  afterAll(() => app.close());

  test('every household came, and hardly a step could not be taken', () => {
    expect(made.cases).toBe(45);
    const stuck = Object.values(made.stuck).reduce((sum, count) => sum + count, 0);
    if (stuck > 0) process.stderr.write(`${JSON.stringify(made.stuck)}\n`);
    expect(made.steps).toBeGreaterThan(45 * 6);
    expect(stuck).toBeLessThan(made.steps / 20);
  });

  test('it is spread over the months, over stages and fields, on time and overdue, ended and running, and no incident', async () => {
    const [row] = await sql<Record<string, number>>(`select (select count(distinct date_trunc('month', opened_at))::int from support_case) as months, (select count(distinct field)::int from support_case) as fields,
      (select count(distinct status)::int from support_case) as statuses, (select count(*)::int from task where status = 'open' and due_at < $1) as overdue, (select count(*)::int from task where status = 'open' and (due_at is null or due_at >= $1)) as "inTime",
      (select count(distinct element_id)::int from task where status = 'open') as stages, (select count(*)::int from process_instance where status = 'ended') as ended, (select count(*)::int from process_instance where status = 'active') as active,
      (select count(*)::int from incident where resolved_at is null) as incidents`, endsAt);
    expect(row!['months']).toBeGreaterThanOrEqual(7);
    expect(row!['fields']).toBeGreaterThanOrEqual(3);
    expect(row!['statuses']).toBeGreaterThanOrEqual(4);
    expect(row!['overdue']).toBeGreaterThan(0);
    expect(row!['inTime']).toBeGreaterThan(5);
    expect(row!['stages']).toBeGreaterThanOrEqual(6);
    expect(row!['ended']).toBeGreaterThan(10);
    expect(row!['active']).toBeGreaterThan(10);
    expect(row!['incidents']).toBe(0);
  });

  test('it is in every process, and each household tells of itself', async () => {
    const keys = await sql<{ key: string }>(`select distinct d.key from process_instance i join process_definition d on d.id = i.definition_id order by 1`);
    // next_step begins only where everything else of an open case has come to its end (decision 0013)
    expect(processNames.filter((name) => name !== 'next_step' && !keys.some(({ key }) => key === name))).toEqual([]);
    const [said] = await sql<Record<string, number>>(`select count(distinct answers ->> 'worryDetail')::int as worries, count(distinct answers ->> 'mainWorry')::int as main from submission where record in ('F01', 'F02')`);
    expect(said!['worries']).toBeGreaterThanOrEqual(10);
    expect(said!['main']).toBeGreaterThanOrEqual(6);
    const [alike] = await sql<Record<string, number>>(`select (select count(distinct long_goal)::int from plan) as goals, (select count(*)::int from client_person) as people, (select count(distinct (name, birth_date))::int from client_person) as different`);
    expect(alike!['goals']).toBeGreaterThanOrEqual(5);
    expect(alike!['different']).toBe(alike!['people']);
  });

  test('there is something of everything', async () => {
    for (const table of ['flag', 'training', 'attachment', 'clock_pause', 'kpi_entry', 'development_item', 'referral', 'emergency', 'case_exit', 'consent', 'disclosure', 'outreach', 'participation', 'closure', 'definition_change', 'community_issue']) {
      const [{ n }] = (await sql<{ n: number }>(`select count(*)::int as n from ${table}`)) as [{ n: number }];
      expect([table, n > 0]).toEqual([table, true]);
    }
  });

  test('nothing in it lies ahead of now, and both kinds of meeting were held', async () => {
    expect(await sql(`select 1 from submission where submitted_at > $1 union all select 1 from support_case where opened_at > $1`, endsAt)).toEqual([]);
    const held = await sql<{ element_id: string }>(`select distinct element_id from task where status = 'completed' and element_id like 'hold_%meeting'`);
    expect(held.map(({ element_id: id }) => id)).toEqual(expect.arrayContaining(['hold_plan_meeting', 'hold_confidential_meeting']));
  });
});
