// F06 アウトリーチ等プラン, part by part, as its steps are taken (T-P05-01 to 07). What is written in it stays with the agency that
// goes there; what others may know of it are the rows, and without consent only those who sat in the 支援会議 know them.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { endAccess, grantAccess } from '../access.js';
import { personOf } from '../people/of-case.js';
import type { Filed, RecordKind } from '../records/record.js';
import { dayAt, instantAt, mustDayAt, numberAt, rowsAt, textAt, wrongField } from '../records/answers.js';
import { cityClocks } from '../settings.js';
import { assign, workGroupsOf } from './assigned.js';
import { mustRestOn, outreachConsent } from './basis.js';
import * as rows from './outreach.js';

const one = ['radio', 'select'];
const methods = ['visit', 'letter', 'phone', 'sns', 'family', 'neighbours', 'belonging_place', 'accompany', 'other'];
const dayMs = 86_400_000;

const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / dayMs);
const today = (tx: Tx, filed: Filed): string => filed.calendar.onDate(tx.now);
const dayAfter = (tx: Tx, filed: Filed, duration: string): string => filed.calendar.onDate(filed.calendar.add(tx.now, duration));
const earlier = (a: string, b: string): string => (a < b ? a : b);

/** How long until a day that is to come, for the deadline of the task that waits for it: one day at least. */
const until = (tx: Tx, filed: Filed, day: string): string => `P${Math.max(1, daysBetween(today(tx, filed), day))}D`;

/** The latest day that the city lets pass without a contact: until somebody has said when, and while it is being closed. */
const latestDay = async (tx: Tx, filed: Filed): Promise<string> => dayAfter(tx, filed, `${(await cityClocks(tx)).outreach.longestGapDays}d`);

/**
 * The day on which it goes on: today or later, and not longer after `since` than the city lays down (city/clocks.json). Who writes down
 * only when that is over already reckons from today.
 * @throws Problem form_invalid when it is missing, approximate, behind us or too far on
 */
async function nextDayAt(tx: Tx, filed: Filed, key: string, since?: string): Promise<string> {
  const day = dayAt(filed.answers, key);
  if (day === null) throw wrongField(key, '働きかける日を入力してください。');
  const now = today(tx, filed);
  if (day < now) throw wrongField(key, '働きかける日は、今日からの日にしてください。');
  const { longestGapDays } = (await cityClocks(tx)).outreach;
  const late = since === undefined || daysBetween(since, now) > longestGapDays;
  if (daysBetween(late ? now : since, day) > longestGapDays) throw wrongField(key, `次に働きかける日は、${late ? '今日' : '今回の日'}から${longestGapDays}日以内にしてください。`);
  return day;
}

/** The days on which the agency, and the 支援会議, look at it again (§9.6). */
async function reviews(tx: Tx, filed: Filed): Promise<{ reviewOn: string; recheckOn: string }> {
  const { reviewEvery, recheckEvery } = (await cityClocks(tx)).outreach;
  return { reviewOn: dayAfter(tx, filed, reviewEvery), recheckOn: dayAfter(tx, filed, recheckEvery) };
}

/** Ends that say nothing against another process of the case going on, which was asked for on its own. */
const endedAsOne: readonly (rows.EndReason | null)[] = ['connected', 'handed_over', 'declined', 'no_contact'];

/**
 * The outreach that the process is about. Two processes of a case share one; where the other has ended it, this one goes on with the next.
 * @throws Problem not_found when it knows of none, it is another case's, or it has ended for everybody (moved, died, closed); outreach_basis_missing
 */
async function mustFind(tx: Tx, filed: Filed): Promise<rows.Outreach> {
  const id = filed.variables['outreachId'];
  const found = typeof id === 'string' ? await rows.findOutreach(tx, id) : null;
  if (!found || found.caseId !== filed.caseId) throw new Problem('not_found');
  if (found.endedAt === null) return found;
  const running = await rows.runningOutreach(tx, found.caseId);
  if (running) return running;
  if (!endedAsOne.includes(found.endReason)) throw new Problem('not_found');
  return goOn(tx, filed, found);
}

