// What was filled in once is never asked again: answers of earlier forms of the same case, by record and field.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { ageOn, readDate } from '../../base/wareki.js';
import { proposalOfTask } from '../consents/proposal.js';
import { recipientOfTask } from '../consents/recipients.js';
import { decisionOfTask } from '../meetings/decisions.js';
import { planNumbers } from '../plans/numbers.js';
import { withinBounds } from './bounds.js';
import type { Compartment } from './record.js';
import type { Records } from './registry.js';

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
}

/** The sheets that a person is registered by; what the register says now goes before what was written on them. */
const intakeSheets: ReadonlySet<string> = new Set(['F01', 'F02']);
/** Sources that are no sheets: the case itself, whoever fills in the form, what the process that asks knows, the decision of a meeting that the task is about, whoever has to hear of a withdrawal, and what was proposed to whoever decides. */
const facts: ReadonlySet<string> = new Set(['case', 'me', 'process', 'decision', 'recipient', 'proposal']);

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
async function caseFacts(tx: Pick<Tx, 'db' | 'now'>, caseId: string, asked: ReadonlySet<string>): Promise<Json> {
  const found = await tx.db.case.findUnique({ where: { id: caseId }, select: { caseNo: true, field: true, channel: true, agencyCode: true, openedAt: true } });
  if (!found) return {};
  const plans = ['planNo', 'draftNo', 'planKind'].some((key) => asked.has(key)) ? await planNumbers(tx, caseId, found.caseNo) : {};
  const taken = ['oldCaseNo', 'supportBeganOn', 'nextAction', 'nextActionOn'].some((key) => asked.has(key)) ? await takenOver(tx, caseId) : {};
  return { ...found, openedAt: minute(found.openedAt), ...plans, ...taken, age: asked.has('age') ? await ageToday(tx, caseId) : null };
}

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

async function sheets(tx: Pick<Tx, 'db'>, records: Records, caseId: string, into: string | null, named: readonly string[]): Promise<Answered[]> {
  const confidential = into !== null && records.get(into)?.compartment === 'confidential';
  const open = named.filter((key) => !facts.has(key) && (confidential || records.get(key)?.compartment !== 'confidential'));
  const rows = await tx.db.$queryRawUnsafe<Answered[]>(`select record, answers, compartment, confidential from carried_submissions($1::uuid, $2::text[])`, caseId, open);
  const seen = rows.filter(({ compartment }) => confidential || compartment !== 'confidential');
  if (!seen.some(({ record }) => intakeSheets.has(record))) return withinBounds(tx, caseId, seen);
  const identity = await currentIdentity(tx, caseId);
  return withinBounds(tx, caseId, seen.map((row) => (intakeSheets.has(row.record) ? { ...row, answers: { ...(row.answers as Record<string, Json>), ...identity } } : row)));
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

/**
 * The newest earlier answer to each wanted field. Nothing ever flows from a confidential record into a form of another
 * compartment, nor from a confidential field into one that is not (社会福祉法106条の6; domain.md §3.5), and between confidential ones only before the eyes of somebody who sits inside the
 * sitting that it was written for (Postgres sees to it).
 * @param into the record of the form that asks; null: a form that is kept as none
 * @param asker the task whose form it is; null: filed without one
 * @returns by `at`; a field that nobody answered before is not there
 */
export async function carryAnswers(tx: Pick<Tx, 'db' | 'actor' | 'now'>, records: Records, caseId: string | null, into: string | null, asked: readonly Wanted[], asker: Asker | null = null): Promise<Record<string, Json>> {
  if (asked.length === 0) return {};
  const wanted = asked.map((want) => ({ ...want, from: want.from.map((source) => lyingIn(records, source)) }));
  const named = [...new Set(wanted.flatMap(({ from }) => from.map(({ record }) => record)))];
  const apart = into !== null && records.get(into)?.compartment === 'confidential';
  const answered: Pick<Answered, 'record' | 'answers' | 'confidential'>[] = caseId === null ? [] : lessWithdrawn(await sheets(tx, records, caseId, into, named.includes('F01') ? [...named, 'F17'] : named));
  const known = (record: string, answers: Json): void => void answered.push({ record, answers, confidential: [] });
  const ofCase = new Set(wanted.flatMap(({ from }) => from.filter(({ record }) => record === 'case').map((source) => source.at)));
  if (caseId !== null && ofCase.size > 0) known('case', await caseFacts(tx, caseId, ofCase));
  if (asker !== null) known('process', { ...asker.variables });
  if (asker !== null && named.includes('decision')) known('decision', { ...(await decisionOfTask(tx, asker.taskId)) });
  if (asker !== null && named.includes('recipient')) known('recipient', { ...(await recipientOfTask(tx, caseId, asker.taskId, asker.variables['withdrawalId'])) });
  if (asker !== null && named.includes('proposal')) known('proposal', { ...(await proposalOfTask(tx, asker.taskId)) });
  if (tx.actor.kind === 'person') known('me', { name: tx.actor.name, agencyCode: tx.actor.agencyCode });
  const carried: Record<string, Json> = {};
  for (const want of wanted) {
    const found = want.from.map((source) => answered.filter(({ record, confidential }) => record === source.record && (apart || want.confidential || !touches(confidential, source.at))).map(({ answers }) => at(answers, source.at)).find(isSaid)).find(isSaid);
    if (found !== undefined) carried[want.at] = found;
  }
  return carried;
}
