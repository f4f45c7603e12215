// The inbox: which open tasks lie before a person, in which order, and how many.
//
// One statement for a page, one for all counts, both over inbox_entry (a row for each open task and each inbox it lies
// in; a trigger keeps it). The index has the inbox's own order, so a page reads about as many entries as it shows, however
// many tasks there are.
//
// An inbox is read in segments: stretches of the order in which `urgent` and the window of due times are fixed. The order
// "overdue first, then urgent, then due" is four of them, each a range of the index. Per inbox and segment at most one
// page is read; the pages are merged, and a task that lies in several of my inboxes is shown once.
//
// Tried on 1 M open tasks in 2,000 groups, 20,000 of them mine (two cores, median of a page of 50), and left:
//   task under row-level security alone   300 ms  no index can serve `a or b or groups && mine`; `&&` is not leakproof
//   GIN on candidate_groups, without RLS  a third of that: it reads and sorts all of mine for each page
//   inbox_entry with the name in task     230 ms for a search, 240 ms by name: 20,000 look-ups
//   this                                  3-4 ms by urgency or due; a search or another order, which read all of mine,
//                                         25-40 ms; all counts 30 ms. With 500 of mine: 4 ms whatever is asked.
import type { Tx } from '../base/db.js';

export const inboxViews = ['mine', 'group', 'overdue', 'soon', 'waiting', 'all', 'escalated', 'done'] as const;
export type InboxView = (typeof inboxViews)[number];
export const inboxSorts = ['urgency', 'due', 'created', '-created', 'name'] as const;
export type InboxSort = (typeof inboxSorts)[number];

export interface InboxQuery {
  view: InboxView;
  sort: InboxSort;
  processKey?: string | undefined;
  elementId?: string | undefined;
  /** Only tasks that lie with one of this agency's groups. */
  agencyCode?: string | undefined;
  groupKey?: string | undefined;
  /** A user's id, or null for tasks that nobody holds. */
  assigneeId?: string | null | undefined;
  dueFrom?: Date | undefined;
  /** Exclusive. */
  dueTo?: Date | undefined;
  businessKey?: string | undefined;
  urgent?: boolean | undefined;
  /** Part of the step's name or the case number. */
  text?: string | undefined;
}

/** Where a page ended. `asOf` is the moment that decided what is overdue: it stays while somebody turns pages. */
export interface InboxPosition {
  asOf: string;
  segment: number;
  key: string;
  createdAt: string;
  id: string;
}

export interface InboxRow {
  id: string;
  name: string;
  processKey: string;
  processName: string;
  elementId: string;
  definitionId: string;
  instanceId: string;
  caseNo: string | null;
  candidateGroups: string[];
  assigneeId: string | null;
  assigneeName: string | null;
  ownerId: string | null;
  status: 'open' | 'completed' | 'cancelled';
  formKey: string | null;
  dueAt: Date | null;
  followUpAt: Date | null;
  urgent: boolean;
  priority: number;
  overdue: boolean;
  hasDraft: boolean;
  version: number;
  createdAt: Date;
  claimedAt: Date | null;
  endedAt: Date | null;
  endedById: string | null;
}

interface PageRow extends InboxRow {
  segment: number;
  key: string;
  orderedAt: string;
}

export interface Reader {
  userId: string;
  groups: readonly string[];
}

const never = 'infinity';
/** Before `infinity`, which stands for "no due time" in inbox_entry. */
const endOfTime = '9999-12-31T00:00:00.000Z';
const always = '-infinity';
const dayMs = 86_400_000;
const jstMs = 9 * 3_600_000;

/** Midnight in Japan that ends the day after `at`. */
export function endOfTomorrow(at: Date): Date {
  const days = Math.floor((at.getTime() + jstMs) / dayMs);
  return new Date((days + 2) * dayMs - jstMs);
}

interface Segment {
  urgent: boolean;
  from: string;
  to: string;
  /** Segments of one rank are merged by due time; ranks follow each other. */
  rank: number;
}

