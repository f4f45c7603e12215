// One task with all that its page shows. Read in one transaction in which Postgres shows only what this person may see, and not
// without a line in the record of who looked: its page says what is known of the person.
import type { z } from 'zod';
import { carryIntoForm } from '../actions/carry-into-form.js';
import { formToShow } from '../actions/form-options.js';
import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import type { Person, Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { decide, type TaskResource } from '../domain/authorize.js';
import { escalationTarget, wasTold } from '../domain/notifications.js';
import { boundariesOf, whatFollows, type Ahead } from '../engine/ahead.js';
import type { Definition } from '../engine/definitions.js';
import { readLedger } from '../engine/clocks.js';
import { readTask, type TaskRow } from '../engine/tasks.js';
import { clockLineOf } from './clocks.js';
import { differingLine } from './differing.js';
import type { caseReference, comment, draft, dueChange, taskDetail } from './task-shapes.js';

interface Beside {
  processName: string;
  assigneeName: string | null;
  assigneeAgency: string | null;
  // made as JSON by the statement below, in the shape of task-shapes
  case: z.input<typeof caseReference> | null;
  draft: z.input<typeof draft> | null;
  comments: z.input<typeof comment>[] | null;
  due_changes: z.input<typeof dueChange>[] | null;
  variables: Record<string, Json> | null;
  timers: { at: string; kind: string; rule: string | null; element_id: string | null }[] | null;
}

const besideSql = `select d.name as "processName", a.name as "assigneeName", (select y.name from agency y where y.code = a.agency_code) as "assigneeAgency",
  (select to_jsonb(x) from (select c.id, c.case_no as "caseNo", c.field, c.channel, c.agency_code as "agencyCode", c.status, c.urgent, c.opened_at as "openedAt", c.closed_at as "closedAt", c.close_reason as "closeReason"
    from support_case c where c.case_no = t.business_key) x) as "case",
  (select to_jsonb(x) from (select f.answers, f.version, f.saved_at as "savedAt" from draft f where f.task_id = t.id and f.user_id = $2::uuid) x) as draft,
  (select jsonb_agg(x order by x.at, x.id) from (select c.id, c.author_id as "authorId", u.name as "authorName", c.body, c.at from task_comment c left join app_user u on u.id = c.author_id where c.task_id = t.id) x) as comments,
  (select jsonb_agg(x order by x.at, x.id) from (select c.id, c.from_due_at as "fromDueAt", c.to_due_at as "toDueAt", c.reason, c.by_id as "byId", u.name as "byName", c.at from due_change c left join app_user u on u.id = c.by_id where c.task_id = t.id) x) as due_changes,
  (select i.variables from process_instance i where i.id = t.instance_id) as variables,
  (select jsonb_agg(x order by x.at) from (select m.due_at as at, m.kind, m.rule, m.element_id from timer m where m.status = 'pending' and (m.task_id = t.id or (m.kind = 'bpmn' and m.instance_id = t.instance_id))) x) as timers
from task t join process_definition d on d.id = t.definition_id left join app_user a on a.id = t.assignee_id where t.id = $1::uuid`;

async function namesOf(app: App, tx: Tx, keys: readonly string[]): Promise<string[]> {
  const found = new Map((await app.directory.groups(tx, keys)).map((g) => [g.key, g.name]));
  return keys.map((key) => found.get(key) ?? key);
}

/** Whom a reminder or a rung of the ladder reaches, in words: as domain/notifications.ts gives the notice. */
async function reachedBy(app: App, tx: Tx, task: TaskRow, rule: string | null, beside: Beside): Promise<string[]> {
  const target = rule === null ? null : escalationTarget(rule);
  if (target === 'manager') {
    const agencies = task.assigneeId === null ? (await app.directory.groups(tx, task.candidateGroups)).flatMap((g) => g.agencyName ?? []) : [beside.assigneeAgency ?? ''];
    return [...new Set(agencies)].map((name) => `${name}の管理者`);
  }
  if (target !== null) return namesOf(app, tx, [target]);
  return task.assigneeId === null ? namesOf(app, tx, task.candidateGroups) : [beside.assigneeName ?? '担当者'];
}

interface Pending {
  at: string;
  kind: 'reminder' | 'escalation' | 'drawn';
  rule: string | null;
  to: string[];
  elementId: string | null;
  name: string | null;
  interrupting: boolean | null;
  follows: Ahead[];
}

async function pending(app: App, tx: Tx, task: TaskRow, definition: Definition, beside: Beside): Promise<Pending[]> {
  const drawn = new Map(boundariesOf(definition.compiled, task.elementId).map((b) => [b.elementId, b]));
  const list: Pending[] = [];
  for (const timer of task.status === 'open' ? (beside.timers ?? []) : []) {
    if (timer.kind === 'reminder' || timer.kind === 'escalation') {
      list.push({ at: timer.at, kind: timer.kind, rule: timer.rule, to: await reachedBy(app, tx, task, timer.rule, beside), elementId: null, name: null, interrupting: null, follows: [] });
      continue;
    }
    const boundary = timer.element_id === null ? undefined : drawn.get(timer.element_id);
    if (boundary) list.push({ at: timer.at, kind: 'drawn', rule: null, to: [], elementId: boundary.elementId, name: boundary.name, interrupting: boundary.interrupting, follows: boundary.follows });
  }
  return list;
}

/**
 * @throws Problem not_found when it is not there or this person does not see it
 */
export async function taskDetailOf(app: App, tx: Tx, person: Person, taskId: string): Promise<z.input<typeof taskDetail>> {
  const task = await readTask(tx, taskId);
  if (!task) throw new Problem('not_found');
  const groups = await app.directory.groups(tx, task.candidateGroups);
  const resource: TaskResource = { type: 'task', candidateGroups: task.candidateGroups, assigneeId: task.assigneeId, ownerId: task.ownerId, agencyCodes: groups.flatMap((g) => g.agencyCode ?? []), told: await wasTold(tx, task.id, person.userId) };
  const decision = decide(person, 'task.read', resource);
  if (!decision.allowed) throw new Problem('not_found');
  const [beside] = await tx.db.$queryRawUnsafe<Beside[]>(besideSql, taskId, person.userId);
  if (!beside) throw new Problem('not_found');
  const definition = await app.definitions.byId(tx, task.definitionId);
  const form = task.formKey === null ? undefined : definition.forms.get(task.formKey);
  const { carried, differing } = form ? await carryIntoForm(app, tx, form.schema, beside.case?.id ?? null, { taskId, variables: beside.variables ?? {} }) : { carried: {}, differing: [] };
  await audit(tx, { action: 'task.read', resourceType: 'task', resourceId: taskId, basis: decision.basis, outcome: 'done', fields: [...new Set([...Object.keys(carried), ...differing.map(({ at }) => at)]), ...(beside.comments ? ['comments'] : []), ...(beside.draft ? ['draft'] : [])] });
  const { businessKey, deadline: _deadline, escalations: _escalations, executionId: _executionId, ...shown } = task;
  return {
    ...shown,
    caseNo: businessKey,
    processName: beside.processName,
    assigneeName: beside.assigneeName,
    overdue: task.status === 'open' && task.pausedAt === null && task.dueAt !== null && task.dueAt < tx.now,
    hasDraft: beside.draft !== null,
    definitionVersion: definition.version,
    laneName: definition.compiled.elements.get(task.elementId)?.lane ?? null,
    groups,
    why: decision.basis,
    form: form && task.formKey !== null ? { key: task.formKey, sha256: form.sha256, schema: await formToShow(tx, form.schema, [carried, (beside.draft?.answers ?? null) as Json]) } : null,
    carried,
    differing: differing.map((one) => differingLine(app.records, one)),
    draft: beside.draft,
    case: beside.case,
    comments: beside.comments ?? [],
    dueChanges: beside.due_changes ?? [],
    clock: businessKey === null ? [] : (await readLedger(tx, { businessKey, taskId })).map(clockLineOf),
    next: task.status === 'open' ? whatFollows(definition.compiled, task.elementId) : [],
    ifNothingIsDone: await pending(app, tx, task, definition, beside),
  };
}
