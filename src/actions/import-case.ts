// A row of the sheet of cases as a case: a new consultation goes the way of one that is taken at the window; a case that runs
// already is entered where it stands, with a first look at it as its first task.
import type { App } from '../app.js';
import type { Person, Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { daysUntil } from '../base/wareki.js';
import { inboxOfAgency } from '../domain/agencies.js';
import { setTeam } from '../domain/case-roles.js';
import type { Channel, Field } from '../domain/cases.js';
import { openedOn, storeRunningCase, type ImportedRow, type ImportedStage } from '../domain/imports.js';
import { carryAnswers } from '../domain/records/carry.js';
import { carriedFields, recordOf } from '../engine/forms.js';
import { withFacts } from '../engine/forms/sheet.js';
import { lockTask } from '../engine/tasks.js';
import type { Doing } from './act.js';
import { completeLocked } from './complete-task.js';
import { consultationForm, type PlannedRow } from './import-sheets.js';
import { checkAnswers, keepAnswers, tellProcesses } from './keep-answers.js';
import { registerCase, startWith, takeConsultation } from './open-case.js';

export type BroughtCase = ImportedRow & { caseNo: string };

interface Head {
  field: Field;
  channel?: Channel;
  urgent?: boolean;
  agencyCode: string;
  receivedOn?: string;
  stage?: ImportedStage;
  oldCaseNo?: string;
  leadAgencyCode?: string;
  supportBeganOn?: string;
  nextAction?: string;
  nextActionOn?: string;
}

/** @throws Problem what a rule of the office refuses */
export async function bringCase(app: App, tx: Tx, doing: Doing, person: Person, planned: PlannedRow, schema: Json): Promise<BroughtCase> {
  const head = planned.head as unknown as Head;
  return head.stage === undefined ? bringConsultation(app, tx, doing, person, planned, schema, head) : bringRunning(app, tx, doing, person, planned, schema, { ...head, stage: head.stage });
}

async function bringConsultation(app: App, tx: Tx, doing: Doing, person: Person, planned: PlannedRow, schema: Json, head: Head): Promise<BroughtCase> {
  const { field, channel = null, urgent = false, agencyCode } = head;
  const opened = await takeConsultation(app, tx, doing, { kind: 'consultation', field, channel, urgent, agencyCode });
  if (head.receivedOn !== undefined) await openedOn(tx, opened.caseId, head.receivedOn);
  const first = opened.next.find(({ formKey }) => formKey === consultationForm);
  const locked = first ? await lockTask(tx, first.id) : null;
  if (!locked) throw new Error(`the process of ${opened.caseNo} asks for no ${consultationForm}`);
  const facts = await carryAnswers(tx, app.records, opened.caseId, recordOf(schema), carriedFields(schema));
  const { kept } = await completeLocked(app, tx, doing, { person, ...locked, answers: withFacts(schema, planned.answers, facts) });
  return { sheet: 'cases', row: planned.row, caseId: opened.caseId, submissionId: kept.submissionId ?? '', caseNo: opened.caseNo };
}

/** The sheet is kept without a task that asked for it, and the process begins with a look at how things stand (message `case_imported`). */
async function bringRunning(app: App, tx: Tx, doing: Doing, person: Person, planned: PlannedRow, schema: Json, head: Head & { stage: ImportedStage }): Promise<BroughtCase> {
  const { field, channel = null, urgent = false, agencyCode, leadAgencyCode = null, nextActionOn = null } = head;
  const { opened, intakeGroup } = await registerCase(app, tx, { field, channel, urgent, agencyCode });
  const caseId = opened.id;
  await openedOn(tx, caseId, head.receivedOn ?? head.supportBeganOn ?? app.calendar.onDate(tx.now));
  await storeRunningCase(tx, caseId, { stage: head.stage, oldCaseNo: head.oldCaseNo ?? null, leadAgencyCode, supportBeganOn: head.supportBeganOn ?? null, nextAction: head.nextAction ?? null, nextActionOn });
  const leadGroup = leadAgencyCode === null ? null : await inboxOfAgency(tx, leadAgencyCode, [intakeGroup]);
  if (leadAgencyCode !== null) {
    if (leadGroup === null) throw new Problem('invalid', { detail: '主担当機関に、仕事を受け取る窓口がありません。' });
    await setTeam(tx, caseId, null, [{ role: 'lead', agencyCode: leadAgencyCode, groupKey: leadGroup }], 'imported');
  }
  const submissionId = await keepSheet(app, tx, doing, person, opened, planned, schema);
  await startWith(app, tx, doing, opened, 'case_imported', { field, agencyCode, intakeGroup, urgency: urgent ? 'urgent' : 'none', confirmGroup: leadGroup ?? intakeGroup, checkIn: nextActionOn === null ? null : daysUntil(app.calendar.onDate(tx.now), nextActionOn) });
  return { sheet: 'cases', row: planned.row, caseId, submissionId, caseNo: opened.caseNo };
}

async function keepSheet(app: App, tx: Tx, doing: Doing, person: Person, opened: { id: string; caseNo: string }, planned: PlannedRow, schema: Json): Promise<string> {
  const form = (await app.definitions.startedBy(tx, 'consultation_received'))?.definition.forms.get(consultationForm);
  if (!form) throw new Error(`${consultationForm} is not deployed`);
  const facts = await carryAnswers(tx, app.records, opened.id, recordOf(schema), carriedFields(schema));
  const answered = { form: { key: consultationForm, ...form }, answers: withFacts(schema, planned.answers, facts), caseId: opened.id };
  const checked = await checkAnswers(app, tx, answered);
  const kept = await keepAnswers(app, tx, { ...answered, checked, person, caseNo: opened.caseNo, taskId: null, item: null, processVariables: {} });
  await tellProcesses(app, tx, doing, { caseId: opened.id, caseNo: opened.caseNo }, kept.told);
  return kept.submissionId;
}
