// F14 社会資源台帳, the check of an entry, and what becomes of a 開拓課題.
import { Problem } from '../../base/problem.js';
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import type { FieldNeed, Filed, RecordKind } from '../records/record.js';
import { raiseIssue } from '../community/issues.js';
import { caseOf, mustDayAt, numberAt, textAt, textsAt, wrongField, type Answers } from '../records/answers.js';
import { resourceRules } from '../settings.js';
import { findItem, findItemByNo, moveItem, mustNotName, type DevelopmentItem } from './development.js';
import { addResource, holdResource, changeResource, findByNo, noteCheck, takeBackResource, type ResourceData, type ResourceRow } from './resources.js';
import { accessWords, checkResults, dayWords, genderWords, interestWords, inWords, keysOf, kindWords, purposeWords, sizeWords, supportWords } from './words.js';

const many = ['checklist', 'taglist'];
const one = ['radio', 'select'];
const keepers = { roles: ['resourceManager', 'participationWorker', 'outreachWorker'] } as const;

const placeNeeds: readonly FieldNeed[] = [
  { at: 'name', types: ['textfield'], required: true },
  { at: 'kinds', types: many, options: keysOf(kindWords), required: true },
  { at: 'purposes', types: many, options: keysOf(purposeWords) },
  { at: 'interests', types: many, options: keysOf(interestWords) },
  { at: 'days', types: many, options: keysOf(dayWords) },
  { at: 'access', types: many, options: keysOf(accessWords) },
  { at: 'supports', types: many, options: keysOf(supportWords) },
  { at: 'groupSize', types: one, options: keysOf(sizeWords) },
  { at: 'gender', types: one, options: keysOf(genderWords) },
  ...['costYen', 'ageFrom', 'ageTo', 'capacity'].map((at) => ({ at, types: ['number'] })),
  ...['owner', 'address', 'opening'].map((at) => ({ at, types: ['textfield', 'textarea'] })),
  ...['conditions', 'contactRule'].map((at) => ({ at, types: ['textfield', 'textarea'] })),
  { at: 'area', types: one },
];

/** What stands in the directory, as the form has it. */
const answersOf = (row: ResourceRow): Record<string, Json> => ({
  name: row.name, kinds: [...row.kinds], owner: row.owner, address: row.address, area: row.area, purposes: [...row.purposes], interests: [...row.interests], days: [...row.days], access: [...row.access],
  supports: [...row.supports], groupSize: row.groupSize, costYen: row.costYen, costNote: row.costNote, ageFrom: row.ageFrom, ageTo: row.ageTo, gender: row.gender, capacity: row.capacity, conditions: row.conditions,
  contactRule: row.contactRule, opening: row.opening,
});

/** @throws Problem form_invalid when the ages are the wrong way round */
function placeOf(answers: Answers): ResourceData {
  const [ageFrom, ageTo] = [numberAt(answers, 'ageFrom'), numberAt(answers, 'ageTo')];
  if (ageFrom !== null && ageTo !== null && ageFrom > ageTo) throw wrongField('ageTo', '下の年齢以上にしてください。');
  return {
    name: textAt(answers, 'name') ?? '', kinds: textsAt(answers, 'kinds'), owner: textAt(answers, 'owner'), address: textAt(answers, 'address'), area: textAt(answers, 'area'),
    purposes: textsAt(answers, 'purposes'), interests: textsAt(answers, 'interests'), days: textsAt(answers, 'days'), access: textsAt(answers, 'access'), supports: textsAt(answers, 'supports'),
    groupSize: textAt(answers, 'groupSize'), costYen: numberAt(answers, 'costYen'), costNote: textAt(answers, 'costNote'), ageFrom, ageTo, gender: textAt(answers, 'gender'),
    capacity: numberAt(answers, 'capacity'), conditions: textAt(answers, 'conditions'), contactRule: textAt(answers, 'contactRule'), opening: textAt(answers, 'opening'),
  };
}

/** @throws Problem form_invalid when the directory has no such number */
export async function mustFindResource(tx: Tx, answers: Answers, key: string, at: string = key): Promise<ResourceRow> {
  const no = textAt(answers, key);
  const found = no === null ? null : await findByNo(tx, no);
  if (!found) throw wrongField(at, '社会資源台帳にこの番号はありません。');
  return found;
}

/** @throws Problem form_invalid: a day that has not come yet cannot have been verified on */
function verifiedOf(filed: Filed, tx: Tx): { on: string; by: string } {
  const on = mustDayAt(filed.answers, 'verifiedOn');
  if (on > filed.calendar.onDate(tx.now)) throw wrongField('verifiedOn', '今日より後の日にはできません。');
  return { on, by: textAt(filed.answers, 'verifiedBy') ?? filed.by.name };
}

