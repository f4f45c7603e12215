// A town that works: the real application on a real database with all shipped diagrams, driven case by case. People act on
// the tasks of their own groups, and the clock is moved to the moment that a timer is due.
import { completeTask } from '../../src/actions/complete-task.js';
import { fireTimer } from '../../src/actions/fire-timer.js';
import { openCase } from '../../src/actions/open-case.js';
import { publishMessage } from '../../src/actions/publish-message.js';
import type { System } from '../../src/base/db.js';
import type { Json } from '../../src/engine/model.js';
import { testApp, type TestApp } from '../support/app.js';
import { personByLogin } from '../support/city.js';
import { query } from '../support/database.js';
import { waitFor } from '../support/wait-for.js';
import { memo, written } from './walk.js';

const clerk: System = { kind: 'system', name: 'test' };

export interface Town {
  app: TestApp;
  now(): Date;
  /** Takes a consultation at the window of the elderly and gives the case number. */
  consult(): Promise<string>;
  /** Completes every open task of that element and case, each by somebody whom it lies with. */
  does(caseNo: string, elementId: string, answers?: Record<string, Json>): Promise<void>;
  /** Lets the clock run to the open timer of that element and fires it. */
  passes(caseNo: string, elementId: string): Promise<void>;
  /** When the open timer of that element is due. */
  due(caseNo: string, elementId: string): Promise<Date | null>;
  /** Minutes go by, and nothing else. */
  later(minutes: number): void;
  hears(caseNo: string, message: string): Promise<void>;
  /** Elements of the open tasks of a case, sorted. */
  open(caseNo: string): Promise<string[]>;
  standing(caseNo: string): Promise<Standing>;
}

export interface Standing {
  status: string;
  closeReason: string | null;
  /** Processes that ran for the case, with what became of each. */
  instances: Record<string, string[]>;
  incidents: number;
  /** Whether what staff wrote is found anywhere but in the answers kept. */
  leaked: boolean;
}

interface TaskFound extends Record<string, unknown> {
  id: string;
  version: number;
  login: string;
  folder: string;
  formKey: string;
  form: Json;
}

const findTasks = `
  select t.id, t.version, t.process_key as folder, t.form_key as "formKey", d.forms -> t.form_key as form, (select u.login from app_user u join membership m on m.user_id = u.id
    where m.group_key = any (t.candidate_groups) and u.active order by u.login limit 1) as login
  from task t join process_definition d on d.id = t.definition_id where t.business_key = $1 and t.element_id = $2 and t.status in ('open', 'claimed') order by t.id`;

const findLeaks = `
  select 'instance' from process_instance where position($1 in variables::text || coalesce(state, '')) > 0
  union all select 'history' from history_event where position($1 in coalesce(data::text, '')) > 0
  union all select 'message' from message where position($1 in variables::text) > 0
  union all select 'job' from job where position($1 in input::text) > 0
  union all select 'outbox' from outbox where position($1 in payload::text) > 0
  union all select 'audit' from audit_event where position($1 in audit_event::text) > 0`;

/** @param startsAt the moment at which the town opens */
export async function openTown(startsAt: Date): Promise<Town> {
  let at = startsAt;
  const app = await testApp({ deploy: ['processes'], clock: { now: () => at } });
  const url = app.database.ownerUrl;
  const caseIdOf = async (caseNo: string): Promise<string> => (await query<{ id: string }>(url, 'select id from support_case where case_no = $1', [caseNo]))[0]!.id;
  const open = async (caseNo: string): Promise<string[]> =>
    (await query<{ e: string }>(url, `select element_id e from task where business_key = $1 and status in ('open', 'claimed') order by 1`, [caseNo])).map((row) => row.e);
  return {
    app, open,
    now: () => at,
    async consult() {
      const { caseNo } = await openCase(app, await personByLogin(url, 'mori.d'), { field: 'elder', channel: 'phone' });
      return caseNo;
    },
    async does(caseNo, elementId, answers = {}) {
      const tasks = await waitFor(`a task ${elementId} of ${caseNo}`, async () => {
        const found = await query<TaskFound>(url, findTasks, [caseNo, elementId]);
        if (found.length === 0) throw new Error(`open: ${(await open(caseNo)).join(', ') || 'nothing'}`);
        return found;
      }, { timeoutMs: 8_000 });
      for (const { id, version, login, folder, formKey, form } of tasks) await completeTask(app, await personByLogin(url, login), { taskId: id, version, answers: written(folder, formKey, form, answers, at) });
    },
    async passes(caseNo, elementId) {
      const [timer] = await query<{ id: string; due_at: Date }>(url, `select t.id, t.due_at from timer t join process_instance i on i.id = t.instance_id where i.business_key = $1 and t.element_id = $2 and t.kind = 'bpmn' and t.status = 'pending'`, [caseNo, elementId]);
      if (!timer) throw new Error(`no timer ${elementId} of ${caseNo}; open: ${(await open(caseNo)).join(', ')}`);
      if (timer.due_at > at) at = timer.due_at;
      while ((await fireTimer(app, clerk, { timerId: timer.id })).again);
    },
    async due(caseNo, elementId) {
      const [timer] = await query<{ due_at: Date }>(url, `select t.due_at from timer t join process_instance i on i.id = t.instance_id where i.business_key = $1 and t.element_id = $2 and t.kind = 'bpmn' and t.status = 'pending'`, [caseNo, elementId]);
      return timer?.due_at ?? null;
    },
    later(minutes) {
      at = new Date(at.getTime() + minutes * 60_000);
    },
    async hears(caseNo, message) {
      // by whoever took the case: what happens in it is said by people, not by a system
      await publishMessage(app, await personByLogin(url, 'mori.d'), { name: message, correlationKey: await caseIdOf(caseNo), businessKey: caseNo, ttlS: 0 });
    },
    async standing(caseNo) {
      const [row] = await query<{ status: string; close_reason: string | null }>(url, 'select status, close_reason from support_case where case_no = $1', [caseNo]);
      const ran = await query<{ key: string; status: string }>(url, 'select d.key, i.status from process_instance i join process_definition d on d.id = i.definition_id where i.business_key = $1 order by i.id', [caseNo]);
      const instances: Record<string, string[]> = {};
      for (const { key, status } of ran) (instances[key] ??= []).push(status);
      const [{ count }] = (await query<{ count: string }>(url, `select count(*) from incident where resolved_at is null`)) as [{ count: string }];
      return { status: row!.status, closeReason: row!.close_reason, instances, incidents: Number(count), leaked: (await query(url, findLeaks, [memo])).length > 0 };
    },
  };
}
