// 重複の可能性: found before somebody is registered twice. A warning, never a refusal, and never a merge by itself.
import type { Tx } from '../../base/db.js';
import type { ClientRow, Identity } from './clients.js';
import { findClients } from './clients.js';
import { daysOf, foldName, foldPhone } from './fold.js';

export type Likeness = 'birthDate' | 'phone' | 'address';

export interface Duplicate extends ClientRow {
  /** What is alike beside the name (or, for a telephone number and a birth date together, without it). */
  alike: Likeness[];
}

/** As many people may share a name and a telephone number before the rest is not looked at. */
const mostNear = 500;

const foldAddress = (text: string): string => text.normalize('NFKC').replace(/[\s丁目番地号ー－―‐–—−-]/gu, '').toLowerCase();

const namesOf = (said: Pick<Identity, 'kana' | 'name' | 'commonName' | 'formerName'>): string[] => [said.kana, said.name, said.commonName, said.formerName].map(foldName).filter(Boolean);

function alikeIn(said: Identity, other: ClientRow): { name: boolean; alike: Likeness[] } {
  const names = new Set(namesOf(other));
  const days = daysOf(said.birthDate);
  const phones = new Set([other.phoneHome, other.phoneMobile].map(foldPhone).filter(Boolean));
  const alike: Likeness[] = [];
  if (days && other.birthFirst && other.birthLast && days.first <= other.birthLast.toISOString().slice(0, 10) && days.last >= other.birthFirst.toISOString().slice(0, 10)) alike.push('birthDate');
  if ([said.phoneHome, said.phoneMobile].map(foldPhone).some((one) => one !== null && phones.has(one))) alike.push('phone');
  if (said.address !== '' && foldAddress(said.address) === foldAddress(other.address)) alike.push('address');
  return { name: namesOf(said).some((one) => names.has(one)), alike };
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
    .filter(({ name, alike }) => alike.length >= (name ? 1 : 2) && (name || alike.includes('phone')))
    .toSorted((a, b) => Number(b.name) - Number(a.name) || b.alike.length - a.alike.length || a.client.id.localeCompare(b.client.id))
    .slice(0, 20)
    .map(({ client, alike }) => ({ ...client, alike }));
}
