// An approved change of P13, as its five steps leave it: for tests in which a person deploys and the way there is not what they are about.
import type { Json } from '../../src/base/json.js';
import { query } from './database.js';

export interface Approved {
  xml?: string;
  forms: Record<string, Json>;
  /** ISO day; left out: long ago. */
  effectiveOn?: string;
  /** Of a standing form; of a process it stands in the diagram. */
  formKey?: string;
}

/** kato.m drafts it and has it checked, nakamura.m approves it. @returns the id of the change */
export async function approveChange(ownerUrl: string, { xml, forms, effectiveOn = '2020-01-01', formKey }: Approved): Promise<string> {
  const key = formKey ?? /<(?:\w+:)?process id="([^"]+)"/.exec(xml ?? '')![1]!;
  const kind = formKey === undefined ? 'process' : 'form';
  const [change] = await query<{ id: string; by: string }>(ownerUrl, `insert into definition_change (id, target_kind, process_key, drafters, drafted_at) select gen_random_uuid(), $1, $2, array[id], now() from app_user where login = 'kato.m' returning id, drafters[1] as by`, [kind, key]);
  const { id, by } = change!;
  await query(ownerUrl, `with kept as (insert into definition_candidate (id, change_id, kind, key, sha256, xml, forms, effect, given_by_id, given_at) values (gen_random_uuid(), $1, $2, $3, 'of a test', $4, $5, '{}', $6, now()))  select 1`, [id, kind, key, xml ?? null, JSON.stringify(forms), by]);
  await query(ownerUrl, `update definition_change set candidate_id = (select id from definition_candidate where change_id = $1) where id = $1`, [id]);
  await query(ownerUrl, `update definition_change set status = 'tried', tried_by_id = $2, tried_at = now() where id = $1`, [id, by]);
  await query(ownerUrl, `with chair as materialized (select id, set_config('app.user_id', id::text, true) from app_user where login = 'nakamura.m') update definition_change c set status = 'approved', approved_by_id = chair.id, approved_at = now() from chair where c.id = $1`, [id]);
  await query(ownerUrl, `update definition_change set status = 'published', effective_on = $2::date where id = $1`, [id, effectiveOn]);
  return id;
}
