// F10 本人同意書, wherever it is asked: in P02, in P06 for a 受入先, after a 支援会議, or at any time.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { rightsOf } from '../access.js';
import { findParticipation } from '../participation/participation.js';
import { mustHaveAttachments } from '../people/attachments.js';
import type { IntakeConsent } from '../people/record.js';
import { planDays } from '../plans/clock.js';
import { dayAt, endOf, refuse, rowsAt, startOf, textAt, textsAt, variableText, type Answers } from '../records/answers.js';
import type { FieldNeed, Filed, RecordKind } from '../records/record.js';
import { Problem } from '../../base/problem.js';
import { consentRules } from '../settings.js';
import { cancelReferrals } from '../referrals/referrals.js';
import { askAgainOn, consentUse, raiseDoubt } from './ask-again.js';
import { consentTypes, coveringConsent, scopeItems, type ConsentType, type ScopeItem } from './consents.js';
import { recordConsent, standing, voidConsents, type DataSubject, type Scope } from './give.js';
import { memberIn } from './members.js';
import { dataSubjectOf } from './of-person.js';
import { agenciesOfGroups, groupsOfAgencies, tellGroups } from './tell.js';

const states = ['full', 'partial', 'considering', 'refused', 'unknown', 'incapable', 'emergency'] as const;
export const explainedItems = ['purpose', 'scope', 'period', 'withdrawal', 'secrecy', 'records'] as const;
export const methods = ['written', 'electronic', 'oral', 'agent', 'family_proxy'] as const;
const proofOf: Readonly<Record<string, string>> = { written: 'paper', electronic: 'electronic', oral: 'oral_note', agent: 'proxy_proof', family_proxy: 'capacity_note' };
const choice = ['radio', 'select'];
const many = ['checklist', 'taglist'];

/** What is read of every consent that was given. */
const scopeNeeds: readonly FieldNeed[] = [
  { at: 'scopeItems', types: many, options: scopeItems, required: true },
  { at: 'method', types: choice, options: methods, required: true },
  { at: 'capacityNote', types: ['textarea'], required: true },
  { at: 'explained', types: many, options: explainedItems, required: true },
  { at: 'explainedBy', types: ['textfield'], required: true },
  { at: 'explainedOn', types: ['textfield'], required: true },
  { at: 'validFrom', types: ['textfield'], required: true },
  { at: 'validUntil', types: ['textfield'] },
];

/**
 * Whose own work the case is, or who was asked by a task. Somebody who only sees it by a consent or in a meeting does not widen what
 * they see, nor pass it on.
 */
export async function mustBeOwnCase(tx: Tx, filed: Filed, caseId: string): Promise<void> {
  if (filed.taskId !== null) return;
  const rights = (await rightsOf(tx, filed.by, caseId)).filter(({ level }) => level === 'content');
  if (rights.length > 0 && rights.every(({ basis }) => basis === 'consent' || basis === 'meeting')) throw new Problem('forbidden', { detail: '同意や会議によって見ている機関は、同意を記録したり、ほかへ提供したりできません。受け持っている機関に伝えてください。' });
}

/**
 * Where nobody says until when, a consent holds to the end of the plan in force (domain.md §2 F10). One that is asked for before there is a
 * plan, as most are, holds as long as the city has laid down (`lasts`): it is immutable, and no later plan lengthens what was agreed to.
 * @throws Problem form_invalid: not in the future, not over, not longer than the city allows
 */
async function periodOf(tx: Tx, filed: Filed): Promise<{ validFrom: Date; validUntil: Date }> {
  const { answers, calendar } = filed;
  const from = dayAt(answers, 'validFrom') ?? refuse(['validFrom', '開始日を入力してください。']);
  const today = calendar.onDate(tx.now);
  if (from > today) refuse(['validFrom', '今日までの日を入力してください。これから始まる同意は、その日に記録してください。']);
  const { lasts, atMost } = await consentRules(tx);
  const validFrom = startOf(from);
  const until = dayAt(answers, 'validUntil');
  const plan = until === null ? await planDays(tx, ofCase(filed)) : null;
  const planEnd = plan !== null && plan.endsOn >= today && plan.endsOn >= from ? plan.endsOn : null;
  const validUntil = endOf(until ?? planEnd ?? calendar.onDate(calendar.add(validFrom, lasts)));
  if (validUntil <= tx.now) refuse(['validUntil', until === null ? '開始日から数えて、期間がすでに終わっています。終わりの日を入力してください。' : '終わりの日が過ぎています。']);
  if (validUntil > endOf(calendar.onDate(calendar.add(validFrom, atMost)))) refuse(['validUntil', '同意の期間が長すぎます。']);
  return { validFrom, validUntil };
}

