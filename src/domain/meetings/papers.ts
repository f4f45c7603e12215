// 会議資料 are numbered, one copy a seat, and taken back; decisions are who does what by when, seen by the doer alone.
import type { Person, Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import type { Sitting } from './sittings.js';

/** One numbered copy for each seat that has none yet. */
export async function numberHandouts(tx: Tx, sittingId: string): Promise<void> {
  const seats = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select m.id from sitting_member m where m.sitting_id = $1::uuid and m.removed_at is null and not exists (select 1 from handout h where h.member_id = m.id) order by m.seated_at, m.group_key`,
    sittingId,
  );
  const issued = await tx.db.handout.count({ where: { sittingId } });
  await tx.db.handout.createMany({ data: seats.map(({ id }, index) => ({ id: newId(tx.now.getTime()), sittingId, no: issued + index + 1, memberId: id, issuedAt: tx.now })) });
}

/** @param missing numbers of the copies that are still out @returns the numbers still out */
export async function takeBackHandouts(tx: Tx, sittingId: string, missing: readonly number[]): Promise<number[]> {
  await tx.db.handout.updateMany({ where: { sittingId, returnedAt: null, no: { notIn: [...missing] } }, data: { returnedAt: tx.now } });
  return (await tx.db.handout.findMany({ where: { sittingId, returnedAt: null }, orderBy: { no: 'asc' }, select: { no: true } })).map(({ no }) => no);
}

export interface NewDecision {
  groupKey: string;
  what: string;
  dueOn: string | null;
}

/** @returns their ids, in order */
export async function recordDecisions(tx: Tx, sitting: Sitting, decisions: readonly NewDecision[]): Promise<string[]> {
  const rows = decisions.map(({ groupKey, what, dueOn }) => ({ id: newId(tx.now.getTime()), sittingId: sitting.id, groupKey, what, dueOn: dueOn === null ? null : new Date(`${dueOn}T00:00:00Z`), decidedAt: tx.now }));
  await tx.db.sittingDecision.createMany({ data: rows });
  return rows.map(({ id }) => id);
}

export interface Decision {
  id: string;
  groupKey: string;
  groupName: string;
  what: string;
  dueOn: string | null;
  doneAt: Date | null;
}

/** The decisions of a sitting that whoever reads may see: all of them inside, one's own outside. */
export async function decisionsOf(tx: Pick<Tx, 'db'>, sittingId: string): Promise<Decision[]> {
  return tx.db.$queryRawUnsafe<Decision[]>(
    `select d.id, d.group_key as "groupKey", g.name as "groupName", d.what, to_char(d.due_on, 'YYYY-MM-DD') as "dueOn", d.done_at as "doneAt"
     from sitting_decision d join work_group g on g.key = d.group_key where d.sitting_id = $1::uuid order by d.due_on nulls last, d.id`,
    sittingId,
  );
}

/** What whoever reads has been given to do, by any meeting: what is not done first, then the soonest. */
export async function decisionsToDo(tx: Pick<Tx, 'db'>): Promise<Decision[]> {
  return tx.db.$queryRawUnsafe<Decision[]>(
    `select d.id, d.group_key as "groupKey", g.name as "groupName", d.what, to_char(d.due_on, 'YYYY-MM-DD') as "dueOn", d.done_at as "doneAt"
     from sitting_decision d join work_group g on g.key = d.group_key where d.group_key = any(app_groups()) order by d.done_at is not null, d.due_on nulls last, d.id limit 200`,
  );
}

/** A decision is carried out. @throws Problem not_found when it is not theirs; one that is done stays as it is */
export async function finishDecision(tx: Tx, person: Person, id: string): Promise<void> {
  const found = await tx.db.sittingDecision.findUnique({ where: { id }, select: { groupKey: true } });
  if (!found || !person.groups.includes(found.groupKey)) throw new Problem('not_found');
  await tx.db.sittingDecision.updateMany({ where: { id, doneAt: null }, data: { doneAt: tx.now, doneById: person.userId } });
}
