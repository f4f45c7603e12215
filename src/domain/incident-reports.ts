// 漏えい等事故報告 (F19; 個人情報保護法68条): noticed, reported at first within days, at last within weeks. By when is what the form says;
// the clock reminds those who answer for data protection, who hear of it at once.
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { Problem } from '../base/problem.js';
import { choiceAt, dayColumn, endOf, instantAt, numberAt, refuseField, roughDayAt, textAt } from './records/answers.js';
import type { Filed, RecordKind } from './records/record.js';
import { cityClocks } from './settings.js';
import { callOffTimers, setTimer } from './timers.js';

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

async function watchDay(tx: Tx, filed: Filed, incidentId: string, onDay: Date, [near, due]: readonly [IncidentRule, IncidentRule]): Promise<void> {
  const { warnBefore } = (await cityClocks(tx)).incidents;
  const dueAt = endOf(onDay.toISOString().slice(0, 10));
  const warnAt = filed.calendar.subtract(dueAt, warnBefore);
  if (warnAt > tx.now) await setTimer(tx, { rule: near, aboutId: incidentId, caseId: null, dueAt: warnAt });
  await setTimer(tx, { rule: due, aboutId: incidentId, caseId: null, dueAt });
}

/** A day of the law is near, or over, and the report has not been made. */
export async function remindOfIncident(tx: Tx, incidentId: string, rule: IncidentRule): Promise<void> {
  const found = await tx.db.incidentReport.findUnique({ where: { id: incidentId }, select: { status: true, agencyCode: true } });
  const reported = rule.startsWith('incident_final') ? ['final'] : ['preliminary', 'final'];
  if (found && !reported.includes(found.status)) await tellAnswering(tx, found.agencyCode, rule, true);
}

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
      agencyCode: filed.by.agencyCode, submissionId: filed.submissionId, reportedById: filed.by.userId, reportedAt: tx.now,
    },
  });
  await watchDay(tx, filed, id, preliminaryDueOn, ['incident_preliminary_near', 'incident_preliminary_due']);
  await watchDay(tx, filed, id, finalDueOn, ['incident_final_near', 'incident_final_due']);
  await tellAnswering(tx, filed.by.agencyCode, 'incident_noticed', true);
  return id;
}

/** Also the steps after it, in the same form: which incident, and how far it has come (never back). */
export const incidentReportRecord: RecordKind = {
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
    if (stages.indexOf(stage) < stages.findIndex((one) => one === found.status)) refuseField('stage', 'すでにその先の報告が済んでいます。');
    const occurred = roughDayAt(filed.answers, 'occurredOn');
    await tx.db.incidentReport.update({ where: { id: found.id }, data: { status: stage, persons: numberAt(filed.answers, 'persons') ?? found.persons, ...(occurred === null ? {} : { occurredOn: dayColumn(occurred), occurredSaid: occurred.said }) } });
    await callOffTimers(tx, found.id, stage === 'final' ? null : ['incident_preliminary_near', 'incident_preliminary_due']);
    return { incidentId: found.id };
  },
};

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
  status: (typeof stages)[number];
  agencyCode: string;
}

/** Those that the person may see: their agency's, to who leads it; all of them, to who answers for data protection. */
export async function listIncidentReports(tx: Tx): Promise<IncidentReportLine[]> {
  return tx.db.$queryRawUnsafe<IncidentReportLine[]>(
    `select id, kind, occurred_on::text as "occurredOn", coalesce(occurred_said, occurred_on::text) as "occurredSaid", noticed_at as "noticedAt", persons, sensitive, malicious, preliminary_due_on::text as "preliminaryDueOn", final_due_on::text as "finalDueOn", status, agency_code as "agencyCode" from incident_report order by noticed_at desc, id desc limit 200`);
}
