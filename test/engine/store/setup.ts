import { fireTimer } from '../../../src/actions/fire-timer.js';
import { completeTask, type Completed } from '../../../src/actions/complete-task.js';
import { publishMessage, type PublishedMessage } from '../../../src/actions/publish-message.js';
import type { App } from '../../../src/app.js';
import type { Clock } from '../../../src/base/clock.js';
import type { Person } from '../../../src/base/db.js';
import type { Json } from '../../../src/base/json.js';
import { Problem } from '../../../src/base/problem.js';
import type { TestApp } from '../../support/app.js';
import { query } from '../../support/database.js';
import { keeper, openTask } from '../../support/diagrams.js';

/** A clock that stands still until it is moved. */
export interface TestClock extends Clock {
  set(at: string): void;
  forward(ms: number): void;
}

export function testClock(at = '2026-11-24T01:00:00Z'): TestClock {
  let now = new Date(at);
  return {
    now: () => now,
    set: (next) => void (now = new Date(next)),
    forward: (ms) => void (now = new Date(now.getTime() + ms)),
  };
}

export const hourMs = 3_600_000;

/** Starts an instance by its message, with the key as business key. */
export function begin(app: App, name: string, key: string, variables: Record<string, Json> = {}): Promise<PublishedMessage> {
  return publishMessage(app, keeper, { name, businessKey: key, variables });
}

/** Completes the one open task of an element of a business key. */
export async function complete(app: TestApp, person: Person, key: string, elementId: string, answers: Record<string, Json> = {}): Promise<Completed> {
  const { id, version } = await openTask(app.database.ownerUrl, key, elementId);
  return completeTask(app, person, { taskId: id, version, answers });
}

/** Fires all timers that are due, in due order, until none is left. Returns how many fired. */
export async function fireDue(app: TestApp): Promise<number> {
  for (let fired = 0; ; fired += 1) {
    const [due] = await query<{ id: string }>(
      app.database.ownerUrl,
      `select t.id from timer t join process_instance i on i.id = t.instance_id where t.kind = 'bpmn' and t.status = 'pending' and t.due_at <= $1 and i.status = 'active'
         and (t.claimed_until is null or t.claimed_until <= $1) order by t.due_at, t.id limit 1`,
      [app.clock.now()],
    );
    if (!due) return fired;
    const { outcome } = await fireTimer(app, keeper, { timerId: due.id });
    if (outcome !== 'fired') throw new Error(`timer ${due.id} did not fire: ${outcome}`);
  }
}

export interface InstanceSeen {
  id: string;
  status: string;
  variables: Record<string, Json>;
  parentId: string | null;
  endReason: string | null;
  stepNo: number;
  key: string;
}

/** Instances of a business key, parents before their children. */
export function instances(app: TestApp, businessKey: string): Promise<InstanceSeen[]> {
  return query<InstanceSeen & Record<string, unknown>>(
    app.database.ownerUrl,
    `with recursive tree as (
       select i.id, 0 as depth from process_instance i where i.business_key = $1 and i.parent_id is null
       union all select c.id, t.depth + 1 from process_instance c join tree t on c.parent_id = t.id)
     select i.id, i.status, i.variables, i.parent_id as "parentId", i.end_reason as "endReason", i.step_no as "stepNo", d.key
     from tree join process_instance i using (id) join process_definition d on d.id = i.definition_id order by i.started_at, tree.depth, i.id`,
    [businessKey],
  );
}

/** What stays open anywhere for a business key: nothing may, once all has ended. */
export async function leftOpen(app: TestApp, businessKey: string): Promise<string[]> {
  const rows = await query<{ what: string }>(
    app.database.ownerUrl,
    `with i as (select id from process_instance where business_key = $1)
     select 'task ' || element_id as what from task where instance_id in (select id from i) and status = 'open'
     union all select 'timer ' || coalesce(element_id, rule) from timer where instance_id in (select id from i) and status = 'pending'
     union all select 'catch ' || element_id from subscription where instance_id in (select id from i)
     union all select 'job ' || element_id from job where instance_id in (select id from i) and status in ('ready', 'failed')
     union all select 'instance' from process_instance where id in (select id from i) and status in ('active', 'suspended')
     union all select 'incident ' || code from incident where instance_id in (select id from i) and resolved_at is null`,
    [businessKey],
  );
  return rows.map((row) => row.what);
}

export interface IncidentSeen {
  id: string;
  kind: string;
  code: string;
  elementId: string | null;
  resolution: string | null;
  reason: string | null;
}

export function incidents(app: TestApp, businessKey: string): Promise<IncidentSeen[]> {
  return query<IncidentSeen & Record<string, unknown>>(
    app.database.ownerUrl,
    `select x.id, x.kind, x.code, x.element_id as "elementId", x.resolution, x.reason from incident x join process_instance i on i.id = x.instance_id where i.business_key = $1 order by x.created_at, x.id`,
    [businessKey],
  );
}

/** The Problem with which something is refused. */
export async function refusal(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(() => null, (e: unknown) => e);
  if (!(error instanceof Problem)) throw error ?? new Error('nothing was refused');
  return error;
}

export const codeOf = async (work: Promise<unknown>): Promise<string> => (await refusal(work)).code;