/** The stretches of the order, narrowed to the due window and the flag that were asked for. */
export function segmentsOf(query: InboxQuery, asOf: Date): Segment[] {
  const now = asOf.toISOString();
  const both = (from: string, to: string, rank: number, step: number): Segment[] => [
    { urgent: true, from, to, rank },
    { urgent: false, from, to, rank: rank + step },
  ];
  const whole = query.sort === 'urgency' ? [...both(always, now, 0, 1), ...both(now, 'end', 2, 1)] : both(always, 'end', 0, 0);
  const from = latest([query.dueFrom?.toISOString(), query.view === 'soon' ? now : undefined]);
  const to = earliest([query.dueTo?.toISOString(), query.dueFrom ? endOfTime : undefined, query.view === 'overdue' ? now : undefined, query.view === 'soon' ? endOfTomorrow(asOf).toISOString() : undefined]);
  return whole
    .filter((s) => query.urgent === undefined || s.urgent === query.urgent)
    .map((s) => ({ ...s, from: from !== undefined && (s.from === always || s.from < from) ? from : s.from, to: to !== undefined && (s.to === 'end' || s.to > to) ? to : s.to }))
    .filter((s) => s.from === always || s.to === 'end' || s.from < s.to);
}

const latest = (times: (string | undefined)[]): string | undefined => times.filter((t) => t !== undefined).toSorted().at(-1);
const earliest = (times: (string | undefined)[]): string | undefined => times.filter((t) => t !== undefined).toSorted().at(0);

// $1 inboxes · $2–$5 segments (rank, urgent, from, to) · $6–$8 where the page before ended, a segment each
// $9 me · $10 view · $11 now · $12 process · $13 element · $14 case · $15 holder ('none': nobody) · $16 agency · $17 texts · $18 rows
const entryFilter = `
      and ($10 <> 'mine' or e.held_by_id = $9::uuid)
      and ($10 <> 'group' or e.held_by_id is null)
      and ($10 not in ('overdue', 'soon', 'waiting') or e.held_by_id is null or e.held_by_id = $9::uuid)
      and ($10 <> 'waiting' or e.follow_up_at > $11::timestamptz)
      and ($12::text is null or e.process_key = $12)
      and ($13::text is null or e.element_id = $13)
      and ($14::text is null or e.business_key = $14)
      and ($15::text is null or ($15 = 'none' and e.held_by_id is null) or ($15 <> 'none' and e.held_by_id::text = $15))
      and ($16::text is null or exists (select 1 from task t where t.id = e.task_id and t.candidate_groups && array(select key from work_group where agency_code = $16)))
      and ($17::text[] is null or e.name ilike any ($17) or e.business_key ilike any ($17))`;

const columns = `t.id, t.name, t.process_key as "processKey", d.name as "processName", t.element_id as "elementId", t.definition_id as "definitionId",
  t.instance_id as "instanceId", t.business_key as "caseNo", t.candidate_groups as "candidateGroups", t.assignee_id as "assigneeId",
  a.name as "assigneeName", t.owner_id as "ownerId", t.status, t.form_key as "formKey", t.due_at as "dueAt", t.follow_up_at as "followUpAt",
  t.urgent, t.priority, (t.status = 'open' and t.paused_at is null and coalesce(t.due_at < $11::timestamptz, false)) as overdue,
  exists (select 1 from draft f where f.task_id = t.id and f.user_id = $9::uuid) as "hasDraft",
  t.version, t.created_at as "createdAt", t.claimed_at as "claimedAt", t.ended_at as "endedAt", t.ended_by_id as "endedById"`;
const joined = `join process_definition d on d.id = t.definition_id left join app_user a on a.id = t.assignee_id`;

/** By due time: every segment is a range of the index, read from where the page before ended. */
const byDue = `select p.rank as segment, p.due_at::text as key, p.created_at::text as "orderedAt", ${columns}
from (
  select distinct s.rank, e.due_at, e.created_at, e.task_id
  from unnest($2::int[], $3::boolean[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::uuid[])
         as s(rank, urgent, due_from, due_to, after_due, after_created, after_id)
  cross join unnest($1::text[]) as inbox(reader)
  cross join lateral (
    select e.due_at, e.created_at, e.task_id from inbox_entry e
    where e.reader = inbox.reader and e.urgent = s.urgent and e.due_at >= s.due_from and e.due_at <= s.due_to
      and (s.due_to = 'infinity' or e.due_at < s.due_to)
      and (e.due_at, e.created_at, e.task_id) > (s.after_due, s.after_created, s.after_id) ${entryFilter}
    order by e.due_at, e.created_at, e.task_id limit $18::int) e
  order by s.rank, e.due_at, e.created_at, e.task_id limit $18::int) p
join task t on t.id = p.task_id ${joined}
order by p.rank, p.due_at, p.created_at, p.task_id`;

