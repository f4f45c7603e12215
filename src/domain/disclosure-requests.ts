// 開示請求 (F18 情報開示請求対応票): somebody asks to see, correct or stop the use of what is kept about them. The law wants an answer
// within thirty days (個人情報保護法83条); the city's own numbers are data (city/consents.json).
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import type { Json } from '../base/json.js';
import { dayAt, endOf, refuse, textAt, textsAt } from './records/answers.js';
import { scopeItems, type ScopeItem } from './consents/consents.js';
import { personOf } from './consents/give.js';
import { tellGroups } from './consents/tell.js';
import { recordDisclosure } from './disclosures.js';
import type { Filed, RecordKind } from './records/record.js';
import { consentRules } from './settings.js';
import { callOffTimers, setTimer } from './timers.js';

const choice = ['radio', 'select'];
const decisions = ['open_all', 'open_part', 'refused', 'absent', 'withdrawn'] as const;

export interface OpenRequest {
  id: string;
  kind: 'disclosure' | 'correction' | 'stop_use';
  requester: 'self' | 'legal_representative' | 'voluntary_representative';
  receivedOn: string;
  dueAt: Date;
  extended: boolean;
  recordedAt: Date;
  /** null: not answered yet. */
  decision: (typeof decisions)[number] | null;
  decidedAt: Date | null;
}

/** Requests about a case, the newest first. */
export async function listRequests(tx: Pick<Tx, 'db'>, caseId: string): Promise<OpenRequest[]> {
  return tx.db.$queryRawUnsafe<OpenRequest[]>(
    `select r.id, r.kind, r.requester, r.received_on as "receivedOn", coalesce(x.due_at, r.due_at) as "dueAt", x.id is not null as extended, r.recorded_at as "recordedAt", d.kind as decision, d.at as "decidedAt"
     from disclosure_request r left join lateral (select id, due_at from disclosure_reply where request_id = r.id and kind = 'extended' order by at desc, id desc limit 1) x on true
       left join disclosure_reply d on d.request_id = r.id and d.kind <> 'extended'
     where r.case_id = $1::uuid order by r.recorded_at desc, r.id desc limit 200`,
    caseId,
  );
}

async function waitForAnswer(tx: Tx, filed: Filed, requestId: string, caseId: string, dueAt: Date): Promise<void> {
  const { answerWarnBefore } = await consentRules(tx);
  const warnAt = filed.calendar.subtract(dueAt, answerWarnBefore);
  if (warnAt > tx.now) await setTimer(tx, { rule: 'disclosure_answer_near', aboutId: requestId, caseId, dueAt: warnAt });
  await setTimer(tx, { rule: 'disclosure_answer_due', aboutId: requestId, caseId, dueAt });
}

async function receive(tx: Tx, filed: Filed, caseId: string): Promise<Record<string, Json>> {
  const { answers, calendar, submissionId } = filed;
  const receivedOn = dayAt(answers, 'receivedOn') ?? refuse(['receivedOn', '請求を受けた日を入力してください。']);
  if (receivedOn > calendar.onDate(tx.now)) refuse(['receivedOn', '今日までの日を入力してください。']);
  const { answerWithin } = await consentRules(tx);
  // the day of the request is not counted (民法140条)
  const dueAt = calendar.add(endOf(receivedOn), answerWithin);
  const requestId = newId(tx.now.getTime());
  await tx.db.disclosureRequest.create({
    data: { id: requestId, caseId, submissionId, kind: textAt(answers, 'requestKind') ?? '', requester: textAt(answers, 'requester') ?? '', receivedOn, dueAt, recordedAt: tx.now, recordedById: personOf(tx) },
  });
  await waitForAnswer(tx, filed, requestId, caseId, dueAt);
  return { requestId, dueAt: dueAt.toISOString() };
}

/** The request that is answered: the one named, or the only open one. */
async function openOne(tx: Tx, filed: Filed, caseId: string): Promise<OpenRequest> {
  const open = (await listRequests(tx, caseId)).filter(({ decision }) => decision === null);
  const receivedOn = dayAt(filed.answers, 'receivedOn');
  const meant = open.filter((one) => one.receivedOn === receivedOn);
  const [found] = meant.length > 0 ? meant : open;
  if (!found) refuse(['stage', '対応中の開示請求がありません。']);
  if (meant.length !== 1 && open.length !== 1) refuse(['receivedOn', '対応中の請求が複数あります。請求を受けた日で指定してください。']);
  return found;
}

async function reply(tx: Tx, filed: Filed, caseId: string): Promise<Record<string, Json>> {
  const { answers, calendar, submissionId } = filed;
  const request = await openOne(tx, filed, caseId);
  const line = { id: newId(tx.now.getTime()), requestId: request.id, caseId, submissionId, at: tx.now, byId: personOf(tx) };
  if (textAt(answers, 'stage') === 'extended') {
    if (request.extended) refuse(['stage', '期間の延長は一度だけです。']);
    const dueAt = calendar.add(request.dueAt, (await consentRules(tx)).extension);
    await tx.db.disclosureReply.create({ data: { ...line, kind: 'extended', dueAt } });
    await waitForAnswer(tx, filed, request.id, caseId, dueAt);
    return { requestId: request.id, dueAt: dueAt.toISOString() };
  }
  const kind = textAt(answers, 'decision') ?? refuse(['decision', '決定を選んでください。']);
  await tx.db.disclosureReply.create({ data: { ...line, kind, dueAt: null } });
  await callOffTimers(tx, request.id);
  const items = textsAt<ScopeItem>(answers, 'disclosedItems');
  if (kind === 'open_all' || kind === 'open_part') {
    if (items.length === 0) refuse(['disclosedItems', '開示した情報を選んでください。']);
    await recordDisclosure(tx, { caseId, to: { kind: 'subject', code: request.requester }, purpose: 'disclosure', items, legalBasis: '76', consentId: null, meetingId: null, submissionId });
  }
  return { requestId: request.id };
}

/** The day has come, or is near, and nobody has answered: the office is told. */
export async function remindOfAnswer(tx: Tx, requestId: string, rule: 'disclosure_answer_near' | 'disclosure_answer_due'): Promise<void> {
  const found = await tx.db.disclosureRequest.findUnique({ where: { id: requestId }, select: { caseId: true } });
  const answered = await tx.db.disclosureReply.count({ where: { requestId, kind: { in: [...decisions] } } });
  if (found && answered === 0) await tellGroups(tx, found.caseId, (await consentRules(tx)).officeGroups, rule);
}

export const disclosureRequestRecord: RecordKind = {
  key: 'F18',
  title: '情報開示請求対応票',
  compartment: 'team',
  anytime: 'case',
  needs: [
    { at: 'stage', types: choice, options: ['received', 'extended', 'decided'], required: true },
    { at: 'requestKind', types: choice, options: ['disclosure', 'correction', 'stop_use'], required: true },
    { at: 'requester', types: choice, options: ['self', 'legal_representative', 'voluntary_representative'], required: true },
    { at: 'receivedOn', types: ['textfield'], required: true },
    { at: 'decision', types: choice, options: decisions, required: true },
    { at: 'disclosedItems', types: ['checklist', 'taglist'], options: scopeItems },
  ],
  project: (tx, filed) => (filed.caseId === null ? refuse(['stage', 'ケースについての帳票です。']) : textAt(filed.answers, 'stage') === 'received' ? receive(tx, filed, filed.caseId) : reply(tx, filed, filed.caseId)),
};