async function registerPlace(tx: Tx, filed: Filed): Promise<Record<string, Json>> {
  const verified = verifiedOf(filed, tx);
  const developmentNo = textAt(filed.answers, 'developmentNo');
  const item = developmentNo === null ? null : await findItemByNo(tx, developmentNo);
  if (developmentNo !== null && !item) throw wrongField('developmentNo', 'この番号の開拓課題はありません。');
  const known = textAt(filed.answers, 'resourceNo') === null ? null : await holdResource(tx, (await mustFindResource(tx, filed.answers, 'resourceNo')).id);
  // put right: what was not sent stays as it is
  const said = Object.entries(filed.answers).filter(([key]) => filed.sent.has(key));
  const data = placeOf(known ? { ...answersOf(known), ...Object.fromEntries(said) } : filed.answers);
  if (known) await changeResource(tx, known.id, data, verified);
  const { id, no } = known ?? (await addResource(tx, data, verified, filed.calendar.onDate(tx.now)));
  await noteCheck(tx, { resourceId: id, result: known ? 'changed' : 'registered', submissionId: filed.submissionId, ...verified });
  if (item) await moveItem(tx, item.id, { status: 'found', ownerId: filed.by.userId, resourceId: id });
  return { resourceId: id, resourceNo: no };
}

const register: RecordKind = {
  key: 'F14', title: '社会資源台帳', compartment: 'office', anytime: keepers,
  needs: [...placeNeeds, { at: 'resourceNo', types: ['textfield'] }, { at: 'developmentNo', types: ['textfield'] }, { at: 'verifiedOn', types: ['textfield'], required: true }, { at: 'verifiedBy', types: ['textfield'] }],
  project: registerPlace,
  async current(tx, no) {
    const row = await findByNo(tx, no);
    return row && { resourceNo: row.no, ...answersOf(row) };
  },
  async undo(tx, submissionId) {
    const today = new Date(tx.now.getTime() + 9 * 3_600_000).toISOString().slice(0, 10); // in Japan
    if (!(await takeBackResource(tx, submissionId, today))) throw new Problem('import_in_use', { detail: '取り込んだ社会資源が、そのあと確認・変更されたか、使われています。' });
  },
};

const check: RecordKind = {
  key: 'F14.check', title: '社会資源の確認', compartment: 'office', anytime: keepers,
  needs: [
    { at: 'resourceNo', types: ['textfield'], required: true },
    { at: 'checkResult', types: one, options: checkResults, required: true },
    { at: 'verifiedOn', types: ['textfield'], required: true },
    { at: 'verifiedBy', types: ['textfield'] },
  ],
  async project(tx, filed) {
    const found = await mustFindResource(tx, filed.answers, 'resourceNo');
    const result = textAt(filed.answers, 'checkResult') as (typeof checkResults)[number];
    await noteCheck(tx, { resourceId: found.id, result, submissionId: filed.submissionId, ...verifiedOf(filed, tx) });
    return { resourceId: found.id };
  },
};

/** The item that T-P06-04 works on. @throws Problem not_found when the process knows of none */
async function itemOf(tx: Tx, filed: Filed): Promise<DevelopmentItem> {
  const id = filed.variables['developmentItemId'];
  const item = typeof id === 'string' ? await findItem(tx, id) : null;
  if (!item) throw new Problem('not_found');
  return item;
}

const areaName = async (tx: Tx, code: string | null): Promise<string | null> => (await resourceRules(tx)).areas.find((one) => one.code === code)?.name ?? code;

/** 分野 of the issue by what the place was for. */
const categoryOf = (purposes: readonly string[]): string => (purposes.some((one) => one.startsWith('work_') || one === 'role') ? 'work' : purposes.includes('housing') ? 'housing' : 'place');

/**
 * What could not be opened up is a 地域課題: made of the item, which says nothing of whom it is missing for, and of what whoever tried
 * writes for the town. It waits to be looked through by somebody else like any other.
 * @throws Problem issue_identifies
 */
async function becomeIssue(tx: Tx, filed: Filed, item: DevelopmentItem): Promise<string> {
  const facts = textAt(filed.answers, 'communityIssue') ?? item.summary;
  const caseId = caseOf(filed);
  await mustNotName(tx, caseId, { communityIssue: facts });
  const wanted = item.purposes.length > 0 ? inWords(purposeWords, item.purposes) : null;
  return raiseIssue(tx, { caseId, category: categoryOf(item.purposes), area: await areaName(tx, item.area), title: item.summary, facts, wanted }, filed.by, filed.calendar.onDate(tx.now), filed.submissionId);
}

const development: RecordKind = {
  key: 'F14.development', title: '社会資源台帳（新規開拓）', compartment: 'team',
  refuses: ['issue_identifies'], needs: [...placeNeeds.map((need) => ({ ...need })), { at: 'resourceDeveloped', types: one, options: ['success', 'failure'], required: true }, { at: 'communityIssue', types: ['textfield'] }],
  async project(tx, filed): Promise<Record<string, Json>> {
    const item = await itemOf(tx, filed);
    const ownerId = filed.by.userId;
    if (textAt(filed.answers, 'resourceDeveloped') === 'failure') {
      const issueId = await becomeIssue(tx, filed, item);
      await moveItem(tx, item.id, { status: 'community', ownerId, resourceId: null, issueId });
      return { issueId };
    }
    const verified = { on: filed.calendar.onDate(tx.now), by: filed.by.name };
    const { id } = await addResource(tx, placeOf(filed.answers), verified, verified.on);
    await noteCheck(tx, { resourceId: id, result: 'registered', submissionId: filed.submissionId, ...verified });
    await moveItem(tx, item.id, { status: 'found', ownerId, resourceId: id });
    return { resourceId: id };
  },
};

export const resourceRecords: readonly RecordKind[] = [register, check, development];
