import type { App } from '../app.js';
import type { Person, Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { mustReach } from '../domain/access.js';
import { authorize } from '../domain/authorize.js';
import { caseIdOf } from '../domain/cases.js';
import type { RecordKind, Warning } from '../domain/records/record.js';
import { findStandingForm } from '../domain/standing-forms.js';
import type { Effect, OpenedTask } from '../engine/finish.js';
import { summariseOpened, type TaskSummary } from '../engine/task-summary.js';
import { act, type Ask, type Doing } from './act.js';
import { carryOutWithin, lockWithProcesses } from './cascade.js';
import { checkAnswers, keepAnswers, tellProcesses, type Kept } from './keep-answers.js';

export interface RecordInput extends Ask {
  formKey: string;
  /** null: not about one case. */
  caseNo: string | null;
  answers: Record<string, Json>;
}

export interface FiledRecord {
  submissionId: string;
  record: string;
  /** Ids of what was made of it. */
  made: Record<string, Json>;
  /** The tasks that this opened. */
  next: TaskSummary[];
  warnings: Warning[];
}

/**
 * Files a form that nobody asked for (processes/anytime): a note, a withdrawal, an emergency, a resource.
 * @throws Problem not_found (no such form, or the case is not theirs to know), forbidden, form_invalid, and what the record's own rules refuse
 */
export async function fileRecord(app: App, person: Person, input: RecordInput): Promise<FiledRecord> {
  const { formKey, caseNo, answers } = input;
  return act(app, person, {
    action: 'record.file',
    resource: { type: 'record', id: formKey },
    ask: input,
    request: { formKey, caseNo, answers },
    async work(tx, doing) {
      authorize(person, 'record.file');
      const { basis, kept, opened, kind, fields } = await fileIn(app, tx, doing, person, { formKey, caseNo, answers });
      const next = kept.confidential ? [] : opened.map((task) => summariseOpened(task, tx.now));
      return { answer: { submissionId: kept.submissionId, record: kept.record ?? kind.key, made: kept.variables, next, warnings: kept.warnings }, basis, resourceId: kept.submissionId, fields };
    },
  });
}

interface Filing {
  basis: string;
  kept: Kept;
  opened: OpenedTask[];
  kind: RecordKind;
  /** Names of the fields. */
  fields: string[];
}

/** The same in a transaction that is under way. Throws like `fileRecord`. */
export async function fileIn(app: App, tx: Tx, doing: Doing, person: Person, { formKey, caseNo, answers }: Pick<RecordInput, 'formKey' | 'caseNo' | 'answers'>): Promise<Filing> {
  const form = await findStandingForm(tx, formKey);
  const kind = form ? app.records.get(form.record) : undefined;
  if (!form || !kind) throw new Problem('not_found');
  const caseId = await caseIdOf(tx, caseNo);
  const basis = await mayFile(tx, person, kind, caseNo, caseId);
  const cascade = kind.withProcesses && caseNo !== null && caseId !== null;
  if (cascade) await lockWithProcesses(tx, { caseId, caseNo });
  const answered = { form, answers, caseId };
  const checked = await checkAnswers(app, tx, answered);
  const kept = await keepAnswers(app, tx, { ...answered, checked, person, caseNo, taskId: null, item: null, processVariables: {} });
  const effects: Effect[] = [];
  const opened = await tellProcesses(app, tx, { ...doing, after: (more) => void effects.push(...more) }, { caseId, caseNo }, kept.told);
  doing.after(cascade ? await carryOutWithin(app, tx, { caseNo, effects, deferred: doing.deferred }) : effects);
  return { basis, kept, opened, kind, fields: Object.keys(checked.data) };
}

/** @throws Problem not_found, forbidden */
async function mayFile(tx: Tx, person: Person, kind: RecordKind, caseNo: string | null, caseId: string | null): Promise<string> {
  const { anytime } = kind;
  if (anytime === undefined || (anytime === 'case') !== (caseNo !== null)) throw new Problem('not_found');
  if (anytime === 'case') {
    if (caseId === null) throw new Problem('not_found');
    return `access:${(await mustReach(tx, person, caseId, kind.reach ?? 'content')).basis}`;
  }
  const role = anytime.roles.find((one) => person.roles.includes(one));
  if (!role) throw new Problem('forbidden');
  return `role:${role}`;
}