/** By age or name: all entries of the inboxes are looked at, and the first page of them is kept. */
const byOther = (key: string, direction: 'asc' | 'desc', compare: '>' | '<'): string => `select 0 as segment, p.key::text as key, p.created_at::text as "orderedAt", ${columns}
from (
  select distinct ${key} as key, e.created_at, e.task_id
  from unnest($2::int[], $3::boolean[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::timestamptz[], $8::uuid[])
         as s(rank, urgent, due_from, due_to, after_key, after_created, after_id)
  cross join unnest($1::text[]) as inbox(reader)
  join inbox_entry e on e.reader = inbox.reader and e.urgent = s.urgent and e.due_at >= s.due_from and (s.due_to = 'infinity' or e.due_at < s.due_to)
  where (s.after_id = '00000000-0000-0000-0000-000000000000' or (${key}, e.created_at, e.task_id) ${compare} (${key === 'e.name' ? 's.after_key' : 's.after_key::timestamptz'}, s.after_created, s.after_id)) ${entryFilter}
  order by 1 ${direction}, 2 ${direction}, 3 ${direction} limit $18::int) p
join task t on t.id = p.task_id ${joined}
order by p.key ${direction}, p.created_at ${direction}, p.task_id ${direction}`;

const byName = byOther('e.name', 'asc', '>');
const byAge = byOther('e.created_at', 'asc', '>');
const byNewest = byOther('e.created_at', 'desc', '<');

/** What I completed in the last thirty days, the latest first. */
const byDone = `select 0 as segment, p.ended_at::text as key, p.created_at::text as "orderedAt", ${columns}
from (
  select t.id, t.ended_at, t.created_at from task t left join app_user h on h.id = t.assignee_id
  where t.status = 'completed' and t.ended_by_id = $9::uuid and t.ended_at > $11::timestamptz - interval '30 days'
    and ($1::text[] is null or t.candidate_groups && $1)
    and ($2::timestamptz is null or t.due_at >= $2) and ($3::timestamptz is null or t.due_at < $3) and ($4::boolean is null or t.urgent = $4)
    and ($8::uuid is null or (t.ended_at, t.id) < ($6::timestamptz, $8::uuid))
    and ($7::timestamptz is null or true) and ($5::int is null or true) and $10 = 'done'
    and ($12::text is null or t.process_key = $12) and ($13::text is null or t.element_id = $13) and ($14::text is null or t.business_key = $14)
    and ($15::text is null or ($15 = 'none' and t.assignee_id is null) or t.assignee_id::text = $15)
    and ($16::text is null or t.candidate_groups && array(select key from work_group where agency_code = $16))
    and ($17::text[] is null or t.name ilike any ($17) or t.business_key ilike any ($17))
  order by t.ended_at desc, t.id desc limit $18::int) p
join task t on t.id = p.id ${joined}
order by p.ended_at desc, p.id desc`;

/** Open tasks of others that I was told are late, the one that is late longest first. The same parameters as byDone. */
const byEscalated = `select 0 as segment, p.due_at::text as key, p.created_at::text as "orderedAt", ${columns}
from (
  select t.id, coalesce(t.due_at, 'infinity') as due_at, t.created_at from task t
  where t.status = 'open' and t.assignee_id is distinct from $9::uuid and t.id in (select n.task_id from notification n where n.user_id = $9::uuid and n.kind = 'escalation')
    and ($1::text[] is null or t.candidate_groups && $1)
    and ($2::timestamptz is null or t.due_at >= $2) and ($3::timestamptz is null or t.due_at < $3) and ($4::boolean is null or t.urgent = $4)
    and ($8::uuid is null or (coalesce(t.due_at, 'infinity'), t.id) > ($6::timestamptz, $8::uuid))
    and ($7::timestamptz is null or true) and ($5::int is null or true) and $10 = 'escalated'
    and ($12::text is null or t.process_key = $12) and ($13::text is null or t.element_id = $13) and ($14::text is null or t.business_key = $14)
    and ($15::text is null or ($15 = 'none' and t.assignee_id is null) or t.assignee_id::text = $15)
    and ($16::text is null or t.candidate_groups && array(select key from work_group where agency_code = $16))
    and ($17::text[] is null or t.name ilike any ($17) or t.business_key ilike any ($17))
  order by 2, 1 limit $18::int) p
join task t on t.id = p.id ${joined}
order by p.due_at, p.id`;

