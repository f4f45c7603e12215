// Turns what a step opened into rows: tasks with their reminders and escalations, timers, catches, jobs. Pure.
import type { Calendar, Counted } from '../base/calendar.js';
import { newId } from '../base/id.js';
import type { DeadlinePolicy, Json, Variables, Wait } from './model.js';

export interface NewTask {
  id: string;
  execution_id: string;
  element_id: string;
  name: string;
  candidate_groups: string[];
  assignee_id: string | null;
  form_key: string | null;
  item: Json | null;
  deadline: DeadlinePolicy | null;
  due_at: string | null;
  urgent: boolean;
  never_paused: boolean;
  priority: number;
}

export interface NewTimer {
  id: string;
  kind: 'bpmn' | 'reminder' | 'escalation';
  task_id: string | null;
  execution_id: string | null;
  element_id: string | null;
  rule: string | null;
  /** The task that it is drawn on: it rests while that clock stands. */
  host: string | null;
  due_at: string;
  /** kind bpmn: how it was counted, where that hangs on the calendar; of a task's own timers the deadline says it. */
  counted?: Counted | null;
}

export interface NewSubscription {
  id: string;
  execution_id: string;
  element_id: string;
  kind: 'message' | 'signal' | 'conditional';
  name: string;
  correlation_key: string | null;
}

export interface NewJob {
  id: string;
  execution_id: string;
  element_id: string;
  handler: string;
  input: Variables;
}

export interface NewRows {
  tasks: NewTask[];
  timers: NewTimer[];
  subscriptions: NewSubscription[];
  jobs: NewJob[];
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The reminders and escalations that belong to a due time, as the diagram's policy has them. A reminder whose moment has
 * passed is left out; an escalation never is (the due time itself lies ahead of `now`, or it is overdue and must be told).
 * Rules are `due-1BD` and `escalate:1BD>manager`: with the task and the instant they are the key of the ledger.
 * @throws RangeError when a duration cannot be read
 */
export function deadlineTimers(policy: DeadlinePolicy, taskId: string, elementId: string, dueAt: Date, now: Date, calendar: Calendar): NewTimer[] {
  const base = { task_id: taskId, execution_id: null, element_id: elementId, host: null };
  const timers: NewTimer[] = [];
  for (const before of new Set(policy.remindBefore)) {
    const at = calendar.subtract(dueAt, before);
    if (at > now) timers.push({ ...base, id: newId(now.getTime()), kind: 'reminder', rule: `due-${before}`, due_at: at.toISOString() });
  }
  const seen = new Set<string>();
  for (const { after, to } of policy.escalateAfter) {
    const rule = `escalate:${after}>${to}`;
    if (seen.has(rule)) continue;
    seen.add(rule);
    timers.push({ ...base, id: newId(now.getTime()), kind: 'escalation', rule, due_at: calendar.add(dueAt, after).toISOString() });
  }
  return timers;
}

/**
 * Rows for waits that opened. Call waits have none: their child instance is the row.
 * @param hostOf the task that a boundary event is drawn on; null: on none
 * @throws RangeError naming what a wait says that cannot be stored (a duration, an assignee, a task for nobody)
 */
export function rowsFor(waits: Iterable<Wait>, now: Date, calendar: Calendar, hostOf: (elementId: string) => string | null): NewRows {
  const rows: NewRows = { tasks: [], timers: [], subscriptions: [], jobs: [] };
  for (const wait of waits) {
    const id = newId(now.getTime());
    const at = { id, execution_id: wait.executionId, element_id: wait.elementId };
    if (wait.kind === 'user') openTask(rows, wait, id, now, calendar);
    else if (wait.kind === 'timer') rows.timers.push({ ...at, kind: 'bpmn', task_id: null, rule: null, host: hostOf(wait.elementId), due_at: dueText(wait), counted: wait.counted ?? null });
    else if (wait.kind === 'job') rows.jobs.push({ ...at, handler: wait.job?.handler ?? '', input: wait.job?.input ?? {} });
    else if (wait.kind !== 'call') rows.subscriptions.push(openCatch(wait, wait.kind, id));
  }
  return rows;
}

/** Names and keys of messages are looked up by an index, which takes no long texts. */
export const longestKey = 500;

function openCatch(wait: Wait, kind: NewSubscription['kind'], id: string): NewSubscription {
  const { executionId, elementId, name = '', correlationKey = null } = wait;
  // of a conditional event the condition; nobody looks it up
  if (kind !== 'conditional' && (name.length > longestKey || (correlationKey ?? '').length > longestKey)) throw new RangeError(`${elementId}: name or correlation key too long`);
  return { id, execution_id: executionId, element_id: elementId, kind, name: name.slice(0, longestKey), correlation_key: correlationKey };
}

function dueText(wait: Wait): string {
  if (!wait.dueAt || Number.isNaN(Date.parse(wait.dueAt))) throw new RangeError(`${wait.elementId}: a timer without a due time`);
  return new Date(wait.dueAt).toISOString();
}

function openTask(rows: NewRows, wait: Wait, id: string, now: Date, calendar: Calendar): void {
  const task = wait.task;
  if (!task) throw new RangeError(`${wait.elementId}: a task without its description`);
  if (task.assignee !== null && !uuid.test(task.assignee)) throw new RangeError(`${wait.elementId}: the assignee is not the id of a person`);
  if (task.assignee === null && task.candidateGroups.length === 0) throw new RangeError(`${wait.elementId}: neither a group nor a person would see this task`);
  const dueAt = task.deadline ? calendar.add(now, task.deadline.dueIn) : null;
  rows.tasks.push({
    id,
    execution_id: wait.executionId,
    element_id: wait.elementId,
    name: task.name,
    candidate_groups: task.candidateGroups,
    assignee_id: task.assignee,
    form_key: task.formKey,
    item: wait.item ?? null,
    deadline: task.deadline,
    due_at: dueAt?.toISOString() ?? null,
    urgent: task.urgent,
    never_paused: task.neverPaused,
    priority: task.priority,
  });
  if (task.deadline && dueAt) rows.timers.push(...deadlineTimers(task.deadline, id, wait.elementId, dueAt, now, calendar));
}
