// 会議資料 are numbered, one copy a seat, and taken back.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';

/** One numbered copy for each seat that has none yet; in a 支援会議 for those alone that are pledged. */
export async function numberHandouts(tx: Tx, sittingId: string): Promise<void> {
  const seats = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select m.id from sitting_member m where m.sitting_id = $1::uuid and m.removed_at is null and not exists (select 1 from handout h where h.member_id = m.id)
       and ((select t.kind from sitting s join meeting t on t.id = s.meeting_id where s.id = m.sitting_id) <> 'confidential' or m.id not in (select u.id from sitting_unpledged($1::uuid) u)) order by m.seated_at, m.group_key`,
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

/** Whoever pledges after the copies of a 支援会議 were numbered gets theirs then, and not before. */
export async function numberForLatePledge(tx: Tx, sittingId: string): Promise<void> {
  if ((await tx.db.sitting.count({ where: { id: sittingId, status: 'invited', handoutRule: 'numbered' } })) > 0) await numberHandouts(tx, sittingId);
}
