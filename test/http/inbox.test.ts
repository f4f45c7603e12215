import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { openDb, readAs, type Db, type Person } from '../../src/base/db.js';
import { endOfTomorrow, inboxCounts, inboxPage, inboxSorts, inboxViews, likePatterns, type InboxPosition, type InboxQuery, type InboxRow } from '../../src/engine/inbox.js';
import { freshDatabase, query, type TestDatabase } from '../support/database.js';
import { seedTestCity } from '../support/city.js';

// Every page, sort, filter and count against a plain list in memory.

const now = new Date('2026-11-24T03:00:00Z'); // noon in Japan
let database: TestDatabase;
let db: Db;
let people: Person[];

const minutes = (from: Date, n: number): string => new Date(from.getTime() + n * 60_000).toISOString();
const groups = ['grp.intake.elder', 'grp.intake.child', 'grp.coordinator.city', 'grp.outreach'];
const agencyOf: Record<string, string> = { 'grp.intake.elder': 'chiiki_houkatsu', 'grp.intake.child': 'child_support_centre', 'grp.coordinator.city': 'welfare_policy', 'grp.outreach': 'shakyo' };
const names = ['アセスメント', '訪問_記録', '同意100%確認', '会議の招集', 'プラン案'];

interface Row {
  id: string;
  name: string;
  process_key: string;
  element_id: string;
  business_key: string;
  candidate_groups: string[];
  assignee_id: string | null;
  owner_id: string | null;
  status: string;
  due_at: Date | null;
  follow_up_at: Date | null;
  urgent: boolean;
  created_at: Date;
  ended_at: Date | null;
  ended_by_id: string | null;
}
let rows: Row[];
/** Who was told of which late task: `user task`. */
const told = new Set<string>();

/** Tasks as a year of work would leave them, from a seeded generator so that each run has the same. */
function tasksOf(seed: number, count: number): Record<string, unknown>[] {
  let state = seed;
  const pick = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const someone = (): string | null => (pick(3) === 0 ? null : people[pick(people.length)]!.userId);
  return Array.from({ length: count }, (_, i) => {
    const done = pick(5) === 0;
    const first = pick(groups.length);
    return {
      id: `22222222-0000-7000-8000-${String(pick(1_000_000) * 1000 + i).padStart(12, '0')}`,
      execution_id: `e${i}`,
      element_id: `step_${pick(4)}`,
      process_key: ['intake', 'main'][pick(2)],
      name: names[pick(names.length)],
      business_key: `R8-${String(pick(30)).padStart(5, '0')}`,
      candidate_groups: pick(4) === 0 ? [groups[first], groups[(first + 1 + pick(3)) % 4]] : [groups[first]],
      assignee_id: pick(2) === 0 ? someone() : null,
      owner_id: pick(8) === 0 ? someone() : null,
      status: done ? (pick(3) === 0 ? 'cancelled' : 'completed') : 'open',
      // few distinct times, so that ties are common
      due_at: pick(6) === 0 ? null : minutes(now, (pick(20) - 10) * 360),
      follow_up_at: pick(4) === 0 ? minutes(now, (pick(5) - 2) * 600) : null,
      urgent: pick(5) === 0,
      created_at: minutes(now, -pick(40) * 300),
      ended_at: done ? minutes(now, -pick(60) * 1440) : null,
      ended_by_id: done ? someone() : null,
    };
  });
}

