// What was filled in once is never asked again: answers of earlier forms of the same case, by record and field.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { ageOn, readDate } from '../../base/wareki.js';
import { issuesOfYear } from '../community/issues.js';
import { proposalOfTask } from '../consents/proposal.js';
import { recipientOfTask } from '../consents/recipients.js';
import { decisionOfTask } from '../meetings/decisions.js';
import { outsiderOfTask } from '../meetings/place.js';
import { planNumbers } from '../plans/numbers.js';
import { withinBounds } from './bounds.js';
import type { Compartment } from './record.js';
import type { Records } from './registry.js';
import { unite, type Said } from './unite.js';

/** Where a field takes its answer from, first match first. `at`: key or path. */
export interface Wanted {
  at: string;
  from: readonly { record: string; at: string }[];
  /** Flagged as confidential in the form that asks. */
  confidential?: boolean;
}

interface Answered {
  record: string;
  answers: Json;
  compartment: Compartment;
  /** Paths of what is confidential in it. */
  confidential: readonly string[];
  agencyCode: string | null;
  agencyName: string | null;
  /** The group whose task it was, where several were asked. */
  asked: string | null;
  submittedAt: Date;
  /** The process that asked for it, and the meeting that it is about; null: none. */
  instanceId: string | null;
  meetingId: string | null;
  /** Whoever asks reads it as what they, or their group, wrote. */
  own: boolean;
}

/** What a field may be filled from: a sheet, or a fact, which no agency wrote at any time. */
type Known = Omit<Answered, 'compartment' | 'instanceId' | 'meetingId' | 'own'>;

/** What several agencies said about a field. */
export interface SaidOf {
  at: string;
  /** They contradict one another, and it is for whoever writes to choose. */
  differs: boolean;
  said: Said[];
}

export interface Carried {
  /** By key or path of the field; one that nobody answered before is not there. */
  answers: Record<string, Json>;
  /** Of each field that several agencies are asked. */
  ofAgencies: SaidOf[];
}

/** The sheets that a person is registered by; what the register says now goes before what was written on them. */
const intakeSheets: ReadonlySet<string> = new Set(['F01', 'F02']);
/** Sources that are no sheets: the case itself, whoever fills in the form, what the process that asks knows, the decision of a meeting that the task is about, the 地域課題 of the year, whoever has to hear of a withdrawal, what was proposed to whoever decides, and the member without an inbox for whom the task is answered. */
const facts: ReadonlySet<string> = new Set(['case', 'me', 'process', 'decision', 'issues', 'recipient', 'proposal', 'outsider']);

