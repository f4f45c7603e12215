// F07 参加支援プラン, part by part, as its steps are taken (T-P06-01 to 09).
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { endAccess } from '../access.js';
import { caseBeganOn } from '../cases.js';
import { personOf } from '../people/of-case.js';
import { assign, workGroupsOf } from '../outreach/assigned.js';
import { tellMoment } from '../counted.js';
import type { Filed, RecordKind } from '../records/record.js';
import { dayAt, mustDayAt, numberAt, rowsAt, textAt, textsAt, variableText, wrongField } from '../records/answers.js';
import { mustNotName, openItem } from '../resources/development.js';
import type { Criteria } from '../resources/matching.js';
import { mustFindResource } from '../resources/record.js';
import { findByNo, lockSeat, resourceGroups } from '../resources/resources.js';
import { accessWords, dayWords, interestWords, keysOf, purposeWords, searchResults, sizeWords, supportWords } from '../resources/words.js';
import { tellHost } from './hosts.js';
import * as rows from './participation.js';

const many = ['checklist', 'taglist'];
const one = ['radio', 'select'];
const text = ['textfield', 'textarea'];

/** The support that the process is about. @throws Problem not_found when there is none, or it is another case's */
async function mustFind(tx: Tx, filed: Filed): Promise<rows.Participation> {
  const id = filed.variables['participationId'];
  const found = typeof id === 'string' ? await rows.findParticipation(tx, id) : null;
  if (!found || found.caseId !== filed.caseId) throw new Problem('not_found');
  return found;
}

const today = (tx: Tx, filed: Filed): string => filed.calendar.onDate(tx.now);

function criteriaOf({ answers }: Filed): Criteria {
  const gender = textAt(answers, 'gender');
  return {
    purposes: textsAt(answers, 'purpose'), interests: textsAt(answers, 'interests'), area: textAt(answers, 'area'), days: textsAt(answers, 'days'), groupSize: textAt(answers, 'groupSize'),
    maxCostYen: numberAt(answers, 'maxCostYen'), access: textsAt(answers, 'access'), supports: textsAt(answers, 'supports'), age: numberAt(answers, 'age'),
    gender: gender === 'men' || gender === 'women' ? gender : null,
  };
}

/** The plan of the city that this support belongs to; nothing said: the one in force, if there is one. @throws Problem form_invalid when it is none of this case */
async function planNoOf(tx: Tx, filed: Filed): Promise<string | null> {
  const said = textAt(filed.answers, 'entry')?.normalize('NFKC').replace(/\s/g, '').toUpperCase() ?? null;
  const numbers = await tx.db.$queryRawUnsafe<{ no: string; holds: boolean }[]>(
    `select c.case_no || '-P' || p.version as no, p.status = 'decided' as holds from plan p join support_case c on c.id = p.case_id where p.case_id = $1::uuid order by p.version desc`, filed.caseId);
  if (said === null) return numbers.find(({ holds }) => holds)?.no ?? null;
  if (!numbers.some(({ no }) => no.toUpperCase() === said)) throw wrongField('entry', 'このケースのプランの番号ではありません。');
  return said;
}

