// 世帯: who belongs to a case, how to its 本人, and who lives apart. A person may belong to several cases; each says for itself how.
import { ageOn, readDate } from '../../base/wareki.js';
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import type { Json } from '../../base/json.js';
import type { ClientRow } from './clients.js';
import { findClients, identityIn, registerClient } from './clients.js';
import { foldName } from './fold.js';

/** The row of a household list (F01, F02, F03). */
export type MemberAnswers = Readonly<Record<string, Json>>;

export interface Membership {
  id: string;
  clientId: string;
  householdId: string;
  place: string;
  label: string;
  type: string | null;
  relation: string;
  keyPerson: boolean;
  occupation: string;
  healthNote: string;
  supporterAgency: string;
  consentStatus: string | null;
}

const text = (answers: MemberAnswers, key: string): string => (typeof answers[key] === 'string' ? answers[key] : '');

async function householdOf(tx: Tx, caseId: string, place: 'subject' | 'apart', label: string, type: string | null): Promise<string> {
  const found = await tx.db.household.findUnique({ where: { caseId_place_label: { caseId, place, label } } });
  if (found && type !== null && found.type !== type) await tx.db.household.update({ where: { id: found.id }, data: { type } });
  return found?.id ?? (await tx.db.household.create({ data: { id: newId(tx.now.getTime()), caseId, place, label, type, createdAt: tx.now } })).id;
}

/** Who belongs to a case now, the 本人 first. */
export async function membersOf(tx: Tx, caseId: string): Promise<Membership[]> {
  const rows = await tx.db.householdMember.findMany({ where: { caseId, endedAt: null }, include: { household: true }, orderBy: [{ position: 'asc' }, { id: 'asc' }] });
  return rows.map(({ household, ...row }) => ({ ...row, place: household.place, label: household.label, type: household.type }));
}

/** Makes somebody the 本人 of a case; nothing changes when it has one. @returns the id of the 本人 */
export async function placeSubject(tx: Tx, at: { caseId: string; submissionId: string; type: string | null }, register: () => Promise<string>): Promise<string> {
  const householdId = await householdOf(tx, at.caseId, 'subject', '', at.type);
  const standing = (await membersOf(tx, at.caseId)).find(({ relation }) => relation === 'subject');
  if (standing) return standing.clientId;
  const clientId = await register();
  await tx.db.householdMember.create({ data: { id: newId(tx.now.getTime()), caseId: at.caseId, clientId, householdId, relation: 'subject', submissionId: at.submissionId, sinceAt: tx.now } });
  return clientId;
}

const sameSaid = (row: MemberAnswers, client: ClientRow): boolean =>
  foldName(text(row, 'name')) === foldName(client.name) && (text(row, 'birthDate') === '' || client.birthDate === '' || text(row, 'birthDate') === client.birthDate);

/**
 * Brings the household to what a list says of it. Whoever is new is registered (or linked, where `knownPersonId` says that they are
 * registered); whoever is not in the list stays: a list says who is there, never who is gone.
 * @param mayLink whether the person who files may know of a registration
 * @returns who was registered by it
 */
export async function placeMembers(tx: Tx, at: { caseId: string; submissionId: string; onDate: string }, rows: readonly MemberAnswers[], mayLink: (clientId: string) => Promise<boolean>): Promise<{ id: string; said: MemberAnswers }[]> {
  const members = await membersOf(tx, at.caseId);
  const clients = new Map((await findClients(tx, members.map(({ clientId }) => clientId))).map((client) => [client.id, client]));
  const added: { id: string; said: MemberAnswers }[] = [];
  for (const [index, row] of rows.entries()) {
    const apart = row['cohabit'] === 'apart';
    const label = apart ? text(row, 'apartHousehold') || text(row, 'name') : '';
    const householdId = await householdOf(tx, at.caseId, apart ? 'apart' : 'subject', label, null);
    const said = {
      householdId, position: index + 1, relation: text(row, 'relation'), keyPerson: row['keyPerson'] === true, occupation: text(row, 'occupation'), healthNote: text(row, 'healthNote'),
      supporterAgency: text(row, 'supporterAgency'), consentStatus: text(row, 'consentStatus') || null, submissionId: at.submissionId,
    };
    const known = text(row, 'knownPersonId');
    const standing = members.find(({ relation, clientId }) => relation !== 'subject' && (clientId === known || sameSaid(row, clients.get(clientId)!)));
    if (standing) {
      await tx.db.householdMember.update({ where: { id: standing.id }, data: said });
      members.splice(members.indexOf(standing), 1);
      continue;
    }
    const linked = known !== '' && !members.some(({ clientId }) => clientId === known) && (await mayLink(known));
    const clientId = linked ? known : await registerClient(tx, identityIn(row), at.onDate);
    if (!linked) added.push({ id: clientId, said: row });
    await tx.db.householdMember.create({ data: { id: newId(tx.now.getTime()), caseId: at.caseId, clientId, ...said, sinceAt: tx.now } });
  }
  return added;
}

/** Years on a day in Japan; null when nobody knows. */
export function ageOf(client: Pick<ClientRow, 'birthDate' | 'ageApprox' | 'ageSaidOn'>, onDate: string): number | null {
  const said = readDate(client.birthDate);
  if (said) return ageOn(said, onDate);
  if (client.ageApprox === null || client.ageSaidOn === null) return null;
  return client.ageApprox + Number(onDate.slice(0, 4)) - client.ageSaidOn.getUTCFullYear();
}

export interface Aged {
  relation: string;
  /** Lives with the 本人 (or is the 本人). */
  together: boolean;
  age: number | null;
}

const is = (one: Aged, years: number): boolean => one.age !== null && one.age >= years;

/**
 * What the ages and relations of a household hint at; a hint decides nothing. `issue8050`: a parent of 75 or more and a child of 45 or
 * more under one roof (8050問題).
 */
export function hintsOf(members: readonly Aged[]): string[] {
  const together = members.filter((one) => one.together);
  const subject = together.find(({ relation }) => relation === 'subject');
  const of = (relation: string): Aged[] => together.filter((one) => one.relation === relation);
  const pairs: [Aged, Aged][] = subject ? [...of('child').map((child): [Aged, Aged] => [subject, child]), ...of('parent').map((parent): [Aged, Aged] => [parent, subject])] : [];
  const withSiblings = of('parent').flatMap((parent) => of('sibling').map((sibling): [Aged, Aged] => [parent, sibling]));
  return [...pairs, ...withSiblings].some(([parent, child]) => is(parent, 75) && is(child, 45)) ? ['issue8050'] : [];
}
