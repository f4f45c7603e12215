import type { App } from '../app.js';
import type { Person, Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { caseIdOf } from '../domain/cases.js';
import type { Told, Warning } from '../domain/records/record.js';
import { advance } from '../engine/advance.js';
import type { Advanced, OpenedTask } from '../engine/finish.js';
import type { InstanceRow } from '../engine/instances.js';
import type { Variables } from '../engine/model.js';
import { summarise, summariseOpened, type TaskSummary } from '../engine/task-summary.js';
import type { TaskRow } from '../engine/tasks.js';
import type { Doing } from './act.js';
import { checkAnswers, keepAnswers, tellProcesses } from './keep-answers.js';
import { mustNotBeHeldByAnother, onTask, type TaskAsk } from './on-task.js';

export interface CompleteInput extends TaskAsk {
  version: number;
  answers?: Record<string, Json> | undefined;
}

export interface Completed {
  task: TaskSummary;
  /** The tasks that this opened and that the person may see. */
  next: TaskSummary[];
  /** The others that it opened, by the inbox that they went to. */
  others: { group: string; count: number }[];
  warnings: Warning[];
}

/**
 * Completes a task that one holds, or takes and completes one that nobody holds. The answers are checked against the form
 * that was deployed with the diagram and kept; only what the form hands to the process reaches it.
 * @throws Problem not_found, task_closed, task_claimed, version_conflict, instance_not_active, form_invalid (pointers into
 *   /answers), step_failed, too_many_variables, idempotency_mismatch
 */
export async function completeTask(app: App, person: Person, input: CompleteInput): Promise<Completed> {
  const answers = input.answers ?? {};
  return onTask(app, person, 'task.complete', input, { version: input.version, answers }, async ({ tx, task, instance, doing }) => {
    await mustNotBeHeldByAnother(tx, task, person);
    const { kept, advanced, opened } = await completeLocked(app, tx, doing, { person, task, instance, answers });
    const closed: TaskRow = { ...task, status: 'completed', version: task.version + 1, assigneeId: person.userId, claimedAt: task.claimedAt ?? tx.now, endedAt: tx.now, endedById: person.userId, endReason: 'completed' };
    return { answer: { task: summarise(closed), ...(await whatFollows(app, tx, person, [...advanced.tasks, ...opened])), warnings: [...kept.warnings, ...joinedBy(advanced)] }, fields: kept.fields };
  });
}

/** What the step would have begun goes on already, and has got what it had to say. That a 支援会議 goes on is said to nobody. */
const joinedBy = ({ joined: all }: Advanced, joined = all.filter(({ processKey }) => processKey !== 'confidential_route')): Warning[] =>
  joined.length === 0 ? [] : [{ code: 'main_line_joined', detail: 'このケースの多機関協働はすでに進んでいます。新しくは始めず、いま進んでいるほうに伝えました。', ids: joined.map(({ id }) => id) }];

interface Locked {
  person: Person;
  task: TaskRow;
  instance: InstanceRow;
  answers: Record<string, Json>;
}

/** Completes a task that is locked and that this person may complete. Throws like `completeTask`. */
export async function completeLocked(app: App, tx: Tx, doing: Doing, { person, task, instance, answers }: Locked): Promise<{ kept: KeptOfTask; advanced: Advanced; opened: OpenedTask[] }> {
  const kept = await keepTaskAnswers(app, tx, person, task, instance.variables, answers);
  const cause = { type: 'task_completed', data: { taskId: task.id, variables: kept.variables } };
  const advanced = await advance(tx, app.engine, instance, { kind: 'complete', executionId: task.executionId, variables: kept.variables }, cause, doing.deferred);
  doing.after(advanced.effects);
  return { kept, advanced, opened: await tellProcesses(app, tx, doing, kept, kept.told) };
}

interface KeptOfTask {
  /** null: the task has no form. */
  submissionId: string | null;
  caseId: string | null;
  caseNo: string | null;
  /** For the process. */
  variables: Variables;
  /** Names of the fields that were answered. */
  fields: string[];
  told: readonly Told[];
  warnings: Warning[];
}

async function keepTaskAnswers(app: App, tx: Tx, person: Person, task: TaskRow, processVariables: Variables, answers: Record<string, Json>): Promise<KeptOfTask> {
  const { businessKey: caseNo } = task;
  if (task.formKey === null) {
    const errors = Object.keys(answers).map((key) => ({ pointer: `/answers/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, detail: 'この仕事には入力欄がありません。' }));
    if (errors.length > 0) throw new Problem('form_invalid', { errors });
    return { submissionId: null, caseId: null, caseNo, variables: {}, fields: [], told: [], warnings: [] };
  }
  const definition = await app.definitions.byId(tx, task.definitionId);
  const found = definition.forms.get(task.formKey);
  if (!found) throw new Error(`definition ${definition.key} v${definition.version} has no form ${task.formKey}`);
  const caseId = await caseIdOf(tx, caseNo);
  const answered = { form: { key: task.formKey, ...found }, answers, caseId, asker: { taskId: task.id, variables: processVariables } };
  const checked = await checkAnswers(app, tx, answered);
  const kept = await keepAnswers(app, tx, { ...answered, checked, person, caseNo, taskId: task.id, item: task.item, processVariables });
  return { submissionId: kept.submissionId, caseId, caseNo, variables: { ...checked.variables, ...kept.variables }, fields: Object.keys(checked.data), told: kept.told, warnings: kept.warnings };
}

async function whatFollows(app: App, tx: Tx, person: Person, tasks: readonly OpenedTask[]): Promise<Pick<Completed, 'next' | 'others'>> {
  const isMine = (task: OpenedTask): boolean => task.assignee_id === person.userId || task.candidate_groups.some((key) => person.groups.includes(key));
  const counts = new Map<string, number>();
  for (const task of tasks.filter((t) => !isMine(t))) {
    const key = task.candidate_groups[0] ?? '';
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const groups = new Map((await app.directory.groups(tx, [...counts.keys()].filter(Boolean))).map((group) => [group.key, group.name]));
  return {
    next: tasks.filter(isMine).map((task) => summariseOpened(task, tx.now)),
    others: [...counts].map(([key, count]) => ({ group: groups.get(key) ?? '担当者', count })),
  };
}
