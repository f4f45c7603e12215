// F01・F02 相談受付・申込票 and F03 インテーク・アセスメントシート: what they need, and what they make of a case: its 本人 and household.
// One sheet at the window is F01 where the person signs and F02 where nobody does; F02 is read by its agency and by those who
// judge what may be done without consent.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { mustHaveAttachments } from './attachments.js';
import { identityIn, learnOf, registerClient } from './clients.js';
import { likelyFor, lockNames } from './duplicates.js';
import { placeMembers, placeSubject, type MemberAnswers } from './households.js';
import { reachedClients } from './reach.js';
import { cityCoordinators } from '../agencies.js';
import { caseNoOf } from '../cases.js';
import { notifyMembers } from '../process-notices.js';
import type { FieldNeed, Filed, RecordKind } from '../records/record.js';
import { takeBackPeople } from './take-back.js';

const household: readonly FieldNeed[] = [
  { at: 'household', types: ['dynamiclist'] },
  { at: 'household[].name', types: ['textfield'], required: true },
  { at: 'household[].birthDate', types: ['textfield'] },
  { at: 'household[].relation', types: ['select', 'radio'], required: true },
  { at: 'household[].cohabit', types: ['select', 'radio'], options: ['together', 'apart'], required: true },
  { at: 'household[].knownPersonId', types: ['textfield'] },
  { at: 'household[].duplicateChecked', types: ['select', 'radio'], options: ['someone_else'] },
];

const intakeNeeds: readonly FieldNeed[] = [
  { at: 'variant', types: ['radio', 'select'], options: ['consented', 'no_consent'], required: true },
  ...['kana', 'name', 'knownAs'].map((at): FieldNeed => ({ at, types: ['textfield'], required: true })),
  ...['commonName', 'formerName', 'birthDate', 'address', 'phoneHome', 'phoneMobile', 'knownPersonId'].map((at): FieldNeed => ({ at, types: ['textfield'] })),
  { at: 'duplicateChecked', types: ['select', 'radio'], options: ['someone_else'] },
  ...household,
  { at: 'consent.types', types: ['checklist', 'taglist'], required: true },
  { at: 'consent.method', types: ['select', 'radio'], required: true },
  { at: 'consent.signedBy', types: ['textfield'], required: true },
  { at: 'noConsentReason', types: ['checklist', 'taglist'], required: true },
  { at: 'legalBasis', types: ['select', 'radio'], required: true },
];

/** Makes of the consent block of F01 what the domain of consents holds (F10). Handed in where that domain is. */
export interface IntakeConsent {
  keep(tx: Tx, filed: Filed, subjectId: string, consent: Readonly<Record<string, Json>>): Promise<void>;
  /** Takes back what it made of a sheet that was imported by mistake. */
  takeBack(tx: Tx, submissionId: string): Promise<void>;
}

const isRow = (value: Json): value is Record<string, Json> => value !== null && typeof value === 'object' && !Array.isArray(value);
export const rowsOf = (value: Json | undefined): MemberAnswers[] => (Array.isArray(value) ? value.filter(isRow) : []);

export function caseOf(filed: Filed): string {
  if (filed.caseId === null) throw new Error('this record is about a case');
  return filed.caseId;
}

async function registerSubject(tx: Tx, filed: Filed, onDate: string): Promise<string> {
  const known = filed.answers['knownPersonId'];
  if (typeof known === 'string' && known !== '') {
    if ((await reachedClients(tx, filed.by, [known])).has(known)) return learnOf(tx, known, identityIn(filed.answers), onDate);
    throw new Problem('form_invalid', { errors: [{ pointer: '/answers/knownPersonId', detail: 'この番号の人は見つかりません。重複の確認で選び直してください。' }] });
  }
  return registerClient(tx, identityIn(filed.answers), onDate);
}

/** Somebody registered by a sheet. `at`: where they stand in it (`household/0/`; the 本人: ''). */
interface Registered {
  id: string;
  at: string;
  said: MemberAnswers;
}

