// What Postgres does for a page and for the counts of an inbox: the application's own statements, asked as its role.
import pg from 'pg';
import type { Tx } from '../../src/base/db.js';
import { inboxCounts, inboxPage, type InboxQuery } from '../../src/engine/inbox.js';
import type { Rig } from './rig.js';

const query: InboxQuery = { view: 'all', sort: 'urgency', elementId: 'step_3', urgent: true };

/** Time and pages of a filtered page and of the counts for one person, and the costliest nodes of each plan. */
export async function explain(rig: Rig, login: string): Promise<string> {
  const [me] = await rig.sql<{ id: string; groups: string[] }>(`select u.id, array_agg(m.group_key) as groups from app_user u join membership m on m.user_id = u.id where login = $1 group by u.id`, [login]);
  if (!me) return '';
  const client = new pg.Client(rig.env.APP_DATABASE_URL);
  await client.connect();
  const plans: string[] = [];
  // a transaction that explains what it is asked and answers nothing
  const $queryRawUnsafe = async (sql: string, ...values: unknown[]): Promise<never[]> => {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (analyze, buffers, timing) ${sql}`, values);
    plans.push(rows.map((row) => row['QUERY PLAN']).filter((line) => /actual time=\S+\.\.\d{2,}|Buffers: shared hit=\d{4}|read=|Execution Time/.test(line)).slice(0, 25).join('\n'));
    return [];
  };
  const tx = { db: { $queryRawUnsafe }, now: new Date(performance.timeOrigin) } as unknown as Tx;
  try {
    await client.query('begin');
    await client.query(`select set_config('app.scope', 'person', true), set_config('app.user_id', $1, true), set_config('app.groups', $2, true)`, [me.id, `{${me.groups.join(',')}}`]);
    const reader = { userId: me.id, groups: me.groups };
    await inboxPage(tx, reader, query, null, 50);
    await inboxCounts(tx, reader).catch(() => null); // no rows: it looks for the totals in vain
    await client.query('rollback');
  } finally {
    await client.end();
  }
  return ['page', 'counts'].map((name, index) => `\n${login}, ${name}:\n${plans[index] ?? ''}\n`).join('');
}
