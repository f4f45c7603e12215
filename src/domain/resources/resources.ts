// 社会資源台帳 (F14): the places that take people in. Who may be found in it is nobody who is supported; what it says goes stale,
// so every entry knows when it was last verified.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import type { Criteria, Place } from './matching.js';

export type CheckResult = 'registered' | 'current' | 'changed' | 'closed';

/** What the form says of a place. Days are `YYYY-MM-DD`. */
export interface ResourceData extends Omit<Place, 'capacity' | 'taken' | 'verifiedOn'> {
  name: string;
  kinds: readonly string[];
  owner: string | null;
  address: string | null;
  costNote: string | null;
  capacity: number | null;
  conditions: string | null;
  contactRule: string | null;
  opening: string | null;
}

export interface ResourceRow extends ResourceData {
  id: string;
  no: string;
  verifiedOn: string;
  verifiedBy: string;
  registeredOn: string;
  closedOn: string | null;
  /** Seats that are taken now. */
  taken: number;
}

type Reader = Pick<Tx, 'db'>;

const columns = `r.id, r.no, r.name, r.kinds, r.owner, r.address, r.area, r.purposes, r.interests, r.days, r.access, r.group_size as "groupSize", r.cost_yen as "costYen", r.cost_note as "costNote",
  r.age_from as "ageFrom", r.age_to as "ageTo", r.gender, r.supports, r.capacity, r.conditions, r.contact_rule as "contactRule", r.opening, r.verified_on::text as "verifiedOn", r.verified_by as "verifiedBy",
  r.registered_on::text as "registeredOn", r.closed_on::text as "closedOn", taken_seats(r.id) as taken`;
const most = 500;

/** Null when there is no such number. `S-12` and `s-0012` are `S-0012`. */
export async function findByNo(reader: Reader, no: string): Promise<ResourceRow | null> {
  const [row] = await reader.db.$queryRawUnsafe<ResourceRow[]>(`select ${columns} from social_resource r where r.no = $1`, resourceNo(no));
  return row ?? null;
}

export async function findResource(reader: Reader, id: string): Promise<ResourceRow | null> {
  const [row] = await reader.db.$queryRawUnsafe<ResourceRow[]>(`select ${columns} from social_resource r where r.id = $1::uuid`, id);
  return row ?? null;
}

/** The entry, locked: what somebody else puts right meanwhile is put right after this. */
export async function holdResource(tx: Tx, id: string): Promise<ResourceRow> {
  await tx.db.$queryRawUnsafe(`select id from social_resource where id = $1::uuid for update`, id);
  return (await findResource(tx, id))!;
}

/** A number as people write it, as the directory has it. */
export function resourceNo(said: string): string {
  const match = /^S-?(\d{1,6})$/i.exec(said.normalize('NFKC').trim());
  return match ? `S-${match[1]!.padStart(4, '0').replace(/^0+(?=\d{4,}$)/, '')}` : said;
}

export interface ResourceFilter {
  kind?: string | undefined;
  area?: string | undefined;
  purpose?: string | undefined;
  /** Part of the name, as it is written there. */
  name?: string | undefined;
  /** Only entries verified before this day. */
  verifiedBefore?: string | undefined;
  /** Only places with a seat left. */
  free?: boolean | undefined;
  closed?: boolean | undefined;
}

/** At most 500, by number. */
export async function listResources(reader: Reader, filter: ResourceFilter): Promise<ResourceRow[]> {
  return reader.db.$queryRawUnsafe<ResourceRow[]>(
    `select ${columns} from social_resource r
     where ($1::text is null or $1 = any (r.kinds)) and ($2::text is null or r.area = $2) and ($3::text is null or $3 = any (r.purposes))
       and ($4::text is null or position($4 in r.name) > 0) and ($5::date is null or r.verified_on < $5::date)
       and (not $6::boolean or r.capacity is null or taken_seats(r.id) < r.capacity) and ($7::boolean or r.closed_on is null)
     order by r.no limit ${most}`,
    filter.kind ?? null, filter.area ?? null, filter.purpose ?? null, filter.name ?? null, filter.verifiedBefore ?? null, filter.free ?? false, filter.closed ?? false,
  );
}

