// 注意 (flags): something about a case that nobody may overlook (医療中断, DV注意). With its history, and the reason why it was resolved.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { caseOf, choiceAt, dayAt, textAt } from '../records/answers.js';
import type { RecordKind } from '../records/record.js';

export const flagKinds = ['violence', 'medical', 'safety', 'contact', 'deadline', 'other'] as const;
export type FlagKind = (typeof flagKinds)[number];

async function noteEvent(tx: Tx, flag: { id: string; caseId: string }, kind: 'raised' | 'changed' | 'resolved', reason: string | null): Promise<void> {
  const byId = tx.actor.kind === 'person' ? tx.actor.userId : null;
  await tx.db.flagEvent.create({ data: { id: newId(tx.now.getTime()), flagId: flag.id, caseId: flag.caseId, kind, reason, byId, at: tx.now } });
}

export interface NewFlag {
  caseId: string;
  kind: FlagKind;
  message: string;
  /** YYYY-MM-DD */
  reviewOn: string | null;
  raisedById: string;
}

/** Puts a flag on a case. @returns its id */
export async function raiseFlag(tx: Tx, { reviewOn, ...flag }: NewFlag): Promise<string> {
  const id = newId(tx.now.getTime());
  await tx.db.flag.create({ data: { id, ...flag, reviewOn: reviewOn === null ? null : new Date(`${reviewOn}T00:00:00Z`), raisedAt: tx.now } });
  await noteEvent(tx, { id, caseId: flag.caseId }, 'raised', null);
  return id;
}

/** A flag of this wording that nobody has resolved; null where there is none. */
export async function findStandingFlag(tx: Tx, caseId: string, message: string): Promise<string | null> {
  return (await tx.db.flag.findFirst({ where: { caseId, message, resolvedAt: null }, select: { id: true } }))?.id ?? null;
}

/** Resolves a flag, or says when it is to be looked at again (YYYY-MM-DD), and why. */
export async function changeFlag(tx: Tx, flag: { id: string; caseId: string }, said: ({ resolve: true } | { reviewOn: string }) & { reason: string | null }): Promise<void> {
  const resolve = 'resolve' in said;
  await tx.db.flag.update({ where: { id: flag.id }, data: resolve ? { resolvedAt: tx.now } : { reviewOn: new Date(`${said.reviewOn}T00:00:00Z`) } });
  await noteEvent(tx, flag, resolve ? 'resolved' : 'changed', said.reason);
}

const raised: RecordKind = {
  key: 'F88', title: '注意（フラグ）', compartment: 'team', anytime: 'case',
  needs: [{ at: 'flagKind', types: ['select', 'radio'], options: flagKinds, required: true }, { at: 'message', types: ['textfield'], required: true }, { at: 'reviewOn', types: ['datetime'] }],
  async project(tx, filed) {
    const id = await raiseFlag(tx, { caseId: caseOf(filed), kind: choiceAt(filed.answers, 'flagKind', flagKinds)!, message: textAt(filed.answers, 'message')!, reviewOn: dayAt(filed.answers, 'reviewOn'), raisedById: filed.by.userId });
    return { flagId: id };
  },
};

/** @throws Problem not_found (no such flag of the case), flag_resolved */
const changed: RecordKind = {
  key: 'F88.change', title: '注意（フラグ）の変更・解除', compartment: 'team', anytime: 'case',
  refuses: ['flag_resolved'], needs: [{ at: 'flagId', types: ['textfield'], required: true }, { at: 'flagChange', types: ['radio', 'select'], options: ['resolve', 'change'], required: true }, { at: 'reason', types: ['textarea'], required: true }],
  async project(tx, filed) {
    const found = await tx.db.flag.findFirst({ where: { id: textAt(filed.answers, 'flagId')!, caseId: caseOf(filed) } });
    if (!found) throw new Problem('not_found');
    if (found.resolvedAt) throw new Problem('flag_resolved');
    const resolve = filed.answers['flagChange'] === 'resolve';
    const message = textAt(filed.answers, 'message');
    const reviewOn = dayAt(filed.answers, 'reviewOn');
    const change = { ...(message === null ? {} : { message }), ...(reviewOn === null ? {} : { reviewOn: new Date(`${reviewOn}T00:00:00Z`) }) };
    await tx.db.flag.update({ where: { id: found.id }, data: resolve ? { resolvedAt: tx.now } : change });
    await noteEvent(tx, found, resolve ? 'resolved' : 'changed', textAt(filed.answers, 'reason'));
    return { flagId: found.id };
  },
};

export const flagRecords: readonly RecordKind[] = [raised, changed];

export interface FlagLine {
  id: string;
  kind: FlagKind;
  message: string;
  reviewOn: string | null;
  raisedAt: Date;
  resolvedAt: Date | null;
  history: { kind: string; reason: string | null; at: string; byName: string | null }[];
}

/** The flags of a case, those that stand first. */
export async function listFlags(tx: Tx, caseId: string): Promise<FlagLine[]> {
  return tx.db.$queryRawUnsafe<FlagLine[]>(
    `select f.id, f.kind, f.message, f.review_on::text as "reviewOn", f.raised_at as "raisedAt", f.resolved_at as "resolvedAt",
       (select json_agg(json_build_object('kind', e.kind, 'reason', e.reason, 'at', e.at, 'byName', u.name) order by e.at, e.id) from flag_event e left join app_user u on u.id = e.by_id where e.flag_id = f.id) as history
     from flag f where f.case_id = $1::uuid order by f.resolved_at is not null, f.raised_at desc, f.id desc`, caseId);
}
