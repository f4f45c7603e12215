// The invented town that bin/start fills itself with on its first run.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeTown, type TownMade } from '../../src/services/town/town.js';
import { startWorkers } from '../../workers/start.js';
import { testApp, type TestApp } from '../support/app.js';
import { query } from '../support/database.js';
import { processNames } from './walk.js';

const hourMs = 3_600_000;
const endsAt = new Date('2026-11-24T10:00:00+09:00');

describe('架空の町', () => {
  let app: TestApp;
  let made: TownMade;
  /** Mails that were sent while the town moved in. */
  let sent = 0;
  const sql = <Row extends Record<string, unknown>>(text: string, ...values: unknown[]): Promise<Row[]> => query<Row>(app.database.ownerUrl, text, values);
  beforeAll(async () => {
    let at = new Date(0);
    const clock = { now: () => at, set: (next: Date) => void (at = next) };
    app = await testApp({ clock, deploy: ['processes'] });
    // the workers of a bin/start that runs, at the clock of today: they let it move in
    const today = await testApp({ clock: { now: () => endsAt }, database: app.database });
    const workers = startWorkers(today, { everyMs: 200, sendMail: async () => void (sent += 1) });
    made = await makeTown(app, clock, { households: 45, seed: 1, days: 240, endsAt, budgetMs: 420_000, tell: () => {} });
    await workers.stop();
    await today.close();
  }, 450_000);
  afterAll(() => app.close());

  test('every household came, and no step was refused for good, with workers at work beside it', () => {
    expect(made.cases).toBe(45);
    expect(made.stuck).toEqual([]);
    expect(made.steps).toBeGreaterThan(45 * 6);
    expect(sent).toBe(0);
  });

  test('nobody works at night or on a closed day', async () => {
    const filed = await sql<{ at: Date }>(`select submitted_at as at from submission union all select at from client_merge`);
    expect(filed.length).toBeGreaterThan(500);
    const closed = filed.filter(({ at }) => app.calendar.openMs(new Date(at.getTime() - hourMs), new Date(at.getTime() + hourMs)) === 0);
    expect(closed).toEqual([]);
  });

  test('a plan was made anew: its second version is decided, and the first is superseded and stays as it was', async () => {
    const anew = await sql<Record<string, unknown>>(`select c.case_no, first.status as first, first.kind as "firstKind", second.kind as "secondKind", second.decided_at > first.decided_at as later
      from plan second join plan first on first.case_id = second.case_id and first.version = 1 join support_case c on c.id = second.case_id where second.version = 2 and second.status = 'decided'`);
    expect(anew.length).toBeGreaterThan(0);
    for (const one of anew) expect(one).toMatchObject({ first: 'superseded', firstKind: 'initial', secondKind: 'replan', later: true });
  });

  test('a household that was registered at two windows is merged by a coordinator; somebody else of the same name is looked at and left', async () => {
    const merged = await sql<Record<string, unknown>>(`select u.roles, m.reason <> '' as reasoned, m.undone_at, kept.root_id = gone.root_id as one, kept.kana = gone.kana as alike,
        (select count(distinct c.agency_code)::int from household_member h join support_case c on c.id = h.case_id where h.client_id in (kept.id, gone.id)) as windows
      from client_merge m join app_user u on u.id = m.by_id join client_person kept on kept.id = m.kept_id join client_person gone on gone.id = m.merged_id`);
    expect(merged.length).toBeGreaterThan(1); // the 本人 and who lives there
    for (const one of merged) expect(one).toMatchObject({ roles: expect.arrayContaining(['coordinator']), reasoned: true, undone_at: null, one: true, alike: true, windows: 2 });

    const left = await sql<Record<string, unknown>>(`select distinct later.case_no, a.root_id = b.root_id as one, a.birth_date = b.birth_date as "sameDay" from submission note
      join support_case later on later.id = note.case_id join household_member h on h.case_id = later.id and h.relation = 'subject' join client_person a on a.id = h.client_id
      join client_person b on b.kana = a.kana and b.address = a.address and b.id <> a.id where note.form_key = 'case_note' and note.answers ->> 'content' like '同じ団地に同姓同名%'`);
    expect(left).toMatchObject([{ one: false, sameDay: false }]);
    // what whoever took it was asked first
    const [asked] = await sql<{ n: number }>(`select count(*)::int as n from audit_event where outcome = 'refused' and reason = 'possible_duplicates'`);
    expect(asked!.n).toBeGreaterThan(2);
  });

  test('it is spread over the months, over stages and fields, on time and overdue, ended and running, and no incident', async () => {
    const [row] = await sql<Record<string, number>>(`select (select count(distinct date_trunc('month', opened_at))::int from support_case) as months, (select count(distinct field)::int from support_case) as fields,
      (select count(*)::int from task where status = 'open' and due_at < $1) as overdue, (select count(*)::int from task where status = 'open' and (due_at is null or due_at >= $1)) as "inTime",
      (select count(distinct element_id)::int from task where status = 'open') as stages, (select count(*)::int from process_instance where status = 'ended') as ended, (select count(*)::int from process_instance where status = 'active') as active,
      (select count(*)::int from incident where resolved_at is null) as incidents`, endsAt);
    expect(row!['months']).toBeGreaterThanOrEqual(7);
    expect(row!['fields']).toBeGreaterThanOrEqual(3);
    expect(row!['overdue']).toBeGreaterThan(0);
    expect(row!['inTime']).toBeGreaterThan(5);
    expect(row!['stages']).toBeGreaterThanOrEqual(6);
    expect(row!['ended']).toBeGreaterThan(10);
    expect(row!['active']).toBeGreaterThan(10);
    expect(row!['incidents']).toBe(0);
    const standing = await sql<{ status: string }>('select distinct status from support_case order by 1');
    expect(standing.map(({ status }) => status)).toEqual(expect.arrayContaining(['closed', 'coordination', 'interrupted', 'on_hold', 'open', 'screening', 'supporting', 'watching']));
    // 受付中: somebody has just come, it is urgent, and the intake goes on
    const [received] = await sql<{ urgent: boolean; steps: number }>(`select bool_and(c.urgent) as urgent, count(t.id)::int as steps from support_case c join task t on t.business_key = c.case_no and t.status = 'open' and t.process_key in ('intake_screening', 'emergency') where c.status = 'screening'`);
    expect(received).toMatchObject({ urgent: true });
    expect(received!.steps).toBeGreaterThan(0);
  });

  test('it is in every process, and each household tells of itself', async () => {
    const keys = await sql<{ key: string }>(`select distinct d.key from process_instance i join process_definition d on d.id = i.definition_id order by 1`);
    // next_step begins only where everything else of an open case has come to its end (decision 0013)
    expect(processNames.filter((name) => name !== 'next_step' && !keys.some(({ key }) => key === name))).toEqual([]);
    const [said] = await sql<Record<string, number>>(`select count(distinct answers ->> 'worryDetail')::int as worries, count(distinct answers ->> 'mainWorry')::int as main from submission where record in ('F01', 'F02')`);
    expect(said!['worries']).toBeGreaterThanOrEqual(10);
    expect(said!['main']).toBeGreaterThanOrEqual(6);
    const [alike] = await sql<Record<string, number>>(`select (select count(distinct long_goal)::int from plan) as goals, (select count(distinct root_id)::int from client_person) as people, (select count(distinct (name, birth_date))::int from client_person) as different`);
    expect(alike!['goals']).toBeGreaterThanOrEqual(5);
    expect(alike!['different']).toBe(alike!['people']);
  });

  test('there is something of everything', async () => {
    for (const table of ['flag', 'training', 'attachment', 'clock_pause', 'kpi_entry', 'development_item', 'referral', 'emergency', 'case_exit', 'consent', 'disclosure', 'outreach', 'participation', 'closure', 'definition_change', 'incident_report', 'community_issue']) {
      const [{ n }] = (await sql<{ n: number }>(`select count(*)::int as n from ${table}`)) as [{ n: number }];
      expect([table, n > 0]).toEqual([table, true]);
    }
  });

  test('nothing in it lies ahead of now, and both kinds of meeting were held', async () => {
    expect(await sql(`select 1 from submission where submitted_at > $1 union all select 1 from support_case where opened_at > $1`, endsAt)).toEqual([]);
    const held = await sql<{ kind: string }>(`select distinct m.kind from meeting m join sitting s on s.meeting_id = m.id where s.held_at is not null order by 1`);
    expect(held.map(({ kind }) => kind)).toEqual(['closure', 'confidential', 'plan']);
  });
});