/** LIKE patterns for what somebody typed, as written and in the width that names and numbers are stored in. */
export function likePatterns(text: string): string[] {
  const escaped = (t: string): string => `%${t.replace(/[\\%_]/g, '\\$&')}%`;
  return [...new Set([escaped(text), escaped(text.normalize('NFKC'))])];
}

const noId = '00000000-0000-0000-0000-000000000000';

/** Parameters that every page statement has from $9 on. */
function shared(query: InboxQuery, me: Reader, now: Date, limit: number): unknown[] {
  const holder = query.assigneeId === null ? 'none' : (query.assigneeId ?? null);
  return [me.userId, query.view, now, query.processKey ?? null, query.elementId ?? null, query.businessKey ?? null, holder, query.agencyCode ?? null, query.text ? likePatterns(query.text) : null, limit + 1];
}

function inboxesOf(query: InboxQuery, me: Reader): string[] {
  const all = query.view === 'mine' && !query.groupKey ? [me.userId] : query.view === 'group' ? [...me.groups] : [...me.groups, me.userId];
  return query.groupKey === undefined ? all : all.filter((reader) => reader === query.groupKey);
}

async function openRows(tx: Tx, query: InboxQuery, me: Reader, asOf: Date, after: InboxPosition | null, limit: number): Promise<PageRow[]> {
  const inboxes = inboxesOf(query, me);
  const left = segmentsOf(query, asOf).filter((s) => !after || s.rank >= after.segment);
  if (inboxes.length === 0 || left.length === 0) return [];
  const due = query.sort === 'urgency' || query.sort === 'due';
  const begun = (s: Segment): boolean => after !== null && s.rank === after.segment;
  const sql = due ? byDue : { created: byAge, '-created': byNewest, name: byName }[query.sort as 'created' | '-created' | 'name'];
  return tx.db.$queryRawUnsafe<PageRow[]>(
    sql,
    inboxes,
    left.map((s) => s.rank),
    left.map((s) => s.urgent),
    left.map((s) => s.from),
    left.map((s) => (s.to === 'end' ? never : s.to)),
    left.map((s) => (begun(s) ? after!.key : due ? always : '')),
    left.map((s) => (begun(s) ? after!.createdAt : always)),
    left.map((s) => (begun(s) ? after!.id : noId)),
    ...shared(query, me, asOf, limit),
  );
}

/** The views that do not lie in an inbox. */
async function rowsBeside(tx: Tx, query: InboxQuery, me: Reader, asOf: Date, after: InboxPosition | null, limit: number): Promise<PageRow[]> {
  const { groupKey, dueFrom, dueTo, urgent } = query;
  return tx.db.$queryRawUnsafe<PageRow[]>(query.view === 'done' ? byDone : byEscalated, groupKey ? [groupKey] : null, dueFrom ?? null, dueTo ?? null, urgent ?? null, null, after?.key ?? null, null, after?.id ?? null, ...shared(query, me, asOf, limit));
}

/**
 * One page of a person's inbox, in a `readAs` transaction.
 * @param after where the page before ended (`next` of that page), or null for the first
 * @param limit rows
 */
export async function inboxPage(tx: Tx, me: Reader, query: InboxQuery, after: InboxPosition | null, limit: number): Promise<{ rows: InboxRow[]; next: InboxPosition | null }> {
  const asOf = after ? new Date(after.asOf) : tx.now;
  const found = await (query.view === 'done' || query.view === 'escalated' ? rowsBeside : openRows)(tx, query, me, asOf, after, limit);
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return {
    rows: page.map(({ segment: _segment, key: _key, orderedAt: _orderedAt, ...row }) => row),
    next: last ? { asOf: asOf.toISOString(), segment: last.segment, key: last.key, createdAt: last.orderedAt, id: last.id } : null,
  };
}

