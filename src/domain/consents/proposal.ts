// What whoever coordinates proposes after a withdrawal (F17.proposal, T-P10-04), as it is laid before whoever decides.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';

/** The proposal of the run that this task belongs to. null where there is none, or the actor is not chair or director in a section of the city. */
export async function proposalOfTask(tx: Pick<Tx, 'db'>, taskId: string): Promise<Record<string, Json> | null> {
  const [row] = await tx.db.$queryRawUnsafe<{ answers: Record<string, Json> }[]>(`select answers from carried_proposal($1::uuid)`, taskId);
  return row?.answers ?? null;
}
