import { z } from 'zod';
import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import { readAs, type Person, type Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { listParticipations } from '../domain/participation/participation.js';
import { findItem, itemStatuses, listItems } from '../domain/resources/development.js';
import { noCriteria, rankPlaces, type Criteria } from '../domain/resources/matching.js';
import { candidates, findResource, listChecks, listResources, staleBefore, type ResourceRow } from '../domain/resources/resources.js';
import { accessWords, dayWords, interestWords, keysOf, kindWords, purposeWords, sizeWords, supportWords, type Words } from '../domain/resources/words.js';
import { resourceRules } from '../domain/settings.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { byId, flag, id, instant } from './shape.js';

const caseNo = z.string().min(1).max(50);
const day = z.iso.date();
const oneOf = (words: Words) => z.enum(keysOf(words) as [string, ...string[]]);
const someOf = (words: Words) => z.array(oneOf(words)).max(50);

const resource = z
  .object({
    id, no: z.string(), name: z.string(), kinds: z.array(z.string()), owner: z.string().nullable(), address: z.string().nullable(), area: z.string().nullable(), areaName: z.string().nullable(),
    purposes: z.array(z.string()), interests: z.array(z.string()), days: z.array(z.string()), access: z.array(z.string()), supports: z.array(z.string()), groupSize: z.string().nullable(),
    costYen: z.int().nullable(), costNote: z.string().nullable(), ageFrom: z.int().nullable(), ageTo: z.int().nullable(), gender: z.string().nullable(), capacity: z.int().nullable().meta({ description: '定員。null は制限なし' }),
    taken: z.int().meta({ description: 'いま使われている席' }), conditions: z.string().nullable(), contactRule: z.string().nullable(), opening: z.string().nullable(),
    verifiedOn: day, verifiedBy: z.string(), stale: z.boolean().meta({ description: '決められた月数より長く確かめられていない' }), registeredOn: day, closedOn: day.nullable(),
  })
  .meta({ id: 'Resource' });
const check = z.object({ result: z.enum(['registered', 'current', 'changed', 'closed']), checkedOn: day, checkedBy: z.string() }).meta({ id: 'ResourceCheck' });
const reasonShape = z.object({ key: z.string(), state: z.enum(['met', 'unmet', 'unknown']), sentence: z.string() }).meta({ id: 'MatchReason' });
const matched = resource.extend({ score: z.int().min(0).max(100), reasons: z.array(reasonShape) }).meta({ id: 'MatchedResource' });
const item = z
  .object({ id, no: z.string(), summary: z.string(), purposes: z.array(z.string()), area: z.string().nullable(), status: z.enum(itemStatuses), ownerGroup: z.string(), ownerId: id.nullable(), resourceId: id.nullable(), issueId: id.nullable().meta({ description: '開拓できず、地域課題になったときの番号（確かめる人が見る）' }), openedAt: instant, changedAt: instant, closedAt: instant.nullable() })
  .meta({ id: 'DevelopmentItem' });
const criteria = z
  .strictObject({
    purposes: someOf(purposeWords).default([]), interests: someOf(interestWords).default([]), area: z.string().min(1).max(50).nullable().default(null), days: someOf(dayWords).default([]),
    groupSize: oneOf(sizeWords).nullable().default(null), maxCostYen: z.int().min(0).max(1_000_000).nullable().default(null), access: someOf(accessWords).default([]), supports: someOf(supportWords).default([]),
    age: z.int().min(0).max(150).nullable().default(null), gender: z.enum(['men', 'women']).nullable().default(null),
  })
  .meta({ id: 'MatchCriteria' });

interface Around {
  before: string;
  areaName(code: string): string;
}

async function around(app: App, tx: Tx): Promise<Around> {
  const { freshMonths, areas } = await resourceRules(tx);
  const names = new Map(areas.map(({ code, name }) => [code, name]));
  return { before: staleBefore(app.calendar.onDate(tx.now), freshMonths), areaName: (code) => names.get(code) ?? code };
}

const shown = (row: ResourceRow, { before, areaName }: Around): z.input<typeof resource> => ({
  ...row, kinds: [...row.kinds], purposes: [...row.purposes], interests: [...row.interests], days: [...row.days], access: [...row.access], supports: [...row.supports],
  areaName: row.area === null ? null : areaName(row.area), stale: row.closedOn === null && row.verifiedOn < before,
});

/** What the newest running support of a case looks for; the case is only read by whoever reaches it, and that is written down. */
async function criteriaOfCase(app: App, person: Person, wanted: string): Promise<Criteria> {
  return readOfCase(app, person, { caseNo: wanted, level: 'content', what: 'participation' }, async (tx, caseId) => {
    const [running] = (await listParticipations(tx, caseId)).filter(({ endedAt }) => endedAt === null);
    if (!running) throw new Problem('not_found');
    return { ...noCriteria, ...running.criteria };
  });
}

export const resourceRoutes = [
  route({
    method: 'get', path: '/api/resources', action: 'resource.read', tag: 'resources', summary: '社会資源台帳（500件まで、番号順）',
    query: z.strictObject({
      kind: oneOf(kindWords).optional(), area: z.string().min(1).max(50).optional(), purpose: oneOf(purposeWords).optional(), name: z.string().trim().min(1).max(100).optional(),
      stale: flag.optional().meta({ description: 'true: 長く確かめられていない資源だけ' }), free: flag.optional().meta({ description: 'true: 空きのある資源だけ' }), closed: flag.optional().meta({ description: 'true: 終わった資源も' }),
    }),
    reply: z.object({ resources: z.array(resource), areas: z.array(z.object({ code: z.string(), name: z.string() })), freshMonths: z.int() }),
    handler: ({ app, person, query }) => readAs(app.db, person, async (tx) => {
      const place = await around(app, tx);
      const { freshMonths, areas } = await resourceRules(tx);
      const found = await listResources(tx, { ...query, verifiedBefore: query.stale ? place.before : undefined });
      return { resources: found.map((row) => shown(row, place)), areas, freshMonths };
    }),
  }),
  route({
    method: 'post', path: '/api/resources/match', action: 'resource.read', tag: 'resources', summary: '希望に合う社会資源を、理由をつけて並べる',
    description: '条件か、ケース番号（そのケースの参加支援で聴いた希望）を送る。資源の側には何も伝わらない。',
    body: z.union([z.strictObject({ criteria }), z.strictObject({ caseNo })]),
    reply: z.object({ criteria, matches: z.array(matched) }), problems: ['not_found'],
    async handler({ app, person, body }) {
      const asked = 'caseNo' in body ? await criteriaOfCase(app, person, body.caseNo) : body.criteria;
      return readAs(app.db, person, async (tx) => {
        const place = await around(app, tx);
        const ranked = rankPlaces(asked, await candidates(tx, asked), place.areaName, place.before).slice(0, 20);
        return { criteria: asked, matches: ranked.map((row) => ({ ...shown(row, place), score: row.score, reasons: row.reasons })) };
      });
    },
  }),
  route({
    method: 'get', path: '/api/resources/:id', action: 'resource.read', tag: 'resources', summary: '社会資源と、確かめた履歴',
    params: byId, reply: resource.extend({ checks: z.array(check) }).meta({ id: 'ResourceDetail' }), problems: ['not_found'],
    handler: ({ app, person, params }) => readAs(app.db, person, async (tx) => {
      const found = await findResource(tx, params.id);
      if (!found) throw new Problem('not_found');
      return { ...shown(found, await around(app, tx)), checks: await listChecks(tx, found.id) };
    }),
  }),
  route({
    method: 'get', path: '/api/development-items', action: 'resource.read', tag: 'resources', summary: '開拓課題（足りない社会資源。誰のことかは書かれていない）',
    query: z.strictObject({ status: z.enum(itemStatuses).optional(), open: flag.optional().meta({ description: 'true: まだ終わっていないものだけ' }) }),
    reply: z.object({ items: z.array(item) }),
    handler: ({ app, person, query }) => readAs(app.db, person, async (tx) => ({ items: await listItems(tx, query) })),
  }),
  route({
    method: 'get', path: '/api/development-items/:id', action: 'resource.read', tag: 'resources', summary: '開拓課題',
    params: byId, reply: item, problems: ['not_found'],
    handler: ({ app, person, params }) => readAs(app.db, person, async (tx) => {
      const found = await findItem(tx, params.id);
      if (!found) throw new Problem('not_found');
      await audit(tx, { action: 'resource.read', resourceType: 'development_item', resourceId: params.id, basis: 'signed_in', outcome: 'done' });
      return found;
    }),
  }),
];
