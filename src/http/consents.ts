import { z } from 'zod';
import { listConsents } from '../domain/consents/list.js';
import { consentStateOf } from '../domain/consents/consents.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { id, instant } from './shape.js';

const caseNo = z.string().min(1).max(50);
const state = z.enum(['unexplained', 'considering', 'full', 'partial', 'refused', 'incapable', 'withdrawn', 'expired']).meta({
  description: '未説明 · 説明済・検討中 · 同意(全部) · 同意(一部・機関除外) · 不同意 · 判断困難 · 同意撤回 · 期限切れ', id: 'ConsentState',
});
const ending = z.object({ kind: z.enum(['withdrawn', 'narrowed', 'expired', 'superseded']), at: instant, agencies: z.array(z.string()), items: z.array(z.string()), types: z.array(z.string()), submissionId: id.nullable() }).meta({ id: 'ConsentEnding' });
const consent = z
  .object({
    id, subject: z.enum(['self', 'member']), memberName: z.string().nullable(), memberId: id.nullable().meta({ description: '世帯員の番号（登録されていない世帯員は null）' }), state: z.enum(['considering', 'full', 'partial', 'refused', 'incapable']).meta({ description: '記録したときの答え（変わらない）' }),
    holds: z.boolean().meta({ description: 'いま有効か' }), types: z.array(z.string()), items: z.array(z.string()),
    agencies: z.array(z.object({ agencyCode: z.string(), name: z.string(), answer: z.enum(['agreed', 'excluded']), covered: z.boolean().meta({ description: 'いまこの機関に伝えてよいか' }) })),
    placeName: z.string().nullable(), method: z.string().nullable(), explained: z.array(z.string()), explainedOn: z.string().nullable(), legalBasis: z.string(), noticeVersion: z.string().nullable(),
    validFrom: instant.nullable(), validUntil: instant.nullable(), recordedAt: instant, recordedByName: z.string().nullable(), agencyCode: z.string(), submissionId: id,
    endings: z.array(ending), evidence: z.array(z.object({ kind: z.string(), about: z.enum(['consent', 'withdrawal']), at: instant, submissionId: id })),
  })
  .meta({ id: 'Consent' });

export const consentRoutes = [
  route({
    method: 'get', path: '/api/cases/:caseNo/consents', action: 'casework.read', tag: 'consents', summary: 'ケースの同意（本人と世帯員、新しい順）と、いまの状態',
    params: z.strictObject({ caseNo }),
    reply: z.object({ state, again: z.boolean().meta({ description: '再同意' }), consentId: id.nullable(), validUntil: instant.nullable(), consents: z.array(consent) }), problems: ['not_found'],
    handler: ({ app, person, params }) => readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'consents' }, async (tx, caseId) => ({ ...(await consentStateOf(tx, caseId)), consents: await listConsents(tx, caseId) })),
  }),
];
