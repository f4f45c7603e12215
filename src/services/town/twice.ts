// Who comes to a second window. They are registered there anew, because nobody sees what another agency knows; the coordinators hear
// that it may be one person, and whoever reaches both cases says so (decision 0016). And somebody of the same name who is another.
import { mergePeople } from '../../actions/merge-people.js';
import type { App } from '../../app.js';
import { readAs, type Person, type Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import { caseIdOf } from '../../domain/cases.js';
import { findClients } from '../../domain/people/clients.js';
import { possibleDuplicates } from '../../domain/people/duplicates.js';
import { dayMs, type Household } from './household.js';
import { routes } from './persona.js';
import type { Again } from './situations.js';

/** Between the first time and the second, at least; and so long before the end of the town, so that somebody has looked into it. */
const apartMs = 30 * dayMs;
const lookedIntoMs = 75 * dayMs;
/** Ways by which a case comes before the coordinators. */
const coordinated: ReadonlySet<string> = new Set(['closing', 'replanned', 'participation', 'consented', 'developed', 'outreach']);

/**
 * Makes later households of a field those that came before to another one. No second one takes the only household of its way.
 * @param homes in the order in which they come
 */
export function comeAgain(homes: Household[], again: readonly Again[], endsAt: Date): Household[] {
  const taken = new Set<Household>();
  const way = routes.find(({ name }) => name === 'consented')!;
  for (const one of again) {
    const known = (home: Household): boolean => !taken.has(home) && (one.same ? coordinated.has(home.route.name) : home.route.worry !== true);
    const first = homes.find((home) => home.family.situation?.title === one.of && known(home));
    if (!first) continue;
    const second = homes.find((home) => {
      const later = home.nextAt.getTime() - first.nextAt.getTime();
      if (taken.has(home) || home === first || home.field !== one.field || later <= 0 || home.route.worry) return false;
      if (!one.same) return home.family.situation?.sex === first.family.situation?.sex;
      return !home.route.long && later > apartMs && home.nextAt.getTime() < endsAt.getTime() - lookedIntoMs && homes.filter(({ route }) => route.name === home.route.name).length > 1;
    });
    if (!first.family.situation || !second?.family.situation) continue;
    taken.add(first).add(second);
    const told = one.same ? { ...first.family.situation, field: one.field } : second.family.situation;
    const situation = { ...told, texts: { ...told.texts, ...one.texts } };
    second.family = one.same ? { ...first.family, situation } : { ...second.family, family: first.family.family, given: first.family.given, block: first.family.block, situation };
    if (one.same) second.route = way;
    second.files = [];
    if (one.same) second.after['organise_assessment'] = { key: '@merge', reason: one.found };
    else second.after['receive_consultation'] = { key: 'case_note', said: { content: one.found } };
  }
  return homes;
}

/** Members of a case who are registered in another case too: with whom each is one, the registration that was first to be kept. */
async function registeredTwice(tx: Tx, caseNo: string): Promise<{ keptId: string; mergedId: string }[]> {
  const members = await tx.db.householdMember.findMany({ where: { caseId: (await caseIdOf(tx, caseNo))! }, select: { clientId: true } });
  const here = members.map(({ clientId }) => clientId);
  const pairs: { keptId: string; mergedId: string }[] = [];
  for (const client of await findClients(tx, here)) {
    const [same] = (await possibleDuplicates(tx, client, here)).filter(({ alike }) => alike.includes('birthDate'));
    if (same) pairs.push({ keptId: same.id, mergedId: client.id });
  }
  return pairs;
}

/**
 * A coordinator who reaches both registrations says that they are one person.
 * @throws Problem not_found where nobody reaches two that are alike
 */
export async function mergeTwice(app: App, people: readonly Person[], caseNo: string, reason: string): Promise<void> {
  for (const person of people.filter(({ roles }) => roles.includes('coordinator'))) {
    const pairs = await readAs(app.db, person, (tx) => registeredTwice(tx, caseNo));
    for (const pair of pairs) await mergePeople(app, person, { ...pair, reason });
    if (pairs.length > 0) return;
  }
  throw new Problem('not_found');
}
