import { transact, type Actor, type Db } from '../base/db.js';
import { readyJobs } from '../engine/jobs.js';

/** Ids of service tasks whose handler can run now and that nobody is running, the oldest first. */
export async function listReadyJobs(app: { db: Db }, actor: Actor, input: { limit: number }): Promise<string[]> {
  return transact(app.db, actor, (tx) => readyJobs(tx, input.limit));
}