/** 共有先. An agency is named once, and both ways of leaving one out (the rows and 共有しない機関) say the same. */
async function agenciesOf(tx: Tx, answers: Answers, state: 'full' | 'partial'): Promise<Scope['agencies']> {
  const rows = rowsAt(answers, 'scopeAgencies').map((row) => ({ agencyCode: textAt(row, 'agency') ?? '', answer: textAt(row, 'answer') === 'excluded' ? ('excluded' as const) : ('agreed' as const) }));
  const leftOut = await agenciesOfGroups(tx, textsAt(answers, 'excludedGroups'));
  const known = await tx.db.agency.findMany({ where: { code: { in: rows.map(({ agencyCode }) => agencyCode) } }, select: { code: true } });
  const problems = rows.flatMap(({ agencyCode, answer }, index): [string, string][] => {
    if (!known.some(({ code }) => code === agencyCode)) return [[`scopeAgencies/${index}/agency`, '機関マスタにない機関です。']];
    if (rows.findIndex((row) => row.agencyCode === agencyCode) !== index) return [[`scopeAgencies/${index}/agency`, '同じ機関が二度あります。']];
    if (answer === 'agreed' && leftOut.includes(agencyCode)) return [[`scopeAgencies/${index}/answer`, '「共有しない機関」に選ばれています。どちらかに揃えてください。']];
    if (answer === 'excluded' && state === 'full') return [[`scopeAgencies/${index}/answer`, '除外する機関があるときは「一部同意」を選んでください。']];
    return [];
  });
  if (problems.length > 0) refuse(...problems);
  if (state === 'partial' && leftOut.length === 0 && rows.every(({ answer }) => answer === 'agreed')) refuse(['scopeAgencies', '除外する機関を示してください。なければ「同意」を選んでください。']);
  return [...rows, ...leftOut.filter((code) => !rows.some(({ agencyCode }) => agencyCode === code)).map((agencyCode) => ({ agencyCode, answer: 'excluded' as const }))];
}

/** Proof of a consent: by its method, and the paper or file where one is noted. */
function evidenceOf(answers: Answers): string[] {
  const method = textAt(answers, 'method') ?? '';
  if (method === 'family_proxy' && textAt(answers, 'capacityNote') === null) refuse(['capacityNote', '家族が代わるときは、本人の判断能力について記録してください。']);
  return [...new Set([proofOf[method] ?? 'oral_note', ...(textAt(answers, 'file') ?? textAt(answers, 'fileAttachment') ? ['paper'] : [])])];
}

/** What a form might have hidden: without it nothing was agreed to. @throws Problem form_invalid */
function mustBeSaid(answers: Answers, types: readonly ConsentType[]): void {
  const missing = ['scopeItems', 'explained'].filter((key) => textsAt(answers, key).length === 0);
  if (types.length === 0) missing.push('types');
  if (textAt(answers, 'explainedOn') === null) missing.push('explainedOn');
  if (missing.length > 0) refuse(...missing.map((key) => [key, '同意には必要な項目です。'] as const));
}

async function scopeOf(tx: Tx, filed: Filed, about: { types: ConsentType[]; agencies: Scope['agencies']; placeName: string | null }): Promise<Scope> {
  mustBeSaid(filed.answers, about.types);
  await mustHaveAttachments(tx, filed, ['fileAttachment']);
  const method = textAt(filed.answers, 'method') ?? refuse(['method', '同意の方法を選んでください。']);
  return { ...about, items: textsAt<ScopeItem>(filed.answers, 'scopeItems'), method, ...(await periodOf(tx, filed)) };
}

const common = (filed: Filed, caseId: string) => ({
  caseId, submissionId: filed.submissionId, agencyCode: filed.by.agencyCode, explained: textsAt(filed.answers, 'explained'), explainedOn: dayAt(filed.answers, 'explainedOn'), noticeVersion: textAt(filed.answers, 'noticeVersion'),
});

const ofCase = (filed: Filed): string => filed.caseId ?? refuse(['consentState', 'ケースについての帳票です。']);

