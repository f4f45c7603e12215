// 漏えい等事故報告 (F19; 個人情報保護法68条): noticed, reported at first within days, at last within weeks, and told to the people. By when is
// what the form says. Those who answer for data protection hear of it at once; the reports are tasks (processes/personal_data_incident).
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { Problem } from '../base/problem.js';
import type { Json } from '../base/json.js';
import { managersOf } from './promises.js';
import { choiceAt, dayColumn, endOf, instantAt, mustDayAt, numberAt, refuseField, roughDayAt, textAt, variableText } from './records/answers.js';
import type { Filed, RecordKind } from './records/record.js';
import { callOffTimers } from './timers.js';

const stages = ['noticed', 'preliminary', 'final'] as const;
const dayMs = 86_400_000;
const everybody = ['intakeWorker', 'sectionLead', 'coordinator', 'meetingConvenor', 'chair', 'director', 'outreachWorker', 'participationWorker', 'resourceManager', 'manager', 'policyEditor', 'kpiReporter', 'auditor', 'admin'];

/** What the clock waits for, in the order of the law: 速報, 確報. */
export const incidentRules = ['incident_preliminary_near', 'incident_preliminary_due', 'incident_final_near', 'incident_final_due'] as const;
type IncidentRule = (typeof incidentRules)[number];
/** 福祉政策課長, 部長, 監査: of the whole city; and who leads the agency where it happened. */
const answering = ['chair', 'director', 'auditor'];