async function goOn(tx: Tx, filed: Filed, { caseId, clientId, startBasis, discoveredBy, stage, twoPersons, attemptLimit }: rows.Outreach): Promise<rows.Outreach> {
  const id = await beginOne(tx, filed, { caseId, clientId, startBasis, basisId: await mustRestOn(tx, caseId, clientId, startBasis), discoveredBy, stage });
  if (attemptLimit !== null) await rows.planOutreach(tx, id, { twoPersons, attemptLimit, nextContactOn: await latestDay(tx, filed), reviewOn: (await reviews(tx, filed)).reviewOn });
  return (await rows.findOutreach(tx, id))!;
}

/** Begins one, by the agency of whoever files this, and lets them see the case as far as its basis goes. @returns its id */
async function beginOne(tx: Tx, filed: Filed, one: Pick<rows.NewOutreach, 'caseId' | 'clientId' | 'startBasis' | 'basisId' | 'discoveredBy' | 'stage'>): Promise<string> {
  const { caseId, startBasis } = one;
  const outreachId = await rows.startOutreach(tx, { ...one, agencyCode: filed.by.agencyCode, submissionId: filed.submissionId, nextContactOn: await latestDay(tx, filed), ...(await reviews(tx, filed)) });
  const groups = await workGroupsOf(tx, filed.by, 'outreach');
  // what a 支援会議 agreed on rests on no consent, and is written down nowhere outside it
  if (startBasis === 'confidential') for (const reader of groups) await grantAccess(tx, { caseId, reader, level: 'content', basis: 'assignment', basisId: outreachId });
  else await assign(tx, { caseId, serviceId: outreachId, groups, submissionId: filed.submissionId });
  return outreachId;
}

const information: RecordKind = {
  key: 'F06.information', title: 'アウトリーチ等プラン（情報収集・事前調整）', compartment: 'agency',
  refuses: ['outreach_basis_missing'], needs: [
    { at: 'personId', types: ['textfield'] },
    { at: 'startBasis', types: one, options: rows.startBases, required: true },
    { at: 'discoveredBy', types: one, required: true },
    { at: 'relationStage', types: one, options: rows.relationStages, required: true },
  ],
  async project(tx, filed): Promise<Record<string, Json>> {
    const caseId = filed.caseId!;
    const startBasis = textAt(filed.answers, 'startBasis') as rows.StartBasis;
    const clientId = await personOf(tx, filed);
    const basisId = await mustRestOn(tx, caseId, clientId, startBasis);
    const running = await rows.runningOutreach(tx, caseId);
    if (running && running.clientId !== clientId) throw wrongField('personId', 'この世帯では、ほかの方へのアウトリーチが続いています。それを終えてから始めてください。');
    // whose outreach it is goes on to what it asks for: participation of a son is not that of his mother
    const personId = textAt(filed.answers, 'personId');
    if (running) return { outreachId: running.id, startBasis: running.startBasis, personId };
    const outreachId = await beginOne(tx, filed, { caseId, clientId, startBasis, basisId, discoveredBy: textAt(filed.answers, 'discoveredBy') ?? '', stage: textAt(filed.answers, 'relationStage') as rows.RelationStage });
    return { outreachId, startBasis, personId };
  },
};

/** A visit with a risk is planned for two. @throws Problem form_invalid */
function mustPair(filed: Filed, twoPersons: boolean): void {
  for (const [at, row] of rowsAt(filed.answers, 'visitPlan').entries()) {
    const risky = textAt(row, 'risk') !== null && textAt(row, 'risk') !== 'none';
    if ((risky || twoPersons) && textAt(row, 'pair') === null) throw wrongField(`visitPlan/${at}/pair`, '危険が考えられる訪問は二人で行います。同行する職員を入力してください。');
  }
}