const oneOfOurs = '同じ人かもしれない登録があります。同じ人ならその番号を選び、別の人なら「別の人と確かめた」を選んでください。';
const oneElsewhere = '該当の可能性のある登録がほかの機関にあります。重層コーディネーターに確かめてください。別の人とわかったら「別の人と確かめた」を選んでください。';

/**
 * Nobody is registered who may be registered already, until whoever files has said that it is somebody else (`duplicateChecked`) or
 * who it is (`knownPersonId`). What they do not reach is only said to be there, where even that may be said; whatever stays open
 * then is the coordinators' to look at. A form from before that question is only warned about.
 * @throws Problem possible_duplicates: `duplicates` names the registrations that the filer reaches
 */
async function mustBeSomebodyElse(tx: Tx, filed: Filed, registered: readonly Registered[]): Promise<void> {
  const asked: { at: string; ids: string[]; elsewhere: boolean }[] = [];
  const warned = new Set<string>();
  let open = false;
  await lockNames(tx, registered.map(({ said }) => identityIn(said)));
  for (const { at, said } of registered) {
    const likely = await likelyFor(tx, filed.by, identityIn(said), registered.map(({ id }) => id));
    const answered = said['duplicateChecked'] === 'someone_else';
    if (!answered && !('duplicateChecked' in said)) for (const id of likely.reached) warned.add(id);
    else if (!answered && (likely.reached.length > 0 || likely.elsewhere === 'said')) asked.push({ at, ids: likely.reached, elsewhere: likely.elsewhere === 'said' });
    open ||= likely.elsewhere !== 'none';
  }
  if (asked.length > 0) {
    throw new Problem('possible_duplicates', {
      errors: asked.map(({ at, ids, elsewhere }) => ({ pointer: `/answers/${at}duplicateChecked`, detail: [...(ids.length > 0 ? [oneOfOurs] : []), ...(elsewhere ? [oneElsewhere] : [])].join('') })),
      extra: { duplicates: asked.map(({ at, ids, elsewhere }) => ({ pointer: `/answers/${at}duplicateChecked`, ids, elsewhereAtLeast: elsewhere ? 1 : 0 })) },
    });
  }
  if (warned.size > 0) filed.warn({ code: 'possible_duplicates', detail: '同じ人がすでに登録されている可能性があります。確かめて、同じ人なら統合してください。', ids: [...warned].toSorted() });
  if (open) await notifyMembers(tx, await cityCoordinators(tx), { businessKey: (await caseNoOf(tx, caseOf(filed))), rule: 'possible_duplicate', urgent: false });
}

async function projectHousehold(tx: Tx, filed: Filed, onDate: string): Promise<Registered[]> {
  const mayLink = async (id: string): Promise<boolean> => (await reachedClients(tx, filed.by, [id])).has(id);
  const rows = rowsOf(filed.answers['household']);
  const added = await placeMembers(tx, { caseId: caseOf(filed), submissionId: filed.submissionId, onDate }, rows, mayLink);
  return added.map(({ id, said }) => ({ id, said, at: `household/${rows.indexOf(said)}/` }));
}

/** Whom a sheet would register, before it is filed: who has not been said to be known or to be somebody else. */
function peopleIn(answers: Readonly<Record<string, Json>>): { at: string; said: MemberAnswers }[] {
  const rows = rowsOf(answers['household']).map((said, index) => ({ at: `household/${index}/`, said }));
  return [{ at: '', said: answers }, ...rows].filter(({ said }) => !said['knownPersonId'] && said['duplicateChecked'] !== 'someone_else');
}

/** What is wrong with the consent lies in its block of the sheet. */
async function withinConsent(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'form_invalid') throw error;
    throw new Problem('form_invalid', { cause: error, errors: error.errors.map(({ pointer, detail }) => ({ pointer: pointer.replace('/answers/', '/answers/consent/'), detail })) });
  }
}

