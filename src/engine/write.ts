// One step of one instance, written by one statement: a hot place, hence by hand. Only the parts that this step needs
// are in the text; the texts repeat, so each is planned once a connection.
import type { OutboxEntry } from '../base/outbox.js';
import type { Tx } from '../base/db.js';
import type { InstanceRow } from './instances.js';
import type { ClosedReason, Json, WaitKind } from './model.js';
import type { NewRows } from './rows.js';

export interface Closing {
  executionId: string;
  kind: WaitKind;
  reason: ClosedReason;
  /** kind timer: it fired (rather than being called off) */
  fired?: boolean;
  /** kind user: who completed it */
  byId?: string | null;
}

export interface HistoryRow {
  stepNo: number;
  type: string;
  elementId: string | null;
  executionId: string | null;
  data: Json;
}

export interface NewMessage {
  id: string;
  kind: 'message' | 'signal';
  name: string;
  correlationKey: string | null;
  businessKey: string | null;
  variables: Json;
  fromInstanceId: string | null;
  expiresAt: Date;
  /** set when it started an instance in the same transaction */
  correlatedInstanceId: string | null;
}

export interface StepWrite {
  instance: InstanceRow;
  processKey: string;
  isNew: boolean;
  /** The steps that the stored row counts; anything else means that somebody wrote without the lock. */
  expectedStepNo: number;
  endReason: string | null;
  opened: NewRows;
  closed: Closing[];
  history: HistoryRow[];
  messages: NewMessage[];
  /** Names of signals to broadcast, with their variables. */
  signals: { name: string; variables: Json }[];
  outbox: OutboxEntry[];
}

export interface Written {
  /** Execution ids of the open rows before the step. */
  before: string[];
  outbox: { id: bigint; kind: string; payload: { [key: string]: Json } }[];
}

/** Collects the parts of the statement and its numbered parameters. */
interface Builder {
  parts: string[];
  params: unknown[];
  p(value: unknown): string;
  json(value: unknown): string;
}

function builder(): Builder {
  const params: unknown[] = [];
  const p = (value: unknown): string => `$${params.push(value)}`;
  return { parts: [], params, p, json: (value) => `${p(JSON.stringify(value))}::jsonb` };
}

const instanceStatus = (write: StepWrite): string => (write.instance.state === null ? 'ended' : 'active');

function instancePart(b: Builder, tx: Tx, write: StepWrite, id: string, now: string): void {
  const i = write.instance;
  const status = b.p(instanceStatus(write));
  const state = b.p(i.state);
  const variables = b.json(i.variables);
  const stepNo = `${b.p(i.stepNo)}::int`;
  const endedAt = i.state === null ? now : 'null';
  const endReason = b.p(write.endReason);
  if (!write.isNew) {
    b.parts.push(`before as materialized (
      select execution_id from task where instance_id = ${id} and status = 'open'
      union all select execution_id from timer where instance_id = ${id} and kind = 'bpmn' and (status = 'pending' or rule = 'skipped')
      union all select execution_id from subscription where instance_id = ${id}
      union all select execution_id from job where instance_id = ${id} and status in ('ready', 'failed')
      union all select parent_execution_id from process_instance where parent_id = ${id} and status in ('active', 'suspended'))`);
    b.parts.push(`i as (update process_instance set status = ${status}, state = ${state}, variables = ${variables}, step_no = ${stepNo},
      ended_at = ${endedAt}::timestamptz, end_reason = ${endReason}
      where id = ${id} and step_no = ${b.p(write.expectedStepNo)}::int and status = 'active' returning id)`);
    return;
  }
  b.parts.push(`before as materialized (select null::text as execution_id where false)`);
  b.parts.push(`i as (insert into process_instance (id, definition_id, root_id, parent_id, parent_execution_id, business_key, status, state, variables,
      step_no, executor_version, started_by_id, started_at, ended_at, end_reason)
    values (${id}, ${b.p(i.definitionId)}::uuid, ${b.p(i.rootId)}::uuid, ${b.p(i.parentId)}::uuid, ${b.p(i.parentExecutionId)}, ${b.p(i.businessKey)}, ${status}, ${state}, ${variables},
      ${stepNo}, ${b.p(i.executorVersion)}, ${b.p(tx.actor.kind === 'person' ? tx.actor.userId : null)}::uuid, ${now}, ${endedAt}::timestamptz, ${endReason}) returning id)`);
}

