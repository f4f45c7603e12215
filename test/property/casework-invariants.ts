// What must hold after whatever staff do, said once more from the tables alone and without the code that keeps it: a consent is
// read from its rows and what ended it, never through the functions of src/domain or of the migrations.
import type pg from 'pg';
import { grounded } from './casework-rights.js';

export interface Faults extends Record<string, unknown> {
  fault: string;
}

/** What of the consents holds at $1: the agencies, purposes and items that were agreed to and not taken back. */
const consents = `
  held as (
    select c.id, c.case_id, c.valid_until, c.recorded_at,
      array(select i from unnest(c.items) i where not exists (select 1 from consent_end e where e.consent_id = c.id and e.kind = 'narrowed' and i = any (e.items)) order by i) as items,
      array(select i from unnest(c.types) i where not exists (select 1 from consent_end e where e.consent_id = c.id and e.kind = 'narrowed' and i = any (e.types)) order by i) as types
    from consent c where c.subject = 'self' and c.state in ('full', 'partial') and c.valid_from <= $1 and c.valid_until > $1
      and not exists (select 1 from consent_end e where e.consent_id = c.id and e.kind <> 'narrowed')),
  covers as (
    select h.*, a.agency_code from held h join consent_agency a on a.consent_id = h.id and a.answer = 'agreed'
    where cardinality(h.items) > 0 and not exists (select 1 from consent_end e where e.consent_id = h.id and e.kind = 'narrowed' and a.agency_code = any (e.agencies))),
  shares as (select distinct on (case_id, agency_code) * from covers where 'share' = any (types) order by case_id, agency_code, recorded_at desc, id desc),
  seats as (select distinct on (case_id, agency_code) * from covers where 'conference' = any (types) order by case_id, agency_code, recorded_at desc, id desc),
  live as (
    select a.case_id, a.reader, a.basis, a.basis_id, a.level, a.until_at, array(select unnest(a.items) order by 1) as items, a.items is null as everything
    from case_access a where a.ended_at is null and a.from_at <= $1 and (a.until_at is null or a.until_at > $1))`;

