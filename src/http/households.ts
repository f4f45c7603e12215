import { z } from 'zod';
import type { Tx } from '../base/db.js';
import { rightsOf, type Right } from '../domain/access.js';
import { findClients } from '../domain/people/clients.js';
import { ageOf, hintsOf, membersOf } from '../domain/people/households.js';
import { readOfCase } from './casework.js';
import { personLine } from './people-shapes.js';
import { route } from './route.js';
import { id } from './shape.js';

const member = personLine
  .extend({
    clientId: id, relation: z.string().meta({ description: '本人から見た続柄。本人は subject。' }), keyPerson: z.boolean(), age: z.int().nullable(), occupation: z.string().nullable(), healthNote: z.string().nullable(),
    supporterAgency: z.string().nullable(), consentStatus: z.string().nullable(),
  })
  .meta({ id: 'HouseholdMember' });
const household = z
  .object({
    id, place: z.enum(['subject', 'apart']).meta({ description: 'subject 本人の世帯 · apart 別世帯' }), label: z.string(), type: z.string().nullable(), members: z.array(member),
    others: z.array(z.object({ relation: z.string() })).meta({ description: '自分で同意していない世帯員。続柄だけが見える。' }),
  })
  .meta({ id: 'Household' });
const reply = z.object({ households: z.array(household), hints: z.array(z.enum(['issue8050'])).meta({ description: '年齢と続柄から気づくこと。判断はしない。' }) });

/** Whether some right to the content covers a kind of it; a right that names no kinds covers all. */
const covers = (rights: readonly Right[], item: string): boolean => rights.some(({ level, items }) => level === 'content' && (items === null || items.includes(item)));

/** Whom the reader may know by name, and of whom also what is noted of their health, says the database (members_named). */
async function readHousehold(tx: Tx, rights: readonly Right[], caseId: string, onDate: string): Promise<z.input<typeof reply>> {
  const mayRead = covers(rights, 'family');
  const named = new Map((await tx.db.$queryRawUnsafe<{ id: string; health: boolean }[]>(`select member_id as id, health from members_named($1::uuid)`, caseId)).map((row) => [row.id, row.health]));
  const members = await membersOf(tx, caseId);
  const clients = new Map((await findClients(tx, members.filter((one) => named.has(one.id)).map(({ clientId }) => clientId))).map((client) => [client.id, client]));
  const households = new Map<string, z.input<typeof household>>();
  const seen: { relation: string; together: boolean; age: number | null }[] = [];
  for (const { householdId, place, label, type, ...one } of members) {
    const of = households.get(householdId) ?? { id: householdId, place: place as 'subject' | 'apart', label: place === 'subject' || (mayRead && members.some((other) => other.householdId === householdId && named.has(other.id))) ? label : '', type: mayRead ? type : null, members: [], others: [] };
    households.set(householdId, of);
    const client = named.has(one.id) ? clients.get(one.clientId) : undefined;
    if (!client) {
      of.others.push({ relation: one.relation });
      continue;
    }
    const age = ageOf(client, onDate);
    seen.push({ relation: one.relation, together: place === 'subject', age });
    of.members.push({
      ...client, clientId: client.id, relation: one.relation, keyPerson: one.keyPerson, age, consentStatus: mayRead ? one.consentStatus : null,
      occupation: mayRead ? one.occupation : null, supporterAgency: mayRead ? one.supporterAgency : null, healthNote: named.get(one.id) ? one.healthNote : null,
    });
  }
  return { households: [...households.values()], hints: hintsOf(seen) as 'issue8050'[] };
}

export const householdRoutes = [
  route({
    method: 'get', path: '/api/cases/:caseNo/household', action: 'casework.read', tag: 'people', summary: 'ケースの本人と世帯（別世帯も）',
    params: z.strictObject({ caseNo: z.string().min(1).max(50) }), reply, problems: ['not_found'],
    handler: ({ app, person, params }) => readOfCase(app, person, { caseNo: params.caseNo, level: 'identity', what: 'household' }, async (tx, caseId) => readHousehold(tx, await rightsOf(tx, person, caseId), caseId, app.calendar.onDate(tx.now))),
  }),
];
