// F01・F02 相談受付・申込票: one sheet at the window. What it is kept as follows from whether the person consents: with a
// signature it is F01, without one it is F02, which only its agency and the coordinators read.
import type { FieldNeed, RecordKind } from '../records/record.js';

const intakeNeeds: readonly FieldNeed[] = [
  { at: 'variant', types: ['radio', 'select'], options: ['consented', 'no_consent'], required: true },
  { at: 'name', types: ['textfield'] },
  { at: 'kana', types: ['textfield'] },
  { at: 'birthDate', types: ['textfield'] },
  { at: 'address', types: ['textfield'] },
  { at: 'phoneHome', types: ['textfield'] },
  { at: 'phoneMobile', types: ['textfield'] },
  { at: 'household', types: ['dynamiclist'] },
  { at: 'household[].name', types: ['textfield'], required: true },
  { at: 'household[].relation', types: ['select', 'radio'], required: true },
  { at: 'household[].cohabit', types: ['select', 'radio'], options: ['together', 'apart'], required: true },
  { at: 'consent.type', types: ['checklist', 'taglist'], required: true },
  { at: 'noConsentReason', types: ['checklist', 'taglist'], required: true },
  { at: 'legalBasis', types: ['select', 'radio'], required: true },
];

/** 同意なし: filed on the same sheet as F01. */
export const noConsentIntake: RecordKind = { key: 'F02', title: '相談受付・申込票（同意なし）', compartment: 'agency', needs: intakeNeeds };

export const intake: RecordKind = {
  key: 'F01',
  title: '相談受付・申込票（同意あり）',
  compartment: 'team',
  needs: intakeNeeds,
  keptAs: (answers) => (answers['variant'] === 'no_consent' ? noConsentIntake : intake),
};