const plan: RecordKind = {
  key: 'F06.plan', title: 'アウトリーチ等プラン（働きかけ計画・安全確認）', compartment: 'agency',
  refuses: ['outreach_basis_missing'], needs: [
    { at: 'staffSafety', types: one, options: ['none', 'caution', 'two_persons'], required: true },
    { at: 'attemptLimit', types: ['number'], required: true },
    { at: 'nextContactOn', types: ['textfield'], required: true },
    { at: 'reviewOn', types: ['textfield'], required: true },
    { at: 'visitPlan', types: ['dynamiclist'] },
    { at: 'visitPlan[].pair', types: ['textfield'] },
    { at: 'visitPlan[].risk', types: one },
  ],
  async project(tx, filed): Promise<Record<string, Json>> {
    const found = await mustFind(tx, filed);
    const twoPersons = textAt(filed.answers, 'staffSafety') === 'two_persons';
    mustPair(filed, twoPersons);
    const attemptLimit = numberAt(filed.answers, 'attemptLimit') ?? 1;
    const nextContactOn = await nextDayAt(tx, filed, 'nextContactOn');
    const reviewOn = mustDayAt(filed.answers, 'reviewOn');
    if (reviewOn < today(tx, filed)) throw wrongField('reviewOn', '見直す日は、今日からの日にしてください。');
    await rows.planOutreach(tx, found.id, { twoPersons, attemptLimit, nextContactOn, reviewOn: earlier(reviewOn, (await reviews(tx, filed)).reviewOn) });
    return { nextContactIn: until(tx, filed, nextContactOn) };
  },
};

/** The attempt, checked against the two-person rule. @throws Problem form_invalid */
async function keepAttempt(tx: Tx, filed: Filed, found: rows.Outreach): Promise<Record<string, Json>> {
  const heldAt = instantAt(filed.answers, 'noteAt');
  if (heldAt === null) throw wrongField('noteAt', '日時を入力してください。');
  const method = textAt(filed.answers, 'method') ?? '';
  const pairs = textAt(filed.answers, 'partner') !== null;
  if (found.twoPersons && !pairs && (method === 'visit' || method === 'accompany')) throw wrongField('partner', 'この世帯への訪問と同行は二人で行うことになっています。同行した職員を入力してください。');
  const closes = textAt(filed.answers, 'attemptNext') === 'close';
  const nextContactOn = closes ? null : await nextDayAt(tx, filed, 'nextActionDue', filed.calendar.onDate(heldAt));
  const result = textAt(filed.answers, 'attemptResult') as rows.AttemptResult;
  await rows.addAttempt(tx, { outreachId: found.id, caseId: found.caseId, submissionId: filed.submissionId, method, pairs, result, nextContactOn, heldAt });
  await rows.setNextContact(tx, found.id, nextContactOn ?? (await latestDay(tx, filed)));
  return { nextContactIn: nextContactOn === null ? null : until(tx, filed, nextContactOn) };
}

const attemptNeeds = [
  { at: 'noteAt', types: ['datetime'], required: true },
  { at: 'method', types: one, options: methods, required: true },
  { at: 'partner', types: ['textfield'] },
  { at: 'attemptResult', types: one, options: rows.attemptResults, required: true },
  { at: 'nextActionDue', types: ['textfield'] },
];

const visit: RecordKind = {
  key: 'F06.visit', title: 'アウトリーチの訪問・連絡の記録', compartment: 'agency',
  happened: ['noteAt'],
  refuses: ['outreach_basis_missing'], needs: [...attemptNeeds, { at: 'attemptNext', types: one, options: ['continue', 'close'], required: true }],
  project: async (tx, filed) => keepAttempt(tx, filed, await mustFind(tx, filed)),
};

const contact: RecordKind = {
  key: 'F06.contact', title: 'アウトリーチの連絡の記録（随時）', compartment: 'agency', anytime: 'case',
  happened: ['noteAt'],
  needs: attemptNeeds,
  async project(tx, filed) {
    const found = await rows.runningOutreach(tx, filed.caseId!);
    if (!found || found.agencyCode !== filed.by.agencyCode) throw new Problem('not_found');
    await keepAttempt(tx, filed, found);
    return { outreachId: found.id };
  },
};

