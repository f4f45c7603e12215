// つなぎ (F12). A slip never ends by itself: it is sent, and stays with whoever sent it until the other agency has said yes, yes if,
// not enough, or not ours (domain.md §2 F12). Until then the receivers know who it is and why, and nothing else (casework R9).
import type { Person, Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { inboxOfAgency } from '../agencies.js';
import { settleConsentAccess } from '../consents/access.js';
import { coveringConsent } from '../consents/consents.js';
import { settleReferralAccess } from './access.js';
import type { RoughDay } from '../records/answers.js';

export type ReferralStatus = 'sent' | 'accepted' | 'conditional' | 'returned' | 'out_of_scope' | 'cancelled';
/** What a receiver may answer. */
export type ReferralAnswer = Exclude<ReferralStatus, 'sent' | 'cancelled'>;
export type ReferralResult = 'connected' | 'not_connected';

export interface NewReferral {
  caseId: string;
  submissionId: string;
  from: Person;
  toGroups: readonly string[];
  consent: 'consented' | 'without_consent';
  /** Why it may be told without consent (legal_basis.code). */
  legalBasis: string | null;
  /** A day in Japan. */
  replyDueOn: string;
  accompany: boolean;
}

export interface ReferralRow {
  id: string;
  caseId: string;
  fromAgency: string;
  fromGroup: string | null;
  toGroups: string[];
  status: ReferralStatus;
}

const row = `id, case_id as "caseId", from_agency as "fromAgency", from_group as "fromGroup", to_groups as "toGroups", status`;

/** Sends a slip. The receivers may see who it is about and what the slip says, as long as they have not said no. */
export async function sendReferral(tx: Tx, input: NewReferral): Promise<ReferralRow> {
  const [sent] = await tx.db.$queryRawUnsafe<ReferralRow[]>(
    `insert into referral (id, case_id, submission_id, from_agency, from_group, sent_by_id, sent_at, to_groups, consent, legal_basis, reply_due_on, accompany)
     values ($1::uuid, $2::uuid, $3::uuid, $4, $5, $6::uuid, $7::timestamptz, $8::text[], $9, $10, $11::date, $12) returning ${row}`,
    newId(tx.now.getTime()),
    input.caseId,
    input.submissionId,
    input.from.agencyCode,
    await inboxOfAgency(tx, input.from.agencyCode, input.from.groups),
    input.from.userId,
    tx.now,
    [...input.toGroups],
    input.consent,
    input.legalBasis,
    input.replyDueOn,
    input.accompany,
  );
  await settleConsentAccess(tx, input.caseId, 'referral_sent', input.submissionId);
  return sent!;
}

/** The slip with this id, if it is one of the case; without an id the newest one to these groups that may still be spoken about. */
export async function findReferral(tx: Tx, caseId: string, which: { id: string | null; groups: readonly string[] }): Promise<ReferralRow | null> {
  const [found] = await tx.db.$queryRawUnsafe<ReferralRow[]>(
    which.id === null
      ? `select ${row} from referral where case_id = $1::uuid and to_groups && $2::text[] and status in ('sent', 'accepted', 'conditional') order by sent_at desc, id desc limit 1 for update`
      : `select ${row} from referral where case_id = $1::uuid and id = $2::uuid for update`,
    caseId,
    which.id ?? [...which.groups],
  );
  return found ?? null;
}

export interface AnswerInput {
  answer: ReferralAnswer;
  submissionId: string;
  by: Person;
}

/** @throws Problem consent_missing where the consent that the slip rests on covers the agency that would say yes no longer */
async function mustStillRest(tx: Tx, { id, caseId, fromAgency }: ReferralRow, acceptedGroup: string | null): Promise<void> {
  const [found] = await tx.db.$queryRawUnsafe<{ agencyCode: string | null }[]>(
    `select (select g.agency_code from work_group g where g.key = $2) as "agencyCode" from referral r join submission s on s.id = r.submission_id
     where r.id = $1::uuid and r.consent = 'consented' and s.record is distinct from 'F12.coordination'`, id, acceptedGroup);
  if (!found || found.agencyCode === fromAgency) return;
  if (found.agencyCode === null || !(await coveringConsent(tx, caseId, found.agencyCode))) {
    throw new Problem('consent_missing', { detail: 'このつなぎのもとになった本人の同意が、いまは有効でありません。差戻しを選び、つなぎ元に同意を確かめてもらってください。' });
  }
}

/**
 * Answers a slip. Yes: the group goes on seeing who it is, and from now on what the person's consent names for its agency (casework
 * R5: the receiver has accepted). No: what the slip let them see ends at once, and what the consent opened to them too.
 * @throws Problem consent_missing for a yes to one whose consent does not hold any more; referral_answered when it has been answered no before; referral_cancelled for a yes to one whose consent was taken back (a no
 *   gives the matter back to whoever sent it, and changes nothing more)
 */
export async function answerReferral(tx: Tx, referral: ReferralRow, { answer, submissionId, by }: AnswerInput): Promise<void> {
  const yes = answer === 'accepted' || answer === 'conditional';
  if (referral.status === 'cancelled') {
    if (yes) throw new Problem('referral_cancelled');
    return;
  }
  if (!['sent', 'accepted', 'conditional'].includes(referral.status)) throw new Problem('referral_answered');
  const acceptedGroup = yes ? (referral.toGroups.find((key) => by.groups.includes(key)) ?? referral.toGroups[0] ?? null) : null;
  if (yes) await mustStillRest(tx, referral, acceptedGroup);
  await tx.db.$executeRawUnsafe(
    `update referral set status = $2, reply_submission_id = $3::uuid, replied_by_id = $4::uuid, replied_at = $5::timestamptz, accepted_group = $6 where id = $1::uuid`,
    referral.id,
    answer,
    submissionId,
    by.userId,
    tx.now,
    acceptedGroup,
  );
  await settleConsentAccess(tx, referral.caseId, yes ? 'accepted_by_another' : answer, submissionId);
}

/**
 * A consent was taken back: slips that rested on it and were not answered are cancelled, and what they let the receivers see ends. Those
 * to the coordinators stay: whether P02 goes on is judged in P10.
 * @param agencies those that the consent no longer reaches; null: all
 */
export async function cancelReferrals(tx: Tx, caseId: string, agencies: readonly string[] | null, submissionId: string): Promise<Pick<ReferralRow, 'id' | 'toGroups'>[]> {
  const cancelled = await tx.db.$queryRawUnsafe<Pick<ReferralRow, 'id' | 'toGroups'>[]>(
    `update referral r set status = 'cancelled', cancelled_at = $3::timestamptz, cancel_submission_id = $4::uuid
     where r.case_id = $1::uuid and r.status = 'sent' and r.consent = 'consented' and not exists (select 1 from submission s where s.id = r.submission_id and s.record = 'F12.coordination')
       and ($2::text[] is null or exists (select 1 from work_group g where g.key = any(r.to_groups) and g.agency_code = any($2::text[])))
     returning r.id, r.to_groups as "toGroups"`,
    caseId,
    agencies === null ? null : [...agencies],
    tx.now,
    submissionId,
  );
  if (cancelled.length > 0) await settleReferralAccess(tx, caseId, 'consent_withdrawn');
  return cancelled;
}

/** Whether it really came to something: つながった or つながらない, on which day or about when. Of a slip that was accepted. @throws Problem referral_unanswered */
export async function settleReferral(tx: Tx, referral: ReferralRow, result: ReferralResult, resultOn: RoughDay): Promise<void> {
  if (referral.status !== 'accepted' && referral.status !== 'conditional') throw new Problem('referral_unanswered');
  await tx.db.$executeRawUnsafe(`update referral set result = $2, result_on = $3::date, result_said = $4, result_at = $5::timestamptz where id = $1::uuid`, referral.id, result, resultOn.day, resultOn.said, tx.now);
  if (result === 'not_connected') await settleConsentAccess(tx, referral.caseId, 'not_connected', null);
}

export interface ReferralLine {
  id: string;
  submissionId: string;
  fromAgency: string;
  toGroups: string[];
  consent: 'consented' | 'without_consent';
  legalBasis: string | null;
  sentAt: Date;
  replyDueOn: string;
  accompany: boolean;
  status: ReferralStatus;
  repliedAt: Date | null;
  acceptedGroup: string | null;
  result: ReferralResult | null;
  /** The day, where it is known to the day. */
  resultOn: string | null;
  /** As it was said: maybe only about then. */
  resultSaid: string | null;
}

/** The slips of a case, newest first; to a receiver, only those that were sent to them. */
export async function listReferrals(tx: Tx, caseId: string): Promise<ReferralLine[]> {
  return tx.db.$queryRawUnsafe<ReferralLine[]>(
    `select id, submission_id as "submissionId", from_agency as "fromAgency", to_groups as "toGroups", consent, legal_basis as "legalBasis", sent_at as "sentAt",
       reply_due_on::text as "replyDueOn", accompany, status, replied_at as "repliedAt", accepted_group as "acceptedGroup", result, result_on::text as "resultOn", coalesce(result_said, result_on::text) as "resultSaid"
     from referral where case_id = $1::uuid order by sent_at desc, id desc`,
    caseId,
  );
}