/** What matching weighs: open places, also those whose seats are all taken (which it says), that offer one of the purposes or do not say which. The pure part ranks them. */
export async function candidates(reader: Reader, criteria: Criteria): Promise<ResourceRow[]> {
  return reader.db.$queryRawUnsafe<ResourceRow[]>(
    `select ${columns} from social_resource r
     where r.closed_on is null
       and (cardinality($1::text[]) = 0 or cardinality(r.purposes) = 0 or r.purposes && $1::text[])
       and ($2::int is null or coalesce(r.age_from, 0) <= $2 and $2 <= coalesce(r.age_to, 200))
       and ($3::text is null or coalesce(r.gender, 'any') in ('any', $3))
     order by (r.capacity is not null and taken_seats(r.id) >= r.capacity), cardinality(array(select unnest(r.interests) intersect select unnest($4::text[]))) desc, r.verified_on desc, r.no limit ${most}`,
    criteria.purposes, criteria.age, criteria.gender, criteria.interests,
  );
}

/** How many open entries of a kind there were at the end of a day: a stock, not a flow (K4: 通いの場). */
export async function countOpen(reader: Reader, kind: string, onDate: string): Promise<number> {
  const [row] = await reader.db.$queryRawUnsafe<{ n: number }[]>(
    `select count(*)::int as n from social_resource where $1 = any (kinds) and registered_on <= $2::date and (closed_on is null or closed_on > $2::date)`, kind, onDate);
  return row!.n;
}

const values = (data: ResourceData): unknown[] => [
  data.name, data.kinds, data.owner, data.address, data.area, data.purposes, data.interests, data.days, data.access, data.groupSize, data.costYen, data.costNote,
  data.ageFrom, data.ageTo, data.gender, data.supports, data.capacity, data.conditions, data.contactRule, data.opening,
];

export interface Verified {
  /** YYYY-MM-DD */
  on: string;
  by: string;
}

/** Enters a place under the next number. */
export async function addResource(tx: Tx, data: ResourceData, verified: Verified, registeredOn: string): Promise<{ id: string; no: string }> {
  await tx.db.$executeRawUnsafe(`select pg_advisory_xact_lock(hashtextextended('social_resource', 0))`);
  const id = newId(tx.now.getTime());
  const [row] = await tx.db.$queryRawUnsafe<{ no: string }[]>(
    `insert into social_resource (id, no, name, kinds, owner, address, area, purposes, interests, days, access, group_size, cost_yen, cost_note, age_from, age_to, gender, supports, capacity, conditions,
       contact_rule, opening, verified_on, verified_by, registered_on)
     select $1::uuid, 'S-' || lpad((coalesce(max(substr(no, 3)::int), 0) + 1)::text, greatest(4, length((coalesce(max(substr(no, 3)::int), 0) + 1)::text)), '0'), $2, $3::text[], $4, $5, $6, $7::text[], $8::text[],
       $9::text[], $10::text[], $11, $12::int, $13, $14::int, $15::int, $16, $17::text[], $18::int, $19, $20, $21, $22::date, $23, $24::date from social_resource returning no`,
    id, ...values(data), verified.on, verified.by, registeredOn,
  );
  return { id, no: row!.no };
}

/** Brings an entry to what is said now. Seats that are taken stay taken, also where there are fewer now. */
export async function changeResource(tx: Tx, id: string, data: ResourceData, verified: Verified): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `update social_resource set name = $2, kinds = $3::text[], owner = $4, address = $5, area = $6, purposes = $7::text[], interests = $8::text[], days = $9::text[], access = $10::text[], group_size = $11,
       cost_yen = $12::int, cost_note = $13, age_from = $14::int, age_to = $15::int, gender = $16, supports = $17::text[], capacity = $18::int, conditions = $19, contact_rule = $20, opening = $21,
       verified_on = greatest(verified_on, $22::date), verified_by = $23, closed_on = null, reminded_at = null where id = $1::uuid`,
    id, ...values(data), verified.on, verified.by,
  );
}

export interface Check extends Verified {
  resourceId: string;
  result: CheckResult;
  submissionId: string | null;
}

