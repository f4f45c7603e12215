// Forms that may be filed at any time, without a task that asks for them. Immutable versions; the newest is the one in use.
import type { Tx } from '../base/db.js';
import type { Json } from '../base/json.js';

type Reader = Pick<Tx, 'db'>;

export interface StandingForm {
  key: string;
  version: number;
  sha256: string;
  record: string;
  schema: Json;
}

/** The newest version; null when there is no such form. */
export async function findStandingForm(reader: Reader, key: string): Promise<StandingForm | null> {
  const row = await reader.db.standingForm.findFirst({ where: { key }, orderBy: { version: 'desc' } });
  return row ? { key: row.key, version: row.version, sha256: row.sha256, record: row.record, schema: row.schema as Json } : null;
}

/** The newest version of each, by key. */
export async function listStandingForms(reader: Reader): Promise<StandingForm[]> {
  return reader.db.$queryRawUnsafe<StandingForm[]>(`select distinct on (key) key, version, sha256, record, schema from standing_form order by key, version desc`);
}

/**
 * Stores a checked form as its next version; the same one again is the version that exists (`once`: also an older one). One deployment
 * at a time. `approval` is asked for only where a new version comes of it: the change that allows it; null: none has to.
 * @throws whatever `approval` throws
 */
export async function insertStandingForm(tx: Tx, form: Omit<StandingForm, 'version'> & { once: boolean; approval: () => Promise<string | null> }, deployedById: string | null): Promise<{ version: number; isNew: boolean; changeId: string | null }> {
  await tx.db.$executeRawUnsafe(`select pg_advisory_xact_lock(hashtextextended('deploy', 0))`);
  const newest = await findStandingForm(tx, form.key);
  if (newest?.sha256 === form.sha256) return { version: newest.version, isNew: false, changeId: null };
  const before = form.once ? await tx.db.standingForm.findFirst({ where: { key: form.key, sha256: form.sha256 } }) : null;
  if (before) return { version: before.version, isNew: false, changeId: null };
  const version = (newest?.version ?? 0) + 1;
  const changeId = await form.approval();
  await tx.db.$executeRawUnsafe(
    `insert into standing_form (key, version, sha256, record, schema, deployed_by_id, deployed_at, change_id) values ($1, $2, $3, $4, $5::jsonb, $6::uuid, $7::timestamptz, $8::uuid)`,
    form.key,
    version,
    form.sha256,
    form.record,
    JSON.stringify(form.schema),
    deployedById,
    tx.now,
    changeId,
  );
  return { version, isNew: true, changeId };
}

/** By what a sheet knows the form that it was answered on. null: no such sheet, or not for whoever reads. */
export async function formOfSheet(reader: Reader, submissionId: string): Promise<{ key: string; sha256: string; schema: Json | null } | null> {
  const [row] = await reader.db.$queryRawUnsafe<{ key: string; sha256: string; schema: Json | null }[]>(
    `select s.form_key as key, s.form_sha256 as sha256, (select f.schema from standing_form f where f.key = s.form_key and f.sha256 = s.form_sha256 limit 1) as schema from submission s where s.id = $1::uuid`,
    submissionId,
  );
  return row ?? null;
}