function closeParts(b: Builder, write: StepWrite, id: string, now: string): void {
  const of = (...kinds: WaitKind[]): Closing[] => write.closed.filter((c) => kinds.includes(c.kind));
  const tasks = of('user');
  if (tasks.length > 0) {
    const rows = b.json(tasks.map((c) => ({ x: c.executionId, s: c.reason, by: c.byId ?? null })));
    b.parts.push(`ct as (update task t set status = c.s, ended_at = ${now}, ended_by_id = c.by, end_reason = c.s, version = t.version + 1,
        assignee_id = coalesce(t.assignee_id, c.by), claimed_at = case when c.by is null then t.claimed_at else coalesce(t.claimed_at, ${now}) end
      from jsonb_to_recordset(${rows}) as c(x text, s text, by uuid) where t.instance_id = ${id} and t.execution_id = c.x and t.status = 'open' returning t.id)`);
    b.parts.push(`ctt as (update timer set status = 'cancelled' where task_id in (select id from ct) and status = 'pending')`);
  }
  const timers = of('timer');
  if (timers.length > 0) {
    const rows = b.json(timers.map((c) => ({ x: c.executionId, s: c.fired ? 'fired' : 'cancelled' })));
    b.parts.push(`cti as (update timer t set status = c.s, rule = null, fired_at = case when c.s = 'fired' then ${now} end
      from jsonb_to_recordset(${rows}) as c(x text, s text) where t.instance_id = ${id} and t.execution_id = c.x and t.kind = 'bpmn' and (t.status = 'pending' or t.rule = 'skipped'))`);
  }
  const catches = of('message', 'signal', 'conditional');
  if (catches.length > 0) b.parts.push(`cs as (delete from subscription where instance_id = ${id} and execution_id = any(${b.p(catches.map((c) => c.executionId))}::text[]))`);
  const jobs = of('job');
  if (jobs.length > 0) {
    const rows = b.json(jobs.map((c) => ({ x: c.executionId, s: c.reason === 'completed' ? 'done' : 'cancelled' })));
    b.parts.push(`cj as (update job j set status = c.s, ended_at = ${now}, claimed_until = null
      from jsonb_to_recordset(${rows}) as c(x text, s text) where j.instance_id = ${id} and j.execution_id = c.x and j.status in ('ready', 'failed'))`);
  }
  if (!write.isNew) incidentPart(b, write, id, now);
}

/** Incidents that this step has gone past: of waits that closed, of elements that now work, and all when it ends. */
function incidentPart(b: Builder, write: StepWrite, id: string, now: string): void {
  if (write.instance.state === null) {
    b.parts.push(`cx as (update incident set resolved_at = ${now}, resolution = 'overtaken' where instance_id = ${id} and resolved_at is null)`);
    return;
  }
  const executions = `execution_id = any(${b.p(write.closed.map((c) => c.executionId))}::text[])`;
  const elements = `kind = 'step' and element_id = any(${b.p(write.history.flatMap((h) => (h.type === 'left' && h.elementId !== null ? [h.elementId] : [])))}::text[])`;
  b.parts.push(`cx as (update incident set resolved_at = ${now}, resolution = 'overtaken' where instance_id = ${id} and resolved_at is null and (${executions} or (${elements})))`);
}

