import type { App } from '../app.js';
import { transact, type Actor } from '../base/db.js';
import type { Json } from '../base/json.js';
import { authorize } from '../domain/authorize.js';
import { caseIdOf } from '../domain/cases.js';
import { carryIntoForm } from './carry-into-form.js';

export interface TownTask {
  id: string;
  version: number;
  processKey: string;
  elementId: string;
  candidateGroups: string[];
  assigneeId: string | null;
  formKey: string | null;
  schema: Json;
  carried: Record<string, Json>;
  createdAt: Date;
  dueAt: Date | null;
}

export interface TownTimer {
  id: string;
  dueAt: Date;
}

/** What waits for a case (null: for what is about no case): for the invented town, which plays everybody in it. */
export async function townWork(app: App, actor: Actor, caseNo: string | null): Promise<{ tasks: TownTask[]; timers: TownTimer[] }> {
  authorize(actor, 'housekeeping.run');
  return transact(app.db, actor, async (tx) => {
    const rows = await tx.db.$queryRawUnsafe<(Omit<TownTask, 'schema' | 'carried'> & { definitionId: string; variables: Record<string, Json> })[]>(
      `select t.id, t.version, t.process_key as "processKey", t.element_id as "elementId", t.candidate_groups as "candidateGroups", t.assignee_id as "assigneeId", t.form_key as "formKey",
         t.created_at as "createdAt", t.due_at as "dueAt", t.definition_id as "definitionId", i.variables
       from task t join process_instance i on i.id = t.instance_id where t.business_key is not distinct from $1 and t.status = 'open' and t.paused_at is null and i.status = 'active' order by t.id`,
      caseNo,
    );
    const timers = await tx.db.$queryRawUnsafe<TownTimer[]>(
      `select m.id, m.due_at as "dueAt" from timer m join process_instance i on i.id = m.instance_id
       where i.business_key is not distinct from $1 and i.status = 'active' and m.kind = 'bpmn' and m.status = 'pending' and not m.paused and m.claimed_until is null order by m.due_at, m.id`,
      caseNo,
    );
    const caseId = await caseIdOf(tx, caseNo);
    const tasks: TownTask[] = [];
    for (const { definitionId, variables, ...row } of rows) {
      const form = row.formKey === null ? undefined : (await app.definitions.byId(tx, definitionId)).forms.get(row.formKey);
      const schema = form?.schema ?? null;
      tasks.push({ ...row, schema, carried: schema === null ? {} : (await carryIntoForm(app, tx, schema, caseId, { taskId: row.id, variables })).carried });
    }
    return { tasks, timers };
  });
}

/** Whether any case was ever opened here. */
export async function hasCases(app: App, actor: Actor): Promise<boolean> {
  authorize(actor, 'housekeeping.run');
  return transact(app.db, actor, async (tx) => (await tx.db.case.count({ take: 1 })) > 0);
}
