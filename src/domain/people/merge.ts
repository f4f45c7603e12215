// Two registrations of one person. A merge is a row and moves nothing, so undoing it gives back both as they were.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';

/** Locks registrations in the order of their ids, so that two people who merge at once wait instead of meeting. */
async function lockClients(tx: Tx, ids: readonly string[]): Promise<Map<string, { rootId: string }>> {
  const rows = await tx.db.$queryRawUnsafe<{ id: string; rootId: string }[]>(`select id, root_id as "rootId" from client_person where id = any($1::uuid[]) order by id for update`, [...ids]);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Works out again what each registration under these roots counts as, from the merges that stand. */
async function settleRoots(tx: Tx, rootIds: readonly string[]): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `with recursive up as (
       select p.id as start, p.id as at from client_person p where p.root_id = any($1::uuid[])
       union all select up.start, m.kept_id from up join client_merge m on m.merged_id = up.at and m.undone_at is null),
     top as (select up.start, up.at from up where not exists (select 1 from client_merge m where m.merged_id = up.at and m.undone_at is null))
     update client_person p set root_id = top.at from top where p.id = top.start and p.root_id <> top.at`,
    [...rootIds],
  );
}

/**
 * Says that two registrations are one person; `keptId` is the one that they count as from now on.
 * @returns the id of the merge
 * @throws Problem not_found; already_merged when one of them counts as another person already
 */
export async function mergeClients(tx: Tx, keptId: string, mergedId: string, reason: string): Promise<string> {
  if (keptId === mergedId) throw new Problem('invalid', { errors: [{ pointer: '/mergedId', detail: '別の人を選んでください。' }] });
  const locked = await lockClients(tx, [keptId, mergedId]);
  if (locked.size !== 2) throw new Problem('not_found');
  if ([...locked].some(([id, { rootId }]) => id !== rootId)) throw new Problem('already_merged');
  const id = newId(tx.now.getTime());
  await tx.db.clientMerge.create({ data: { id, keptId, mergedId, reason, byId: tx.actor.kind === 'person' ? tx.actor.userId : null, at: tx.now } });
  await settleRoots(tx, [mergedId]);
  return id;
}

/** A merge with both its people; null when there is none that may be known of. */
export async function findMerge(tx: Tx, id: string): Promise<{ id: string; keptId: string; mergedId: string; undoneAt: Date | null } | null> {
  return tx.db.clientMerge.findUnique({ where: { id }, select: { id: true, keptId: true, mergedId: true, undoneAt: true } });
}

/**
 * Takes a merge back: both people stand again as they did, with everything that each brought along.
 * @throws Problem not_found; merge_undone when it was taken back before
 */
export async function unmergeClients(tx: Tx, mergeId: string, reason: string): Promise<void> {
  const found = await findMerge(tx, mergeId);
  if (!found) throw new Problem('not_found');
  const locked = await lockClients(tx, [found.keptId, found.mergedId]);
  const undone = await tx.db.$executeRawUnsafe(
    `update client_merge set undone_at = $2::timestamptz, undone_by_id = $3::uuid, undone_reason = $4 where id = $1::uuid and undone_at is null`,
    mergeId, tx.now, tx.actor.kind === 'person' ? tx.actor.userId : null, reason,
  );
  if (undone !== 1) throw new Problem('merge_undone');
  await settleRoots(tx, [...locked.values()].map(({ rootId }) => rootId));
}