function openParts(b: Builder, write: StepWrite, id: string, now: string): void {
  const { tasks, timers, subscriptions, jobs } = write.opened;
  const i = write.instance;
  if (tasks.length > 0) {
    b.parts.push(`ot as (insert into task (id, instance_id, definition_id, process_key, business_key, execution_id, element_id, name, candidate_groups,
        assignee_id, claimed_at, form_key, item, deadline, due_at, urgent, never_paused, priority, created_at)
      select n.id, ${id}, ${b.p(i.definitionId)}::uuid, ${b.p(write.processKey)}, ${b.p(i.businessKey)}, n.execution_id, n.element_id, n.name, n.candidate_groups,
        n.assignee_id, case when n.assignee_id is not null then ${now} end, n.form_key, nullif(n.item, 'null'::jsonb), nullif(n.deadline, 'null'::jsonb), n.due_at, n.urgent, n.never_paused, n.priority, ${now}
      from jsonb_to_recordset(${b.json(tasks)}) as n(id uuid, execution_id text, element_id text, name text, candidate_groups text[],
        assignee_id uuid, form_key text, item jsonb, deadline jsonb, due_at timestamptz, urgent boolean, never_paused boolean, priority int))`);
  }
  if (timers.length > 0) {
    // drawn on a task that opens now while the clock of its business key stands (unless it is one that nothing stops), or whose own clock stands
    const running = b.json(tasks.filter(({ never_paused }) => never_paused).map(({ element_id }) => element_id));
    const runsOn = `(${running} ? n.host or exists (select 1 from task t where t.instance_id = ${id} and t.element_id = n.host and t.status = 'open' and t.never_paused))`;
    const stands = `(not ${runsOn} and exists (select 1 from clock_pause p where p.business_key = ${b.p(i.businessKey)} and p.task_id is null and p.root_id is null and p.ended_at is null)
        or exists (select 1 from task t where t.instance_id = ${id} and t.element_id = n.host and t.status = 'open' and t.paused_at is not null))`;
    b.parts.push(`oti as (insert into timer (id, kind, instance_id, task_id, execution_id, element_id, rule, due_at, created_at, paused, counted)
      select n.id, n.kind, ${id}, n.task_id, n.execution_id, n.element_id, n.rule, n.due_at, ${now}, n.host is not null and ${stands}, nullif(n.counted, 'null'::jsonb)
      from jsonb_to_recordset(${b.json(timers)}) as n(id uuid, kind text, task_id uuid, execution_id text, element_id text, rule text, host text, due_at timestamptz, counted jsonb))`);
  }
  if (subscriptions.length > 0) {
    b.parts.push(`os as (insert into subscription (id, instance_id, execution_id, element_id, kind, name, correlation_key, created_at)
      select n.id, ${id}, n.execution_id, n.element_id, n.kind, n.name, n.correlation_key, ${now}
      from jsonb_to_recordset(${b.json(subscriptions)}) as n(id uuid, execution_id text, element_id text, kind text, name text, correlation_key text))`);
  }
  if (jobs.length > 0) {
    b.parts.push(`oj as (insert into job (id, instance_id, execution_id, element_id, handler, input, available_at, created_at)
      select n.id, ${id}, n.execution_id, n.element_id, n.handler, n.input, ${now}, ${now}
      from jsonb_to_recordset(${b.json(jobs)}) as n(id uuid, execution_id text, element_id text, handler text, input jsonb))`);
  }
}

function historyPart(b: Builder, tx: Tx, write: StepWrite, id: string, now: string): void {
  if (write.history.length === 0) return;
  const actor = b.p(tx.actor.kind === 'person' ? tx.actor.userId : null);
  const rows = write.history.map((h) => ({ n: h.stepNo, t: h.type, e: h.elementId, x: h.executionId, d: h.data }));
  b.parts.push(`h as (insert into history_event (instance_id, step_no, at, type, element_id, execution_id, actor_id, data)
    select ${id}, (r.v->>'n')::int, ${now}, r.v->>'t', r.v->>'e', r.v->>'x', ${actor}::uuid, nullif(r.v->'d', 'null'::jsonb)
    from jsonb_array_elements(${b.json(rows)}) with ordinality as r(v, ord) order by r.ord)`);
}

