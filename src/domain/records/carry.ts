// What was filled in once is never asked again: answers of earlier forms of the same case, by record and field.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { ageOn, readDate } from '../../base/wareki.js';
import { planNumbers } from '../plans/numbers.js';
import type { Compartment } from './record.js';
import type { Records } from './registry.js';

/** Where a field takes its answer from, first match first. `at`: key or path. */
export interface Wanted {
  at: string;
  from: readonly { record: string; at: string }[];
}

interface Answered {
  record: string;
  answers: Json;
  compartment: Compartment;
}

/** The sheets that a person is registered by; what the register says now goes before what was written on them. */
const intakeSheets: ReadonlySet<string> = new Set(['F01', 'F02']);
/** Sources that are no sheets: the case itself, whoever fills in the form, and what the process that asks knows. */
const facts: ReadonlySet<string> = new Set(['case', 'me', 'process']);

function at(answers: Json, path: string): Json | undefined {
  let value: Json | undefined = answers;
  for (const part of path.split('.')) value = value !== null && typeof value === 'object' && !Array.isArray(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value;
}

const isSaid = (value: Json | undefined): value is Json => value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

const jstMs = 9 * 3_600_000;
/** As a form takes an instant: the minute on the clock in Japan. */
const minute = (instant: Date): string => new Date(instant.getTime() + jstMs).toISOString().slice(0, 16);

/** Facts of the case itself, under the name `case`: where it came in, what its plans are called, how old the 本人 is today. */
async function caseFacts(tx: Pick<Tx, 'db' | 'now'>, caseId: string, asked: ReadonlySet<string>): Promise<Json> {
  const found = await tx.db.case.findUnique({ where: { id: caseId }, select: { caseNo: true, field: true, channel: true, agencyCode: true, openedAt: true } });
  if (!found) return {};
  const plans = ['planNo', 'draftNo', 'planKind'].some((key) => asked.has(key)) ? await planNumbers(tx, caseId, found.caseNo) : {};
  return { ...found, openedAt: minute(found.openedAt), ...plans, age: asked.has('age') ? await ageToday(tx, caseId) : null };
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
  const rows = await tx.db.$queryRawUnsafe<Answered[]>(`select record, answers, compartment from carried_submissions($1::uuid, $2::text[])`, caseId, open);
  const seen = rows.filter(({ compartment }) => confidential || compartment !== 'confidential');
  if (!seen.some(({ record }) => intakeSheets.has(record))) return seen;
  const identity = await currentIdentity(tx, caseId);
  return seen.map((row) => (intakeSheets.has(row.record) ? { ...row, answers: { ...(row.answers as Record<string, Json>), ...identity } } : row));
}

/** `F01.consent.types` reads as a part of F01; where there is no such part, it is a group of fields on that sheet. */
function lyingIn(records: Records, source: { record: string; at: string }): { record: string; at: string } {
  const [sheet = '', ...group] = source.record.split('.');
  return records.has(source.record) || group.length === 0 ? source : { record: sheet, at: [...group, source.at].join('.') };
}

/** The consent that was signed at the window is not put before anybody again once a consent of the case was withdrawn (F17). */
function lessWithdrawn<T extends Pick<Answered, 'record' | 'answers'>>(answered: readonly T[]): T[] {
  if (!answered.some(({ record }) => record === 'F17')) return [...answered];
  return answered.map((row) => (row.record === 'F01' ? { ...row, answers: { ...(row.answers as Record<string, Json>), consent: null } } : row));
}

/**
 * The newest earlier answer to each wanted field. Nothing ever flows from a confidential record into a form of another
 * compartment (社会福祉法106条の6; domain.md §3.5), and between confidential ones only before the eyes of somebody who sits inside the
 * sitting that it was written for (Postgres sees to it).
 * @param process ids and decisions of the process that asks
 * @param into the record of the form that asks; null: a form that is kept as none
 * @returns by `at`; a field that nobody answered before is not there
 */
export async function carryAnswers(tx: Pick<Tx, 'db' | 'actor' | 'now'>, records: Records, caseId: string | null, into: string | null, asked: readonly Wanted[], process: Readonly<Record<string, Json>> = {}): Promise<Record<string, Json>> {
  if (asked.length === 0) return {};
  const wanted = asked.map((want) => ({ ...want, from: want.from.map((source) => lyingIn(records, source)) }));
  const named = [...new Set(wanted.flatMap(({ from }) => from.map(({ record }) => record)))];
  const answered: Pick<Answered, 'record' | 'answers'>[] = caseId === null ? [] : lessWithdrawn(await sheets(tx, records, caseId, into, named.includes('F01') ? [...named, 'F17'] : named));
  const ofCase = new Set(wanted.flatMap(({ from }) => from.filter(({ record }) => record === 'case').map((source) => source.at)));
  if (caseId !== null && ofCase.size > 0) answered.push({ record: 'case', answers: await caseFacts(tx, caseId, ofCase) });
  answered.push({ record: 'process', answers: process });
  if (tx.actor.kind === 'person') answered.push({ record: 'me', answers: { name: tx.actor.name, agencyCode: tx.actor.agencyCode } });
  const carried: Record<string, Json> = {};
  for (const want of wanted) {
    const found = want.from.map((source) => answered.filter(({ record }) => record === source.record).map(({ answers }) => at(answers, source.at)).find(isSaid)).find(isSaid);
    if (found !== undefined) carried[want.at] = found;
  }
  return carried;
}
