import { z } from 'zod';
import { attachFile } from '../actions/attach-file.js';
import { audit } from '../base/audit.js';
import { readAs } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { listAttachments, openAttachment } from '../domain/attachments/attachments.js';
import { attachmentKinds, mostBytes } from '../domain/attachments/kinds.js';
import { scopeItems } from '../domain/consents/consents.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { byId, id, instant } from './shape.js';

const caseNo = z.string().min(1).max(50);
const attachment = z
  .object({ id, submissionId: id.nullable(), name: z.string(), kind: z.enum(attachmentKinds), bytes: z.int(), sha256: z.string(), compartment: z.enum(['agency', 'team', 'confidential']), item: z.enum(scopeItems).nullable().meta({ description: '共有する情報の範囲のどれか（付けるときに言われたもの）' }), agencyCode: z.string(), uploadedById: id, uploadedAt: instant })
  .meta({ id: 'Attachment' });

/** The name of the file, which is personal and so stands in no URL. @throws Problem invalid */
function nameOf(header: string | undefined): string {
  const coded = /(?:^|;)\s*filename\*\s*=\s*UTF-8''([^;\s]{1,2000})/i.exec(header ?? '')?.[1];
  const plain = /(?:^|;)\s*filename\s*=\s*"([^"\\]{1,300})"/i.exec(header ?? '')?.[1];
  try {
    const name = coded === undefined ? plain : decodeURIComponent(coded);
    if (name !== undefined) return name;
  } catch {
    // not what a URI may hold: refused below
  }
  throw new Problem('invalid', { errors: [{ pointer: '/header/Content-Disposition', detail: "attachment; filename*=UTF-8''（符号化した名前）で指定してください。" }] });
}

/** As a header can carry it: the name itself percent-coded, and something that every program reads. */
const asDownload = (name: string): string => `attachment; filename="file${/\.[a-z]{3,4}$/i.exec(name)?.[0] ?? ''}"; filename*=UTF-8''${encodeURIComponent(name).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`;

export const attachmentRoutes = [
  route({
    method: 'post', path: '/api/cases/:caseNo/attachments', action: 'attachment.add', tag: 'attachments', summary: 'ファイルを添付する（本文はファイルそのもの、名前は Content-Disposition）',
    description: `PDF・JPG・PNG・docx・xlsx・テキスト、${mostBytes / 1024 / 1024}MB まで。写真の撮影場所などの情報は取り除きます。`,
    params: z.strictObject({ caseNo }),
    query: z.strictObject({ record: id.optional().meta({ description: 'どの帳票に付けるか。その帳票を見られる人に見える。' }), compartment: z.enum(['agency', 'team']).default('team'), item: z.enum(scopeItems).optional().meta({ description: '共有する情報の範囲（本人同意書）のどれにあたるか。省くと、帳票に付けたものはその帳票の範囲すべてに同意されている機関に、ほかはケースの全体が見える人だけに見える。' }) }),
    bodyBytes: mostBytes, raw: 'application/octet-stream', body: z.instanceof(Buffer).meta({ override: { type: 'string', format: 'binary' } }),
    reply: attachment, status: 201, problems: ['not_found', 'attachment_refused'],
    handler: ({ app, person, params, query, body, req, idempotencyKey, requestId }) =>
      attachFile(app, person, { caseNo: params.caseNo, name: nameOf(req.get('content-disposition')), bytes: body, submissionId: query.record ?? null, compartment: query.compartment, item: query.item ?? null, idempotencyKey, requestId }),
  }),
  route({
    method: 'get', path: '/api/cases/:caseNo/attachments', action: 'casework.read', tag: 'attachments', summary: 'ケースの添付（新しい順、自分に見えるもの）',
    params: z.strictObject({ caseNo }), reply: z.object({ attachments: z.array(attachment) }), problems: ['not_found'],
    handler: async ({ app, person, params }) => ({ attachments: await readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'attachments' }, (tx, caseId) => listAttachments(tx, caseId)) }),
  }),
  route({
    method: 'get', path: '/api/attachments/:id', action: 'casework.read', tag: 'attachments', summary: '添付を取り出す（いつもダウンロード）',
    params: byId, media: 'application/octet-stream', reply: z.string(), problems: ['not_found'],
    async handler({ app, person, params, res }) {
      const found = await readAs(app.db, person, async (tx) => {
        const opened = await openAttachment(tx, app.sealer, params.id);
        if (!opened) throw new Problem('not_found');
        await audit(tx, { action: 'attachment.read', resourceType: 'attachment', resourceId: params.id, basis: `compartment:${opened.compartment}`, outcome: 'done' });
        return opened;
      });
      res.set({ 'Content-Type': 'application/octet-stream', 'Content-Disposition': asDownload(found.name), 'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': "default-src 'none'; sandbox" }).status(200).end(found.content);
      return '';
    },
  }),
];