function at(answers: Json, path: string): Json | undefined {
  let value: Json | undefined = answers;
  for (const part of path.split('.')) value = value !== null && typeof value === 'object' && !Array.isArray(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value;
}

/** Whether a path lies in, or holds, one of these. */
const touches = (paths: readonly string[], path: string): boolean => paths.some((one) => one === path || one.startsWith(`${path}.`) || path.startsWith(`${one}.`));

const isSaid = (value: Json | undefined): value is Json => value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

const jstMs = 9 * 3_600_000;
/** As a form takes an instant: the minute on the clock in Japan. */
const minute = (instant: Date): string => new Date(instant.getTime() + jstMs).toISOString().slice(0, 16);

/** Facts of the case itself, under the name `case`: where it came in, what its plans are called, how old the 本人 is today. */
async function caseFacts(tx: Pick<Tx, 'db' | 'now'>, caseId: string, asked: ReadonlySet<string>): Promise<Record<string, Json>> {
  const found = await tx.db.case.findUnique({ where: { id: caseId }, select: { caseNo: true, field: true, channel: true, agencyCode: true, openedAt: true } });
  if (!found) return {};
  const plans = ['planNo', 'draftNo', 'planKind'].some((key) => asked.has(key)) ? await planNumbers(tx, caseId, found.caseNo) : {};
  const taken = ['oldCaseNo', 'supportBeganOn', 'nextAction', 'nextActionOn'].some((key) => asked.has(key)) ? await takenOver(tx, caseId) : {};
  return { ...found, openedAt: minute(found.openedAt), ...plans, ...taken, age: asked.has('age') ? await ageToday(tx, caseId) : null };
}

/** A process that is about another of the household (`personId`) is told nothing of the 本人 in their place. */
const ofSomebodyElse = (asker: Asker | null): Record<string, Json> => (typeof asker?.variables['personId'] === 'string' ? { age: null } : {});

const dayOf = (day: Date | null): string | null => day?.toISOString().slice(0, 10) ?? null;

/** Of a case that ran already when it was imported, what was said of it then. */
async function takenOver(tx: Pick<Tx, 'db'>, caseId: string): Promise<Record<string, Json>> {
  const taken = await tx.db.importedCase.findUnique({ where: { caseId }, select: { oldCaseNo: true, supportBeganOn: true, nextAction: true, nextActionOn: true } });
  return taken ? { ...taken, supportBeganOn: dayOf(taken.supportBeganOn), nextActionOn: dayOf(taken.nextActionOn) } : {};
}

/** By the day of birth as it was said; else as somebody took it. null: nobody knows. */
async function ageToday(tx: Pick<Tx, 'db' | 'now'>, caseId: string): Promise<number | null> {
  const { birthDate, ageApprox } = await currentIdentity(tx, caseId);
  const born = typeof birthDate === 'string' ? readDate(birthDate) : null;
  return (born ? ageOn(born, minute(tx.now).slice(0, 10)) : null) ?? (typeof ageApprox === 'number' ? ageApprox : null);
}

/** What is said of the 本人 now; a correction of an identity reaches every form that carries it. */
async function currentIdentity(tx: Pick<Tx, 'db'>, caseId: string): Promise<Record<string, Json>> {
  const [row] = await tx.db.$queryRawUnsafe<{ identity: Record<string, Json> }[]>(`select identity from carried_identity($1::uuid)`, caseId);
  return row?.identity ?? {};
}

const newestFirst = (rows: readonly Answered[]): Answered[] => rows.toSorted((one, other) => other.submittedAt.getTime() - one.submittedAt.getTime());

/** Less the sheets of another run than the asker's: of another meeting, another emergency. */
async function ofThisRun<T extends Answered>(tx: Pick<Tx, 'db'>, records: Records, rows: readonly T[], asker: Asker | null): Promise<T[]> {
  if (!rows.some(({ record }) => records.get(record)?.ofRun)) return [...rows];
  const [found] = asker === null ? [] : await tx.db.$queryRawUnsafe<{ run: string[] }[]>(`select run_of($1::uuid) as run`, asker.taskId);
  const run = new Set(found?.run ?? []);
  const meeting = asker?.variables['meetingId'];
  return rows.filter(({ record, instanceId, meetingId }) => !records.get(record)?.ofRun || (instanceId !== null && run.has(instanceId)) || (meetingId !== null && meetingId === meeting));
}

/** The 支援会議 that the process which asks is: what is answered there is kept in it (meetings/place.ts), so what was written for it may go there. */
function confidentialMeetingOf(asker: Asker | null): string | null {
  const { kind, meetingId } = asker?.variables ?? {};
  return kind === 'confidential' && typeof meetingId === 'string' ? meetingId : null;
}

async function sheets(tx: Pick<Tx, 'db'>, records: Records, caseId: string, into: string | null, named: readonly string[], asker: Asker | null): Promise<Answered[]> {
  const confidential = into !== null && records.get(into)?.compartment === 'confidential';
  const sameMeeting = confidentialMeetingOf(asker);
  const open = named.filter((key) => !facts.has(key) && (confidential || records.get(key)?.compartment !== 'confidential'));
  const rows = await tx.db.$queryRawUnsafe<Answered[]>(`select record, answers, compartment, confidential, agency_code as "agencyCode", agency_name as "agencyName", asked, submitted_at as "submittedAt", instance_id as "instanceId", meeting_id as "meetingId", own from carried_submissions($1::uuid, $2::text[])`, caseId, open);
  const known = await ofThisRun(tx, records, rows.filter(({ compartment, meetingId }) => confidential || compartment !== 'confidential' || (sameMeeting !== null && meetingId === sameMeeting)), asker);
  // one of several agencies that is asked once more is shown what it answered itself, and nothing of the others'
  const again = (record: string): boolean => record === into && records.get(record)?.ofAgencies === true;
  const [own, seen] = [known.filter(({ record, own: mine }) => mine && (again(record) || records.get(record)?.ofRun)), known.filter(({ record, own: mine }) => !again(record) && !(mine && records.get(record)?.ofRun))];
  if (!seen.some(({ record }) => intakeSheets.has(record))) return newestFirst([...own, ...(await withinBounds(tx, caseId, seen))]);
  const identity = await currentIdentity(tx, caseId);
  return newestFirst([...own, ...(await withinBounds(tx, caseId, seen.map((row) => (intakeSheets.has(row.record) ? { ...row, answers: { ...(row.answers as Record<string, Json>), ...identity } } : row))))]);
}

/** `F01.consent.types` reads as a part of F01; where there is no such part, it is a group of fields on that sheet. */
function lyingIn(records: Records, source: { record: string; at: string }): { record: string; at: string } {
  const [sheet = '', ...group] = source.record.split('.');
  return records.has(source.record) || group.length === 0 ? source : { record: sheet, at: [...group, source.at].join('.') };
}

/** A task that asks, and ids and decisions of its process. */
export interface Asker {
  taskId: string;
  variables: Readonly<Record<string, Json>>;
}

/** The consent that was signed at the window is not put before anybody again once a consent of the case was withdrawn (F17). */
function lessWithdrawn<T extends Pick<Answered, 'record' | 'answers'>>(answered: readonly T[]): T[] {
  if (!answered.some(({ record }) => record === 'F17')) return [...answered];
  return answered.map((row) => (row.record === 'F01' ? { ...row, answers: { ...(row.answers as Record<string, Json>), consent: null } } : row));
}

/** What a source says, newest first; the fields of it that may not go into this one are as if they were not there. */
function saidBy(answered: readonly Known[], source: { record: string; at: string }, mayTakeConfidential: boolean): Said[] {
  return answered.flatMap(({ record, answers, confidential, ...by }) => {
    const value = record === source.record && (mayTakeConfidential || !touches(confidential, source.at)) ? at(answers, source.at) : undefined;
    return value === undefined ? [] : [{ record, agencyCode: by.agencyCode, agencyName: by.agencyName, asked: by.asked, submittedAt: by.submittedAt, value }];
  });
}

/** Facts and sheets that the wanted fields name. */
async function whatIsKnown(tx: Pick<Tx, 'db' | 'actor' | 'now'>, records: Records, caseId: string | null, into: string | null, wanted: readonly Wanted[], asker: Asker | null): Promise<Known[]> {
  const named = [...new Set(wanted.flatMap(({ from }) => from.map(({ record }) => record)))];
  const answered: Known[] = caseId === null ? [] : lessWithdrawn(await sheets(tx, records, caseId, into, named.includes('F01') ? [...named, 'F17'] : named, asker));
  const known = (record: string, answers: Json): void => void answered.push({ record, answers, confidential: [], agencyCode: null, agencyName: null, asked: null, submittedAt: tx.now });
  const ofCase = new Set(wanted.flatMap(({ from }) => from.filter(({ record }) => record === 'case').map((source) => source.at)));
  if (caseId !== null && ofCase.size > 0) known('case', { ...(await caseFacts(tx, caseId, ofCase)), ...ofSomebodyElse(asker) });
  if (asker !== null) known('process', { ...asker.variables });
  if (asker !== null && named.includes('decision')) known('decision', { ...(await decisionOfTask(tx, asker.taskId)) });
  if (asker !== null && named.includes('issues')) known('issues', { approved: await issuesOfYear(tx, asker.variables['fiscalYear']) });
  if (asker !== null && named.includes('recipient')) known('recipient', { ...(await recipientOfTask(tx, caseId, asker.taskId, asker.variables['withdrawalId'])) });
  if (asker !== null && named.includes('proposal')) known('proposal', { ...(await proposalOfTask(tx, asker.taskId)) });
  if (asker !== null && named.includes('outsider')) known('outsider', { ...(await outsiderOfTask(tx, asker.taskId)) });
  if (tx.actor.kind === 'person') known('me', { name: tx.actor.name, agencyCode: tx.actor.agencyCode });
  return answered;
}

/**
 * What was answered before to each wanted field: the newest of the first source that says anything; where one of the sources is a sheet
 * that several agencies answer, what they say is put together (unite.ts): what stands before it in `from` is of whoever unites them, what
 * stands behind it came before. Nothing ever flows from a confidential record into a form of another
 * compartment, nor from a confidential field into one that is not (社会福祉法106条の6; domain.md §3.5), and between confidential ones only before the eyes of somebody who sits inside the
 * sitting that it was written for (Postgres sees to it).
 * @param into the record of the form that asks; null: a form that is kept as none
 * @param asker the task whose form it is; null: filed without one
 */
export async function carryFor(tx: Pick<Tx, 'db' | 'actor' | 'now'>, records: Records, caseId: string | null, into: string | null, asked: readonly Wanted[], asker: Asker | null = null): Promise<Carried> {
  const carried: Carried = { answers: {}, ofAgencies: [] };
  if (asked.length === 0) return carried;
  const wanted = asked.map((want) => ({ ...want, from: want.from.map((source) => lyingIn(records, source)) }));
  const apart = into !== null && records.get(into)?.compartment === 'confidential';
  const answered = await whatIsKnown(tx, records, caseId, into, wanted, asker);
  for (const { at: place, from, confidential = false } of wanted) {
    const said = (sources: typeof from): Said[] => sources.flatMap((source) => saidBy(answered, source, apart || confidential));
    const agencies = from.findIndex(({ record }) => record !== into && records.get(record)?.ofAgencies);
    if (agencies < 0) {
      const found = said(from).find(({ value }) => isSaid(value));
      if (found) carried.answers[place] = found.value;
      continue;
    }
    const united = unite({ decided: said(from.slice(0, agencies)), agencies: said(from.slice(agencies, agencies + 1)), earlier: said(from.slice(agencies + 1)) });
    if (united.value !== undefined) carried.answers[place] = united.value;
    if (united.said.length > 0) carried.ofAgencies.push({ at: place, differs: united.differs, said: united.said });
  }
  return carried;
}

/** The answers of `carryFor` alone. */
export async function carryAnswers(...asked: Parameters<typeof carryFor>): Promise<Record<string, Json>> {
  return (await carryFor(...asked)).answers;
}