/** The rows of basis consent, referral and plan are exactly those that follow; a seat has no row that its consent does not bear, and has one where it does. */
const access = `
  slips as (
    select r.*, g.key as receiver, g.agency_code, g.agency_code = r.from_agency as inside, coalesce((select s.record = 'F12.coordination' from submission s where s.id = r.submission_id), false) as to_coordinators,
      r.status in ('accepted', 'conditional') as accepted, r.result = 'not_connected' as failed from referral r join work_group g on g.key = any (r.to_groups)),
  open_slips as (select * from slips where failed is not true and (status = 'sent' or (accepted and receiver = accepted_group))),
  -- a slip that an agency has not answered, has said no to since, or that was called off since, stands between it and the consent; one that it accepted lets it through
  barred as (
    select c.id, c.case_id, c.agency_code from covers c where exists (
        select 1 from slips s where s.case_id = c.case_id and s.agency_code = c.agency_code and not s.inside
          and (s.status = 'sent' or (s.status in ('returned', 'out_of_scope') and s.replied_at >= c.recorded_at)
            or (s.status = 'cancelled' and s.cancelled_at >= c.recorded_at) or (s.failed and s.result_at >= c.recorded_at)))
      and not exists (select 1 from open_slips s where s.case_id = c.case_id and s.agency_code = c.agency_code and not s.inside and s.accepted)),
  by_consent as (
    select case_id, 'agency:' || agency_code as reader, id as basis_id, 'content' as level, items, valid_until as until_at from covers c where 'share' = any (types)
      and not exists (select 1 from barred b where b.id = c.id and b.agency_code = c.agency_code)),
  resting as (select o.case_id, o.receiver as reader, o.id as basis_id, o.accepted, o.to_coordinators, o.consent = 'consented' and not o.inside as rests, s.items, s.valid_until
    from open_slips o left join shares s on s.case_id = o.case_id and s.agency_code = o.agency_code and o.consent = 'consented' and not o.inside),
  by_slip as (
    select case_id, reader, basis_id, 'identity' as level, '{}'::text[] as items, case when to_coordinators then null else valid_until end as until_at from resting where not rests or to_coordinators or valid_until is not null
    union select case_id, reader, basis_id, 'content', items, valid_until from resting where accepted and valid_until is not null),
  is_slip as (select case_id, reader, basis_id, level, items, until_at from live where basis = 'referral' and everything = (level = 'identity')),
  by_plan as (
    select distinct p.case_id, 'agency:' || r.agency_code as reader, p.id as basis_id, 'content' as level, s.items, s.valid_until as until_at
    from plan p join case_role r on r.plan_id = p.id and r.until_at is null join shares s on s.case_id = p.case_id and s.agency_code = r.agency_code where p.status = 'decided'),
  is_consent as (select case_id, reader, basis_id, level, items, until_at from live where basis = 'consent' and not everything),
  is_plan as (select case_id, reader, basis_id, level, items, until_at from live where basis = 'plan' and not everything),
  tables as (
    select s.id as sitting_id, s.status, s.invited_at, s.access_until, mc.case_id, m.agency_code, coalesce(m.user_id::text, m.group_key) as reader, m.seated_at
    from sitting s join meeting t on t.id = s.meeting_id and t.kind in ('plan', 'closure') join meeting_case mc on mc.meeting_id = t.id join sitting_member m on m.sitting_id = s.id and m.removed_at is null),
  wrong_access as (
    select 'right without its consent: ' || x::text as fault from (select * from is_consent except select * from by_consent) x
    union all select 'consent without its right: ' || x::text from (select * from by_consent except select * from is_consent) x
    union all select 'right without its plan: ' || x::text from (select * from is_plan except select * from by_plan) x
    union all select 'plan without its right: ' || x::text from (select * from by_plan except select * from is_plan) x
    union all select 'right without its slip: ' || x::text from (select * from is_slip except select * from by_slip) x
    union all select 'slip without its right: ' || x::text from (select * from by_slip except select * from is_slip) x
    union all select 'right to everything by ' || basis from live where (basis in ('consent', 'plan', 'meeting') or (basis = 'referral' and level = 'content')) and everything
    union all select 'right without its seat: ' || l::text from live l where l.basis = 'meeting' and not exists (
      select 1 from tables t join seats s on s.case_id = t.case_id and s.agency_code = t.agency_code
      where t.sitting_id = l.basis_id and t.case_id = l.case_id and t.reader = l.reader and t.invited_at <= $1 and l.items <@ s.items and l.until_at <= s.valid_until and (t.access_until is null or l.until_at <= t.access_until))
    union all select 'seat without its right: ' || t::text from tables t join seats s on s.case_id = t.case_id and s.agency_code = t.agency_code
      where t.status in ('invited', 'held', 'minutes_confirmed', 'closed') and (t.access_until is null or t.access_until > $1) and s.recorded_at <= greatest(t.invited_at, t.seated_at)
        and not exists (select 1 from consent_end e where e.case_id = t.case_id and e.at >= greatest(t.invited_at, t.seated_at))
        and not exists (select 1 from live l where l.basis = 'meeting' and l.basis_id = t.sitting_id and l.case_id = t.case_id and l.reader = t.reader))`;

/** The last closure of a case lets the agency that it names see the case, what is written as far as its consent reaches; nobody else sees it because of one. What became of a consent since may leave less, never more. */
const accompanied = `
  leads as (select c.id, c.case_id, 'agency:' || c.lead_agency as reader, s.items, s.valid_until from (select distinct on (case_id) * from closure order by case_id, decided_at desc, id desc) c
    left join shares s on s.case_id = c.case_id and s.agency_code = c.lead_agency where c.lead_agency is not null),
  handed as (select a.* from case_access a where a.basis = 'handover' and a.ended_at is null),
  wrong_handover as (
    select 'right without its closure: ' || h::text as fault from handed h where not exists (select 1 from leads l where l.id = h.basis_id and l.case_id = h.case_id and l.reader = h.reader)
    union all select 'closure without its right: ' || l::text from leads l where (select count(*) from handed h where h.basis_id = l.id and h.case_id = l.case_id and h.reader = l.reader and h.level in ('exists', 'content')) <> 1
    union all select 'right beyond the consent of who accompanies: ' || h::text from handed h join leads l on l.id = h.basis_id and l.reader = h.reader where h.level = 'content' and (h.until_at is null or h.until_at > $1)
      and not (h.items is not null and cardinality(h.items) > 0 and h.items <@ l.items and h.until_at <= l.valid_until) is not false)`;