beforeAll(async () => {
  database = await freshDatabase();
  await seedTestCity(database.ownerUrl);
  const found = await query<{ id: string }>(database.ownerUrl, `select id from app_user order by login limit 4`);
  const mine = [['grp.intake.elder'], ['grp.intake.elder', 'grp.coordinator.city', 'grp.outreach'], groups, []];
  people = found.map((row, i) => ({ kind: 'person', userId: row.id, name: 'x', agencyCode: 'shakyo', groups: mine[i]!, roles: [] }));
  const definition = '11111111-0000-7000-8000-000000000001';
  await query(database.ownerUrl, `insert into process_definition (id, key, version, name, sha256, xml, forms, start_messages, executor_version, deployed_at) values ('${definition}', 'intake', 1, '受付', 'x', '<x/>', '{}', '{}', '1', now())`);
  await query(database.ownerUrl, `insert into process_instance (id, definition_id, root_id, variables, executor_version, started_at) values ('${definition}', '${definition}', '${definition}', '{}', '1', now())`);
  await query(
    database.ownerUrl,
    `insert into task (id, instance_id, definition_id, execution_id, element_id, process_key, name, business_key, candidate_groups, assignee_id, owner_id, status, due_at, follow_up_at, urgent, created_at, ended_at, ended_by_id)
     select r.id, '${definition}', '${definition}', r.execution_id, r.element_id, r.process_key, r.name, r.business_key, r.candidate_groups, r.assignee_id, r.owner_id, 'open', r.due_at, r.follow_up_at, r.urgent, r.created_at, r.ended_at, r.ended_by_id
     from jsonb_populate_recordset(null::task, $1::jsonb) r`,
    [JSON.stringify(tasksOf(7, 600))],
  );
  // and then the life of a task: some end, some change hands
  await query(database.ownerUrl, `update task t set status = r.status from jsonb_populate_recordset(null::task, $1::jsonb) r where r.id = t.id and r.status <> 'open'`, [JSON.stringify(tasksOf(7, 600))]);
  await query(database.ownerUrl, `update task set assignee_id = $1, urgent = not urgent, due_at = due_at + interval '3 hours' where element_id = 'step_1' and business_key < 'R8-00010' and status = 'open'`, [people[1]!.userId]);
  rows = await query<Row & Record<string, unknown>>(database.ownerUrl, `select * from task`);
  // and of every seventh somebody was told that it is late, whether it lies with them or not
  for (const [i, { id }] of rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)).entries()) {
    const reader = people[Math.floor(i / 7) % 4]!.userId;
    if (i % 7 !== 0) continue;
    await query(database.ownerUrl, `insert into notification (id, user_id, task_id, kind, rule, created_at) values (gen_random_uuid(), $1, $2, 'escalation', 'escalate:1BD>manager', now())`, [reader, id]);
    told.add(`${reader} ${id}`);
  }
  db = openDb({ url: database.appUrl, max: 2, clock: { now: () => now }, onPoolError: () => undefined });
}, 180_000);
afterAll(async () => {
  await db.close();
  await database.drop();
});

const sees = (me: Person, t: Row): boolean => t.assignee_id === me.userId || t.owner_id === me.userId || t.candidate_groups.some((g) => me.groups.includes(g));
const late = (t: Row): boolean => t.due_at !== null && t.due_at < now;
const atHand = (me: Person, t: Row): boolean => t.assignee_id === null || t.assignee_id === me.userId;

function inView(me: Person, view: InboxQuery['view'], t: Row): boolean {
  if (view === 'escalated') return t.status === 'open' && t.assignee_id !== me.userId && told.has(`${me.userId} ${t.id}`);
  if (view === 'done') return sees(me, t) && t.status === 'completed' && t.ended_by_id === me.userId && t.ended_at! > new Date(now.getTime() - 30 * 86_400_000);
  if (t.status !== 'open' || !sees(me, t)) return false;
  if (view === 'mine') return t.assignee_id === me.userId;
  if (view === 'group') return t.assignee_id === null && t.candidate_groups.some((g) => me.groups.includes(g));
  if (view === 'overdue') return atHand(me, t) && late(t);
  if (view === 'soon') return atHand(me, t) && t.due_at !== null && t.due_at >= now && t.due_at < endOfTomorrow(now);
  if (view === 'waiting') return atHand(me, t) && t.follow_up_at !== null && t.follow_up_at > now;
  return true;
}