async function projectIntake(tx: Tx, filed: Filed, intakeConsent: IntakeConsent | undefined): Promise<Record<string, Json>> {
  const onDate = filed.calendar.onDate(tx.now);
  await mustHaveAttachments(tx, filed, ['ownFormAttachment']);
  let registered: string | null = null;
  const at = { caseId: caseOf(filed), submissionId: filed.submissionId, type: (filed.answers['householdType'] as string | null) ?? null };
  const subjectId = await placeSubject(tx, at, async () => (registered = await registerSubject(tx, filed, onDate)));
  const isNew = registered !== null && !filed.answers['knownPersonId'];
  const members = await projectHousehold(tx, filed, onDate);
  await mustBeSomebodyElse(tx, filed, [...(isNew ? [{ id: subjectId, at: '', said: filed.answers }] : []), ...members]);
  const consent = filed.answers['consent'];
  if (filed.answers['variant'] === 'consented' && consent !== undefined && isRow(consent)) await withinConsent(async () => { await intakeConsent?.keep(tx, filed, subjectId, consent); });
  return { subjectId };
}

/** F01 and F02. `intakeConsent`: what the domain of consents makes of the signed block. */
export function intakeRecords(intakeConsent?: IntakeConsent): RecordKind[] {
  const project = (tx: Tx, filed: Filed): Promise<Record<string, Json>> => projectIntake(tx, filed, intakeConsent);
  const undo = async (tx: Tx, submissionId: string): Promise<void> => {
    await takeBackPeople(tx, submissionId);
    await intakeConsent?.takeBack(tx, submissionId);
  };
  const noConsent: RecordKind = { key: 'F02', title: '相談受付・申込票（同意なし）', compartment: 'agency', refuses: ['possible_duplicates', 'version_conflict'], needs: intakeNeeds, people: peopleIn, project, undo };
  const consented: RecordKind = { key: 'F01', title: '相談受付・申込票（同意あり）', compartment: 'team', refuses: ['consent_stands', 'possible_duplicates', 'version_conflict'], needs: intakeNeeds, happened: ['consent.explainedOn'], people: peopleIn, keptAs: ({ variant }) => (variant === 'no_consent' ? noConsent : consented), project, undo };
  return [consented, noConsent];
}

async function projectAssessment(tx: Tx, filed: Filed): Promise<Record<string, Json>> {
  await mustHaveAttachments(tx, filed, ['ownFormAttachment', 'genogram', 'ecomap']);
  const members = await projectHousehold(tx, filed, filed.calendar.onDate(tx.now));
  await mustBeSomebodyElse(tx, filed, members);
  return {};
}

const screeningResults = ['inform', 'refer', 'keep_approaching', 'coordinate', 'interrupted'];

export const assessmentRecords: readonly RecordKind[] = [
  { key: 'F01.urgency', title: '緊急性の判定', compartment: 'team', needs: [{ at: 'urgency', types: ['radio', 'select'], options: ['urgent', 'none', 'undecided'], required: true }] },
  {
    key: 'F03.screening', title: 'インテーク・アセスメントシート（スクリーニング）', compartment: 'team', project: projectAssessment,
    refuses: ['possible_duplicates'], needs: [{ at: 'screeningResult', types: ['radio', 'select'], options: screeningResults, required: true }, { at: 'issues', types: ['checklist', 'taglist'], required: true }, { at: 'summary', types: ['textarea'], required: true }, ...household],
  },
  {
    key: 'F03', title: 'インテーク・アセスメントシート', compartment: 'team', project: projectAssessment,
    refuses: ['possible_duplicates'], needs: [{ at: 'issues', types: ['checklist', 'taglist'], required: true }, { at: 'summary', types: ['textarea'], required: true }, ...household],
  },
  { key: 'F03.part', title: 'インテーク・アセスメントシート（関係機関からの回答）', compartment: 'team', needs: [], ofAgencies: true, project: async (tx, filed) => (await mustHaveAttachments(tx, filed, ['ownFormAttachment', 'genogram', 'ecomap']), {}) },
];
