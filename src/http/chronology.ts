import { z } from 'zod';
import { Problem } from '../base/problem.js';
import { chronologyOf, eventKinds } from '../domain/chronology.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { cursor, id, limit, instant } from './shape.js';

const day = z.iso.date();
const event = z
  .object({
    kind: z.enum(eventKinds), on: day, time: z.string().nullable().meta({ description: '時刻がわからなければ null（日だけを示す）' }), record: z.string().nullable(), title: z.string().nullable(),
    submissionId: id.nullable(), noteId: id.nullable(), what: z.string().nullable(), content: z.string().nullable(), nextAction: z.string().nullable(), nextActionOn: day.nullable(),
    byName: z.string().nullable(), agencyCode: z.string().nullable(), compartment: z.enum(['agency', 'team', 'confidential', 'office']).meta({ description: 'どこまで見せる記録か（自分に見える根拠）' }),
    correctsId: id.nullable().meta({ description: '訂正した元の記録' }), correctionReason: z.string().nullable(), correctedById: id.nullable().meta({ description: 'この記録を訂正した記録' }), confirmedByName: z.string().nullable().meta({ description: '上長確認をした人' }), confirmedAt: instant.nullable(),
  })
  .meta({ id: 'ChronologyEvent' });

const write = (at: { on: string; id: string } | null): string | null => (at === null ? null : Buffer.from(`${at.on} ${at.id}`).toString('base64url'));

/** @throws Problem invalid for what no page has handed out */
function read(text: string | undefined): { on: string; id: string } | undefined {
  if (text === undefined) return undefined;
  const plain = Buffer.from(text, 'base64url').toString();
  if (!/^\d{4}-\d{2}-\d{2} (\d{2}:\d{2})? [0-9a-f-]{36}$/.test(plain)) throw new Problem('invalid', { errors: [{ pointer: '/query/cursor', detail: '前のページの nextCursor をそのまま指定してください。' }] });
  return { on: plain.slice(0, 10), id: plain.slice(11) };
}

export const chronologyRoutes = [
  route({
    method: 'get', path: '/api/cases/:caseNo/chronology', action: 'casework.read', tag: 'people', summary: '支援経過（新しい順、自分に見えるもの）',
    params: z.strictObject({ caseNo: z.string().min(1).max(50) }), query: z.strictObject({ kind: z.enum(eventKinds).optional(), agency: z.string().min(1).max(100).optional(), limit, cursor: cursor.optional() }),
    reply: z.object({ events: z.array(event), nextCursor: z.string().nullable() }), problems: ['not_found'],
    async handler({ app, person, params, query }) {
      const before = read(query.cursor);
      const page = await readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'chronology' }, (tx, caseId) => chronologyOf(tx, { caseId, kind: query.kind, agencyCode: query.agency, before, most: query.limit }));
      return { events: page.events.map((one) => ({ ...one, title: one.record === null ? null : (app.records.get(one.record)?.title ?? null) })), nextCursor: write(page.next) };
    },
  }),
];
