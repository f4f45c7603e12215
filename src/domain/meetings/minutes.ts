// What members say before, in and after a sitting (F09): replies, prep sheets, the judgement, minutes, papers, questionnaire.
import type { Tx } from '../../base/db.js';
import { Problem } from '../../base/problem.js';
import { caseworkRoles } from '../access.js';
import { agencyOfSeat } from '../agencies.js';
import type { Json } from '../../base/json.js';
import { understandings } from '../pledge-record.js';
import { recordPledge } from '../pledges.js';
import { instantAt, mustDayAt, textAt, textsAt, wrongField } from '../records/answers.js';
import type { Filed, RecordKind } from '../records/record.js';
import { numberForLatePledge, takeBackHandouts } from './papers.js';
import { handoutsOf } from './view.js';
import { inItsSitting, placedIn, seatAnswering, sittingOf } from './place.js';
import { meetingRules } from './rules.js';
import { isQuorate } from './schedule.js';
import { noteAttendance, recordPresence, seatsOf, uncovered, type Seat } from './seats.js';
import { changeSitting, findSitting, mustStand, postponeSitting, type Sitting } from './sittings.js';

/** T-P12-03: whether somebody comes, and who. */
const reply: RecordKind = {
  key: 'F09.reply',
  title: '出欠・資料の確認',
  compartment: 'team',
  refuses: ['pledge_missing', 'sitting_state'], needs: [{ at: 'attendance', types: ['radio', 'select'], options: ['attends', 'online', 'proxy', 'absent'], required: true }],
  place: inItsSitting(),
  async project(tx, filed) {
    const seat = await seatAnswering(tx, await sittingOf(tx, filed), filed);
    if (seat) await tx.db.sittingMember.update({ where: { id: seat.id }, data: { attendance: textAt(filed.answers, 'attendance') ?? 'unanswered' } });
    return {};
  },
};

/** T-P03-03: what an agency knows, does, wants and can do. */
const prepSheet: RecordKind = {
  key: 'F09.prepSheet',
  title: '事前準備シート',
  compartment: 'team',
  refuses: ['pledge_missing', 'sitting_state'], needs: [{ at: 'knownByMe', types: ['textarea'], required: true }, { at: 'myRole', types: ['textarea'], required: true }],
  place: inItsSitting(),
  async project(tx, filed) {
    await seatAnswering(tx, await sittingOf(tx, filed), filed);
    return {};
  },
};

/** Nobody may be present at a 重層的支援会議 whom the consent of a case does not cover at this moment. */
async function mustBeCovered(tx: Tx, sitting: Sitting, absent: readonly string[]): Promise<void> {
  const { groups, cases } = await uncovered(tx, sitting);
  const present = groups.filter((key) => !absent.includes(key));
  if (cases.length === 0 && present.length === 0) return;
  const way = '「開催できなかった（延期）」として記録し、本人に同意を確かめてから招集し直してください。';
  const detail = cases.length > 0 ? `いま有効な本人の同意がないため、この会議は開けません。${way}` : `出席する機関のうち、いま本人の同意が及んでいないところがあります。その機関が席を外したのなら欠席とし、そうでなければ${way}`;
  throw new Problem('consent_missing', { detail, errors: [{ pointer: cases.length > 0 ? '/answers/meetingResult' : '/answers/absentGroups', detail }], extra: { groups: present } });
}

/** A sitting that too few came to, or not its chair, is none: nothing is judged in it, it is called again (city/meetings.json). */
async function mustBeQuorate(tx: Tx, sitting: Sitting, absent: readonly string[]): Promise<void> {
  const seats = await seatsOf(tx, sitting.id);
  const present = new Set(seats.filter(({ groupKey }) => !absent.includes(groupKey)).map(({ id }) => id));
  if (isQuorate(seats, present, (await meetingRules(tx)).quorum)) return;
  throw wrongField('absentGroups', '定足数に足りないため、会議は成立していません。「開催できなかった」として記録し、あらためて招集してください。');
}

/** The consent was taken back on the very day of the sitting: nothing can be recorded of it but that it was not held. */
function mustBePostponed(result: string): Record<string, Json> {
  if (result === 'postponed') return {};
  const detail = '本人の同意がなくなったため、この回は開けません。「開催できなかった（延期）」として記録してください。';
  throw new Problem('consent_missing', { detail, errors: [{ pointer: '/answers/meetingResult', detail }] });
}

