// 本人・世帯員: who somebody is, entered once. What was said is kept letter by letter; search keys are made from it.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { daysOf, keysOf } from './fold.js';

const texts = ['kana', 'name', 'knownAs', 'commonName', 'formerName', 'birthDate', 'postalCode', 'address', 'phoneHome', 'phoneMobile', 'email', 'safeContact', 'noContactReason'] as const;
const choices = ['sex', 'residenceStatus'] as const;

/** What is said of a person. Dates as they were said; `ageApprox` in years where no date is known. */
export type Identity = Record<(typeof texts)[number], string> & Record<(typeof choices)[number], string | null> & { ageApprox: number | null };
export const identityFields: readonly (keyof Identity)[] = [...texts, ...choices, 'ageApprox'];

export interface ClientRow extends Identity {
  id: string;
  /** The person that this registration counts as; itself unless merged. */
  rootId: string;
  version: number;
  birthFirst: Date | null;
  birthLast: Date | null;
  ageSaidOn: Date | null;
}

/** The identity in a set of answers; what they do not say is empty. `phone` and `age` of a row count as well. */
export function identityIn(answers: Readonly<Record<string, Json>>): Identity {
  const text = (key: string): string => (typeof answers[key] === 'string' ? answers[key] : '');
  const number = (key: string): number | null => (typeof answers[key] === 'number' ? answers[key] : null);
  const said = Object.fromEntries(texts.map((key) => [key, text(key)])) as Record<(typeof texts)[number], string>;
  return { ...said, phoneHome: said.phoneHome || text('phone'), sex: text('sex') || null, residenceStatus: text('residenceStatus') || null, ageApprox: number('ageApprox') ?? number('age') };
}

const asDay = (day: string): Date => new Date(`${day}T00:00:00Z`);

function columnsOf(identity: Identity, onDate: string) {
  const days = daysOf(identity.birthDate);
  return {
    ...identity, ...keysOf(identity),
    birthFirst: days && asDay(days.first), birthLast: days && asDay(days.last),
    ageSaidOn: identity.ageApprox === null ? null : asDay(onDate),
  };
}

/** Registers a person. @param onDate today in Japan, from which an age that was said counts */
export async function registerClient(tx: Tx, identity: Identity, onDate: string): Promise<string> {
  const id = newId(tx.now.getTime());
  await tx.db.client.create({ data: { id, rootId: id, ...columnsOf(identity, onDate), createdAt: tx.now, createdById: tx.actor.kind === 'person' ? tx.actor.userId : null } });
  return id;
}

const shown = { id: true, rootId: true, version: true, birthFirst: true, birthLast: true, ageSaidOn: true, kana: true, name: true, knownAs: true, commonName: true, formerName: true, sex: true, birthDate: true, ageApprox: true, postalCode: true, address: true, residenceStatus: true, phoneHome: true, phoneMobile: true, email: true, safeContact: true, noContactReason: true } as const;

/** The registrations with these ids, in no order. As a person reads, only those that they reach. */
export async function findClients(tx: Tx, ids: readonly string[]): Promise<ClientRow[]> {
  return tx.db.client.findMany({ where: { id: { in: [...ids] } }, select: shown });
}

/** @throws Problem not_found when there is none, or none that may be known of */
export async function findClient(tx: Tx, id: string): Promise<ClientRow> {
  const [found] = await findClients(tx, [id]);
  if (!found) throw new Problem('not_found');
  return found;
}

/** Every registration that counts as the same person, this one among them. As a person reads, only those that they reach each for itself. */
export async function familyOf(tx: Tx, rootId: string): Promise<ClientRow[]> {
  return tx.db.client.findMany({ where: { rootId }, select: shown, orderBy: { id: 'asc' } });
}

/**
 * Corrects what is said of a person; what was said before stays on record with the reason.
 * @param version the one that was read
 * @throws Problem not_found, version_conflict; invalid when nobody could be called by what would be left
 */
export async function correctIdentity(tx: Tx, id: string, version: number, changes: Partial<Identity>, reason: string, onDate: string): Promise<ClientRow> {
  await tx.db.$queryRawUnsafe(`select 1 as locked from client_person where id = $1::uuid for update`, id);
  const before = await findClient(tx, id);
  if (before.version !== version) throw new Problem('version_conflict', { extra: { version: before.version } });
  const said = Object.fromEntries(identityFields.map((key) => [key, before[key]])) as unknown as Identity;
  const next = { ...said, ...changes };
  if (!next.name && !next.knownAs) throw new Problem('invalid', { errors: [{ pointer: '/changes/name', detail: '氏名か、わからなければ呼び名を入力してください。' }] });
  const columns = columnsOf(next, onDate);
  if (!('ageApprox' in changes)) columns.ageSaidOn = before.ageSaidOn;
  await tx.db.clientChange.create({ data: { id: newId(tx.now.getTime()), clientId: id, before: said, reason, byId: tx.actor.kind === 'person' ? tx.actor.userId : null, at: tx.now } });
  return tx.db.client.update({ where: { id }, data: { ...columns, version: version + 1 }, select: shown });
}

/** What a person who comes again may have changed; who they are is corrected on purpose only. */
const mayHaveChanged = ['postalCode', 'address', 'phoneHome', 'phoneMobile', 'email', 'safeContact', 'noContactReason'] as const;

/** The reason of such a change. */
export const heardAnew = '新しい相談で聞いた';

/** Takes over what somebody already registered says anew of where they live and how they are reached. @returns the same id */
export async function learnOf(tx: Tx, id: string, said: Identity, onDate: string): Promise<string> {
  const known = await findClient(tx, id);
  const changes = Object.fromEntries(mayHaveChanged.filter((key) => said[key] !== '' && said[key] !== known[key]).map((key) => [key, said[key]]));
  if (Object.keys(changes).length > 0) await correctIdentity(tx, id, known.version, changes, heardAnew, onDate);
  return id;
}
