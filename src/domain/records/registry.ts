// Every 帳票 that the system knows: one line a noun. What a record means lives with its noun.
import { agencyRecord } from '../agency-master.js';
import { annualRecords } from '../annual/record.js';
import { communityRecords } from '../community/records.js';
import { consentRecords, intakeConsent } from '../consents/record.js';
import { withdrawalRecords } from '../consents/withdrawal-record.js';
import { definitionChangeRecords } from '../definition-changes/definition-changes.js';
import { disclosureRecord } from '../disclosure-record.js';
import { disclosureRequestRecord } from '../disclosure-requests.js';
import { emergencyRecords } from '../emergencies/record.js';
import { evaluationRecords } from '../evaluations/records.js';
import { nextStepRecord } from '../exits/next-step.js';
import { exitRecords } from '../exits/record.js';
import { flagRecords } from '../flags/flags.js';
import { incidentReportRecords } from '../incident-reports.js';
import { confidentialRecords } from '../meetings/card.js';
import { decisionRecords } from '../meetings/decision-records.js';
import { invitationRecords } from '../meetings/invitation.js';
import { sittingRecords } from '../meetings/minutes.js';
import { noteConfirmationRecord } from '../notes/confirmation.js';
import { noteRecord, takeoverRecord } from '../notes/record.js';
import { outreachRecords } from '../outreach/record.js';
import { participationRecords } from '../participation/record.js';
import { assessmentRecords, intakeRecords } from '../people/record.js';
import { inquiryRecords } from '../plans/inquiries.js';
import { planRecords } from '../plans/records.js';
import { pledgeRecord } from '../pledge-record.js';
import { referralRecords } from '../referrals/record.js';
import { resourceRecords } from '../resources/record.js';
import { trainingRecord } from '../trainings/trainings.js';
import type { FieldNeed, RecordKind } from './record.js';

const kinds: readonly RecordKind[] = [
  ...consentRecords,
  ...withdrawalRecords,
  pledgeRecord,
  disclosureRecord,
  disclosureRequestRecord,
  ...invitationRecords,
  ...sittingRecords,
  ...decisionRecords,
  ...confidentialRecords,
  ...inquiryRecords,
  ...planRecords,
  ...evaluationRecords,
  ...communityRecords,
  ...intakeRecords(intakeConsent),
  ...assessmentRecords,
  noteRecord,
  noteConfirmationRecord,
  takeoverRecord,
  ...outreachRecords,
  ...participationRecords,
  ...resourceRecords,
  ...referralRecords,
  ...emergencyRecords,
  ...exitRecords,
  nextStepRecord,
  ...definitionChangeRecords,
  ...annualRecords,
  ...flagRecords,
  trainingRecord,
  ...incidentReportRecords,
  agencyRecord,
];

export type Records = ReadonlyMap<string, RecordKind>;

/** @throws Error on a record named twice */
export function openRecords(more: readonly RecordKind[] = []): Records {
  const records = new Map<string, RecordKind>();
  for (const kind of [...kinds, ...more]) {
    if (records.has(kind.key)) throw new Error(`two records are called ${kind.key}`);
    records.set(kind.key, kind);
  }
  return records;
}

/** What the check of forms asks. */
export const needsOf = (records: Records): ReadonlyMap<string, readonly FieldNeed[]> => new Map([...records].map(([key, kind]) => [key, kind.needs]));
