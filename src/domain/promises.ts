// Days that somebody has promised in a form (次に確かめる日, 返却の期限): on the day the inbox that promised it is told, and when it has gone
// by and their agency has written nothing about the case since, its manager too. No name travels with it, only the number of the case.
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { agenciesBehind } from './agencies.js';
import { partsNow } from './case-roles.js';
import { groupsOfAgencies, tellGroups } from './consents/tell.js';
import { refuseField, startOf } from './records/answers.js';
import type { Filed } from './records/record.js';
import { cityClocks } from './settings.js';
import { setTimer } from './timers.js';

/** 緊急対応のあとの確認; 撤回のあと共有先が返す期限. */
export type PromiseKind = 'emergency_follow_up' | 'return_due';

export interface Promised {
  caseId: string;
  kind: PromiseKind;
  /** `YYYY-MM-DD` */
  onDay: string;
  /** Whose day it is. */
  groupKey: string;
  /** The field that names the group, for a refusal. */
  at: string;
}

/** Keeps the day and has the clock watch it. A day that is over is told of at once. @throws Problem form_invalid when no agency that works here stands behind the group */
export async function promise(tx: Tx, filed: Filed, { caseId, kind, onDay, groupKey, at }: Promised): Promise<void> {
  const agency = (await agenciesBehind(tx, [groupKey])).get(groupKey);
  if (!agency) return refuseField(at, '活動中の機関ではありません。');
  const id = newId(tx.now.getTime());
  await tx.db.promisedDay.create({ data: { id, caseId, kind, onDay: new Date(`${onDay}T00:00:00Z`), groupKey, agencyCode: agency.code, submissionId: filed.submissionId, at: tx.now } });
  const { managerAfter } = (await cityClocks(tx)).promises;
  const dueAt = filed.calendar.openingOf(onDay);
  await setTimer(tx, { rule: 'promise_due', aboutId: id, caseId, dueAt });
  await setTimer(tx, { rule: 'promise_passed', aboutId: id, caseId, dueAt: filed.calendar.add(dueAt, managerAfter) });
}

/** The inbox of whoever coordinates the case; where nobody does, of the agency of whoever files this. */
export async function ownGroup(tx: Tx, filed: Filed, caseId: string): Promise<string> {
  const coordinating = (await partsNow(tx, caseId)).find(({ role }) => role === 'coordinator');
  return coordinating?.groupKey ?? (await groupsOfAgencies(tx, [filed.by.agencyCode]))[0] ?? filed.by.groups[0] ?? '';
}

const notices: Readonly<Record<PromiseKind, Readonly<Record<'due' | 'passed', string>>>> = {
  emergency_follow_up: { due: 'follow_up_due', passed: 'follow_up_passed' },
  return_due: { due: 'return_due', passed: 'return_passed' },
};

/** The day has come, or has gone by. What the agency has written about the case since that day began is taken as kept. */
export async function remindOfPromise(tx: Tx, id: string, when: 'due' | 'passed'): Promise<void> {
  const found = await tx.db.promisedDay.findUnique({ where: { id } });
  if (!found) return;
  const rule = notices[found.kind as PromiseKind][when];
  if (when === 'due') return tellGroups(tx, found.caseId, [found.groupKey], rule);
  const dayBegan = startOf(found.onDay.toISOString().slice(0, 10));
  const since = dayBegan > found.at ? dayBegan : found.at;
  const written = await tx.db.submission.count({ where: { caseId: found.caseId, agencyCode: found.agencyCode, submittedAt: { gte: since }, id: { not: found.submissionId } } });
  if (written === 0) await tellGroups(tx, found.caseId, [found.groupKey, ...(await managersOf(tx, found.agencyCode))], rule);
}

/** The inboxes of those who lead the agency; where nobody does, the chair's. */
export async function managersOf(tx: Pick<Tx, 'db'>, agencyCode: string): Promise<string[]> {
  const groups = await tx.db.group.findMany({ where: { OR: [{ kind: 'manager', agencyCode }, { kind: 'chair' }] }, select: { key: true, kind: true } });
  const managers = groups.filter(({ kind }) => kind === 'manager');
  return (managers.length > 0 ? managers : groups).map(({ key }) => key);
}