/** Notes that somebody looked. `closed` ends the entry on that day; `current` and `changed` make it fresh. */
export async function noteCheck(tx: Tx, check: Check): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into resource_check (id, resource_id, submission_id, result, checked_on, checked_by, at) values ($1::uuid, $2::uuid, $3::uuid, $4, $5::date, $6, $7::timestamptz)`,
    newId(tx.now.getTime()), check.resourceId, check.submissionId, check.result, check.on, check.by, tx.now,
  );
  await tx.db.$executeRawUnsafe(
    `update social_resource set verified_on = greatest(verified_on, $2::date), verified_by = $3, reminded_at = null, closed_on = case when $4 = 'closed' then $2::date else closed_on end where id = $1::uuid`,
    check.resourceId, check.on, check.by, check.result,
  );
}

/**
 * An entry that was registered by this submission, and only by it, is one no longer: it ends on the day on which it is taken back.
 * @returns false when it has been checked, changed or filled since, or the submission changed one that was there before
 */
export async function takeBackResource(tx: Tx, submissionId: string, onDate: string): Promise<boolean> {
  const [row] = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select r.id from social_resource r join resource_check c on c.resource_id = r.id where c.submission_id = $1::uuid and c.result = 'registered' and taken_seats(r.id) = 0
       and not exists (select 1 from resource_check o where o.resource_id = r.id and o.id <> c.id) for update of r`,
    submissionId,
  );
  if (!row) return false;
  await noteCheck(tx, { resourceId: row.id, result: 'closed', submissionId: null, on: onDate, by: '取込みの取消し' });
  return true;
}

export interface CheckLine {
  result: CheckResult;
  checkedOn: string;
  checkedBy: string;
}

/** The newest first; at one and the same instant the registration came before what was found. */
export async function listChecks(reader: Reader, resourceId: string): Promise<CheckLine[]> {
  return reader.db.$queryRawUnsafe<CheckLine[]>(`select result, checked_on::text as "checkedOn", checked_by as "checkedBy" from resource_check where resource_id = $1::uuid order by at desc, result = 'registered', id desc limit 100`, resourceId);
}

/**
 * Takes a seat if there is one; whoever asks for the last one at the same moment waits here and is then told.
 * Last in the lock order (base/db): the case, then the resource.
 * @throws Problem resource_full; not_found when the place has closed
 */
export async function lockSeat(tx: Tx, resourceId: string): Promise<void> {
  const [row] = await tx.db.$queryRawUnsafe<{ capacity: number | null; closed: boolean }[]>(`select capacity, closed_on is not null as closed from social_resource where id = $1::uuid for update`, resourceId);
  if (!row || row.closed) throw new Problem('not_found');
  // a statement of its own: what others committed while we waited for the row is only seen by a later one
  const [seats] = await tx.db.$queryRawUnsafe<{ taken: number }[]>(`select taken_seats($1::uuid) as taken`, resourceId);
  if (row.capacity !== null && seats!.taken >= row.capacity) throw new Problem('resource_full', { extra: { capacity: row.capacity, taken: seats!.taken } });
}

/** The day (`YYYY-MM-DD`) before which an entry must have been verified last to be stale `today`. */
export function staleBefore(today: string, freshMonths: number): string {
  const [year, month, day] = today.split('-').map(Number) as [number, number, number];
  const first = new Date(Date.UTC(year, month - 1 - freshMonths, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), Math.min(day, last))).toISOString().slice(0, 10);
}

/**
 * Entries that nobody has verified since `before`, and of which nobody was told in this month's round yet.
 * @returns how many are now told of
 */
export async function markStale(tx: Tx, before: string, toldBefore: Date): Promise<number> {
  return tx.db.$executeRawUnsafe(
    `update social_resource set reminded_at = $3::timestamptz where closed_on is null and verified_on < $1::date and (reminded_at is null or reminded_at < $2::timestamptz)`, before, toldBefore, tx.now);
}

/** The groups that keep the directory. */
export async function resourceGroups(reader: Reader): Promise<string[]> {
  const rows = await reader.db.$queryRawUnsafe<{ key: string }[]>(`select key from work_group where kind = 'resource' order by key`);
  return rows.map(({ key }) => key);
}
