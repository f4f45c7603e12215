import { z } from 'zod';
import { correctIdentity } from '../actions/correct-identity.js';
import { mergePeople } from '../actions/merge-people.js';
import { unmergePeople } from '../actions/unmerge-people.js';
import { audit } from '../base/audit.js';
import { readAs, type Person, type Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { decide, type ActionName } from '../domain/authorize.js';
import { findClient, familyOf, identityIn as identityOf, type Identity } from '../domain/people/clients.js';
import { possibleDuplicates } from '../domain/people/duplicates.js';
import { casesOf, readSought, searchPeople } from '../domain/people/search.js';
import { route } from './route.js';
import { changeLine, identityIn, merge, mergeLine, personCase, personLine } from './people-shapes.js';
import { byId, id, reason, version } from './shape.js';

const found = personLine.extend({ standing: z.int().meta({ description: '0 名前が同じ · 1 その文字で始まる · 2 その文字を含む' }), cases: z.array(personCase) }).meta({ id: 'PersonFound' });
const duplicate = personLine.extend({ alike: z.array(z.enum(['birthDate', 'phone', 'address'])).meta({ description: '名前のほかに似ているもの' }) }).meta({ id: 'PossibleDuplicate' });
const detail = personLine
  .extend({ registrations: z.array(personLine).meta({ description: '同じ人として統合されている登録のうち、そのケースが見えるもの（この登録を含む）' }), cases: z.array(personCase), merges: z.array(mergeLine).meta({ description: '両方の登録が見える人だけに' }), changes: z.array(changeLine).meta({ description: '直した履歴（新しい順、前の内容と理由）' }) })
  .meta({ id: 'PersonDetail' });

const basisOf = (person: Person, action: ActionName): string => {
  const decision = decide(person, action);
  if (!decision.allowed) throw new Problem('forbidden');
  return decision.basis;
};

async function readPerson(tx: Tx, person: Person, wanted: string): Promise<z.input<typeof detail>> {
  const one = await findClient(tx, wanted);
  const registrations = await familyOf(tx, one.rootId);
  const ids = registrations.map((row) => row.id);
  const [cases, merges, changes] = [
    await casesOf(tx, [one.rootId]),
    await tx.db.clientMerge.findMany({ where: { OR: [{ keptId: { in: ids } }, { mergedId: { in: ids } }] }, orderBy: { at: 'desc' } }),
    await tx.db.clientChange.findMany({ where: { clientId: { in: ids } }, orderBy: { at: 'desc' }, take: 100 }),
  ];
  await audit(tx, { action: 'people.search', resourceType: 'person', resourceId: wanted, basis: basisOf(person, 'people.search'), outcome: 'done', fields: ['identity'] });
  return { ...one, registrations, cases, merges, changes: changes.map((change) => ({ ...change, before: change.before as Partial<Identity> })) };
}

/** What was asked by, never what was asked. */
const askedBy = (typed: string): string[] => {
  const sought = readSought(typed);
  return [...(sought.parts.length > 0 ? ['name'] : []), ...(sought.phone ? ['phone'] : []), ...(sought.born ? ['birthDate'] : []), ...(sought.caseNo ? ['caseNo'] : [])];
};

export const peopleRoutes = [
  route({
    method: 'post', path: '/api/people/search', action: 'people.search', tag: 'people', summary: '人とケースを探す（かな・漢字・旧字体、電話番号、生年月日、ケース番号、取り込む前のケース番号）',
    description: '空白で区切ると、すべてに合う人を探す。氏名は URL に書かない決まりのため POST。所属の機関のケースと、自分に見えるケースの人だけが見つかる。',
    body: z.strictObject({ q: z.string().trim().min(1).max(200) }), reply: z.object({ people: z.array(found), more: z.boolean().meta({ description: 'ほかにもいる（条件を足してください）' }) }),
    handler: ({ app, person, body }) => readAs(app.db, person, async (tx) => {
      const answer = await searchPeople(tx, body.q);
      await audit(tx, { action: 'people.search', resourceType: 'people', resourceId: null, basis: basisOf(person, 'people.search'), outcome: 'done', reason: `found:${answer.people.length}`, fields: askedBy(body.q) });
      return answer;
    }),
  }),
  route({
    method: 'post', path: '/api/people/duplicates', action: 'people.search', tag: 'people', summary: '登録の前に、同じ人がいないか確かめる',
    body: identityIn, reply: z.object({ people: z.array(duplicate) }),
    handler: ({ app, person, body }) => readAs(app.db, person, async (tx) => {
      const people = await possibleDuplicates(tx, identityOf(body as Record<string, Json>));
      await audit(tx, { action: 'people.search', resourceType: 'people', resourceId: null, basis: basisOf(person, 'people.search'), outcome: 'done', reason: `found:${people.length}`, fields: ['duplicates'] });
      return { people };
    }),
  }),
  route({
    method: 'post', path: '/api/people/merges', action: 'people.merge', tag: 'people', summary: '二つの登録を同じ人として統合する（取り消せる）',
    body: z.strictObject({ keptId: id, mergedId: id, reason }), reply: merge, status: 201, problems: ['not_found', 'already_merged'],
    handler: ({ app, person, body, idempotencyKey, requestId }) => mergePeople(app, person, { ...body, idempotencyKey, requestId }),
  }),
  route({
    method: 'post', path: '/api/people/merges/:id/undo', action: 'people.merge', tag: 'people', summary: '統合を取り消す（両方の登録が元どおりになる）',
    params: byId, body: z.strictObject({ reason }), reply: merge, problems: ['not_found', 'merge_undone'],
    handler: ({ app, person, params, body, idempotencyKey, requestId }) => unmergePeople(app, person, { mergeId: params.id, reason: body.reason, idempotencyKey, requestId }),
  }),
  // after the paths above: what comes after /people/ would be taken for an id
  route({
    method: 'get', path: '/api/people/:id', action: 'people.search', tag: 'people', summary: '登録されている人（統合と訂正の履歴も）',
    params: byId, reply: detail, problems: ['not_found'],
    handler: ({ app, person, params }) => readAs(app.db, person, (tx) => readPerson(tx, person, params.id)),
  }),
  route({
    method: 'patch', path: '/api/people/:id', action: 'people.correct', tag: 'people', summary: '本人・世帯員の情報を直す（理由が要る）',
    params: byId, body: z.strictObject({ version, changes: identityIn, reason }), reply: personLine, problems: ['not_found', 'forbidden', 'version_conflict'],
    handler: ({ app, person, params, body, ifMatch, idempotencyKey, requestId }) => {
      const read = ifMatch ?? body.version;
      if (read === undefined) throw new Problem('invalid', { errors: [{ pointer: '/version', detail: '読んだときの version か If-Match を送ってください。' }] });
      return correctIdentity(app, person, { clientId: params.id, version: read, changes: body.changes as Partial<Identity>, reason: body.reason, idempotencyKey, requestId });
    },
  }),
];
