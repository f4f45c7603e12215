import type { App } from '../app.js';
import { transact, type Actor } from '../base/db.js';
import { authorize } from '../domain/authorize.js';
import { notifyMembers } from '../domain/process-notices.js';
import { markStale, resourceGroups, staleBefore } from '../domain/resources/resources.js';
import { resourceRules } from '../domain/settings.js';

/** Whoever keeps the directory hears of the same entry once in so many days, until somebody has looked. */
const remindEveryDays = 30;
const dayMs = 86_400_000;

/**
 * Tells those who keep the directory that entries have gone stale: one notice for all of them, which names no place and nobody.
 * @returns how many entries it is about; 0: nobody was told
 */
export async function remindStaleResources(app: Pick<App, 'db' | 'calendar'>, actor: Actor): Promise<{ stale: number }> {
  authorize(actor, 'housekeeping.run');
  return transact(app.db, actor, async (tx) => {
    const { freshMonths } = await resourceRules(tx);
    const stale = await markStale(tx, staleBefore(app.calendar.onDate(tx.now), freshMonths), new Date(tx.now.getTime() - remindEveryDays * dayMs));
    if (stale > 0) await notifyMembers(tx, await resourceGroups(tx), { businessKey: null, rule: 'resource_stale', urgent: false });
    return { stale };
  });
}
