// Notices that a process gives to groups: no task lies behind them.
import type { Tx } from '../base/db.js';

/** One notice for each active member of these groups, each person once. Groups without members are no error. */
export async function notifyMembers(tx: Tx, groupKeys: readonly string[], notice: { businessKey: string | null; rule: string; urgent: boolean }): Promise<number> {
  return tx.db.$executeRawUnsafe(
    `insert into notification (id, user_id, business_key, kind, rule, urgent, created_at)
     select gen_random_uuid(), u.id, $2, 'process', $3, $4, $5::timestamptz
     from app_user u where u.active and exists (select 1 from membership m where m.user_id = u.id and m.group_key = any($1::text[])) order by u.id`,
    groupKeys,
    notice.businessKey,
    notice.rule,
    notice.urgent,
    tx.now,
  );
}
