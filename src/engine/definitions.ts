// Deployed definitions: immutable versions, read once per process and kept compiled.
import { createHash } from 'node:crypto';
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { canonicalJson } from '../base/json.js';
import { compile } from './executor/compile.js';
import type { Compiled, Json } from './model.js';

/** Anything that can read: a transaction, or `{ db: prisma }` for tables without row-level security. */
export type Reader = Pick<Tx, 'db'>;

export interface Form {
  schema: Json;
  sha256: string;
}

export interface Definition {
  id: string;
  key: string;
  version: number;
  name: string;
  sha256: string;
  xml: string;
  forms: ReadonlyMap<string, Form>;
  startMessages: readonly string[];
  executorVersion: string;
  compiled: Compiled;
}

/** One per process. Definitions never change, so what it holds is never stale; which one is the newest is always asked. */
export interface DefinitionCache {
  /** @throws Error when there is no such definition */
  byId(reader: Reader, id: string): Promise<Definition>;
  /** The newest version, or the one named; null when there is none. */
  byKey(reader: Reader, key: string, version?: number | null): Promise<Definition | null>;
  /** The process whose newest version has a start event for this message, with that event's id. */
  startedBy(reader: Reader, messageName: string): Promise<{ definition: Definition; startElementId: string } | null>;
}

/** Enough for every version that still runs in one city; the least recently used goes first. */
const keep = 200;

export function openDefinitions(): DefinitionCache {
  const known = new Map<string, Promise<Definition>>();
  const byId = async (reader: Reader, id: string): Promise<Definition> => {
    const found = known.get(id);
    if (found) {
      known.delete(id);
      known.set(id, found);
      return found;
    }
    const loading = load(reader, id);
    known.set(id, loading);
    loading.catch(() => known.delete(id));
    if (known.size > keep) known.delete(known.keys().next().value!);
    return loading;
  };
  return {
    byId,
    async byKey(reader, key, version = null) {
      const [row] = await reader.db.$queryRawUnsafe<{ id: string }[]>(
        `select id from process_definition where key = $1 and ($2::int is null or version = $2::int) order by version desc limit 1`,
        key,
        version,
      );
      return row ? byId(reader, row.id) : null;
    },
    async startedBy(reader, messageName) {
      const [row] = await reader.db.$queryRawUnsafe<{ id: string }[]>(
        `select id from (select distinct on (key) id, key, start_messages from process_definition order by key, version desc) newest
         where $1 = any(start_messages) order by key limit 1`,
        messageName,
      );
      if (!row) return null;
      const definition = await byId(reader, row.id);
      const start = definition.compiled.starts.find((s) => s.messageName === messageName);
      return start ? { definition, startElementId: start.elementId } : null;
    },
  };
}