/** Services are for a person of the case: of its household, under whatever registration they count as now. */
const served = `
  services as (select 'participation' as what, id, case_id, client_id from participation union all select 'outreach', id, case_id, client_id from outreach),
  wrong_service as (
    select v.what || ' for somebody who is not of its case: ' || v.id as fault from services v join client_person p on p.id = v.client_id
    where not exists (select 1 from household_member m join client_person c on c.id = m.client_id where m.case_id = v.case_id and c.root_id = p.root_id))`;

/** Every line of the 提供記録 had a basis at its time. */
const shared = `
  wrong_share as (
    select 'share without consent: ' || d::text as fault from disclosure d where d.consent_id is not null and not exists (
      select 1 from consent c where c.id = d.consent_id and c.case_id = d.case_id and c.subject = 'self' and c.state in ('full', 'partial') and c.valid_from <= d.at and c.valid_until > d.at and d.items <@ c.items and d.purpose = any (c.types)
        and not exists (select 1 from consent_end e where e.consent_id = c.id and e.at <= d.at and (e.kind <> 'narrowed' or d.items && e.items or d.purpose = any (e.types) or d.to_code = any (e.agencies)))
        and (d.to_kind <> 'agency' or exists (select 1 from consent_agency a where a.consent_id = c.id and a.agency_code = d.to_code and a.answer = 'agreed')))
    union all select 'share by consent without one: ' || d::text from disclosure d where d.legal_basis = '69-2-1' and d.consent_id is null
    union all select 'share in a meeting that was none: ' || d::text from disclosure d where d.legal_basis = '106-6' and not exists (
      select 1 from meeting t join meeting_case mc on mc.meeting_id = t.id join sitting s on s.meeting_id = t.id and s.held_at is not null join sitting_member m on m.sitting_id = s.id
      where t.id = d.meeting_id and t.kind = 'confidential' and t.legal_basis = '106-6' and mc.case_id = d.case_id and m.agency_code = d.to_code)
    union all select 'share without a record: ' || d::text from disclosure d where d.consent_id is null and d.legal_basis <> '106-6' and not exists (select 1 from submission s where s.id = d.submission_id and s.case_id = d.case_id))`;

