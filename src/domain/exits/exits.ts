// 中断・転出・死亡・連絡不通・入院等・保留 (P11): that it was noticed, what became of it, and the times in which work on a case rests.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { dayColumn, type RoughDay } from '../records/answers.js';
import { caseOrigin, openCase, setStatus, type CaseStatus, type Field } from '../cases.js';

/** 連絡不通, 転出, 死亡, 入院・施設・収監, 保留; `interrupted`: the closure meeting decided it. */
export const exitKinds = ['lost_contact', 'moved', 'died', 'institution', 'hold', 'interrupted'] as const;
export type ExitKind = (typeof exitKinds)[number];
export type ExitOutcome = 'returned' | 'interrupted' | 'resumed' | 'handed_over' | 'closed';
export type BreakKind = 'on_hold' | 'interrupted';

export interface CaseBreak {
  id: string;
  exitId: string | null;
  kind: BreakKind;
  priorStatus: CaseStatus;
}

/** The rest that a case has now; null when it is worked on. */
export async function breakOf(tx: Tx, caseId: string): Promise<CaseBreak | null> {
  const [found] = await tx.db.$queryRawUnsafe<CaseBreak[]>(`select id, exit_id as "exitId", kind, prior_status as "priorStatus" from case_break where case_id = $1::uuid and ended_at is null`, caseId);
  return found ?? null;
}

/** The newest exit that is not settled; null where there is none. */
export async function openExitOf(tx: Tx, caseId: string): Promise<{ id: string; kind: ExitKind } | null> {
  return (await tx.db.caseExit.findFirst({ where: { caseId, outcome: null }, orderBy: [{ noticedAt: 'desc' }, { id: 'desc' }], select: { id: true, kind: true } })) as { id: string; kind: ExitKind } | null;
}

export interface Notice {
  caseId: string;
  kind: ExitKind;
  /** A day in Japan, or about when. */
  occurred: RoughDay | null;
  submissionId: string | null;
}

/** Writes down that it was noticed. @returns the id of the exit */
export async function noticeExit(tx: Tx, { caseId, kind, occurred, submissionId }: Notice): Promise<string> {
  const noticedById = tx.actor.kind === 'person' ? tx.actor.userId : null;
  const { id } = await tx.db.caseExit.create({
    data: { id: newId(tx.now.getTime()), caseId, kind, occurredOn: dayColumn(occurred), occurredSaid: occurred?.said ?? null, noticedAt: tx.now, noticedById, submissionId },
    select: { id: true },
  });
  return id;
}

/** T-P11-01: what it really is, once somebody has looked. */
export async function registerExit(tx: Tx, exitId: string, caseId: string, kind: ExitKind, occurred: RoughDay | null): Promise<void> {
  await tx.db.caseExit.updateMany({ where: { id: exitId, caseId, outcome: null }, data: { kind, ...(occurred === null ? {} : { occurredOn: dayColumn(occurred), occurredSaid: occurred.said }) } });
}

/** What became of it. One that is settled stays as it is. */
export async function settleExit(tx: Tx, exitId: string, outcome: ExitOutcome): Promise<void> {
  await tx.db.caseExit.updateMany({ where: { id: exitId, outcome: null }, data: { outcome, settledAt: tx.now } });
}

/** From now on the case rests; one that rests already goes on resting as it does. */
export async function beginBreak(tx: Tx, rest: { caseId: string; exitId: string | null; kind: BreakKind; untilAt: Date | null }): Promise<void> {
  if (await breakOf(tx, rest.caseId)) return;
  const { status } = await caseOrigin(tx, rest.caseId);
  if (status === 'closed') return;
  await tx.db.caseBreak.create({ data: { id: newId(tx.now.getTime()), ...rest, priorStatus: status, fromAt: tx.now } });
  await setStatus(tx, rest.caseId, rest.kind, null);
}

/** The rest is over: the case has the status again that it had, unless it has got another in the meantime. */
export async function endBreak(tx: Tx, caseId: string, outcome: ExitOutcome): Promise<void> {
  const rest = await breakOf(tx, caseId);
  if (!rest) return;
  await tx.db.caseBreak.update({ where: { id: rest.id }, data: { endedAt: tx.now, endOutcome: outcome } });
  if ((await caseOrigin(tx, caseId)).status === rest.kind) await setStatus(tx, caseId, rest.priorStatus, null);
}

/** Nobody deals with the exits of the case any more: what was noticed has come to nothing, and a rest is over. */
export async function endExits(tx: Tx, caseId: string): Promise<void> {
  await endBreak(tx, caseId, 'resumed');
  await tx.db.caseExit.updateMany({ where: { caseId, outcome: null }, data: { outcome: 'returned', settledAt: tx.now } });
}

/** @throws Problem exit_running when another notice may not be taken now: an exit is being dealt with and the case does not rest */
export async function mustBeFreeToExit(tx: Tx, caseId: string, kind: ExitKind): Promise<CaseBreak | null> {
  const rest = await breakOf(tx, caseId);
  if (rest ? kind === 'hold' || kind === 'lost_contact' : (await openExitOf(tx, caseId)) !== null) throw new Problem('exit_running');
  return rest;
}

/** A case for who is left of a household: where it came from is written down (domain.md §9.12). @returns its ids */
export async function openMemberCase(tx: Tx, from: { caseId: string; field: Field }, onDate: string): Promise<{ caseId: string; caseNo: string; agencyCode: string }> {
  const { agencyCode } = await caseOrigin(tx, from.caseId);
  const by = tx.actor.kind === 'person' ? tx.actor.userId : null;
  const opened = await openCase(tx, { field: from.field, channel: null, agencyCode, urgent: false }, onDate, by);
  await tx.db.caseSuccession.create({ data: { caseId: opened.id, fromCaseId: from.caseId, reason: 'household_after_death', at: tx.now } });
  return { caseId: opened.id, caseNo: opened.caseNo, agencyCode };
}

export interface ExitLine {
  id: string;
  kind: ExitKind;
  /** The day, where it is known to the day. */
  occurredOn: string | null;
  /** As it was said: maybe only about then. */
  occurredSaid: string | null;
  noticedAt: Date;
  outcome: ExitOutcome | null;
  settledAt: Date | null;
}

export interface BreakLine {
  kind: BreakKind;
  fromAt: Date;
  untilAt: Date | null;
  endedAt: Date | null;
  endOutcome: string | null;
}

/** Exits, rests and where the case came from, newest first. */
export async function listExits(tx: Tx, caseId: string): Promise<{ exits: ExitLine[]; breaks: BreakLine[]; from: { caseNo: string; reason: string } | null }> {
  const exits = await tx.db.$queryRawUnsafe<ExitLine[]>(
    `select id, kind, occurred_on::text as "occurredOn", coalesce(occurred_said, occurred_on::text) as "occurredSaid", noticed_at as "noticedAt", outcome, settled_at as "settledAt" from case_exit where case_id = $1::uuid order by noticed_at desc, id desc`, caseId);
  const breaks = await tx.db.$queryRawUnsafe<BreakLine[]>(
    `select kind, from_at as "fromAt", until_at as "untilAt", ended_at as "endedAt", end_outcome as "endOutcome" from case_break where case_id = $1::uuid order by from_at desc, id desc`, caseId);
  const [from] = await tx.db.$queryRawUnsafe<{ caseNo: string; reason: string }[]>(
    `select c.case_no as "caseNo", s.reason from case_succession s join support_case c on c.id = s.from_case_id where s.case_id = $1::uuid`, caseId);
  return { exits, breaks, from: from ?? null };
}
