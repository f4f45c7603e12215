import { z } from 'zod';
import type { Tx } from '../base/db.js';
import { levels, rightsOf, type Right } from '../domain/access.js';
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
const household = z.object({ id, place: z.enum(['subject', 'apart']).meta({ description: 'subject 本人の世帯 · apart 別世帯' }), label: z.string(), type: z.string().nullable(), members: z.array(member) }).meta({ id: 'Household' });
const reply = z.object({ households: z.array(household), hints: z.array(z.enum(['issue8050'])).meta({ description: '年齢と続柄から気づくこと。判断はしない。' }) });

/** Whether some right covers a kind of content; a right that names no kinds covers all. */
const covers = (rights: readonly Right[], item: string): boolean => rights.some(({ items }) => items === null || items.length === 0 || items.includes(item));

async function readHousehold(tx: Tx, rights: readonly Right[], caseId: string, onDate: string): Promise<z.input<typeof reply>> {
  const content = rights.filter(({ level }) => levels.indexOf(level) >= levels.indexOf('content'));
  const mayName = (relation: string): boolean => covers(rights, relation === 'subject' ? 'basic' : 'family');
  const [mayRead, mayReadHealth] = [covers(content, 'family'), covers(content, 'health')];
  const members = (await membersOf(tx, caseId)).filter(({ relation }) => mayName(relation));
  const clients = new Map((await findClients(tx, members.map(({ clientId }) => clientId))).map((client) => [client.id, client]));
  const seen = members.flatMap((one) => {
    const client = clients.get(one.clientId);
    return client ? [{ ...one, client, age: ageOf(client, onDate) }] : [];
  });
  const households = new Map(seen.map(({ householdId, place, label, type }) => [householdId, { id: householdId, place: place as 'subject' | 'apart', label, type, members: [] as z.input<typeof member>[] }]));
  for (const { client, ...one } of seen) {
    households.get(one.householdId)!.members.push({
      ...client, clientId: client.id, relation: one.relation, keyPerson: one.keyPerson, age: one.age, consentStatus: mayRead ? one.consentStatus : null,
      occupation: mayRead ? one.occupation : null, supporterAgency: mayRead ? one.supporterAgency : null, healthNote: mayReadHealth ? one.healthNote : null,
    });
  }
  return { households: [...households.values()], hints: hintsOf(seen.map((one) => ({ relation: one.relation, together: one.place === 'subject', age: one.age }))) as 'issue8050'[] };
}

export const householdRoutes = [
  route({
    method: 'get', path: '/api/cases/:caseNo/household', action: 'casework.read', tag: 'people', summary: 'ケースの本人と世帯（別世帯も）',
    params: z.strictObject({ caseNo: z.string().min(1).max(50) }), reply, problems: ['not_found'],
    handler: ({ app, person, params }) => readOfCase(app, person, { caseNo: params.caseNo, level: 'identity', what: 'household' }, async (tx, caseId) => readHousehold(tx, await rightsOf(tx, person, caseId), caseId, app.calendar.onDate(tx.now))),
  }),
];
