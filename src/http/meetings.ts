import { z } from 'zod';
import { offerDates, seatMember, unseatMember } from '../actions/change-seats.js';
import { fileRecord } from '../actions/file-record.js';
import { reportDecision } from '../actions/finish-decision.js';
import { replySlots } from '../actions/reply-slots.js';
import type { App } from '../app.js';
import { audit } from '../base/audit.js';
import { readAs, type Person, type Tx } from '../base/db.js';
import { Problem } from '../base/problem.js';
import { scopeItems } from '../domain/consents/consents.js';
import { listAsked } from '../domain/meetings/asking.js';
import { openDossier } from '../domain/meetings/dossier.js';
import { decisionsOf, decisionsToDo } from '../domain/meetings/decisions.js';
import { rankedSlots, slotAnswers, slotsOf } from '../domain/meetings/schedule.js';
import { seatsOf } from '../domain/meetings/seats.js';
import { countSittings, currentSitting, findSitting, meetingKinds, type Sitting } from '../domain/meetings/sittings.js';
import { casesOf, conversionItems, handoutsOf, listMeetings, sittingsOf } from '../domain/meetings/view.js';
import { readOfCase } from './casework.js';
import { route } from './route.js';
import { byId, flag, id, instant, instantIn, key, reason } from './shape.js';

const kind = z.enum(meetingKinds).meta({ description: '会議の種類: plan 重層的支援会議（プラン） · closure 重層的支援会議（終結等） · confidential 支援会議 · council 推進会議' });
const status = z.enum(['draft', 'convened', 'invited', 'held', 'minutes_confirmed', 'closed', 'postponed', 'called_off']);
const line = z
  .object({
    meetingId: id, sittingId: id, no: z.int(), kind, status, urgency: z.string(), meetsAt: instant.nullable(), place: z.string().nullable(), format: z.string().nullable(),
    role: z.enum(['chair', 'secretary', 'member']).nullable(), pledged: z.boolean().nullable().meta({ description: 'この回の守秘義務を誓約したか。要らない会議では null。' }), open: z.boolean().meta({ description: '資料がいま開くか' }),
  })
  .meta({ id: 'MeetingLine' });
const member = z.object({ id, groupKey: z.string(), groupName: z.string(), agencyCode: z.string(), role: z.enum(['chair', 'secretary', 'member']), attendance: z.string() }).meta({ id: 'MeetingMember' });
const decisionState = z.enum(['open', 'assigned', 'done', 'dropped', 'returned']).meta({ description: 'assigned 担当の受け箱の仕事 · done 実施した · dropped 取りやめた · returned 会議に諮り直す · open 仕事になる前の決定事項' });
const decision = z.object({ id, groupKey: z.string(), groupName: z.string(), what: z.string(), dueOn: z.string().nullable(), state: decisionState, doneAt: instant.nullable() }).meta({ id: 'MeetingDecision' });
const slot = z.object({ id, startsAt: instant, mine: z.enum(slotAnswers).nullable() });
const score = z.object({ slotId: id, startsAt: instant, yes: z.int(), maybe: z.int(), no: z.int(), unanswered: z.int(), quorate: z.boolean() });
const meeting = z
  .object({
    sittings: z.array(line), cases: z.array(z.object({ caseId: id, caseNo: z.string().nullable() })), members: z.array(member), slots: z.array(slot), bestSlots: z.array(score).nullable().meta({ description: '出席できる人数の多い順。構成員を見られない間は null。' }),
    handouts: z.array(z.object({ no: z.int(), groupKey: z.string(), returnedAt: instant.nullable() })), decisions: z.array(decision),
  })
  .meta({ id: 'Meeting' });
