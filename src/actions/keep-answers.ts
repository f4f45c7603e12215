// Answers of a form on their way to rest: checked against the form, kept as they are, and made into what the domain holds. The
// same for a task's form and for one that is filed at any time.
import type { App } from '../app.js';
import type { Person, Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import type { Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { carryAnswers, type Asker } from '../domain/records/carry.js';
import { lockCase } from '../domain/cases.js';
import { placedByProcess } from '../domain/meetings/place.js';
import { happenedIn, mustHaveHappened } from '../domain/records/happened.js';
import type { RecordKind, Told, Warning } from '../domain/records/record.js';
import { storeSubmission } from '../domain/submissions.js';
import { messageTtlMs } from '../engine/advance.js';
import { hasNul } from '../engine/failure.js';
import type { OpenedTask } from '../engine/finish.js';
import { carriedFields, confidentialFields, recordOf, validateAnswers } from '../engine/forms.js';
import { broadcastSignal, leaveMessage } from '../engine/messages.js';
import type { Variables } from '../engine/model.js';
import type { Doing } from './act.js';
import { formToCheck } from './form-options.js';

export interface Answered {
  form: { key: string; sha256: string; schema: Json };
  answers: Record<string, Json>;
  caseId: string | null;
  /** The task that asks; left out: filed without one. */
  asker?: Asker;
}

export interface Checked {
  data: Record<string, Json>;
  variables: Variables;
  record: RecordKind | null;
}

/**
 * Answers against a form, with what earlier forms of the case say in the fields that nobody writes twice.
 * What may be chosen from a list of the city is what may be chosen now.
 * @throws Problem form_invalid (pointers into /answers); Error when the form names a record that is not there any more
 */
export async function checkAnswers(app: App, tx: Tx, { form, answers, caseId, asker }: Answered): Promise<Checked> {
  if (hasNul(answers)) throw new Problem('form_invalid', { errors: [{ pointer: '/answers', detail: '使えない文字（U+0000）が含まれています。' }] });
  const recordKey = recordOf(form.schema);
  const record = recordKey === null ? null : app.records.get(recordKey);
  if (record === undefined) throw new Error(`form ${form.key} names record ${recordKey}, which is not there`);
  const carried = await carryAnswers(tx, app.records, caseId, recordKey, carriedFields(form.schema), asker);
  const { data, errors, variables } = validateAnswers(await formToCheck(tx, form.schema), answers, carried);
  if (errors.length > 0) throw new Problem('form_invalid', { errors: errors.map((e) => ({ pointer: `/answers${e.pointer}`, detail: e.detail })) });
  return { data, variables, record };
}

export interface Keeping extends Answered {
  checked: Checked;
  person: Person;
  /** The number of the case, which is the business key of its processes. */
  caseNo: string | null;
  taskId: string | null;
  item: Json | null;
  /** Of the process that asked. */
  processVariables: Variables;
}

export interface Kept {
  submissionId: string;
  /** The 帳票 that it rests as. */
  record: string | null;
  /** Ids and decisions for the process that asked. */
  variables: Variables;
  told: readonly Told[];
  warnings: Warning[];
  /** Kept under the secrecy of a 支援会議: what it opens is not for whoever filed it to know. */
  confidential: boolean;
}

/**
 * Keeps checked answers, and makes of them what their record means. The case is locked meanwhile: what two people file about
 * one case at once happens one after the other.
 * @throws Problem when a rule of the law or the office forbids it
 */
export async function keepAnswers(app: App, tx: Tx, keeping: Keeping): Promise<Kept> {
  const { form, checked, caseId, person, taskId } = keeping;
  const submissionId = newId(tx.now.getTime());
  const told: Told[] = [];
  const warnings: Warning[] = [];
  const record = checked.record?.keptAs?.(checked.data) ?? checked.record;
  if (caseId !== null && checked.record) await lockCase(tx, caseId);
  const filed = { submissionId, caseId, taskId, by: person, answers: checked.data, sent: new Set(Object.keys(keeping.answers)), item: keeping.item, variables: keeping.processVariables, calendar: app.calendar, tell: (one: Told) => void told.push(one), warn: (one: Warning) => void warnings.push(one) };
  mustHaveHappened(tx, filed, happenedIn(checked.record, checked.data));
  const placed = checked.record?.place ? await checked.record.place(tx, filed) : checked.record?.besideSittings ? null : await placedByProcess(tx, filed);
  await storeSubmission(tx, { id: submissionId, taskId, caseId, formKey: form.key, formSha256: form.sha256, record, placed, answers: checked.data, confidential: confidentialFields(form.schema), submittedById: person.userId, agencyCode: person.agencyCode });
  const variables = (await checked.record?.project?.(tx, filed)) ?? {};
  return { submissionId, record: record?.key ?? null, variables, told, warnings, confidential: (placed ?? record)?.compartment === 'confidential' };
}

/** Tells the processes what the domain has to say. @returns the tasks that this opened at once */
export async function tellProcesses(app: App, tx: Tx, doing: Doing, about: { caseId: string | null; caseNo: string | null }, told: readonly Told[]): Promise<OpenedTask[]> {
  const opened: OpenedTask[] = [];
  for (const { kind, name, variables, about: subject } of told) {
    if (kind === 'signal') {
      doing.after(await broadcastSignal(tx, name, variables, about.caseNo));
      continue;
    }
    const left = await leaveMessage(tx, app.engine, { name, correlationKey: subject ?? about.caseId, businessKey: about.caseNo, variables, expiresAt: new Date(tx.now.getTime() + messageTtlMs) }, doing.deferred);
    doing.after(left.effects);
    opened.push(...left.tasks);
  }
  return opened;
}
