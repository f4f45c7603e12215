import { z } from 'zod';
import { carryIntoForm } from '../actions/carry-into-form.js';
import { formToShow, namesInSheet } from '../actions/form-options.js';
import { fileRecord } from '../actions/file-record.js';
import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import { readAs, type Person, type Tx } from '../base/db.js';
import type { Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import { findStandingForm, listStandingForms } from '../domain/standing-forms.js';
import { findSubmission, listSubmissions } from '../domain/submissions.js';
import { readOfCase } from './casework.js';
import { differing, differingLine } from './differing.js';
import { filingRefusals } from './refusals.js';
import { route } from './route.js';
import { byId, id, instant } from './shape.js';
import { taskSummary, warning } from './task-shapes.js';

const caseNo = z.string().min(1).max(50);
const key = z.string().min(1).max(100);
const answers = z.record(z.string(), z.json());

const formLine = z.object({ key: z.string(), version: z.int(), record: z.string().meta({ description: '帳票の番号' }), title: z.string(), about: z.enum(['case', 'office']).meta({ description: 'case ケースについて出す · office ケースによらず出す' }) }).meta({ id: 'StandingFormLine' });
const recordLine = z
  .object({ id, record: z.string().nullable(), title: z.string().nullable(), formKey: z.string(), taskId: id.nullable(), submittedAt: instant, submittedById: id.nullable(), submittedByName: z.string().nullable(), agencyCode: z.string().nullable(), compartment: z.enum(['agency', 'team', 'confidential', 'office']) })
  .meta({ id: 'RecordLine' });
const record = recordLine.extend({ caseId: id.nullable(), answers, names: z.record(z.string(), z.string()).meta({ description: '選択肢の答えの名前（答えの JSON ポインタごと）。機関はいまの名前、活動をやめた機関も' }) }).meta({ id: 'Record' });
const filed = z.object({ submissionId: id, record: z.string(), made: answers.meta({ description: 'この帳票からできたものの id' }), next: z.array(taskSummary), warnings: z.array(warning) }).meta({ id: 'FiledRecord' });

const titleOf = (app: App, of: string | null): string | null => (of === null ? null : (app.records.get(of)?.title ?? null));

/** What stands under a number that a form puts right, for whoever may file it. @throws Problem not_found, forbidden */
async function currentOf(app: App, tx: Tx, person: Person, record: string, no: string): Promise<Record<string, Json>> {
  const { current, anytime } = app.records.get(record) ?? {};
  if (!current || !anytime || anytime === 'case') throw new Problem('not_found');
  if (!anytime.roles.some((role) => person.roles.includes(role))) throw new Problem('forbidden');
  const found = await current(tx, no);
  if (!found) throw new Problem('not_found');
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)));
}

const forms = [
  route({
    method: 'get', path: '/api/forms', action: 'meta.read', tag: 'records', summary: 'いつでも出せる様式',
    reply: z.object({ forms: z.array(formLine) }),
    async handler({ app }) {
      const found = await listStandingForms({ db: app.db.prisma });
      return { forms: found.flatMap((form) => {
        const kind = app.records.get(form.record);
        return kind ? [{ ...form, title: kind.title, about: kind.anytime === 'case' ? ('case' as const) : ('office' as const) }] : [];
      }) };
    },
  }),
  route({
    method: 'get', path: '/api/forms/:key', action: 'casework.read', tag: 'records', summary: '様式と、前の帳票から写す答え',
    params: z.strictObject({ key }), query: z.strictObject({ case: caseNo.optional(), no: z.string().trim().min(1).max(50).optional().meta({ description: '直すものの番号（社会資源の S-0012、機関のコード）。いまの値が答えに入る' }) }),
    reply: z.object({ key: z.string(), version: z.int(), record: z.string(), schema: z.unknown(), carried: answers, differing }), problems: ['not_found', 'forbidden'],
    async handler({ app, person, params, query }) {
      const form = await findStandingForm({ db: app.db.prisma }, params.key);
      if (!form) throw new Problem('not_found');
      const carry = async (tx: Tx, caseId: string | null) => {
        const into = await carryIntoForm(app, tx, form.schema, caseId);
        if (query.no !== undefined) Object.assign(into.carried, await currentOf(app, tx, person, form.record, query.no));
        return { ...into, schema: await formToShow(tx, form.schema, into.carried) };
      };
      const found = await (query.case === undefined ? readAs(app.db, person, (tx) => carry(tx, null)) : readOfCase(app, person, { caseNo: query.case, level: 'content', what: 'carried' }, carry));
      return { ...form, schema: found.schema, carried: found.carried, differing: found.differing.map((one) => differingLine(app.records, one)) };
    },
  }),
];

export const recordRoutes = [
  ...forms,
  route({
    method: 'post', path: '/api/cases/:caseNo/records', action: 'record.file', tag: 'records', summary: 'ケースについて帳票を出す',
    params: z.strictObject({ caseNo }), body: z.strictObject({ formKey: key, answers }), reply: filed, status: 201, problems: filingRefusals,
    handler: ({ app, person, params, body, idempotencyKey, requestId }) => fileRecord(app, person, { ...body, caseNo: params.caseNo, idempotencyKey, requestId }),
  }),
  route({
    method: 'post', path: '/api/records', action: 'record.file', tag: 'records', summary: 'ケースによらない帳票を出す（資源、機関、誓約、研修など）',
    body: z.strictObject({ formKey: key, answers }), reply: filed, status: 201, problems: filingRefusals,
    handler: ({ app, person, body, idempotencyKey, requestId }) => fileRecord(app, person, { ...body, caseNo: null, idempotencyKey, requestId }),
  }),
  route({
    method: 'get', path: '/api/cases/:caseNo/records', action: 'casework.read', tag: 'records', summary: 'ケースの帳票（新しい順、自分に見えるもの）',
    params: z.strictObject({ caseNo }), query: z.strictObject({ record: key.optional() }),
    reply: z.object({ records: z.array(recordLine) }), problems: ['not_found'],
    async handler({ app, person, params, query }) {
      const found = await readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'records' }, (tx, caseId) => listSubmissions(tx, caseId, query.record ?? null));
      return { records: found.map((one) => ({ ...one, title: titleOf(app, one.record) })) };
    },
  }),
  route({
    method: 'get', path: '/api/records/:id', action: 'casework.read', tag: 'records', summary: '出された帳票',
    params: byId, reply: record, problems: ['not_found'],
    handler: ({ app, person, params }) => readAs(app.db, person, async (tx) => {
      const found = await findSubmission(tx, params.id);
      if (!found) throw new Problem('not_found');
      await audit(tx, { action: 'casework.read', resourceType: 'record', resourceId: params.id, basis: `compartment:${found.compartment}`, outcome: 'done' });
      return { ...found, title: titleOf(app, found.record), names: await namesInSheet(app, tx, params.id, found.answers) };
    }),
  }),
];
