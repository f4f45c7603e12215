import type { App } from '../app.js';
import { transact, type Actor } from '../base/db.js';
import type { Json } from '../base/json.js';
import { authorize } from '../domain/authorize.js';
import { caseIdOf } from '../domain/cases.js';
import { carryIntoForm } from './carry-into-form.js';
import { formToCheck } from './form-options.js';

export interface TownTask {
  id: string;
  version: number;
  processKey: string;
  elementId: string;
  candidateGroups: string[];
  assigneeId: string | null;
  formKey: string | null;
  createdAt: Date;
  dueAt: Date | null;
}

/** What whoever opens a task finds in it. */
export interface TownForm {
  /** null: the task asks nothing. */
  schema: Json;
  carried: Record<string, Json>;
}

export interface TownTimer {
  id: string;
  dueAt: Date;
}

/** What waits for a case (null: for what is about no case): for the invented town, which plays everybody in it. */
export async function townWork(app: App, actor: Actor, caseNo: string | null): Promise<{ tasks: TownTask[]; timers: TownTimer[] }> {
  authorize(actor, 'housekeeping.run');
  return transact(app.db, actor, async (tx) => {
    const tasks = await tx.db.$queryRawUnsafe<TownTask[]>(
      `select t.id, t.version, t.process_key as "processKey", t.element_id as "elementId", t.candidate_groups as "candidateGroups", t.assignee_id as "assigneeId", t.form_key as "formKey",
         t.created_at as "createdAt", t.due_at as "dueAt"
       from task t join process_instance i on i.id = t.instance_id where t.business_key is not distinct from $1 and t.status = 'open' and t.paused_at is null and i.status = 'active' order by t.created_at, t.element_id, t.candidate_groups, t.id`,
      caseNo,
    );
    const timers = await tx.db.$queryRawUnsafe<TownTimer[]>(
      `select m.id, m.due_at as "dueAt" from timer m join process_instance i on i.id = m.instance_id
       where i.business_key is not distinct from $1 and i.status = 'active' and m.kind = 'bpmn' and m.status = 'pending' and not m.paused and m.claimed_until is null order by m.due_at, m.element_id, m.id`,
      caseNo,
    );
    return { tasks, timers };
  });
}

/** The form of a task of `townWork`, with what it carries. */
export async function townForm(app: App, actor: Actor, taskId: string): Promise<TownForm> {
  authorize(actor, 'housekeeping.run');
  return transact(app.db, actor, async (tx) => {
    const { formKey, definitionId, businessKey, instance } = await tx.db.task.findUniqueOrThrow({ where: { id: taskId }, select: { formKey: true, definitionId: true, businessKey: true, instance: { select: { variables: true } } } });
    const form = formKey === null ? undefined : (await app.definitions.byId(tx, definitionId)).forms.get(formKey);
    if (!form) return { schema: null, carried: {} };
    const schema = await formToCheck(tx, form.schema);
    const variables = instance.variables as Record<string, Json>;
    return { schema, carried: (await carryIntoForm(app, tx, schema, await caseIdOf(tx, businessKey), { taskId, variables })).carried };
  });
}

/** Whether any case was ever opened here. */
export async function hasCases(app: App, actor: Actor): Promise<boolean> {
  authorize(actor, 'housekeeping.run');
  return transact(app.db, actor, async (tx) => (await tx.db.case.count({ take: 1 })) > 0);
}
