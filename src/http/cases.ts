import { z } from 'zod';
import { openCase } from '../actions/open-case.js';
import { readAs, type Person, type Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { decide } from '../domain/authorize.js';
import { channels, fields } from '../domain/cases.js';
import { importedStages, type ImportedStage } from '../domain/imports.js';
import { listInstances } from '../engine/monitor.js';
import { inboxPage } from '../engine/inbox.js';
import { instanceLine } from './process-shapes.js';
import { route } from './route.js';
import { day, id } from './shape.js';
import { caseReference, inboxTask, taskSummary } from './task-shapes.js';

const caseNo = z.string().min(1).max(50);
const mostTasks = 100;

const caseDetail = caseReference
  .extend({
    tasks: z.array(inboxTask).meta({ description: 'このケースの進行中の仕事のうち、自分に見えるもの' }),
    imported: z.object({ stage: z.enum(importedStages), oldCaseNo: z.string().nullable(), leadAgencyCode: z.string().nullable(), supportBeganOn: day.nullable(), nextAction: z.string().nullable(), nextActionOn: day.nullable() }).nullable().meta({ description: '取り込んだときにすでに支援していたケースについて、書かれていたこと' }),
    instances: z.array(instanceLine).nullable().meta({ description: 'このケースの手続き。手続きを見る権限がなければ null。' }),
  })
  .meta({ id: 'CaseDetail' });

/** Row-level security decides whether this person may know of the case. */
async function readCase(tx: Tx, person: Person, wanted: string): Promise<z.input<typeof caseDetail>> {
  const found = await tx.db.case.findUnique({ where: { caseNo: wanted } });
  if (!found) throw new Problem('not_found');
  const { rows: tasks } = await inboxPage(tx, person, { view: 'all', sort: 'urgency', businessKey: wanted }, null, mostTasks);
  const oversees = decide(person, 'instance.read').allowed;
  const imported = await tx.db.importedCase.findUnique({ where: { caseId: found.id } });
  const onDay = (at: Date | null): string | null => at?.toISOString().slice(0, 10) ?? null;
  return { ...found, tasks, imported: imported && { ...imported, stage: imported.stage as ImportedStage, supportBeganOn: onDay(imported.supportBeganOn), nextActionOn: onDay(imported.nextActionOn) }, instances: oversees ? await listInstances(tx, { caseNo: wanted }, null, 100) : null };
}

export const caseRoutes = [
  route({
    method: 'post', path: '/api/cases', action: 'case.report', tag: 'cases', summary: '相談を受け付ける、または気がかりを知らせる',
    body: z.strictObject({
      kind: z.enum(['consultation', 'worry']).default('consultation').meta({ description: 'consultation 相談 · worry 気がかりの連絡（本人の相談や同意がない。支援会議の経路で扱う）' }),
      field: z.enum(fields).meta({ description: '分野: elder 高齢 · disability 障がい · child 子ども · needy 生活困窮' }),
      channel: z.enum(channels).nullable().default(null).meta({ description: '受付の方法: desk 窓口 · phone 電話 · visit 訪問 · web ウェブ · outreach アウトリーチ · community 地域から' }),
      urgent: z.boolean().default(false),
      agencyCode: z.string().min(1).max(100).optional().meta({ description: '受け付ける機関。省くと自分の機関。' }),
    }),
    reply: z.object({ caseId: id, caseNo: z.string(), instanceId: id, next: z.array(taskSummary) }),
    status: 201, problems: ['no_catcher', 'step_failed'],
    handler: ({ app, person, body, idempotencyKey, requestId }) => openCase(app, person, { ...body, idempotencyKey, requestId }),
  }),
  route({
    method: 'get', path: '/api/cases/:caseNo', action: 'case.read', tag: 'cases', summary: 'ケースの今（仕事と手続き）',
    params: z.strictObject({ caseNo }), reply: caseDetail, problems: ['not_found'],
    handler: ({ app, person, params }) => readAs(app.db, person, (tx) => readCase(tx, person, params.caseNo)),
  }),
];
