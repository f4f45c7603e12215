// Steps of a case, one by one, by whoever they lie with: for tests of what the records of a step make.
import { completeTask, type Completed } from '../../src/actions/complete-task.js';
import { publishMessage } from '../../src/actions/publish-message.js';
import { transact, type Person } from '../../src/base/db.js';
import { openCase } from '../../src/domain/cases.js';
import type { Json } from '../../src/engine/model.js';
import { answersFor } from './answers.js';
import type { TestApp } from './app.js';
import { personByLogin } from './city.js';
import { query } from './database.js';
import { keeper } from './diagrams.js';

export interface OpenCase {
  caseId: string;
  caseNo: string;
}

/** A case of 地域包括支援センター about which no process runs. */
export async function bareCase(app: TestApp): Promise<OpenCase> {
  const row = await transact(app.db, keeper, (tx) => openCase(tx, { field: 'elder', channel: 'phone', agencyCode: 'chiiki_houkatsu', urgent: false }, app.calendar.onDate(tx.now), null));
  return { caseId: row.id, caseNo: row.caseNo };
}

/** Starts what the message starts for this case, with the variables that the office's processes carry. */
export async function begin(app: TestApp, { caseId, caseNo }: OpenCase, name: string, variables: Record<string, Json> = {}): Promise<void> {
  await publishMessage(app, keeper, { name, correlationKey: caseId, businessKey: caseNo, variables: { caseId, coordinatorGroup: 'grp.coordinator.shakyo', ...variables }, ttlS: 0 });
}

interface Found extends Record<string, unknown> {
  id: string;
  version: number;
  login: string;
  folder: string;
  formKey: string;
  form: Json;
}

const findTask = `
  select t.id, t.version, t.process_key as folder, t.form_key as "formKey", d.forms -> t.form_key as form, (select u.login from app_user u join membership m on m.user_id = u.id
    where m.group_key = any (t.candidate_groups) and u.active order by u.login limit 1) as login
  from task t join process_definition d on d.id = t.definition_id where t.business_key = $1 and t.element_id = $2 and t.status = 'open' order by t.id limit 1`;

/** An open step, ready to be completed with the sample's answers and these instead. `folder`: where its sample lies. */
export async function ready(app: TestApp, caseNo: string, elementId: string, answers: Record<string, Json> = {}, folder?: string): Promise<(login?: string) => Promise<Completed>> {
  const [task] = await query<Found>(app.database.ownerUrl, findTask, [caseNo, elementId]);
  if (!task) throw new Error(`no open task ${elementId} of ${caseNo}`);
  const sent = answersFor(folder ?? task.folder, task.formKey, task.form, answers, app.clock.now());
  return async (login = task.login) => completeTask(app, await personByLogin(app.database.ownerUrl, login), { taskId: task.id, version: task.version, answers: sent });
}

/** @throws what completing the step throws */
export async function take(app: TestApp, caseNo: string, elementId: string, answers: Record<string, Json> = {}): Promise<Completed> {
  return (await ready(app, caseNo, elementId, answers))();
}

export const as = (app: TestApp, login: string): Promise<Person> => personByLogin(app.database.ownerUrl, login);
