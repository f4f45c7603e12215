// A city full of work, written by set-based SQL as the owner: people, groups and open tasks by the hundred thousand.
import pg from 'pg';
import type { Rig } from './rig.js';

export interface Crowd {
  groups: number;
  peoplePerGroup: number;
}

/** Adds groups `grp.bench.0001`…, each with people of its own, who may sign in with the rig's password. */
export async function seedPeople(rig: Rig, { groups, peoplePerGroup }: Crowd): Promise<void> {
  await rig.sql(
    `insert into work_group (key, name, kind, agency_code)
     select 'grp.bench.' || lpad(n::text, 4, '0'), '計測用の窓口 ' || n, 'intake', codes[1 + n % cardinality(codes)]
     from generate_series(1, $1::int) n, (select array_agg(code order by code) as codes from agency) a`,
    [groups],
  );
  // one password for all: the hash of somebody who is there
  await rig.sql(
    `insert into app_user (id, login, password_hash, name, email, agency_code, roles, created_at)
     select uuidv7(), format('bench.%s.%s', g, p), hash, format('計測 %s-%s', g, p), format('bench.%s.%s@example.invalid', g, p), agency_code, '{}', now()
     from generate_series(1, $1::int) g, generate_series(1, $2::int) p, (select password_hash as hash, agency_code from app_user limit 1) a`,
    [groups, peoplePerGroup],
  );
  await rig.sql(
    `insert into membership (user_id, group_key)
     select id, 'grp.bench.' || lpad(split_part(login, '.', 2), 4, '0') from app_user where login like 'bench.%'`,
  );
}

/** Adds one person who sits in three groups of their own, `<name>.1` to `<name>.3`. */
export async function seedPerson(rig: Rig, login: string): Promise<void> {
  await rig.sql(`insert into work_group (key, name, kind, agency_code) select format('grp.%s.%s', $1::text, n), format('%s %s', $1::text, n), 'intake', (select min(code) from agency) from generate_series(1, 3) n`, [login]);
  await rig.sql(
    `insert into app_user (id, login, password_hash, name, email, agency_code, roles, created_at)
     select uuidv7(), $1, password_hash, $1, $1 || '@example.invalid', agency_code, '{}', now() from app_user limit 1`,
    [login],
  );
  await rig.sql(`insert into membership (user_id, group_key) select u.id, format('grp.%s.%s', $1::text, n) from app_user u, generate_series(1, 3) n where u.login = $1`, [login]);
}

/** What the steps of a case are called; four in each of six processes. */
const steps = [
  '相談受付', 'スクリーニング', '緊急性の判断', 'つなぎ先の検討', '本人同意の確認', 'アセスメント', '関係機関への照会', '支援会議の日程調整',
  '重層的支援会議の開催', '議事録の確認', 'プラン案の作成', 'プランの承認', '参加支援の調整', '受入先の確認', '定着の見守り', '面談の記録',
  'モニタリング', '再プランの要否判断', '訪問の記録', '報告書の確認', '終結時評価', '終結の承認', '申し送り', '本人への説明',
];

/** Six processes that are never run: the tasks below need them to lie in. */
export async function seedDefinitions(rig: Rig): Promise<void> {
  await rig.sql(
    `insert into process_definition (id, key, version, name, sha256, xml, forms, executor_version, deployed_at)
     select uuidv7(), 'bench_' || n, 1, '計測用の流れ ' || n, 'bench' || n, '', '{}', '0', now() from generate_series(1, 6) n`,
  );
}

export interface Spread {
  tasks: number;
  /** An array of SQL over `n` (1, 2, …), `r2` and `r3` (random, 0 to 1): in which groups a task lies. */
  groups: string;
  /** SQL that gives uuid[]: who may hold a task. */
  holders: string;
  /** Part of the tasks that somebody holds. */
  held: number;
}

/**
 * Writes open tasks by statements of the owner's: without triggers and keys being looked at row by row. The entries of the
 * inboxes, which a trigger writes otherwise, follow in one statement; the tables are then tidied and analysed.
 */
export async function writeTasks(rig: Rig, write: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(rig.ownerUrl);
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`set local session_replication_role = replica`);
    await write(client);
    await client.query(
      `insert into inbox_entry (task_id, reader, urgent, due_at, created_at, held_by_id, owner_id, follow_up_at, process_key, element_id, name, business_key, groups)
       select t.id, r.reader, t.urgent, coalesce(t.due_at, 'infinity'), t.created_at, t.assignee_id, t.owner_id, t.follow_up_at, t.process_key, t.element_id, t.name, t.business_key,
              case when cardinality(t.candidate_groups) > 1 then t.candidate_groups end
       from task t cross join lateral (select unnest(t.candidate_groups) union select t.assignee_id::text union select t.owner_id::text) r(reader)
       where t.status = 'open' and r.reader is not null and not exists (select 1 from inbox_entry e where e.task_id = t.id)`,
    );
    await client.query('commit');
    await client.query('vacuum analyze');
  } finally {
    await client.end();
  }
}

/**
 * Adds open tasks, three to a case: due from 20 days ago to 40 days ahead, one in ten without a due time, one in twenty
 * urgent, one in twenty waiting for an answer.
 */
export async function seedTasks(rig: Rig, spread: Spread): Promise<void> {
  await writeTasks(rig, async (client) => void (await client.query(tasksSql(spread), [spread.tasks, steps, spread.held])));
}

const tasksSql = ({ groups, holders }: Spread): string => `
  with definition as materialized (select array_agg(id order by key) as ids from process_definition where key like 'bench\\_%'),
  holder as materialized (select ${holders} as ids),
  made as (
    insert into process_instance (id, definition_id, root_id, business_key, status, variables, step_no, executor_version, started_at)
    select i.id, i.definition_id, i.id, i.business_key, 'active', '{}', 1, '0', now() - interval '30 days'
    from (select uuidv7() as id, ids[1 + n % 6] as definition_id, 'R8-' || lpad(n::text, 6, '0') as business_key from definition, generate_series(1, ($1::int + 2) / 3) n) i
    returning id, definition_id, business_key)
  insert into task (id, instance_id, definition_id, process_key, execution_id, element_id, name, business_key, candidate_groups, assignee_id, status, due_at, follow_up_at, urgent, created_at)
  select uuidv7(), r.instance_id, r.definition_id, 'bench_' || r.process, 'x' || r.k, 'step_' || r.step, ($2::text[])[(r.process - 1) * 4 + r.step], r.business_key,
    ${groups}, case when r.r4 < $3::float then h.ids[1 + floor(r.r5 * cardinality(h.ids))::int] end, 'open',
    case when r.r6 > 0.1 then now() + (r.r7 * 60 - 20) * interval '1 day' end,
    case when r.r8 < 0.05 then now() + interval '3 days' end, r.r9 < 0.05, now() - r.r1 * interval '30 days'
  from (
    select m.id as instance_id, m.definition_id, m.business_key, k, row_number() over () as n, array_position(d.ids, m.definition_id) as process, 1 + floor(random() * 4)::int as step,
      random() as r1, random() as r2, random() as r3, random() as r4, random() as r5, random() as r6, random() as r7, random() as r8, random() as r9
    from made m, definition d, generate_series(1, 3) k) r, holder h
  where r.n <= $1::int`;
