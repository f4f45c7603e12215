// F01・F02 相談受付・申込票 and F03 インテーク・アセスメントシート: what they need, and what they make of a case: its 本人 and household.
// One sheet at the window is F01 where the person signs and F02 where nobody does; F02 is read by its agency and by those who
// judge what may be done without consent.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { Problem } from '../../base/problem.js';
import { mustHaveAttachments } from './attachments.js';
import { identityIn, learnOf, registerClient } from './clients.js';
import { possibleDuplicates } from './duplicates.js';
import { placeMembers, placeSubject, type MemberAnswers } from './households.js';
import { reachedClients } from './reach.js';
import type { FieldNeed, Filed, RecordKind } from '../records/record.js';
import { takeBackPeople } from './take-back.js';

const household: readonly FieldNeed[] = [
  { at: 'household', types: ['dynamiclist'] },
  { at: 'household[].name', types: ['textfield'], required: true },
  { at: 'household[].birthDate', types: ['textfield'] },
  { at: 'household[].relation', types: ['select', 'radio'], required: true },
  { at: 'household[].cohabit', types: ['select', 'radio'], options: ['together', 'apart'], required: true },
];

const intakeNeeds: readonly FieldNeed[] = [
  { at: 'variant', types: ['radio', 'select'], options: ['consented', 'no_consent'], required: true },
  ...['kana', 'name', 'knownAs'].map((at): FieldNeed => ({ at, types: ['textfield'], required: true })),
  ...['commonName', 'formerName', 'birthDate', 'address', 'phoneHome', 'phoneMobile', 'knownPersonId'].map((at): FieldNeed => ({ at, types: ['textfield'] })),
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

/** Tells whoever files of people registered before who may be the same; only of those that they may know of. */
async function warnOfDuplicates(tx: Tx, filed: Filed, registered: readonly { id: string; said: Readonly<Record<string, Json>> }[]): Promise<void> {
  const found = new Set<string>();
  for (const { said } of registered) for (const one of await possibleDuplicates(tx, identityIn(said), registered.map(({ id }) => id))) found.add(one.id);
  const reached = [...(await reachedClients(tx, filed.by, [...found]))].toSorted();
  if (reached.length > 0) filed.warn({ code: 'possible_duplicates', detail: '同じ人がすでに登録されている可能性があります。確かめて、同じ人なら統合してください。', ids: reached });
}

async function projectHousehold(tx: Tx, filed: Filed, onDate: string): Promise<{ id: string; said: MemberAnswers }[]> {
  const mayLink = async (id: string): Promise<boolean> => (await reachedClients(tx, filed.by, [id])).has(id);
  return placeMembers(tx, { caseId: caseOf(filed), submissionId: filed.submissionId, onDate }, rowsOf(filed.answers['household']), mayLink);
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
  await warnOfDuplicates(tx, filed, [...(isNew ? [{ id: subjectId, said: filed.answers }] : []), ...members]);
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
  const noConsent: RecordKind = { key: 'F02', title: '相談受付・申込票（同意なし）', compartment: 'agency', needs: intakeNeeds, project, undo };
  const consented: RecordKind = { key: 'F01', title: '相談受付・申込票（同意あり）', compartment: 'team', needs: intakeNeeds, keptAs: ({ variant }) => (variant === 'no_consent' ? noConsent : consented), project, undo };
  return [consented, noConsent];
}

async function projectAssessment(tx: Tx, filed: Filed): Promise<Record<string, Json>> {
  await mustHaveAttachments(tx, filed, ['ownFormAttachment', 'genogram', 'ecomap']);
  const members = await projectHousehold(tx, filed, filed.calendar.onDate(tx.now));
  await warnOfDuplicates(tx, filed, members);
  return {};
}

const screeningResults = ['inform', 'refer', 'keep_approaching', 'coordinate', 'interrupted'];

export const assessmentRecords: readonly RecordKind[] = [
  { key: 'F01.urgency', title: '緊急性の判定', compartment: 'team', needs: [{ at: 'urgency', types: ['radio', 'select'], options: ['urgent', 'none', 'undecided'], required: true }] },
  {
    key: 'F03.screening', title: 'インテーク・アセスメントシート（スクリーニング）', compartment: 'team', project: projectAssessment,
    needs: [{ at: 'screeningResult', types: ['radio', 'select'], options: screeningResults, required: true }, { at: 'issues', types: ['checklist', 'taglist'], required: true }, { at: 'summary', types: ['textarea'], required: true }, ...household],
  },
  {
    key: 'F03', title: 'インテーク・アセスメントシート', compartment: 'team', project: projectAssessment,
    needs: [{ at: 'issues', types: ['checklist', 'taglist'], required: true }, { at: 'summary', types: ['textarea'], required: true }, ...household],
  },
  { key: 'F03.part', title: 'インテーク・アセスメントシート（関係機関からの回答）', compartment: 'team', needs: [], project: async (tx, filed) => (await mustHaveAttachments(tx, filed, ['ownFormAttachment', 'genogram', 'ecomap']), {}) },
];