/** What members of the household answered for themselves: each a record of their own, which opens nothing of the person's. */
async function keepMembers(tx: Tx, filed: Filed, caseId: string, scope: Scope): Promise<void> {
  const seen = new Set<string>();
  for (const [index, row] of rowsAt(filed.answers, 'householdMembers').entries()) {
    const fields = { id: 'memberId', name: 'name', ...(Object.hasOwn(row, 'relation') ? { relation: 'relation' } : {}) };
    const at = Object.fromEntries(Object.entries(fields).map(([field, key]) => [field, `householdMembers/${index}/${key}`])) as typeof fields;
    const member = await memberIn(tx, caseId, row, fields, at);
    const key = member.memberId ?? member.memberName;
    if (seen.has(key)) refuse([at.name, '同じ世帯員が二度あります。']);
    seen.add(key);
    const answer = textAt(row, 'answer');
    const state = answer === 'agreed' ? 'full' : answer === 'refused' || answer === 'incapable' ? answer : 'considering';
    const about = { ...common(filed, caseId), subject: 'member' as const, ...member };
    if (state === 'incapable') await doubtOf(tx, filed, about);
    await recordConsent(tx, filed.calendar, { ...about, state, scope: state === 'full' ? scope : null, evidence: [] });
  }
}

/** 説明済・検討中: what was explained, and when to ask again. @throws Problem form_invalid without either */
async function keepConsidering(tx: Tx, filed: Filed, about: DataSubject & ReturnType<typeof common>): Promise<string> {
  if (about.explained.length === 0) refuse(['explained', '説明した項目を選んでください。']);
  const day = dayAt(filed.answers, 'askAgainOn') ?? refuse(['askAgainOn', 'もう一度尋ねる日を入力してください。']);
  if (day <= filed.calendar.onDate(tx.now)) refuse(['askAgainOn', '明日より後の日にしてください。']);
  const consentId = await recordConsent(tx, filed.calendar, { ...about, state: 'considering', scope: null, evidence: [] });
  await askAgainOn(tx, filed.calendar, { consentId, caseId: about.caseId, day });
  return consentId;
}

/** Who could judge once and now cannot: what they agreed to stands, and somebody has to decide about it. */
async function doubtOf(tx: Tx, filed: Filed, { caseId, subject, memberName, memberId = null, agencyCode }: DataSubject & ReturnType<typeof common>): Promise<void> {
  const stands = await standing(tx, { caseId, subject, memberName, memberId, placeName: null });
  if (stands.length === 0) return;
  await raiseDoubt(tx, filed, { caseId, agencyCode, byId: filed.by.userId });
  filed.warn({ code: 'consent_still_holds', detail: '判断できたときの同意は、撤回か期限まで有効なままです。これからの扱い（成年後見、日常生活自立支援事業、支援会議）を、重層コーディネーターと福祉政策課長が決めます（仕事 T-P10-06）。', ids: stands.map(({ id }) => id) });
}

/** Slips that nobody has answered and that rested on what the new consent no longer names go with it. */
async function cancelUncoveredSlips(tx: Tx, filed: Filed, caseId: string): Promise<void> {
  const waiting = await tx.db.$queryRawUnsafe<{ code: string }[]>(
    `select distinct g.agency_code as code from referral r join work_group g on g.key = any(r.to_groups)
     where r.case_id = $1::uuid and r.status = 'sent' and r.consent = 'consented' and g.agency_code is not null and g.agency_code <> r.from_agency order by 1`, caseId);
  const uncovered: string[] = [];
  for (const { code } of waiting) if (!(await coveringConsent(tx, caseId, code))) uncovered.push(code);
  if (uncovered.length === 0) return;
  const cancelled = await cancelReferrals(tx, caseId, uncovered, filed.submissionId);
  await tellGroups(tx, caseId, [...new Set(cancelled.flatMap(({ toGroups }) => toGroups))], 'consent_narrowed');
  for (const { id: referralId } of cancelled) filed.tell({ kind: 'message', name: 'referral_cancelled', about: referralId, variables: { referralId } });
}

async function projectConsent(tx: Tx, filed: Filed): Promise<Record<string, Json>> {
  const caseId = ofCase(filed);
  const { answers } = filed;
  await mustBeOwnCase(tx, filed, caseId);
  const state = textAt(answers, 'consentState') as (typeof states)[number];
  if (state === 'unknown' || state === 'emergency') return {};
  const isMember = textAt(answers, 'subject') === 'member';
  const who = isMember ? await memberIn(tx, caseId, answers, { id: 'memberId', name: 'memberName' }, { id: 'memberId', name: 'memberName' }) : { memberId: null, memberName: null };
  const about = { ...common(filed, caseId), subject: isMember ? ('member' as const) : ('self' as const), ...who };
  if (state === 'considering') return { consentId: await keepConsidering(tx, filed, about) };
  if (state === 'incapable') await doubtOf(tx, filed, about);
  if (state === 'refused' || state === 'incapable') return { consentId: await recordConsent(tx, filed.calendar, { ...about, state, scope: null, evidence: [] }) };
  const agencies = await agenciesOf(tx, answers, state);
  const scope = await scopeOf(tx, filed, { types: textsAt<ConsentType>(answers, 'types'), agencies, placeName: null });
  const consentId = await recordConsent(tx, filed.calendar, { ...about, state, scope, evidence: evidenceOf(answers) });
  if (!isMember) {
    await keepMembers(tx, filed, caseId, scope);
    await cancelUncoveredSlips(tx, filed, caseId);
  }
  if (state === 'full') return { consentId };
  const excluded = await groupsOfAgencies(tx, agencies.filter(({ answer }) => answer === 'excluded').map(({ agencyCode }) => agencyCode));
  return { consentId, excludedGroups: [...new Set([...textsAt(answers, 'excludedGroups'), ...excluded])] };
}

