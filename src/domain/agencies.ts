// Agencies (機関) and their group inboxes. They change seldom and are read all the time: kept in memory, read again when
// a key is unknown or what is known is old.
import type { Clock } from '../base/clock.js';
import type { Tx } from '../base/db.js';

export interface Group {
  key: string;
  name: string;
  kind: string;
  agencyCode: string | null;
  agencyName: string | null;
}

export interface Directory {
  /** The groups among these keys that exist. */
  groups(reader: Pick<Tx, 'db'>, keys: readonly string[]): Promise<Group[]>;
}

const freshMs = 60_000;

export function openDirectory(clock: Clock): Directory {
  let known = new Map<string, Group>();
  let readAtMs = Number.NEGATIVE_INFINITY;
  return {
    async groups(reader, keys) {
      const nowMs = clock.now().getTime();
      if (nowMs - readAtMs > freshMs || keys.some((key) => !known.has(key))) {
        known = new Map((await readGroups(reader)).map((group) => [group.key, group]));
        readAtMs = nowMs;
      }
      return keys.flatMap((key) => known.get(key) ?? []);
    },
  };
}

async function readGroups(reader: Pick<Tx, 'db'>): Promise<Group[]> {
  return reader.db.$queryRawUnsafe<Group[]>(
    `select g.key, g.name, g.kind, g.agency_code as "agencyCode", a.name as "agencyName" from work_group g left join agency a on a.code = g.agency_code`,
  );
}

export interface Agency {
  code: string;
  name: string;
  field: string | null;
  canIntake: boolean;
}

/** null when there is none, or it no longer works with the city. */
export async function findAgency(tx: Pick<Tx, 'db'>, code: string): Promise<Agency | null> {
  return tx.db.agency.findFirst({ where: { code, active: true }, select: { code: true, name: true, field: true, canIntake: true } });
}

/** The inbox that a consultation goes to: the taking agency's own, else that of the field. null when there is neither. */
export async function intakeGroupFor(tx: Pick<Tx, 'db'>, agencyCode: string, field: string): Promise<string | null> {
  const [row] = await tx.db.$queryRawUnsafe<{ key: string }[]>(
    `select g.key from work_group g left join agency a on a.code = g.agency_code where g.kind = 'intake' and (g.agency_code = $1 or a.field = $2)
     order by g.agency_code = $1 desc, a.field = $2 desc, g.key limit 1`,
    agencyCode,
    field,
  );
  return row?.key ?? null;
}

/** The agency that this inbox belongs to; null when it is nobody's. */
export async function agencyOfGroup(tx: Pick<Tx, 'db'>, groupKey: string): Promise<string | null> {
  return (await tx.db.group.findUnique({ where: { key: groupKey }, select: { agencyCode: true } }))?.agencyCode ?? null;
}

/** An inbox of this agency, of these groups where one is theirs: where what follows comes back to. null when it has none. */
export async function inboxOfAgency(tx: Pick<Tx, 'db'>, agencyCode: string, groups: readonly string[] = []): Promise<string | null> {
  const [group] = await tx.db.$queryRawUnsafe<{ key: string }[]>(
    `select key from work_group where agency_code = $2
     order by key = any($1::text[]) desc, case kind when 'intake' then 0 when 'coordinator' then 1 when 'section_lead' then 2 else 3 end, key limit 1`,
    [...groups],
    agencyCode,
  );
  return group?.key ?? null;
}

/** The agency behind each of these inboxes, where it is there and works with the city. */
export async function agenciesBehind(tx: Pick<Tx, 'db'>, groupKeys: readonly string[]): Promise<Map<string, { code: string; kind: string }>> {
  const rows = await tx.db.$queryRawUnsafe<{ key: string; code: string; kind: string }[]>(
    `select g.key, a.code, a.kind from work_group g join agency a on a.code = g.agency_code where a.active and g.key = any($1::text[])`,
    groupKeys,
  );
  return new Map(rows.map(({ key, code, kind }) => [key, { code, kind }]));
}

/** Whether somebody works in a section of the city itself (not a contractor, not a partner). */
export async function isCityAgency(tx: Pick<Tx, 'db'>, agencyCode: string): Promise<boolean> {
  return (await tx.db.agency.count({ where: { code: agencyCode, kind: 'city', active: true, isContractor: false } })) === 1;
}

/** The groups of those who coordinate for the city (重層コーディネーター of 市). */
export async function cityCoordinators(tx: Pick<Tx, 'db'>): Promise<string[]> {
  const rows = await tx.db.$queryRawUnsafe<{ key: string }[]>(`select g.key from work_group g join agency a on a.code = g.agency_code and a.active and a.kind = 'city' where g.kind = 'coordinator' order by g.key`);
  return rows.map(({ key }) => key);
}

/** As `agenciesBehind`, and the agencies without an inbox that seats and roles name (`agency:clinic`). */
export async function partiesBehind(tx: Pick<Tx, 'db'>, keys: readonly string[]): Promise<Map<string, { code: string; kind: string }>> {
  const behind = await agenciesBehind(tx, keys);
  for (const { code, kind } of await withoutInbox(tx, keys.flatMap((key) => agencyOfSeat(key) ?? []))) behind.set(seatOfAgency(code), { code, kind });
  return behind;
}

/** Those of these agencies that work with the city and have no inbox here. */
export async function withoutInbox(tx: Pick<Tx, 'db'>, codes: readonly string[]): Promise<{ code: string; kind: string; canJoinConfidential: boolean }[]> {
  return tx.db.agency.findMany({ where: { code: { in: [...codes] }, active: true, groups: { none: {} } }, orderBy: { code: 'asc' }, select: { code: true, kind: true, canJoinConfidential: true } });
}

const outsideKey = /^agency:([a-z][a-z0-9_]*)$/;

/** How seats, roles and processes name an agency that has no inbox here: where a group's key stands for others. */
export const seatOfAgency = (code: string): string => `agency:${code}`;

/** The agency that a seat without an inbox is of; null for the key of a group. */
export const agencyOfSeat = (key: string): string | null => outsideKey.exec(key)?.[1] ?? null;