async function load(reader: Reader, id: string): Promise<Definition> {
  const [row] = await reader.db.$queryRawUnsafe<
    { id: string; key: string; version: number; name: string; sha256: string; xml: string; forms: Record<string, Json>; start_messages: string[]; executor_version: string }[]
  >(`select id, key, version, name, sha256, xml, forms, start_messages, executor_version from process_definition where id = $1::uuid`, id);
  if (!row) throw new Error(`no process definition ${id}`);
  return {
    id: row.id,
    key: row.key,
    version: row.version,
    name: row.name,
    sha256: row.sha256,
    xml: row.xml,
    forms: new Map(Object.entries(row.forms).map(([key, schema]) => [key, { schema, sha256: sha256(canonicalJson(schema)) }])),
    startMessages: row.start_messages,
    executorVersion: row.executor_version,
    compiled: await compile(row.xml, { processId: row.key }),
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What a definition is known by: the diagram and all of its forms. */
export function hashDefinition(xml: string, forms: Record<string, Json>): string {
  return sha256(`${xml}\n${canonicalJson(forms)}`);
}

/** Until this transaction ends, nobody else deploys anything: what was compared with what there is holds. */
export async function lockDeployments(tx: Tx): Promise<void> {
  await tx.db.$executeRawUnsafe(`select pg_advisory_xact_lock(hashtextextended('deploy', 0))`);
}

/** Every version of a process that has a form of this key, the newest first. */
export async function definitionsWith(reader: Reader, formKey: string): Promise<string[]> {
  const rows = await reader.db.$queryRawUnsafe<{ id: string }[]>(`select id from process_definition where jsonb_exists(forms, $1) order by deployed_at desc, version desc`, formKey);
  return rows.map(({ id }) => id);
}

/** As which 帳票 each form of a process was kept when it was last deployed with any version of it; null: as none. */
export async function lastRecords(reader: Reader, key: string): Promise<ReadonlyMap<string, string | null>> {
  const rows = await reader.db.$queryRawUnsafe<{ formKey: string; record: string | null }[]>(
    `select distinct on (f.key) f.key as "formKey", f.value->>'record' as record from process_definition d, jsonb_each(d.forms) f where d.key = $1 order by f.key, d.version desc`,
    key,
  );
  return new Map(rows.map(({ formKey, record }) => [formKey, record]));
}

/** Every 帳票 that the newest versions of the other processes can write. */
export async function recordsElsewhere(reader: Reader, key: string): Promise<string[]> {
  const rows = await reader.db.$queryRawUnsafe<{ record: string }[]>(
    `select distinct f.value->>'record' as record from (select distinct on (key) forms from process_definition where key <> $1 order by key, version desc) newest, jsonb_each(newest.forms) f
     where f.value->>'record' is not null`,
    key,
  );
  return rows.map(({ record }) => record);
}

/**
 * Stores a checked diagram as the next version of its key. The same diagram and forms again: the version that exists.
 * One deployment of a key at a time. `approval` is asked for only where a new version comes of it: the id of what allows it (null: nothing
 * has to), kept with the version.
 * @throws whatever `approval` throws
 * @returns `taken`: messages with which the newest version of another process starts already (nothing is stored then)
 */
export async function insertDefinition(
  tx: Tx,
  input: { compiled: Compiled; xml: string; forms: Record<string, Json>; deployedById: string | null; once: boolean; approval: () => Promise<string | null> },
): Promise<{ id: string; key: string; version: number; isNew: boolean; changeId: string | null; taken: { messageName: string; key: string }[] }> {
  const { compiled, xml, forms } = input;
  const key = compiled.processId;
  const sha = hashDefinition(xml, forms);
  await lockDeployments(tx);
  const rows = await tx.db.$queryRawUnsafe<{ id: string; version: number; sha256: string }[]>(
    `select id, version, sha256 from process_definition where key = $1 order by version desc`,
    key,
  );
  // an older version deployed again becomes the newest: that is how a change is taken back
  const same = (input.once ? rows : rows.slice(0, 1)).find((row) => row.sha256 === sha);
  if (same) return { id: same.id, key, version: same.version, isNew: false, changeId: null, taken: [] };
  const startMessages = compiled.starts.flatMap((start) => (start.messageName === null ? [] : [start.messageName]));
  const taken = await tx.db.$queryRawUnsafe<{ messageName: string; key: string }[]>(
    `select m as "messageName", key from (select distinct on (key) key, start_messages from process_definition where key <> $1 order by key, version desc) newest,
       unnest(start_messages) as m where m = any($2::text[])`,
    key,
    startMessages,
  );
  const id = newId(tx.now.getTime());
  const version = (rows[0]?.version ?? 0) + 1;
  if (taken.length > 0) return { id, key, version, isNew: false, changeId: null, taken };
  const changeId = await input.approval();
  await tx.db.$executeRawUnsafe(
    `insert into process_definition (id, key, version, name, sha256, xml, forms, start_messages, executor_version, deployed_by_id, deployed_at, change_id)
     values ($1::uuid, $2, $3, $4, $5, $6, $7::jsonb, $8::text[], $9, $10::uuid, $11::timestamptz, $12::uuid)`,
    id,
    key,
    version,
    compiled.name,
    sha,
    xml,
    JSON.stringify(forms),
    startMessages,
    compiled.executorVersion,
    input.deployedById,
    tx.now,
    changeId,
  );
  return { id, key, version, isNew: true, changeId, taken: [] };
}