/** One owner per open step; no case and no process that nobody and nothing will move; nothing failed. */
const running = `
  -- the look back after the closure (P08b): it works on the case no more
  looking_back as (select i.id from process_instance i join timer t on t.instance_id = i.id and t.element_id = 'wait_follow_up' and t.status = 'pending' join process_definition d on d.id = i.definition_id and d.key = 'closure_follow_up'
    union select t.instance_id from task t where t.element_id = 'confirm_stability' and t.status = 'open'),
  wrong_task as (
    select 'step without an owner: ' || t.element_id || ' of ' || coalesce(t.business_key, '') as fault from task t where t.status = 'open' and not exists (
      select 1 from app_user u where u.active and (u.id = t.assignee_id or exists (select 1 from membership m where m.user_id = u.id and m.group_key = any (t.candidate_groups))))
    union all select 'step held by nobody who works here: ' || t.element_id from task t where t.status = 'open' and t.assignee_id is not null and not exists (select 1 from app_user u where u.id = t.assignee_id and u.active)
    union all select 'step in the wrong inboxes: ' || t.element_id from task t where t.status = 'open'
      and array(select e.reader from inbox_entry e where e.task_id = t.id order by 1) <> array(select r from (select unnest(t.candidate_groups) union select t.assignee_id::text union select t.owner_id::text) x (r) where r is not null order by 1)
    union all select 'closed step in an inbox: ' || t.element_id from task t join inbox_entry e on e.task_id = t.id where t.status <> 'open'
    union all select 'two steps at one place: ' || min(t.element_id) from task t where t.status = 'open' group by t.instance_id, t.execution_id having count(*) > 1
    union all select 'open step of a process that is over: ' || t.element_id from task t join process_instance i on i.id = t.instance_id where t.status = 'open' and i.status not in ('active', 'suspended')),
  wrong_case as (
    select 'orphan: ' || c.case_no || ' ' || c.status || coalesce((select string_agg(' ' || d.key || ' ' || i.status || coalesce(' ' || i.end_reason, ''), ',' order by i.id) from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = c.case_no), '') as fault from support_case c where c.status <> 'closed'
      and not exists (select 1 from process_instance i where i.business_key = c.case_no and i.status = 'active' and i.id not in (select id from looking_back))
    union all select 'closed, and yet: ' || d.key || ' of ' || c.case_no || ' (' || coalesce(c.close_reason, '') || ')' from support_case c join process_instance i on i.business_key = c.case_no and i.status in ('active', 'suspended')
      join process_definition d on d.id = i.definition_id where c.status = 'closed' and i.id not in (select id from looking_back)
    union all select 'waits for nothing: ' || d.key || ' of ' || coalesce(i.business_key, '') from process_instance i join process_definition d on d.id = i.definition_id where i.status = 'active'
      and not exists (select 1 from task t where t.instance_id = i.id and t.status = 'open') and not exists (select 1 from timer t where t.instance_id = i.id and t.kind = 'bpmn' and t.status = 'pending')
      and not exists (select 1 from subscription s where s.instance_id = i.id) and not exists (select 1 from process_instance k where k.parent_id = i.id and k.status in ('active', 'suspended'))
    union all select 'no lead: ' || p.case_id from plan p where p.status = 'decided' and (select count(*) from case_role r where r.case_id = p.case_id and r.role = 'lead' and r.until_at is null) <> 1
    union all select 'accompanied by nobody: ' || c.case_id from closure c where not exists (select 1 from agency a where a.code = c.lead_agency)
      and not exists (select 1 from handover h join closure_reason r on r.code = c.reason and r.accompanied = 'handover' where h.id = c.handover_id and h.case_id = c.case_id)
    union all select 'incident ' || i.kind || ' ' || i.code || ' at ' || coalesce(i.element_id, '') || ': ' || i.detail from incident i where i.resolved_at is null
    union all select 'job left: ' || j.handler || ' ' || coalesce(j.last_error, '') from job j where j.status not in ('done', 'cancelled')
    union all select 'timer failed: ' || coalesce(t.rule, t.element_id, '') || ' ' || t.last_error from timer t where t.last_error is not null and t.status = 'pending'
    union all select 'not delivered: ' || o.kind || ' ' || coalesce(o.last_error, '') from outbox o where o.relayed_at is null and o.kind in ('message.deliver', 'signal.deliver', 'processes.steer'))`;

const parts = ['wrong_access', 'wrong_rights', 'wrong_cascade', 'wrong_ground', 'wrong_handover', 'wrong_service', 'wrong_share', 'wrong_task', 'wrong_case'];
const faults = `with ${[consents, access, grounded, accompanied, served, shared, running].join(', ')} ${parts.map((part) => `select * from ${part}`).join(' union all ')}`;

/** Everything of a decided plan but whether it still holds. */
const frozen = `
  select p.id, md5(concat((to_jsonb(p) - '{status,ended_at}'::text[])::text, (select jsonb_agg(g order by g.id) from plan_goal g where g.plan_id = p.id), (select jsonb_agg(g order by g.id) from plan_issue g where g.plan_id = p.id),
    (select jsonb_agg(g order by g.id) from plan_role g where g.plan_id = p.id))) as hash from plan p where p.decided_at is not null`;