const part = z.object({ record: z.string(), title: z.string().nullable(), item: z.enum(scopeItems).nullable(), submittedAt: instant, agencyCode: z.string().nullable(), answers: z.record(z.string(), z.json()) });
const dossier = z.object({ sittingId: id, caseId: id, basis: z.string().meta({ description: '開いている根拠: consent:… または article:106-6' }), items: z.array(z.enum(scopeItems)).nullable(), parts: z.array(part) }).meta({ id: 'Dossier' });
const count = z.object({ kind, sittings: z.int(), cases: z.int() });
const caseNo = z.string().min(1).max(50);

/** The sitting that is asked about: the newest of the meeting, or an older one by its id. @throws Problem not_found */
async function sittingAsked(tx: Tx, meetingId: string, sittingId: string | undefined): Promise<Sitting> {
  const sitting = sittingId === undefined ? await currentSitting(tx, meetingId) : await findSitting(tx, sittingId);
  if (sitting?.meetingId !== meetingId) throw new Problem('not_found');
  return sitting;
}

async function meetingOf(tx: Tx, person: Person, meetingId: string): Promise<z.input<typeof meeting>> {
  const sittings = await sittingsOf(tx, meetingId);
  const [current] = sittings;
  if (!current) throw new Problem('not_found');
  const members = await seatsOf(tx, current.sittingId);
  const mine = new Set(members.filter((seat) => (seat.userId === null ? person.groups.includes(seat.groupKey) : seat.userId === person.userId)).map((seat) => seat.id));
  const shown = current.kind !== 'confidential' || current.open;
  const slots = (await slotsOf(tx, current.sittingId)).map((one) => ({ id: one.id, startsAt: one.startsAt, mine: one.replies.find(({ memberId }) => mine.has(memberId))?.answer ?? null }));
  await audit(tx, { action: 'meeting.read', resourceType: 'meeting', resourceId: meetingId, basis: current.role === null ? 'arranges' : `seat:${current.role}`, outcome: 'done' });
  return {
    sittings, members, slots, cases: await casesOf(tx, meetingId), bestSlots: shown ? await rankedSlots(tx, current.sittingId) : null, handouts: await handoutsOf(tx, current.sittingId), decisions: await decisionsOf(tx, current.sittingId),
  };
}

/** Postgres and the domain are asked at this very read; nothing is read without its line of the audit. */
async function dossierOf(app: App, person: Person, meetingId: string, query: { case?: string | undefined; sitting?: string | undefined }): Promise<z.input<typeof dossier>> {
  return readAs(app.db, person, async (tx) => {
    const sitting = await sittingAsked(tx, meetingId, query.sitting);
    const opened = await openDossier(tx, sitting.id, query.case ?? sitting.caseIds[0] ?? '00000000-0000-0000-0000-000000000000');
    await audit(tx, { action: 'meeting.read', resourceType: 'dossier', resourceId: opened.caseId, basis: opened.basis, outcome: 'done', reason: `sitting:${opened.sittingId}` });
    return { ...opened, parts: opened.parts.map((one) => ({ ...one, title: app.records.get(one.record)?.title ?? null })) };
  });
}

/** Midnight in Japan at which a fiscal year begins: R8 is 1 April 2026. */
const beginOf = (year: number): Date => new Date(`${year}-04-01T00:00:00+09:00`);