export interface InboxCount {
  mine: number;
  group: number;
  overdue: number;
  soon: number;
  waiting: number;
  all: number;
}

export interface InboxCounts {
  views: InboxCount & { done: number; escalated: number };
  steps: (InboxCount & { processKey: string; elementId: string; name: string | null })[];
  groups: { groupKey: string; open: number; unclaimed: number; overdue: number }[];
}

// A task that lies in several of my inboxes is counted in one: mine where I hold it or gave it away, else the first of
// its groups that is mine. A group's own figures count it in each.
const countSql = `with counted as (
  select grouping(e.reader) = 0 as is_group, grouping(e.process_key) = 0 as is_step, e.reader, e.process_key, e.element_id, any_value(e.task_id) as sample,
    count(*) filter (where once) as "all",
    count(*) filter (where once and e.held_by_id = $2::uuid) as mine,
    count(*) filter (where first_group and e.held_by_id is null) as "group",
    count(*) filter (where once and at_hand and e.due_at < $3::timestamptz) as overdue,
    count(*) filter (where once and at_hand and e.due_at >= $3::timestamptz and e.due_at < $4::timestamptz) as soon,
    count(*) filter (where once and at_hand and e.follow_up_at > $3::timestamptz) as waiting,
    count(*) as open, count(*) filter (where e.held_by_id is null) as unclaimed, count(*) filter (where e.due_at < $3::timestamptz) as late
  from unnest($1::text[]) as inbox(reader)
  cross join lateral (
    select f.*, f.in_mine or (f.first_group and f.held_by_id is distinct from $2::uuid and f.owner_id is distinct from $2::uuid) as once
    from (
      select i.*, i.held_by_id is null or i.held_by_id = $2::uuid as at_hand, i.reader = $2::text as in_mine,
        i.reader <> $2::text and (i.groups is null or i.reader = (select g from unnest(i.groups) g where g = any ($1) limit 1)) as first_group
      from inbox_entry i where i.reader = inbox.reader) f) e
  group by grouping sets ((), (e.reader), (e.process_key, e.element_id)))
select c.is_group as "isGroup", c.is_step as "isStep", c.reader as "groupKey", c.process_key as "processKey", c.element_id as "elementId", t.name,
  c."all"::int, c.mine::int, c."group"::int, c.overdue::int, c.soon::int, c.waiting::int, c.open::int, c.unclaimed::int, c.late::int,
  case when not c.is_group and not c.is_step then (select count(*)::int from task k where k.status = 'completed' and k.ended_by_id = $2::uuid and k.ended_at > $3::timestamptz - interval '30 days') end as done,
  case when not c.is_group and not c.is_step then (select count(*)::int from task k where k.status = 'open' and k.assignee_id is distinct from $2::uuid
    and k.id in (select n.task_id from notification n where n.user_id = $2::uuid and n.kind = 'escalation')) end as escalated
from counted c left join task t on t.id = c.sample and c.is_step
order by c.process_key, c.element_id, c.reader`;

interface CountRow extends InboxCount {
  isGroup: boolean;
  isStep: boolean;
  groupKey: string;
  processKey: string;
  elementId: string;
  name: string | null;
  open: number;
  unclaimed: number;
  late: number;
  done: number;
  escalated: number;
}

/** How many tasks lie in each view, at each step and with each group: one statement, in a `readAs` transaction. */
export async function inboxCounts(tx: Tx, me: Reader): Promise<InboxCounts> {
  const rows = await tx.db.$queryRawUnsafe<CountRow[]>(countSql, [...me.groups, me.userId], me.userId, tx.now, endOfTomorrow(tx.now));
  const figures = ({ mine, group, overdue, soon, waiting, all }: CountRow): InboxCount => ({ mine, group, overdue, soon, waiting, all });
  const total = rows.find((r) => !r.isGroup && !r.isStep)!;
  return {
    views: { ...figures(total), done: total.done, escalated: total.escalated },
    steps: rows.filter((r) => r.isStep && r.all > 0).map((r) => ({ processKey: r.processKey, elementId: r.elementId, name: r.name, ...figures(r) })),
    groups: rows.filter((r) => r.isGroup && r.groupKey !== me.userId).map(({ groupKey, open, unclaimed, late }) => ({ groupKey, open, unclaimed, overdue: late })),
  };
}
