// Excel からの取込み: the template, what would not fit, taking in, taking back.
import { z } from 'zod';
import { importTemplate, importWorkbook, previewImport } from '../actions/import-workbook.js';
import { undoImport } from '../actions/undo-import.js';
import { readAs } from '../base/db.js';
import { listImports } from '../domain/imports.js';
import { route } from './route.js';
import { byId, id, instant, reason } from './shape.js';

const mostBytes = 2 * 1024 * 1024;
const excel = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const file = z
  .strictObject({
    acknowledgeDuplicates: z.boolean().optional().meta({ description: '下見で挙がった「同じ人かもしれない」行は、どれも別の人と確かめた' }),
    file: z.base64().min(40).max(Math.ceil(mostBytes / 3) * 4).meta({ description: '.xlsx（2MBまで、300行まで）を base64 で' }),
  })
  .transform(({ file: text, acknowledgeDuplicates }) => ({ file: Buffer.from(text, 'base64'), acknowledgeDuplicates }));
const bodyBytes = Math.ceil(mostBytes / 3) * 4 + 1_000;
const badCell = z
  .object({ sheet: z.string(), cell: z.string().meta({ description: '例 C5' }), column: z.string().nullable().meta({ description: '見出し' }), detail: z.string().meta({ description: '何が違うか' }), how: z.string().nullable().meta({ description: 'どう書くか' }) })
  .meta({ id: 'BadCell' });

const duplicate = z
  .object({ sheet: z.string(), cell: z.string(), column: z.string().nullable(), detail: z.string(), ids: z.array(id).meta({ description: '同じ人かもしれない登録のうち、自分に見えるもの' }), rows: z.array(z.int()).meta({ description: 'このシートの中で同じ人かもしれない行' }) })
  .meta({ id: 'DuplicateWarning' });

export const importRoutes = [
  route({
    method: 'get', path: '/api/imports/template', action: 'import.run', tag: 'imports', summary: '取込み用の Excel ひな形（いまの様式から作る）',
    reply: z.string(), media: excel,
    async handler({ app, person, res }) {
      const book = await importTemplate(app, person);
      res.status(200).type(excel).set('Content-Disposition', 'attachment; filename="import-template.xlsx"').send(book);
      return '';
    },
  }),
  route({
    method: 'get', path: '/api/imports', action: 'import.run', tag: 'imports', summary: '自分が行った取込み（管理者は所属機関のものも）',
    reply: z.object({ imports: z.array(z.object({ id, at: instant, byName: z.string(), cases: z.int(), resources: z.int(), undoneAt: instant.nullable(), undoReason: z.string().nullable() })) }),
    handler: ({ app, person }) => readAs(app.db, person, async (tx) => ({ imports: await listImports(tx) })),
  }),
  route({
    method: 'post', path: '/api/imports/preview', action: 'import.run', tag: 'imports', summary: '取り込む前に、直すべきセルをすべて挙げる（何も登録しない）',
    body: file, bodyBytes, reply: z.object({ cases: z.int(), resources: z.int(), bad: z.array(badCell), warnings: z.array(duplicate).meta({ description: '同じ人かもしれない人。直すセルではないが、確かめたと言うまで取り込まれない' }) }), problems: ['too_large'],
    handler: ({ app, person, body, requestId }) => previewImport(app, person, { ...body, requestId }),
  }),
  route({
    method: 'post', path: '/api/imports', action: 'import.run', tag: 'imports', summary: '取り込む（すべての行か、ひとつもか）',
    body: file, bodyBytes, reply: z.object({ importId: id, caseNos: z.array(z.string()), resources: z.int() }), status: 201, problems: ['too_large', 'import_refused', 'import_twice', 'possible_duplicates'],
    handler: ({ app, person, body, idempotencyKey, requestId }) => importWorkbook(app, person, { ...body, idempotencyKey, requestId }),
  }),
  route({
    method: 'post', path: '/api/imports/:id/undo', action: 'import.run', tag: 'imports', summary: '取込みを取り消す（ケースは取消しで終わり、誰にも見えなくなる。記録は残る）',
    params: byId, body: z.strictObject({ reason }), reply: z.object({ cases: z.int(), resources: z.int() }), problems: ['not_found', 'import_in_use'],
    handler: ({ app, person, params, body, idempotencyKey, requestId }) => undoImport(app, person, { importId: params.id, reason: body.reason, idempotencyKey, requestId }),
  }),
];