/** T-P12-04: it was held, or could not be. */
const judgement: RecordKind = {
  key: 'F09.judgement',
  title: '会議の開催と判断',
  compartment: 'team',
  happened: ['heldAt'],
  refuses: ['consent_missing', 'pledge_missing', 'sitting_state'], needs: [{ at: 'meetingResult', types: ['radio', 'select'], required: true }, { at: 'heldAt', types: ['datetime'], required: true }, { at: 'attendees', types: ['textarea'], required: true }, { at: 'absentGroups', types: ['checklist', 'taglist'] }],
  place: inItsSitting(),
  async project(tx, filed) {
    const sitting = await sittingOf(tx, filed);
    const result = textAt(filed.answers, 'meetingResult') ?? '';
    if (sitting.status === 'postponed') return mustBePostponed(result);
    mustStand(sitting, 'invited');
    if (result === 'postponed') {
      await postponeSitting(tx, sitting);
      return {};
    }
    const absent = textsAt(filed.answers, 'absentGroups');
    await mustBeQuorate(tx, sitting, absent);
    await mustBeCovered(tx, sitting, absent);
    await noteAttendance(tx, sitting.id, absent);
    await recordPresence(tx, sitting);
    await changeSitting(tx, sitting.id, { status: 'held', heldAt: instantAt(filed.answers, 'heldAt') ?? tx.now, result });
    return { sittingId: sitting.id };
  },
};

/** T-P12-05: what was said (confidential in a 支援会議), apart from the tasks, which are the decisions. */
const minutes: RecordKind = {
  key: 'F09.minutes',
  title: '会議録',
  compartment: 'team',
  refuses: ['pledge_missing', 'sitting_state'], needs: [{ at: 'sharedInfo', types: ['textarea'] }, { at: 'direction', types: ['textarea'], required: true }],
  place: inItsSitting(),
  async project(tx, filed) {
    mustStand(await sittingOf(tx, filed), 'held', 'minutes_confirmed');
    return {};
  },
};

/** T-P12-05: the minutes stand. */
const confirmation: RecordKind = {
  key: 'F09.confirmation',
  title: '会議録の確認・確定',
  compartment: 'team',
  refuses: ['pledge_missing', 'sitting_state'], needs: [{ at: 'confirmedBy', types: ['textfield'], required: true }],
  place: inItsSitting(),
  async project(tx, filed) {
    const sitting = await sittingOf(tx, filed);
    mustStand(sitting, 'held');
    await changeSitting(tx, sitting.id, { status: 'minutes_confirmed', minutesConfirmedAt: tx.now });
    return {};
  },
};

/** T-P12-07: every numbered copy of a 支援会議 comes back. */
const handouts: RecordKind = {
  key: 'F09.handouts',
  title: '資料回収の確認',
  compartment: 'team',
  refuses: ['pledge_missing', 'sitting_state'], needs: [{ at: 'handoutsCollected', types: ['radio', 'select'], options: ['yes', 'no', 'none'], required: true }, { at: 'missingNumbers', types: ['textfield'] }],
  place: inItsSitting(),
  async project(tx, filed) {
    const sitting = await sittingOf(tx, filed);
    const said = textAt(filed.answers, 'handoutsCollected');
    if (said === 'none' && sitting.handoutRule === 'numbered') throw wrongField('handoutsCollected', '番号を付けて配った資料があります。回収を確かめてください。');
    const missing = said === 'no' ? (textAt(filed.answers, 'missingNumbers') ?? '').normalize('NFKC').split(/\D+/).filter(Boolean).map(Number) : [];
    if (said === 'no' && missing.length === 0 && sitting.handoutRule === 'numbered') throw wrongField('missingNumbers', '戻っていない資料の番号を入力してください。');
    const issued = new Set((await handoutsOf(tx, sitting.id)).map(({ no }) => no));
    const unknown = missing.filter((no) => !issued.has(no));
    if (unknown.length > 0) throw wrongField('missingNumbers', `${unknown.join('、')} の番号の資料はありません。配った番号は ${[...issued].join('、') || 'ありません'} です。`);
    await takeBackHandouts(tx, sitting.id, missing);
    return {};
  },
};