const reads = [
  route({
    method: 'get', path: '/api/meetings', action: 'meeting.read', tag: 'meetings', summary: '自分が出る・調整する会議（誓約するまでは日時と場所だけ）',
    query: z.strictObject({ past: flag.optional() }), reply: z.object({ meetings: z.array(line) }),
    handler: ({ app, person, query }) => readAs(app.db, person, async (tx) => ({ meetings: await listMeetings(tx, query.past ?? false) })),
  }),
  route({
    method: 'get', path: '/api/meetings/counts', action: 'meeting.read', tag: 'meetings', summary: '年度の開催回数と延べケース数（複数の事案を扱っても1回）',
    query: z.strictObject({ year: z.string().regex(/^R\d{1,2}$/).meta({ description: '年度 例 R8' }) }), reply: z.object({ year: z.string(), counts: z.array(count), total: z.int().meta({ description: '重層的支援会議と支援会議の合計（K1）' }) }),
    handler: ({ app, person, query }) => readAs(app.db, person, async (tx) => {
      const year = Number(query.year.slice(1)) + 2018;
      const counts = await countSittings(tx, beginOf(year), beginOf(year + 1));
      return { year: query.year, counts, total: counts.filter((one) => one.kind !== 'council').reduce((sum, { sittings }) => sum + sittings, 0) };
    }),
  }),
  route({
    method: 'get', path: '/api/meetings/decisions', action: 'meeting.read', tag: 'meetings', summary: '自分の受け箱が担う決定事項（会議録は見えない）',
    reply: z.object({ decisions: z.array(decision) }),
    handler: ({ app, person }) => readAs(app.db, person, async (tx) => ({ decisions: await decisionsToDo(tx) })),
  }),
  route({
    method: 'get', path: '/api/meetings/:id', action: 'meeting.read', tag: 'meetings', summary: '会議（構成員・日程・資料・決定事項のうち、自分に見えるもの）',
    params: byId, reply: meeting, problems: ['not_found'],
    handler: ({ app, person, params }) => readAs(app.db, person, (tx) => meetingOf(tx, person, params.id)),
  }),
  route({
    method: 'get', path: '/api/meetings/:id/dossier', action: 'meeting.read', tag: 'meetings', summary: '会議資料（同意の範囲、または誓約した構成員に、期間内だけ）',
    params: byId, query: z.strictObject({ case: id.optional(), sitting: id.optional() }), reply: dossier, problems: ['not_found', 'pledge_missing'],
    handler: ({ app, person, params, query }) => dossierOf(app, person, params.id, query),
  }),
  route({
    method: 'get', path: '/api/cases/:caseNo/conversion', action: 'meeting.read', tag: 'meetings', summary: '支援会議に書かれた項目の一覧（内容はない。本人に確かめて、あらためて記録するため）',
    params: z.strictObject({ caseNo }), reply: z.object({ items: z.array(z.object({ record: z.string(), title: z.string().nullable(), formKey: z.string(), field: z.string(), times: z.int() })) }), problems: ['not_found'],
    async handler({ app, person, params }) {
      const items = await readOfCase(app, person, { caseNo: params.caseNo, level: 'content', what: 'conversion' }, (tx, caseId) => conversionItems(tx, caseId));
      return { items: items.map((one) => ({ ...one, title: app.records.get(one.record)?.title ?? null })) };
    },
  }),
];

const askedLine = z.object({ id, caseNo: z.string(), urgency: z.enum(['urgent', 'none']), submittedAt: instant, submittedByName: z.string().nullable(), agencyCode: z.string().nullable() }).meta({ id: 'AskedMeeting' });