/** Tables that may change without an action having done anything: who asked for what, and was refused. */
const notices = ['audit_event'];

/** Watches one database. */
export interface Watch {
  /** What of these faults still stands: what a step sets going is carried out right after it, each in a transaction of its own (decision 0011). */
  stillThere(now: Date, found: readonly string[]): Promise<string[]>;
  /** What does not hold now. `still`: nothing may have changed since the last look. */
  look(now: Date, still: boolean): Promise<string[]>;
  /** Rows of append-only tables that are gone or other than at the last such look. */
  compare(): Promise<string[]>;
  /** Numbers of rows, by table. */
  counts(): ReadonlyMap<string, number>;
}

export async function openWatch(client: pg.Client): Promise<Watch> {
  const rows = async <Row>(sql: string, values: unknown[] = []): Promise<Row[]> => (await client.query(sql, values)).rows as Row[];
  const grows = (await rows<{ t: string }>(`select distinct c.relname as t from pg_trigger g join pg_class c on c.oid = g.tgrelid where g.tgname = 'append_only' and g.tgtype & 16 = 16 order by 1`)).map(({ t }) => t);
  const changes = ['case_access', 'case_role', 'plan', 'sitting', 'sitting_member', 'process_instance', 'task', 'timer', 'support_case', 'referral', 'flag', 'emergency', 'case_exit', 'case_break', 'participation', 'outreach', 'outbox'];
  const counting = `select (select jsonb_object_agg(name, n) from (values ${grows.map((t) => `('${t}', (select count(*) from ${t}))`).join(', ')}) as t (name, n)) as counts,
    md5(concat(${changes.map((t) => `(select concat(count(*), '/', sum(xmin::text::bigint)) from ${t})`).join(`, ' ', `)})) as state`;
  const hashes = new Map<string, string>();
  const known = new Map<string, Set<string>>();
  let before = new Map<string, number>();
  let state = '';

  async function counted(still: boolean): Promise<string[]> {
    const [row] = await rows<{ counts: Record<string, number>; state: string }>(counting);
    const now = new Map(Object.entries(row!.counts));
    const found = [...before].filter(([table, count]) => now.get(table)! < count).map(([table]) => `rows are gone from ${table}`);
    if (still) {
      found.push(...[...now].filter(([table, count]) => !notices.includes(table) && before.get(table) !== count).map(([table]) => `refused, and yet a row in ${table}`));
      if (row!.state !== state) found.push('refused, and yet something changed');
    }
    [before, state] = [now, row!.state];
    return found;
  }

  return {
    counts: () => before,
    async stillThere(now, found) {
      const standing = new Set((await rows<Faults>(faults, [now])).map(({ fault }) => fault));
      // who may see, and what was told, is right in the very transaction: it is not looked at twice
      return found.filter((fault) => /^(?:refused|rows are gone|a decided plan changed|right |consent |plan |slip |seat |share |told |asked of who is out|sitting that nobody )/.test(fault) || standing.has(fault));
    },
    async look(now, still) {
      const changed = await counted(still);
      // a refusal that has changed nothing leaves everything as it was seen last
      if (still && changed.length === 0) return [];
      const found = (await rows<Faults>(faults, [now])).map(({ fault }) => fault);
      for (const { id, hash } of await rows<{ id: string; hash: string }>(frozen)) {
        if ((hashes.get(id) ?? hash) !== hash) found.push(`a decided plan changed: ${id}`);
        hashes.set(id, hash);
      }
      return [...found, ...changed];
    },
    async compare() {
      const found: string[] = [];
      for (const table of grows) {
        const now = new Set((await rows<{ h: string }>(`select md5(x::text) as h from ${table} x`)).map(({ h }) => h));
        if ([...(known.get(table) ?? [])].some((hash) => !now.has(hash))) found.push(`a row of ${table} changed`);
        known.set(table, now);
      }
      return found;
    },
  };
}
