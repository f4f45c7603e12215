import { z } from 'zod';
import { listReferrals } from '../domain/referrals/referrals.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { day, id, instant } from './shape.js';

const caseNo = z.string().min(1).max(50);
const referral = z
  .object({
    id, submissionId: id.meta({ description: 'つなぎシートの番号（/api/records/:id で読める）' }), fromAgency: z.string(), toGroups: z.array(z.string()), consent: z.enum(['consented', 'without_consent']), legalBasis: z.string().nullable(), sentAt: instant,
    replyDueOn: day, accompany: z.boolean(), status: z.enum(['sent', 'accepted', 'conditional', 'returned', 'out_of_scope', 'cancelled']), repliedAt: instant.nullable(), acceptedGroup: z.string().nullable(), result: z.enum(['connected', 'not_connected']).nullable(), resultOn: day.nullable(),
  })
  .meta({ id: 'Referral' });

export const referralRoutes = [
  route({
    method: 'get', path: '/api/cases/:caseNo/referrals', action: 'casework.read', tag: 'referrals', summary: 'ケースのつなぎ（新しい順。つなぎ先には自分あてのものだけ）',
    params: z.strictObject({ caseNo }), reply: z.object({ referrals: z.array(referral) }), problems: ['not_found'],
    handler: async ({ app, person, params }) => ({ referrals: await readOfCase(app, person, { caseNo: params.caseNo, level: 'identity', what: 'referrals' }, (tx, caseId) => listReferrals(tx, caseId)) }),
  }),
];
