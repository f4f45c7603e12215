import { z } from 'zod';
import { listRequests } from '../domain/disclosure-requests.js';
import { listDisclosures } from '../domain/disclosures.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { id, instant } from './shape.js';

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

export const disclosureRoutes = [
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