const stage: RecordKind = {
  key: 'F06.stage', title: 'アウトリーチ等プラン（関係性の段階）', compartment: 'agency',
  refuses: ['outreach_basis_missing'], needs: [{ at: 'relationStage', types: one, options: rows.relationStages, required: true }],
  async project(tx, filed) {
    const found = await mustFind(tx, filed);
    await rows.addStage(tx, { outreachId: found.id, caseId: found.caseId, submissionId: filed.submissionId, stage: textAt(filed.answers, 'relationStage') as rows.RelationStage });
    // how near one has come is looked at here: on the day of a review, or after it, that is the review
    if (found.reviewOn <= today(tx, filed)) await rows.setReviews(tx, found.id, { reviewOn: (await reviews(tx, filed)).reviewOn, recheckOn: null });
    return {};
  },
};

const consent: RecordKind = {
  key: 'F06.consent', title: 'アウトリーチ等プラン（同意と希望）', compartment: 'agency',
  refuses: ['outreach_basis_missing'], needs: [{ at: 'outreachConsent', types: one, options: ['obtained', 'already', 'not_yet', 'refused'], required: true }],
  async project(tx, filed) {
    const found = await mustFind(tx, filed);
    const answer = textAt(filed.answers, 'outreachConsent');
    if (answer !== 'already') return {};
    const consentId = await outreachConsent(tx, found.caseId, found.clientId);
    if (consentId === null) throw wrongField('outreachConsent', '働きかけている方の、いま有効な同意が記録されていません。');
    await rows.restOnConsent(tx, found.id, consentId);
    return {};
  },
};

/** To a place or people of the neighbourhood: what a form kept as F12.outreach is when it sends no slip (domain/referrals). */
const handTo: RecordKind = { key: 'F06.handTo', title: 'アウトリーチ等プラン（地域へのつなぎ）', compartment: 'agency', needs: [] };

const handOver: RecordKind = {
  key: 'F06.handOver', title: 'アウトリーチ等プラン（つなぎ）', compartment: 'agency',
  refuses: ['outreach_basis_missing'], needs: [{ at: 'relationStable', types: one, options: ['yes', 'no'], required: true }, { at: 'nextContactOn', types: ['textfield'] }],
  async project(tx, filed): Promise<Record<string, Json>> {
    const found = await mustFind(tx, filed);
    if (textAt(filed.answers, 'relationStable') !== 'no') return {};
    const day = await nextDayAt(tx, filed, 'nextContactOn');
    await rows.setNextContact(tx, found.id, day);
    return { nextContactIn: until(tx, filed, day) };
  },
};

const review: RecordKind = {
  key: 'F06.review', title: 'アウトリーチ等プラン（見直し）', compartment: 'agency',
  refuses: ['outreach_basis_missing'], needs: [{ at: 'outreachReview', types: one, options: ['continue', 'end'], required: true }],
  async project(tx, filed) {
    const found = await mustFind(tx, filed);
    if (textAt(filed.answers, 'outreachReview') === 'continue') await mustRestOn(tx, found.caseId, found.clientId, found.startBasis);
    await rows.setReviews(tx, found.id, await reviews(tx, filed));
    return {};
  },
};

const closing: RecordKind = {
  key: 'F06.closing', title: 'アウトリーチ等プラン（終結の提案）', compartment: 'agency',
  refuses: ['outreach_basis_missing'], needs: [{ at: 'endReason', types: one, options: rows.endReasons, required: true }, { at: 'relationStage', types: one, options: rows.relationStages, required: true }],
  async project(tx, filed) {
    const found = await mustFind(tx, filed);
    const last = textAt(filed.answers, 'relationStage') as rows.RelationStage;
    if (last !== found.stage) await rows.addStage(tx, { outreachId: found.id, caseId: found.caseId, submissionId: filed.submissionId, stage: last });
    await rows.endOutreach(tx, found.id, textAt(filed.answers, 'endReason') as rows.EndReason);
    await endAccess(tx, { caseId: found.caseId, basis: 'assignment', basisId: found.id }, 'outreach_ended');
    return {};
  },
};

export const outreachRecords: readonly RecordKind[] = [information, plan, visit, contact, stage, consent, handTo, handOver, review, closing];