const wish: RecordKind = {
  key: 'F07.wish', title: '参加支援プラン（受付・希望）', compartment: 'team',
  needs: [
    { at: 'personId', types: ['textfield'] },
    { at: 'entry', types: text },
    { at: 'wish', types: text, required: true },
    { at: 'purpose', types: many, options: keysOf(purposeWords), required: true },
    { at: 'interests', types: many, options: keysOf(interestWords) },
    { at: 'area', types: one },
    { at: 'days', types: many, options: keysOf(dayWords) },
    { at: 'groupSize', types: one, options: keysOf(sizeWords) },
    { at: 'maxCostYen', types: ['number'] },
    { at: 'access', types: many, options: keysOf(accessWords) },
    { at: 'supports', types: many, options: keysOf(supportWords) },
    { at: 'age', types: ['number'] },
    { at: 'gender', types: one, options: ['any', 'men', 'women'] },
  ],
  async project(tx, filed): Promise<Record<string, Json>> {
    const caseId = filed.caseId!;
    const criteria = criteriaOf(filed);
    // emptied, the field would mean the 本人: the support of one is not begun as that of another
    if (variableText(filed, 'personId') !== null && textAt(filed.answers, 'personId') === null) throw wrongField('personId', 'アウトリーチで関わってきた方への参加支援です。その方の番号を入れてください。');
    const clientId = await personOf(tx, filed);
    const participationId = await rows.startParticipation(tx, { caseId, clientId, planNo: await planNoOf(tx, filed), purposes: criteria.purposes, criteria });
    await assign(tx, { caseId, serviceId: participationId, groups: await workGroupsOf(tx, filed.by, 'participation'), submissionId: filed.submissionId });
    return { participationId };
  },
};

const plan: RecordKind = {
  key: 'F07.plan', title: '参加支援プラン', compartment: 'team',
  needs: [{ at: 'purpose', types: many, options: keysOf(purposeWords), required: true }],
  async project(tx, filed) {
    const { id } = await mustFind(tx, filed);
    await rows.changePurposes(tx, id, textsAt(filed.answers, 'purpose'));
    await rows.moveTo(tx, id, 'plan');
    return {};
  },
};

/** "なし" becomes work: what is missing, without whom it is missing for. */
async function openGap(tx: Tx, filed: Filed, found: rows.Participation): Promise<Record<string, Json>> {
  const summary = textAt(filed.answers, 'gapSummary');
  if (summary === null) throw wrongField('gapSummary', '入力してください。');
  await mustNotName(tx, found.caseId, { gapSummary: summary });
  const [ownerGroup = 'grp.resource'] = await resourceGroups(tx);
  const item = await openItem(tx, { summary, purposes: found.purposes, area: found.criteria.area, ownerGroup });
  await rows.noteGap(tx, { participationId: found.id, itemId: item.id, caseId: found.caseId });
  return { developmentItemId: item.id };
}

const search: RecordKind = {
  key: 'F07.search', title: '参加支援プラン（資源検討）', compartment: 'team',
  refuses: ['issue_identifies'], needs: [
    { at: 'resourceSearch', types: ['dynamiclist'] },
    { at: 'resourceSearch[].resourceNo', types: ['textfield'] },
    { at: 'resourceSearch[].place', types: ['textfield'], required: true },
    { at: 'resourceSearch[].result', types: one, options: searchResults, required: true },
    { at: 'resourceSearch[].condition', types: text },
    { at: 'resourceFound', types: one, options: ['found', 'none'], required: true },
    { at: 'gapSummary', types: ['textfield'] },
  ],
  async project(tx, filed): Promise<Record<string, Json>> {
    const found = await mustFind(tx, filed);
    await rows.moveTo(tx, found.id, 'search');
    for (const [at, row] of rowsAt(filed.answers, 'resourceSearch').entries()) {
      const no = textAt(row, 'resourceNo');
      const resource = no === null ? null : await findByNo(tx, no);
      if (no !== null && !resource) throw wrongField(`resourceSearch/${at}/resourceNo`, '社会資源台帳にこの番号はありません。');
      await rows.addSearch(tx, { participationId: found.id, caseId: found.caseId, submissionId: filed.submissionId, resourceId: resource?.id ?? null, place: textAt(row, 'place') ?? '', result: textAt(row, 'result') ?? '', condition: textAt(row, 'condition'), line: at });
    }
    return textAt(filed.answers, 'resourceFound') === 'none' ? openGap(tx, filed, found) : {};
  },
};

/** @throws Problem form_invalid for a day on which there was no case yet */
async function mustLieInTheCase(tx: Tx, filed: Filed, days: readonly string[]): Promise<void> {
  const began = await caseBeganOn(tx, filed.caseId!);
  const at = days.findIndex((day) => day < began);
  if (at >= 0) throw wrongField(`trials/${at}/triedOn`, 'このケースの受付より前の日です。');
}