export const meetingRoutes = [
  route({
    method: 'get', path: '/api/meeting-requests', action: 'casework.read', tag: 'meetings', summary: '支援会議の開催の求め（自分が出したもの。市の会長と会議事務局はすべて）',
    reply: z.object({ requests: z.array(askedLine) }),
    handler: ({ app, person }) => readAs(app.db, person, async (tx) => {
      const requests = await listAsked(tx);
      await audit(tx, { action: 'casework.read', resourceType: 'meeting_requests', resourceId: null, basis: 'compartment:confidential', outcome: 'done' });
      return { requests };
    }),
  }),
  ...reads,
  route({
    method: 'post', path: '/api/meetings/decisions/:id/done', action: 'meeting.reply', tag: 'meetings', summary: '受け箱の仕事になっていない（以前の）決定事項を終えたと知らせる',
    params: byId, reply: z.object({ decisionId: id }), problems: ['not_found', 'decision_by_task'],
    handler: ({ app, person, params, idempotencyKey, requestId }) => reportDecision(app, person, { decisionId: params.id, idempotencyKey, requestId }),
  }),
  route({
    method: 'post', path: '/api/meetings/:id/pledge', action: 'record.file', tag: 'meetings', summary: 'この回の支援会議について守秘義務を誓約する（F11）',
    params: byId, body: z.strictObject({ capacity: key, textVersion: key, understood: z.array(key).max(20), signedOn: z.string().min(1).max(50) }), reply: z.object({ submissionId: id }), status: 201, problems: ['not_found', 'form_invalid'],
    async handler({ app, person, params, body, idempotencyKey, requestId }) {
      const sitting = await readAs(app.db, person, (tx) => sittingAsked(tx, params.id, undefined));
      if (sitting.kind !== 'confidential') throw new Problem('not_found');
      const answers = { ...body, person: person.name, agency: person.agencyCode, signedBy: 'self', validFor: 'sitting', sittingId: sitting.id };
      return fileRecord(app, person, { formKey: 'pledge', caseNo: null, answers, idempotencyKey, requestId });
    },
  }),
  route({
    method: 'post', path: '/api/meetings/:id/replies', action: 'meeting.reply', tag: 'meetings', summary: '候補日に答える（最後の答えが残る）',
    params: byId, body: z.strictObject({ answers: z.array(z.strictObject({ slotId: id, answer: z.enum(slotAnswers) })).min(1).max(50) }), reply: z.object({ replied: z.int() }), problems: ['not_found', 'sitting_state'],
    async handler({ app, person, params, body, idempotencyKey, requestId }) {
      const sitting = await readAs(app.db, person, (tx) => sittingAsked(tx, params.id, undefined));
      return replySlots(app, person, { sittingId: sitting.id, answers: body.answers, idempotencyKey, requestId });
    },
  }),
  route({
    method: 'post', path: '/api/meetings/:id/slots', action: 'meeting.seat', tag: 'meetings', summary: '候補日を加える',
    params: byId, body: z.strictObject({ startsAt: z.array(instantIn).min(1).max(20) }), reply: z.object({ offered: z.int() }), status: 201, problems: ['not_found', 'sitting_state', 'city_alone'],
    async handler({ app, person, params, body, idempotencyKey, requestId }) {
      const sitting = await readAs(app.db, person, (tx) => sittingAsked(tx, params.id, undefined));
      return offerDates(app, person, { sittingId: sitting.id, startsAt: body.startsAt, idempotencyKey, requestId });
    },
  }),
  route({
    method: 'post', path: '/api/meetings/:id/members', action: 'meeting.seat', tag: 'meetings', summary: '遅れて加わる構成員（同意の範囲内に限る。支援会議では、誓約するまで誰にも開かない）',
    params: byId, body: z.strictObject({ groupKey: key.meta({ description: '受け箱の key、受け箱のない機関は agency:機関の番号' }) }), reply: z.object({ memberId: id }), status: 201, problems: ['not_found', 'consent_missing', 'sitting_state', 'city_alone'],
    async handler({ app, person, params, body, idempotencyKey, requestId }) {
      const sitting = await readAs(app.db, person, (tx) => sittingAsked(tx, params.id, undefined));
      return seatMember(app, person, { sittingId: sitting.id, groupKey: body.groupKey, idempotencyKey, requestId });
    },
  }),
  route({
    method: 'post', path: '/api/meetings/:id/members/:memberId/removal', action: 'meeting.seat', tag: 'meetings', summary: '構成員から外す（そのときから何も開かない）',
    params: z.strictObject({ id, memberId: id }), body: z.strictObject({ reason }), reply: z.object({ memberId: id }), problems: ['not_found', 'city_alone'],
    async handler({ app, person, params, body, idempotencyKey, requestId }) {
      const sitting = await readAs(app.db, person, (tx) => sittingAsked(tx, params.id, undefined));
      return unseatMember(app, person, { sittingId: sitting.id, memberId: params.memberId, reason: body.reason, idempotencyKey, requestId });
    },
  }),
];