function passes(me: Person, q: InboxQuery, t: Row): boolean {
  return (
    inView(me, q.view, t) &&
    (q.processKey === undefined || t.process_key === q.processKey) &&
    (q.elementId === undefined || t.element_id === q.elementId) &&
    (q.agencyCode === undefined || t.candidate_groups.some((g) => agencyOf[g] === q.agencyCode)) &&
    (q.groupKey === undefined || ((q.view === 'escalated' || me.groups.includes(q.groupKey)) && t.candidate_groups.includes(q.groupKey))) &&
    (q.assigneeId === undefined || t.assignee_id === q.assigneeId) &&
    (q.dueFrom === undefined || (t.due_at !== null && t.due_at >= q.dueFrom)) &&
    (q.dueTo === undefined || (t.due_at !== null && t.due_at < q.dueTo)) &&
    (q.businessKey === undefined || t.business_key === q.businessKey) &&
    (q.urgent === undefined || t.urgent === q.urgent) &&
    (q.text === undefined || [q.text, q.text.normalize('NFKC')].some((text) => t.name.includes(text) || t.business_key.toLowerCase().includes(text.toLowerCase())))
  );
}

const end = 9e15;
function keysOf(sort: InboxQuery['sort'], t: Row): (string | number)[] {
  const due = t.due_at?.getTime() ?? end;
  const made = t.created_at.getTime();
  if (sort === 'urgency') return [late(t) ? 0 : 1, t.urgent ? 0 : 1, due, made, t.id];
  if (sort === 'due') return [due, made, t.id];
  if (sort === 'name') return [Buffer.from(t.name).toString('hex'), made, t.id];
  return [made, t.id];
}

function ordered(q: InboxQuery, list: Row[]): Row[] {
  const compare = (a: (string | number)[], b: (string | number)[]): number => {
    for (const [i, x] of a.entries()) if (x !== b[i]) return x < b[i]! ? -1 : 1;
    return 0;
  };
  if (q.view === 'done') return list.toSorted((a, b) => compare([-a.ended_at!.getTime()], [-b.ended_at!.getTime()]) || compare([b.id], [a.id]));
  if (q.view === 'escalated') return list.toSorted((a, b) => compare([a.due_at?.getTime() ?? end, a.id], [b.due_at?.getTime() ?? end, b.id]));
  const up = list.toSorted((a, b) => compare(keysOf(q.sort, a), keysOf(q.sort, b)));
  return q.sort === '-created' ? up.toReversed() : up;
}

async function allPages(me: Person, q: InboxQuery, limit: number): Promise<InboxRow[]> {
  const found: InboxRow[] = [];
  for (let after: InboxPosition | null = null, pages = 0; pages < 1000; pages += 1) {
    const page: { rows: InboxRow[]; next: InboxPosition | null } = await readAs(db, me, (tx) => inboxPage(tx, me, q, after && (JSON.parse(JSON.stringify(after)) as InboxPosition), limit));
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    found.push(...page.rows);
    after = page.next;
    if (!after) return found;
    expect(page.rows).toHaveLength(limit);
  }
  throw new Error('pages without end');
}

const some = <T>(arb: fc.Arbitrary<T>) => fc.option(arb, { nil: undefined, freq: 4 });
const someDay = fc.integer({ min: -12, max: 12 }).map((n) => new Date(now.getTime() + n * 360 * 60_000));
const queries = fc.record({
  view: fc.constantFrom(...inboxViews),
  sort: fc.constantFrom(...inboxSorts),
  processKey: some(fc.constantFrom('intake', 'main')),
  elementId: some(fc.constantFrom('step_0', 'step_1', 'nowhere')),
  agencyCode: some(fc.constantFrom('shakyo', 'welfare_policy', 'nowhere')),
  groupKey: some(fc.constantFrom(...groups)),
  assignee: some(fc.integer({ min: -1, max: 3 })),
  dueFrom: some(someDay),
  dueTo: some(someDay),
  businessKey: some(fc.constantFrom('R8-00001', 'R8-00002')),
  urgent: some(fc.boolean()),
  text: some(fc.constantFrom('訪問', '_', '%', '100%', 'r8-0000', 'Ｒ８－００００１', '\\', 'ｱｾｽﾒﾝﾄ')),
});