const trial: RecordKind = {
  key: 'F07.trial', title: '参加支援プラン（お試し）', compartment: 'team',
  refuses: ['consent_missing'], needs: [
    { at: 'resourceNo', types: ['textfield'], required: true },
    { at: 'trialResult', types: one, options: ['fit', 'unfit', 'withdrawn'], required: true },
    { at: 'trials', types: ['dynamiclist'] },
    { at: 'trials[].triedOn', types: ['textfield'], required: true },
  ],
  happened: ['trials[].triedOn'],
  async project(tx, filed) {
    const found = await mustFind(tx, filed);
    const place = await mustFindResource(tx, filed.answers, 'resourceNo');
    const result = textAt(filed.answers, 'trialResult') ?? '';
    // somebody who declined was not taken there under a consent that may be gone by now; everybody else was
    if (result !== 'withdrawn') await tellHost(tx, { caseId: found.caseId, clientId: found.clientId, submissionId: filed.submissionId, place });
    const days = rowsAt(filed.answers, 'trials').map((row, at) => mustDayAt(row, 'triedOn', `trials/${at}/triedOn`));
    await mustLieInTheCase(tx, filed, days);
    if (days.length === 0 && result !== 'withdrawn') throw wrongField('trials', 'お試しの日を1行以上入力してください。');
    for (const [line, triedOn] of (days.length > 0 ? days : [today(tx, filed)]).entries()) await rows.addTrial(tx, { participationId: found.id, caseId: found.caseId, submissionId: filed.submissionId, resourceId: place.id, triedOn, result, line });
    await rows.moveTo(tx, found.id, 'trial');
    if (result === 'withdrawn') await end(tx, filed, found, 'interrupted');
    return {};
  },
};

async function end(tx: Tx, filed: Filed, found: rows.Participation, outcome: rows.Outcome): Promise<void> {
  await rows.endParticipation(tx, found.id, outcome, { stableOn: dayAt(filed.answers, 'stableOn'), today: today(tx, filed) });
  await endAccess(tx, { caseId: found.caseId, basis: 'assignment', basisId: found.id }, `participation_${outcome}`);
}

const match: RecordKind = {
  key: 'F07.match', title: '参加支援プラン（マッチング）', compartment: 'team',
  refuses: ['consent_missing', 'resource_full'], needs: [
    { at: 'matches', types: ['dynamiclist'] },
    { at: 'matches[].resourceNo', types: ['textfield'], required: true },
    { at: 'matches[].startOn', types: ['textfield'], required: true },
    { at: 'matches[].frequency', types: text },
    { at: 'matches[].role', types: text },
    { at: 'matches[].receiverStaff', types: ['textfield'] },
  ],
  async project(tx, filed): Promise<Record<string, Json>> {
    const found = await mustFind(tx, filed);
    const wanted = rowsAt(filed.answers, 'matches');
    if (wanted.length === 0) throw wrongField('matches', '受入先を1行以上入力してください。');
    const places = await Promise.all(wanted.map((row, at) => mustFindResource(tx, row, 'resourceNo', `matches/${at}/resourceNo`)));
    // in the order of their numbers, so that two who want the same two places never wait for each other
    const order = places.map((place, at) => ({ place, row: wanted[at]!, at })).toSorted((a, b) => (a.place.no < b.place.no ? -1 : 1));
    for (const { place, row, at } of order) {
      await tellHost(tx, { caseId: found.caseId, clientId: found.clientId, submissionId: filed.submissionId, place });
      if (await rows.hasSeat(tx, found.id, place.id)) continue;
      await lockSeat(tx, place.id);
      await rows.takeSeat(tx, {
        participationId: found.id, caseId: found.caseId, submissionId: filed.submissionId, resourceId: place.id, startOn: mustDayAt(row, 'startOn', `matches/${at}/startOn`),
        frequency: textAt(row, 'frequency'), role: textAt(row, 'role'), receiverStaff: textAt(row, 'receiverStaff'),
      });
    }
    await rows.moveTo(tx, found.id, 'match');
    const begins = await rows.firstDay(tx, found.id);
    return { matchStartsAt: begins === null ? null : await tellMoment(tx, found.caseId, filed.calendar.openingOf(begins)) };
  },
};

