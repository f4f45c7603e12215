import { z } from 'zod';
import { listRequests } from '../domain/disclosure-requests.js';
import { audit } from '../base/audit.js';
import { readAs } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { mustReach } from '../domain/access.js';
import { listDisclosures, listDisclosuresOf } from '../domain/disclosures.js';
import { findClients } from '../domain/people/clients.js';
import { reachedClients } from '../domain/people/reach.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { byId, id, instant } from './shape.js';

const caseNo = z.string().min(1).max(50);
const disclosure = z
  .object({
    id, at: instant, toKind: z.enum(['agency', 'place', 'subject', 'authority']).meta({ description: 'agency 機関 · place 受入先 · subject 本人 · authority 通告・通報先' }), toCode: z.string(), toName: z.string().nullable(),
    purpose: z.string(), items: z.array(z.string()), legalBasis: z.string(), basisTitle: z.string(), basisArticle: z.string(), consentId: id.nullable(), meetingId: id.nullable(), submissionId: id.nullable(),
    byName: z.string().nullable(), byAgency: z.string().nullable(),
  })
  .meta({ id: 'Disclosure' });
const request = z
  .object({ id, kind: z.enum(['disclosure', 'correction', 'stop_use']), requester: z.enum(['self', 'legal_representative', 'voluntary_representative']), receivedOn: z.string(), dueAt: instant, extended: z.boolean(), recordedAt: instant, decision: z.enum(['open_all', 'open_part', 'refused', 'absent', 'withdrawn']).nullable(), decidedAt: instant.nullable() })
  .meta({ id: 'DisclosureRequest' });

const ofPerson = disclosure.extend({ caseId: id, caseNo, as: z.enum(['subject', 'member']).meta({ description: 'subject この人のケース · member この人が世帯員のケース' }) }).meta({ id: 'PersonDisclosure' });

export const disclosureRoutes = [
  route({
    method: 'get', path: '/api/people/:id/disclosures', action: 'casework.read', tag: 'consents', summary: '一人の提供記録を、その人のすべてのケースについて（開示請求、本人・家族への説明）。見えるケースのものだけ。',
    params: byId, reply: z.object({ disclosures: z.array(ofPerson) }), problems: ['not_found'],
    handler: ({ app, person, params }) => readAs(app.db, person, async (tx) => {
      const [client] = await findClients(tx, [params.id]);
      if (!client || !(await reachedClients(tx, person, [params.id])).has(params.id)) throw new Problem('not_found');
      const disclosures = await listDisclosuresOf(tx, params.id);
      for (const caseId of new Set(disclosures.map((line) => line.caseId))) {
        const right = await mustReach(tx, person, caseId, 'content');
        await audit(tx, { action: 'casework.read', resourceType: 'person_disclosures', resourceId: caseId, basis: `access:${right.basis}`, outcome: 'done' });
      }
      await audit(tx, { action: 'casework.read', resourceType: 'person_disclosures', resourceId: params.id, basis: 'reach', outcome: 'done' });
      return { disclosures };
    }),
  }),
  route({
    method: 'get', path: '/api/cases/:caseNo/disclosures', action: 'casework.read', tag: 'consents', summary: '提供記録（だれが、何を、どこへ、いつ、何を根拠に）。同意の撤回のあとも残る。',
    params: z.strictObject({ caseNo }), reply: z.object({ disclosures: z.array(disclosure) }), problems: ['not_found'],
    handler: ({ app, person, params }) => readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'disclosures' }, async (tx, caseId) => ({ disclosures: await listDisclosures(tx, caseId) })),
  }),
  route({
    method: 'get', path: '/api/cases/:caseNo/disclosure-requests', action: 'casework.read', tag: 'consents', summary: '開示・訂正・利用停止の請求と期限',
    params: z.strictObject({ caseNo }), reply: z.object({ requests: z.array(request) }), problems: ['not_found'],
    handler: ({ app, person, params }) => readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'disclosure_requests' }, async (tx, caseId) => ({ requests: await listRequests(tx, caseId) })),
  }),
];
