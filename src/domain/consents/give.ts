// A consent is recorded: what it opens and what it takes the place of, in one piece.
import type { Calendar } from '../../base/calendar.js';
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { consentRules } from '../settings.js';
import { callOffTimers, setTimer } from '../timers.js';
import { settleConsentAccess } from './access.js';
import type { ConsentType, ScopeItem } from './consents.js';
import { tellClosedAgencies } from './tell.js';

export interface DataSubject {
  /** `self`: the person that the case is about. `member`: somebody of the household, who answers for themself. */
  subject: 'self' | 'member';
  memberName: string | null;
  /** Who they are, where they are registered. */
  memberId?: string | null;
}

/** What a consent that was given says. Without it the answer was another one. */
export interface Scope {
  types: readonly ConsentType[];
  items: readonly ScopeItem[];
  agencies: readonly { agencyCode: string; answer: 'agreed' | 'excluded' }[];
  placeName: string | null;
  method: string;
  validFrom: Date;
  validUntil: Date;
}

export interface ConsentAnswer extends DataSubject {
  caseId: string;
  submissionId: string;
  state: 'considering' | 'full' | 'partial' | 'refused' | 'incapable';
  scope: Scope | null;
  explained: readonly string[];
  explainedOn: string | null;
  noticeVersion: string | null;
  agencyCode: string;
  /** What proves it. */
  evidence: readonly string[];
}

interface Standing {
  id: string;
}

/** Consents of the same data subject (and the same 受入先) that still hold, or would later. */
export const standing = (tx: Tx, about: DataSubject & { caseId: string; placeName: string | null }): Promise<Standing[]> =>
  tx.db.$queryRawUnsafe<Standing[]>(
    `select c.id from consent c where c.case_id = $1::uuid and c.subject = $2 and consent_of_member(c.member_id, c.member_name, $6::uuid, $3) and c.place_name is not distinct from $4
       and c.state in ('full', 'partial') and c.valid_until > $5::timestamptz and not exists (select 1 from consent_end e where e.consent_id = c.id and e.kind <> 'narrowed') order by c.id`,
    about.caseId,
    about.subject,
    about.memberName,
    about.placeName,
    tx.now,
    about.memberId ?? null,
  );

/**
 * Keeps what a data subject answered. A consent takes the place of the one before (再同意); who is no longer in it sees the case no
 * more from this moment and is told.
 * @throws Problem consent_stands when a refusal is recorded while a consent holds
 */
export async function recordConsent(tx: Tx, calendar: Calendar, answer: ConsentAnswer): Promise<string> {
  const { caseId, scope, submissionId } = answer;
  const before = await standing(tx, { ...answer, placeName: scope?.placeName ?? null });
  if (answer.state === 'refused' && before.length > 0) throw new Problem('consent_stands');
  const consentId = newId(tx.now.getTime());
  await tx.db.consent.create({
    data: {
      id: consentId, caseId, submissionId, subject: answer.subject, memberName: answer.memberName, memberId: answer.memberId ?? null, state: answer.state, types: [...(scope?.types ?? [])], items: [...(scope?.items ?? [])],
      placeName: scope?.placeName ?? null, method: scope?.method ?? null, explained: [...answer.explained], explainedOn: answer.explainedOn, legalBasis: '69-2-1', noticeVersion: answer.noticeVersion,
      validFrom: scope?.validFrom ?? null, validUntil: scope?.validUntil ?? null, recordedAt: tx.now, recordedById: personOf(tx), agencyCode: answer.agencyCode,
    },
  });
  for (const kind of answer.evidence) await addEvidence(tx, { consentId, caseId, kind, about: 'consent', submissionId });
  if (!scope) return consentId;
  await tx.db.consentAgency.createMany({ data: scope.agencies.map((one) => ({ consentId, ...one })) });
  for (const { id } of before) await endConsent(tx, { consentId: id, caseId, kind: 'superseded', submissionId });
  await waitForEnd(tx, calendar, { consentId, caseId, validUntil: scope.validUntil });
  const { closed } = await settleConsentAccess(tx, caseId, 'superseded', submissionId);
  await tellClosedAgencies(tx, caseId, closed, 'consent_narrowed');
  return consentId;
}

async function waitForEnd(tx: Tx, calendar: Calendar, { consentId, caseId, validUntil }: { consentId: string; caseId: string; validUntil: Date }): Promise<void> {
  const { warnBefore } = await consentRules(tx);
  const warnAt = calendar.subtract(validUntil, warnBefore);
  await setTimer(tx, { rule: 'consent_expires', aboutId: consentId, caseId, dueAt: validUntil });
  if (warnAt > tx.now) await setTimer(tx, { rule: 'consent_expiring', aboutId: consentId, caseId, dueAt: warnAt });
}

export const personOf = (tx: Tx): string | null => (tx.actor.kind === 'person' ? tx.actor.userId : null);

export interface Ending {
  consentId: string;
  caseId: string;
  kind: 'withdrawn' | 'narrowed' | 'expired' | 'superseded' | 'void';
  agencies?: readonly string[];
  items?: readonly string[];
  types?: readonly string[];
  submissionId: string | null;
}

/** Writes down what a consent lost; the consent itself stays as it was given. Nothing waits for its last day any more when it is over. */
export async function endConsent(tx: Tx, ending: Ending): Promise<string> {
  const { consentId, caseId, kind, agencies = [], items = [], types = [], submissionId } = ending;
  const id = newId(tx.now.getTime());
  await tx.db.consentEnd.create({ data: { id, consentId, caseId, kind, agencies: [...agencies], items: [...items], types: [...types], submissionId, at: tx.now, byId: personOf(tx) } });
  if (kind !== 'narrowed') await callOffTimers(tx, consentId);
  return id;
}

export interface Evidence {
  consentId: string;
  caseId: string;
  /** paper, electronic, oral_note, recording, proxy_proof, capacity_note */
  kind: string;
  about: 'consent' | 'withdrawal';
  submissionId: string;
}

/** Adds proof; there is no taking it away. */
export async function addEvidence(tx: Tx, evidence: Evidence): Promise<void> {
  await tx.db.consentEvidence.create({ data: { id: newId(tx.now.getTime()), ...evidence, at: tx.now, byId: personOf(tx) } });
}

/** What a sheet said of consent was said by mistake: its consents are void, and what followed from them ends. */
export async function voidConsents(tx: Tx, submissionId: string): Promise<void> {
  const made = await tx.db.$queryRawUnsafe<{ id: string; caseId: string }[]>(
    `select c.id, c.case_id as "caseId" from consent c where c.submission_id = $1::uuid and not exists (select 1 from consent_end e where e.consent_id = c.id and e.kind <> 'narrowed') order by c.id`,
    submissionId,
  );
  for (const { id, caseId } of made) await endConsent(tx, { consentId: id, caseId, kind: 'void', submissionId: null });
  for (const caseId of new Set(made.map((one) => one.caseId))) await settleConsentAccess(tx, caseId, 'void', null);
}