const followUp: RecordKind = {
  key: 'F07.followUp', title: '参加支援プラン（定着支援）', compartment: 'team',
  needs: [
    { at: 'heldOn', types: ['textfield'], required: true },
    { at: 'settlingResult', types: one, options: ['continuing', 'stable', 'adjust', 'rematch'], required: true },
    { at: 'stableOn', types: ['textfield'] },
  ],
  happened: ['heldOn', 'stableOn'],
  async project(tx, filed) {
    const found = await mustFind(tx, filed);
    const result = textAt(filed.answers, 'settlingResult') ?? '';
    await rows.addFollowUp(tx, { participationId: found.id, caseId: found.caseId, submissionId: filed.submissionId, heldOn: mustDayAt(filed.answers, 'heldOn'), result });
    await rows.moveTo(tx, found.id, result === 'rematch' ? 'search' : 'settling');
    if (result === 'rematch') await rows.giveBackSeats(tx, { participationId: found.id }, 'rematch', today(tx, filed));
    return {};
  },
};

const adjust: RecordKind = {
  key: 'F07.adjust', title: '参加支援プラン（環境調整）', compartment: 'team',
  needs: [],
  async project(tx, filed) {
    await mustFind(tx, filed);
    return {};
  },
};

const outcome: RecordKind = {
  key: 'F07.outcome', title: '参加支援プラン（定着の評価）', compartment: 'team',
  needs: [{ at: 'outcome', types: one, options: [...rows.outcomes], required: true }, { at: 'stableOn', types: ['textfield'] }],
  happened: ['stableOn'],
  async project(tx, filed) {
    const found = await mustFind(tx, filed);
    const result = textAt(filed.answers, 'outcome') as rows.Outcome;
    if (result === 'continuing') await rows.moveTo(tx, found.id, 'settling');
    else if (result === 'rematch') {
      await rows.giveBackSeats(tx, { participationId: found.id }, 'rematch', today(tx, filed));
      await rows.moveTo(tx, found.id, 'search');
    } else await end(tx, filed, found, result);
    return {};
  },
};

const leave: RecordKind = {
  key: 'F07.leave', title: '受入先の利用終了', compartment: 'team', anytime: 'case',
  needs: [{ at: 'resourceNo', types: ['textfield'], required: true }, { at: 'endedOn', types: ['textfield'], required: true }, { at: 'personId', types: ['textfield'] }],
  happened: ['endedOn'],
  async project(tx, filed) {
    const place = await mustFindResource(tx, filed.answers, 'resourceNo');
    const on = mustDayAt(filed.answers, 'endedOn');
    const seats = await rows.seatsAt(tx, filed.caseId!, place.id);
    // nobody loses a seat because somebody else of the family leaves: with several there, it is said who
    const several = new Set(seats.map(({ clientId }) => clientId)).size > 1;
    if (several && textAt(filed.answers, 'personId') === null) throw wrongField('personId', 'このケースからは複数の方がこの受入先を利用しています。どなたが終わったか、世帯の一覧の番号を入れてください。');
    const whose = textAt(filed.answers, 'personId') === null ? null : await personOf(tx, filed);
    const left = seats.filter(({ clientId }) => whose === null || clientId === whose);
    if (left.length === 0) throw wrongField('resourceNo', 'このケースの方は、いまこの受入先を利用していません。');
    for (const { participationId } of left) await rows.giveBackSeats(tx, { participationId, resourceId: place.id }, 'left', on);
    return {};
  },
};

export const participationRecords: readonly RecordKind[] = [wish, plan, search, trial, match, followUp, adjust, outcome, leave];