/** Tells those who answer for data protection, and who leads the agency. A notice says that there is an incident, never what or whose. */
async function tellAnswering(tx: Tx, agencyCode: string, rule: string, urgent: boolean): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into notification (id, user_id, business_key, kind, rule, urgent, created_at)
     select gen_random_uuid(), u.id, null, 'process', $3, $4, $5::timestamptz from app_user u where u.active and (u.roles && $1::text[] or (u.agency_code = $2 and 'manager' = any (u.roles))) order by u.id`,
    answering, agencyCode, rule, urgent, tx.now,
  );
}

/** A day of the law is near, or over, and the report has not been made: of an incident that has no tasks. */
export async function remindOfIncident(tx: Tx, incidentId: string, rule: IncidentRule): Promise<void> {
  const found = await tx.db.incidentReport.findUnique({ where: { id: incidentId }, select: { status: true, agencyCode: true } });
  const reported = rule.startsWith('incident_final') ? ['final'] : ['preliminary', 'final'];
  if (found && !reported.includes(found.status)) await tellAnswering(tx, found.agencyCode, rule, true);
}

const dayText = (day: Date): string => day.toISOString().slice(0, 10);
/** From now until a day of the law is over, as a task's deadline is written: days of the calendar, whatever the office does. */
const untilOver = (tx: Tx, day: Date): string => `PT${Math.max(0, Math.round((endOf(dayText(day)).getTime() - tx.now.getTime()) / 1000))}S`;

/** A day in Japan so many days after. */
const after = (filed: Filed, at: Date, days: number): Date => new Date(`${filed.calendar.onDate(new Date(at.getTime() + days * dayMs))}T00:00:00Z`);

async function begin(tx: Tx, filed: Filed): Promise<string> {
  const { answers } = filed;
  const noticedAt = instantAt(answers, 'noticedAt') ?? tx.now;
  if (noticedAt > tx.now) refuseField('noticedAt', 'これからの日時は入れられません。');
  const occurred = roughDayAt(answers, 'occurredOn');
  const id = newId(tx.now.getTime());
  const [preliminaryDueOn, finalDueOn] = [after(filed, noticedAt, Number(answers['preliminaryDays'])), after(filed, noticedAt, Number(answers['finalDays']))];
  await tx.db.incidentReport.create({
    data: {
      id, kind: textAt(answers, 'incidentKind')!, occurredOn: dayColumn(occurred), occurredSaid: occurred?.said ?? null, noticedAt, persons: numberAt(answers, 'persons'), sensitive: answers['sensitiveData'] === 'yes', malicious: answers['malicious'] === 'yes',
      preliminaryDueOn, finalDueOn, status: 'noticed',
      agencyCode: filed.by.agencyCode, submissionId: filed.submissionId, reportedById: filed.by.userId, reportedAt: tx.now, byTasks: true,
    },
  });
  const [managerGroup = null] = await managersOf(tx, filed.by.agencyCode);
  filed.tell({
    kind: 'message', name: 'incident_noticed', about: id,
    variables: {
      incidentId: id, incidentKind: textAt(answers, 'incidentKind'), noticedOn: filed.calendar.onDate(noticedAt), managerGroup, malicious: textAt(answers, 'malicious'), finalDays: textAt(answers, 'finalDays'),
      preliminaryDueOn: dayText(preliminaryDueOn), preliminaryDueIn: untilOver(tx, preliminaryDueOn), finalDueOn: dayText(finalDueOn), finalDueIn: untilOver(tx, finalDueOn),
    },
  });
  await tellAnswering(tx, filed.by.agencyCode, 'incident_noticed', true);
  return id;
}

/** Of an incident that has no tasks also the steps after it, in the same form: which incident, and how far it has come (never back). */
const incidentReportRecord: RecordKind = {
  key: 'F19', title: '漏えい等事故報告', compartment: 'agency', anytime: { roles: everybody }, happened: ['occurredOn'],
  needs: [
    { at: 'stage', types: ['radio', 'select'], options: stages, required: true }, { at: 'incidentId', types: ['textfield'] }, { at: 'incidentKind', types: ['select'], required: true }, { at: 'occurredOn', types: ['textfield', 'datetime'] }, { at: 'noticedAt', types: ['datetime'], required: true }, { at: 'persons', types: ['number'] },
    { at: 'sensitiveData', types: ['radio'], required: true }, { at: 'malicious', types: ['radio'], required: true }, { at: 'preliminaryDays', types: ['select', 'radio'], required: true }, { at: 'finalDays', types: ['select', 'radio'], required: true },
  ],
  async project(tx, filed) {
    const stage = choiceAt(filed.answers, 'stage', stages)!;
    if (stage === 'noticed') return { incidentId: await begin(tx, filed) };
    const id = textAt(filed.answers, 'incidentId');
    const found = id === null ? null : await tx.db.incidentReport.findUnique({ where: { id } });
    if (!found || (found.agencyCode !== filed.by.agencyCode && !filed.by.roles.some((role) => role === 'chair' || role === 'director' || role === 'auditor'))) throw new Problem('not_found');
    if (found.byTasks) refuseField('stage', 'この事故の速報と確報は、仕事の一覧から記録してください。');
    if (stages.indexOf(stage) < stages.findIndex((one) => one === found.status)) refuseField('stage', 'すでにその先の報告が済んでいます。');
    const occurred = roughDayAt(filed.answers, 'occurredOn');
    await tx.db.incidentReport.update({ where: { id: found.id }, data: { status: stage, persons: numberAt(filed.answers, 'persons') ?? found.persons, ...(occurred === null ? {} : { occurredOn: dayColumn(occurred), occurredSaid: occurred.said }) } });
    await callOffTimers(tx, found.id, stage === 'final' ? null : ['incident_preliminary_near', 'incident_preliminary_due']);
    return { incidentId: found.id };
  },
};

/** The incident that the process is about, locked. @throws Problem not_found */
async function ofTask(tx: Tx, filed: Filed): Promise<{ id: string; noticedAt: Date; status: string; finalDueOn: Date }> {
  const id = variableText(filed, 'incidentId');
  const [found] = id === null ? [] : await tx.db.$queryRawUnsafe<{ id: string; noticedAt: Date; status: string; finalDueOn: Date }[]>(`select id, noticed_at as "noticedAt", status, final_due_on as "finalDueOn" from incident_report where id = $1::uuid for update`, id);
  if (!found) throw new Problem('not_found');
  return found;
}

/** The day on which it was done: not before the incident was noticed. */
function doneOn(filed: Filed, key: string, noticedAt: Date): Date {
  const day = mustDayAt(filed.answers, key);
  if (day < filed.calendar.onDate(noticedAt)) refuseField(key, '事故を知った日からの日にしてください。');
  return new Date(`${day}T00:00:00Z`);
}

/** T-F19-01. What came to light meanwhile may give the final report sixty days. */
const preliminary: RecordKind = {
  key: 'F19.preliminary', title: '漏えい等事故の速報', compartment: 'agency', happened: ['reportedOn'],
  needs: [{ at: 'reportedOn', types: ['textfield'], required: true }, { at: 'persons', types: ['number'] }, { at: 'malicious', types: ['radio'], required: true }, { at: 'finalDays', types: ['select', 'radio'], required: true }],
  async project(tx, filed): Promise<Record<string, Json>> {
    const { id, noticedAt } = await ofTask(tx, filed);
    const finalDueOn = after(filed, noticedAt, Number(filed.answers['finalDays']));
    const persons = numberAt(filed.answers, 'persons');
    await tx.db.incidentReport.update({
      where: { id },
      data: { status: 'preliminary', preliminaryOn: doneOn(filed, 'reportedOn', noticedAt), finalDueOn, malicious: filed.answers['malicious'] === 'yes', ...(persons === null ? {} : { persons }), furtherSubmissions: { push: filed.submissionId } },
    });
    return { finalDueOn: dayText(finalDueOn), finalDueIn: untilOver(tx, finalDueOn) };
  },
};

/** T-F19-02 */
const final: RecordKind = {
  key: 'F19.final', title: '漏えい等事故の確報', compartment: 'agency', happened: ['reportedOn'],
  needs: [{ at: 'reportedOn', types: ['textfield'], required: true }, { at: 'persons', types: ['number'], required: true }, { at: 'cause', types: ['textarea'], required: true }, { at: 'prevention', types: ['textarea'], required: true }],
  async project(tx, filed) {
    const { id, noticedAt } = await ofTask(tx, filed);
    await tx.db.incidentReport.update({ where: { id }, data: { status: 'final', finalOn: doneOn(filed, 'reportedOn', noticedAt), persons: numberAt(filed.answers, 'persons'), furtherSubmissions: { push: filed.submissionId } } });
    return {};
  },
};

const told = ['all', 'substitute', 'not_needed'] as const;

/** T-F19-03: the people themselves (個人情報保護法68条2項). */
const toldPersons: RecordKind = {
  key: 'F19.told', title: '漏えい等事故の本人への通知', compartment: 'agency', happened: ['toldOn'],
  needs: [{ at: 'toldHow', types: ['radio', 'select'], options: told, required: true }, { at: 'toldOn', types: ['textfield'] }, { at: 'whyNot', types: ['textarea'] }],
  async project(tx, filed) {
    const { id, noticedAt } = await ofTask(tx, filed);
    const toldHow = choiceAt(filed.answers, 'toldHow', told)!;
    if (toldHow !== 'all' && textAt(filed.answers, 'whyNot') === null) refuseField('whyNot', '知らせない理由、または代わりの措置を入力してください。');
    await tx.db.incidentReport.update({ where: { id }, data: { toldHow, toldOn: toldHow === 'not_needed' ? null : doneOn(filed, 'toldOn', noticedAt), furtherSubmissions: { push: filed.submissionId } } });
    return {};
  },
};

export const incidentReportRecords: readonly RecordKind[] = [incidentReportRecord, preliminary, final, toldPersons];

export interface IncidentReportLine {
  id: string;
  kind: string;
  /** The day, where it is known to the day. */
  occurredOn: string | null;
  /** As it was said: maybe only about then. */
  occurredSaid: string | null;
  noticedAt: Date;
  persons: number | null;
  sensitive: boolean;
  malicious: boolean;
  preliminaryDueOn: string;
  finalDueOn: string;
  /** When each was made, and how the people were told; null: not yet, or of an incident that has no tasks. */
  preliminaryOn: string | null;
  finalOn: string | null;
  toldHow: (typeof told)[number] | null;
  toldOn: string | null;
  status: (typeof stages)[number];
  agencyCode: string;
  /** Its sheets: F19, and those of its tasks. */
  submissionIds: string[];
}

/** Those that the person may see: their agency's, to who leads it; all of them, to who answers for data protection. */
export async function listIncidentReports(tx: Tx): Promise<IncidentReportLine[]> {
  return tx.db.$queryRawUnsafe<IncidentReportLine[]>(
    `select id, kind, occurred_on::text as "occurredOn", coalesce(occurred_said, occurred_on::text) as "occurredSaid", noticed_at as "noticedAt", persons, sensitive, malicious, preliminary_due_on::text as "preliminaryDueOn", final_due_on::text as "finalDueOn",
       preliminary_on::text as "preliminaryOn", final_on::text as "finalOn", told_how as "toldHow", told_on::text as "toldOn", status, agency_code as "agencyCode", (submission_id || further_submissions)::text[] as "submissionIds" from incident_report order by noticed_at desc, id desc limit 200`);
}