test('any view, filter and order, page by page, is what the list in memory says, and nothing twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 3 }), queries, fc.constantFrom(1, 7, 50, 100), async (who, { assignee, ...rest }, limit) => {
      const me = people[who]!;
      const q: InboxQuery = { ...rest, assigneeId: assignee === undefined ? undefined : assignee < 0 ? null : people[assignee]!.userId };
      const wanted = ordered(q, rows.filter((t) => passes(me, q, t)));
      const pageSize = limit === 1 && wanted.length > 60 ? 7 : limit;
      const found = await allPages(me, q, pageSize);
      expect(found.map((t) => t.id)).toEqual(wanted.map((t) => t.id));
      for (const t of found) expect(t.overdue).toBe(t.status === 'open' && t.dueAt !== null && t.dueAt < now);
    }),
    { numRuns: 250, seed: 20_261_124 },
  );
}, 120_000);

test('the counts are the lengths of the lists, for each person, step and group', async () => {
  for (const me of people) {
    const counts = await readAs(db, me, (tx) => inboxCounts(tx, me));
    for (const view of inboxViews) expect([view, counts.views[view]]).toEqual([view, rows.filter((t) => inView(me, view, t)).length]);
    const steps = new Set(rows.filter((t) => inView(me, 'all', t)).map((t) => `${t.process_key}/${t.element_id}`));
    expect(counts.steps.map((s) => `${s.processKey}/${s.elementId}`).toSorted()).toEqual([...steps].toSorted());
    for (const step of counts.steps) {
      const here = rows.filter((t) => t.process_key === step.processKey && t.element_id === step.elementId);
      for (const view of ['mine', 'group', 'overdue', 'soon', 'waiting', 'all'] as const) expect([view, step[view]]).toEqual([view, here.filter((t) => inView(me, view, t)).length]);
    }
    for (const group of counts.groups) {
      const here = rows.filter((t) => t.status === 'open' && t.candidate_groups.includes(group.groupKey));
      expect(group).toEqual({ groupKey: group.groupKey, open: here.length, unclaimed: here.filter((t) => t.assignee_id === null).length, overdue: here.filter(late).length });
    }
  }
});

test('a page keeps its order while tasks come and go between two pages', async () => {
  const me = people[2]!;
  const q: InboxQuery = { view: 'all', sort: 'urgency' };
  const first = await readAs(db, me, (tx) => inboxPage(tx, me, q, null, 20));
  const later = openDb({ url: database.appUrl, max: 1, clock: { now: () => new Date(now.getTime() + 86_400_000) }, onPoolError: () => undefined });
  try {
    const second = await readAs(later, me, (tx) => inboxPage(tx, me, q, first.next, 20));
    const wanted = ordered(q, rows.filter((t) => passes(me, q, t))).slice(20, 40);
    expect(second.rows.map((t) => t.id)).toEqual(wanted.map((t) => t.id));
  } finally {
    await later.close();
  }
});

test('without saying who asks, or as somebody else, the entries of an inbox are not there', async () => {
  expect(await query(database.appUrl, `select 1 from inbox_entry limit 1`)).toEqual([]);
  const outsider: Person = { ...people[3]!, userId: '00000000-0000-7000-8000-000000000009' };
  const found = await readAs(db, outsider, (tx) => tx.db.$queryRaw<unknown[]>`select 1 from inbox_entry`);
  expect(found).toEqual([]);
  await expect(query(database.appUrl, `delete from inbox_entry`)).rejects.toThrow('permission denied');
  await expect(readAs(db, outsider, (tx) => inboxPage(tx, people[2]!, { view: 'all', sort: 'due' }, null, 10))).resolves.toEqual({ rows: [], next: null });
});

test('what somebody types is looked for as it stands, in either width', () => {
  expect(likePatterns('100%_a\\')).toEqual(['%100\\%\\_a\\\\%']);
  expect(likePatterns('Ｒ８')).toEqual(['%Ｒ８%', '%R8%']);
});