/** Messages, broadcasts and what the relay is told. Everything that ends in the outbox is returned with its row's id. */
function outboxParts(b: Builder, tx: Tx, write: StepWrite, id: string, now: string): string[] {
  const sources: string[] = [];
  const returning = `returning id, kind, payload`;
  if (write.messages.length > 0) {
    b.parts.push(`m as (insert into message (id, kind, name, correlation_key, business_key, variables, status, published_by_id, from_instance_id, created_at, expires_at, correlated_instance_id, correlated_at)
      select n.id, n.kind, n."name", n."correlationKey", n."businessKey", n.variables, case when n."correlatedInstanceId" is null then 'buffered' else 'correlated' end,
        ${b.p(tx.actor.kind === 'person' ? tx.actor.userId : null)}::uuid, n."fromInstanceId", ${now}, n."expiresAt", n."correlatedInstanceId", case when n."correlatedInstanceId" is not null then ${now} end
      from jsonb_to_recordset(${b.json(write.messages)}) as n(id uuid, kind text, "name" text, "correlationKey" text, "businessKey" text, variables jsonb, "fromInstanceId" uuid, "expiresAt" timestamptz, "correlatedInstanceId" uuid))`);
  }
  if (write.signals.length > 0) {
    b.parts.push(`sg as (insert into message (id, kind, name, correlation_key, variables, from_instance_id, created_at, expires_at)
      select gen_random_uuid(), 'signal', n."name", s.instance_id::text, n.variables, ${id}, ${now}, ${now} + interval '30 days'
      from jsonb_to_recordset(${b.json(write.signals)}) as n("name" text, variables jsonb)
      join lateral (select distinct instance_id from subscription where kind = 'signal' and name = n."name" and instance_id <> ${id}) s on true returning id, correlation_key)`);
    b.parts.push(`sgo as (insert into outbox (kind, payload, created_at) select 'signal.deliver', jsonb_build_object('signalId', id, 'instanceId', correlation_key), ${now} from sg ${returning})`);
    sources.push('sgo');
  }
  const catches = write.opened.subscriptions.filter((s) => s.kind === 'message');
  if (catches.length > 0) {
    b.parts.push(`bm as (insert into outbox (kind, payload, created_at)
      select 'message.deliver', jsonb_build_object('messageId', x.id), ${now} from (select distinct m.id, m.created_at from jsonb_to_recordset(${b.json(catches)}) as n(name text, correlation_key text)
        join message m on m.status = 'buffered' and m.kind = 'message' and m.name = n.name and m.correlation_key is not distinct from n.correlation_key and m.expires_at > ${now}
        order by m.created_at, m.id limit 200) x ${returning})`);
    sources.push('bm');
  }
  if (write.outbox.length > 0) {
    b.parts.push(`ob as (insert into outbox (kind, payload, created_at) select n.kind, n.payload, ${now} from jsonb_to_recordset(${b.json(write.outbox)}) as n(kind text, payload jsonb) ${returning})`);
    sources.push('ob');
  }
  return sources;
}

/**
 * Writes a step. The caller holds the lock on the tree.
 * @throws Error when the row is not at the step that was read: the lock was not held, a fault of ours
 */
export async function writeStep(tx: Tx, write: StepWrite): Promise<Written> {
  const b = builder();
  const id = `${b.p(write.instance.id)}::uuid`;
  const now = `${b.p(tx.now)}::timestamptz`;
  instancePart(b, tx, write, id, now);
  closeParts(b, write, id, now);
  openParts(b, write, id, now);
  historyPart(b, tx, write, id, now);
  const sources = outboxParts(b, tx, write, id, now);
  const outbox = sources.length > 0 ? `(select jsonb_agg(jsonb_build_object('id', o.id::text, 'kind', o.kind, 'payload', o.payload)) from (${sources.map((s) => `select id, kind, payload from ${s}`).join(' union all ')}) o)` : `null::jsonb`;
  const text = `with ${b.parts.join(',\n')}\nselect (select count(*)::int from i) as saved, coalesce((select array_agg(execution_id) from before), '{}') as before, ${outbox} as outbox`;
  const [row] = await tx.db.$queryRawUnsafe<{ saved: number; before: string[]; outbox: { id: string; kind: string; payload: { [key: string]: Json } }[] | null }[]>(text, ...b.params);
  if (row?.saved !== 1) throw new Error(`instance ${write.instance.id} is not at step ${write.expectedStepNo}`);
  return { before: row.before, outbox: (row.outbox ?? []).map((o) => ({ ...o, id: BigInt(o.id) })) };
}
