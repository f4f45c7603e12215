// 重複の可能性: asked about before somebody is registered twice, and never a merge by itself. What may be said of registrations that the
// asker does not reach: decision 0016.
import type { Person, Tx } from '../../base/db.js';
import type { ClientRow, Identity } from './clients.js';
import { findClients } from './clients.js';
import { daysOf, foldName, foldPhone } from './fold.js';
import { reachedClients } from './reach.js';

export type Likeness = 'birthDate' | 'phone' | 'address';

export interface Duplicate extends ClientRow {
  /** What is alike beside the name (or, for a telephone number and a birth date together, without it). */
  alike: Likeness[];
}

/** As many people may share a name and a telephone number before the rest is not looked at. */
const mostNear = 500;

const foldAddress = (text: string): string => text.normalize('NFKC').replace(/[\s丁目番地号ー－―‐–—−-]/gu, '').toLowerCase();

const namesOf = (said: Pick<Identity, 'kana' | 'name' | 'commonName' | 'formerName'>): string[] => [said.kana, said.name, said.commonName, said.formerName].map(foldName).filter(Boolean);

type Comparable = Pick<ClientRow, 'kana' | 'name' | 'commonName' | 'formerName' | 'phoneHome' | 'phoneMobile' | 'address' | 'birthFirst' | 'birthLast'>;

function alikeIn(said: Identity, other: Comparable): { name: boolean; alike: Likeness[] } {
  const names = new Set(namesOf(other));
  const days = daysOf(said.birthDate);
  const phones = new Set([other.phoneHome, other.phoneMobile].map(foldPhone).filter(Boolean));
  const alike: Likeness[] = [];
  if (days && other.birthFirst && other.birthLast && days.first <= other.birthLast.toISOString().slice(0, 10) && days.last >= other.birthFirst.toISOString().slice(0, 10)) alike.push('birthDate');
  if ([said.phoneHome, said.phoneMobile].map(foldPhone).some((one) => one !== null && phones.has(one))) alike.push('phone');
  if (said.address !== '' && foldAddress(said.address) === foldAddress(other.address)) alike.push('address');
  return { name: namesOf(said).some((one) => names.has(one)), alike };
}

const isLikely = ({ name, alike }: { name: boolean; alike: readonly Likeness[] }): boolean => alike.length >= (name ? 1 : 2) && (name || alike.includes('phone'));

/** Whether two descriptions, neither of them registered yet, may be of one person: by the same marks as `possibleDuplicates`. */
export function mayBeOne(one: Identity, other: Identity): boolean {
  const days = daysOf(other.birthDate);
  const [birthFirst, birthLast] = days ? [new Date(`${days.first}T00:00:00Z`), new Date(`${days.last}T00:00:00Z`)] : [null, null];
  return isLikely(alikeIn(one, { ...other, birthFirst, birthLast }));
}

/**
 * People already registered who may be the one described: the same name in any writing with a birth date, a telephone number or an
 * address that fits, or without the name a birth date and a telephone number. The likeliest first.
 * @param but registrations that are not meant (the one just made)
 */
export async function possibleDuplicates(tx: Tx, said: Identity, but: readonly string[] = []): Promise<Duplicate[]> {
  const keys = namesOf(said);
  const phones = [said.phoneHome, said.phoneMobile].map(foldPhone).filter((one): one is string => one !== null);
  if (keys.length === 0 && phones.length === 0) return [];
  const near = await tx.db.$queryRawUnsafe<{ id: string }[]>(`select id from near_clients($1::text[], $2::text[], ${mostNear})`, keys, phones);
  const found = (await findClients(tx, near.map(({ id }) => id).filter((id) => !but.includes(id)))).map((client) => ({ client, ...alikeIn(said, client) }));
  return found
    .filter(isLikely)
    .toSorted((a, b) => Number(b.name) - Number(a.name) || b.alike.length - a.alike.length || a.client.id.localeCompare(b.client.id))
    .slice(0, 20)
    .map(({ client, alike }) => ({ ...client, alike }));
}

export interface Likely {
  /** Registrations that whoever asks reaches. */
  reached: string[];
  /** Whether there may be one with another agency: it may be `said` that there is, it is `hushed` (coordinators alone hear of it), or there is `none`. */
  elsewhere: 'none' | 'said' | 'hushed';
}

const hourMs = 3_600_000;
/** As often may somebody be told in an hour that a person is known elsewhere (casework.md §3.3 R11). */
const mostTold = 20;

/** The same kana, and the same birth date to the day or the same telephone: less is not enough to speak of what one does not reach (R11). */
function isSure(said: Identity, { kana, birthFirst, birthLast, alike }: Duplicate): boolean {
  const days = daysOf(said.birthDate);
  const exact = days !== null && days.first === days.last && birthFirst !== null && birthLast !== null && birthFirst.getTime() === birthLast.getTime();
  return foldName(kana) !== '' && foldName(kana) === foldName(said.kana) && ((exact && alike.includes('birthDate')) || alike.includes('phone'));
}

/** Of these registrations, those that are not spoken of to other agencies: contact is forbidden, or a case of theirs bears a flag of violence. */
async function hushed(tx: Tx, found: readonly Duplicate[]): Promise<Set<string>> {
  const flagged = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `select distinct m.client_id as id from household_member m join flag f on f.case_id = m.case_id where m.client_id = any($1::uuid[]) and f.kind = 'violence' and f.resolved_at is null`,
    found.map(({ id }) => id),
  );
  return new Set([...flagged.map(({ id }) => id), ...found.filter(({ noContactReason }) => noContactReason.trim() !== '').map(({ id }) => id)]);
}

async function mayHear(tx: Tx, by: Person): Promise<boolean> {
  const [row] = await tx.db.$queryRawUnsafe<{ told: number }[]>(`select refusals_since($1::uuid, 'possible_duplicates', $2::timestamptz) as told`, by.userId, new Date(tx.now.getTime() - hourMs));
  return (row?.told ?? 0) < mostTold;
}

/** Two who register people of one name at the same moment do so one after the other, so that the second is asked about the first. */
export async function lockNames(tx: Tx, people: readonly Identity[]): Promise<void> {
  const names = [...new Set(people.flatMap(namesOf))].toSorted();
  if (names.length > 0) await tx.db.$queryRawUnsafe(`select pg_advisory_xact_lock(hashtextextended('register ' || n.name, 0))::text as locked from (select name from unnest($1::text[]) as name order by name) n`, names);
}

/**
 * Who may be the one described, as far as it may be said to the person who asks. In an action, where every registration is seen.
 * @param but registrations that are not meant (the ones just made)
 */
export async function likelyFor(tx: Tx, by: Person, said: Identity, but: readonly string[] = []): Promise<Likely> {
  const found = await possibleDuplicates(tx, said, but);
  if (found.length === 0) return { reached: [], elsewhere: 'none' };
  const reach = await reachedClients(tx, by, found.map(({ id }) => id));
  const reached = found.filter(({ id }) => reach.has(id));
  // whoever reaches one registration of a person is asked by that one
  const known = new Set(reached.map(({ rootId }) => rootId));
  const others = found.filter((one) => !known.has(one.rootId) && isSure(said, one));
  const quiet = others.length === 0 ? new Set() : await hushed(tx, others);
  const speak = others.some(({ id }) => !quiet.has(id)) && (await mayHear(tx, by));
  return { reached: reached.map(({ id }) => id), elsewhere: others.length === 0 ? 'none' : speak ? 'said' : 'hushed' };
}