/** The signed block of F01: a consent like any other. Where an agency is left out of it, it is 一部同意. Of a sheet imported by mistake it is void. */
export const intakeConsent: IntakeConsent = {
  async keep(tx, filed, _subjectId, block) {
    const leavesOut = rowsAt(block, 'scopeAgencies').some((row) => textAt(row, 'answer') === 'excluded');
    await projectConsent(tx, { ...filed, answers: { ...block, consentState: leavesOut ? 'partial' : 'full' } });
  },
  takeBack: voidConsents,
};

const consent: RecordKind = {
  key: 'F10',
  title: '本人同意書',
  compartment: 'team',
  besideSittings: true,
  anytime: 'case',
  happened: ['explainedOn'],
  refuses: ['consent_stands'], needs: [
    { at: 'consentState', types: choice, options: states, required: true },
    { at: 'types', types: many, options: consentTypes, required: true },
    { at: 'scopeAgencies', types: ['dynamiclist'] },
    { at: 'scopeAgencies[].agency', types: choice, required: true },
    { at: 'scopeAgencies[].answer', types: choice, options: ['agreed', 'excluded'], required: true },
    { at: 'householdMembers', types: ['dynamiclist'] },
    { at: 'householdMembers[].name', types: ['textfield'], required: true },
    { at: 'householdMembers[].answer', types: choice, options: ['agreed', 'refused', 'considering', 'incapable'], required: true },
    ...scopeNeeds,
  ],
  project: projectConsent,
};

/** Whose participation support asks. */
async function supported(tx: Tx, filed: Filed): Promise<string | null> {
  const id = variableText(filed, 'participationId');
  const found = id === null ? null : await findParticipation(tx, id);
  return found?.caseId === filed.caseId ? found.clientId : null;
}

/** 参加支援受入先への提供: a consent of its own, for one 受入先, as little as possible (domain.md §3.1). */
const placeConsent: RecordKind = {
  key: 'F10.place',
  title: '本人同意書（参加支援受入先への提供）',
  compartment: 'team',
  besideSittings: true,
  happened: ['explainedOn'],
  refuses: ['consent_stands'], needs: [{ at: 'sharingConsent', types: choice, options: ['yes', 'no'], required: true }, { at: 'placeName', types: ['textfield'], required: true }, ...scopeNeeds],
  async project(tx, filed) {
    const caseId = ofCase(filed);
    await mustBeOwnCase(tx, filed, caseId);
    if (textAt(filed.answers, 'sharingConsent') !== 'yes') return {};
    const placeName = textAt(filed.answers, 'placeName') ?? refuse(['placeName', '受入先を入力してください。']);
    const scope = await scopeOf(tx, filed, { types: ['place'], agencies: [], placeName });
    return { placeConsentId: await recordConsent(tx, filed.calendar, { ...common(filed, caseId), ...(await dataSubjectOf(tx, caseId, await supported(tx, filed))), state: 'full', scope, evidence: evidenceOf(filed.answers) }) };
  },
};

/** 同意に向けた働きかけ (T-P03-06): under the secrecy of the 支援会議. What was explained makes the consent 説明済・検討中. */
const attempt: RecordKind = {
  key: 'F10.attempt',
  title: '同意に向けた働きかけの記録',
  compartment: 'confidential',
  besideSittings: true,
  happened: ['approachedOn'],
  refuses: ['consent_stands'], needs: [{ at: 'approachResult', types: choice, options: ['not_yet', 'obtained'], required: true }, { at: 'explained', types: many, options: explainedItems }, { at: 'approachedOn', types: ['textfield'], required: true }],
  async project(tx, filed) {
    const caseId = ofCase(filed);
    const explained = textsAt(filed.answers, 'explained');
    if (explained.length === 0) return {};
    const explainedOn = dayAt(filed.answers, 'approachedOn');
    return { consentId: await recordConsent(tx, filed.calendar, { ...common(filed, caseId), explained, explainedOn, subject: 'self', memberName: null, memberId: null, state: 'considering', scope: null, evidence: [] }) };
  },
};

export const consentRecords: readonly RecordKind[] = [consent, placeConsent, attempt, consentUse];