async function sittingNamed(tx: Pick<Tx, 'db'>, filed: Filed): Promise<Sitting> {
  const id = textAt(filed.answers, 'sittingId') ?? '';
  const sitting = /^[0-9a-f-]{36}$/.test(id) ? await findSitting(tx, id) : null;
  if (!sitting) throw new Problem('not_found');
  return sitting;
}

/** 会議後アンケート, by name, from whoever sat there. */
const questionnaire: RecordKind = {
  key: 'F09.questionnaire',
  title: '会議後アンケート',
  compartment: 'team',
  anytime: { roles: caseworkRoles },
  refuses: ['pledge_missing', 'sitting_state'], needs: [{ at: 'sittingId', types: ['textfield'], required: true }, { at: 'clear', types: ['radio', 'select', 'number'], required: true }],
  async place(tx, filed) {
    const sitting = await sittingNamed(tx, filed);
    mustStand(sitting, 'held', 'minutes_confirmed', 'closed');
    await seatAnswering(tx, sitting, filed).catch(() => Promise.reject(new Problem('not_found')));
    return placedIn(tx, sitting);
  },
};

/** F11 for one sitting: who has not signed it is shown nothing, and nobody is until all have. */
const pledge: RecordKind = {
  key: 'F11.sitting',
  title: '守秘義務誓約書（支援会議ごと）',
  compartment: 'agency',
  besideSittings: true,
  happened: ['signedOn'],
  refuses: ['sitting_state'], needs: [
    { at: 'signs', types: ['radio', 'select'], options: ['yes', 'no'], required: true },
    { at: 'capacity', types: ['radio', 'select'], required: true },
    { at: 'textVersion', types: ['radio', 'select'], required: true },
    { at: 'understood', types: ['checklist', 'taglist'], options: understandings, required: true },
    { at: 'signedOn', types: ['textfield'], required: true },
    { at: 'paperSigner', types: ['textfield'], required: true },
  ],
  async project(tx, filed) {
    const sitting = await sittingOf(tx, filed, 'confidential');
    const seat = await seatAnswering(tx, sitting, filed);
    mustStand(sitting, 'convened', 'invited', 'held', 'minutes_confirmed');
    return seat && textAt(filed.answers, 'signs') === 'yes' ? sign(tx, sitting, filed, signerOf(filed, seat)) : {};
  },
};

/** Who pledges: whoever answers, or who signed the paper of an agency without an inbox, which the office holds in its hands. */
function signerOf({ answers, by }: Filed, { groupKey, agencyCode }: Seat): { userId: string | null; personName: string; agencyCode: string } {
  const personName = textAt(answers, 'paperSigner');
  if (agencyOfSeat(groupKey) === null) {
    if (textAt(answers, 'signedBy') === 'paper') throw wrongField('signedBy', '受け箱のある機関の構成員は、自分で誓約します。紙の誓約書は「守秘義務誓約書」（いつでも出せる様式）で登録してください。');
    return { userId: by.userId, personName: by.name, agencyCode: by.agencyCode };
  }
  if (personName === null) throw wrongField('paperSigner', '紙の誓約書に署名した人の氏名を入力してください。');
  return { userId: null, personName, agencyCode };
}

async function sign(tx: Tx, sitting: Sitting, { answers, submissionId }: Filed, signer: ReturnType<typeof signerOf>): Promise<Record<string, Json>> {
  const understood = textsAt(answers, 'understood');
  if (understandings.some((point) => !understood.includes(point))) throw wrongField('understood', 'すべての項目を確かめてからでないと、誓約になりません。');
  const signedOn = mustDayAt(answers, 'signedOn');
  const text = { capacity: textAt(answers, 'capacity') ?? '', textVersion: textAt(answers, 'textVersion') ?? '', understood };
  const pledgeId = await recordPledge(tx, { ...signer, ...text, validFor: 'sitting', sittingId: sitting.id, signedOn, validUntil: null, submissionId });
  await numberForLatePledge(tx, sitting.id);
  return { pledgeId };
}

export const sittingRecords: readonly RecordKind[] = [reply, prepSheet, judgement, minutes, confirmation, handouts, questionnaire, pledge];
