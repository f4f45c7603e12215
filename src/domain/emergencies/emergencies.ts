// 緊急対応 (F13, P04): one at a time for a case, from the alarm until it is judged to be over. In danger to life or suspicion of
// abuse no consent is needed; who may see what then, until when and why, is said when the response is set up (domain.md §3.1).
import type { Person, Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';
import { Problem } from '../../base/problem.js';
import { endAccess, grantAccess } from '../access.js';
import { agencyOfGroup } from '../agencies.js';
import { setUrgent } from '../cases.js';
import { processRuns, reopenClosed } from '../closing.js';
import { scopeItems, type ScopeItem } from '../consents/consents.js';
import { recordDisclosure } from '../disclosures.js';

export const tracks = ['abuse', 'life', 'livelihood'] as const;
export type Track = (typeof tracks)[number];
export const outcomes = ['resolved', 'continue_running', 'to_confidential', 'to_coordination'] as const;
export type Outcome = (typeof outcomes)[number];
/** Bases on which something may be told in an emergency without consent (legal_basis.code). */
export const emergencyBases = ['imminent_danger', 'abuse_notice', '69-2-2', '69-2-3', '69-2-4', '27-1', '106-6'] as const;

export interface Emergency {
  id: string;
  caseId: string;
  responders: string[];
  statutoryGroup: string | null;
}

const columns = `id, case_id as "caseId", responders, statutory_group as "statutoryGroup"`;

/** The one that is going on for the case; null where there is none. Locked until the transaction is over. */
export async function openEmergencyOf(tx: Tx, caseId: string): Promise<Emergency | null> {
  const [found] = await tx.db.$queryRawUnsafe<Emergency[]>(`select ${columns} from emergency where case_id = $1::uuid and closed_at is null for update`, caseId);
  return found ?? null;
}

/** @throws Problem emergency_missing */
export async function mustHaveEmergency(tx: Tx, caseId: string): Promise<Emergency> {
  const found = await openEmergencyOf(tx, caseId);
  if (!found) throw new Problem('emergency_missing');
  return found;
}

/** Begins one, unless one is going on; the case is urgent from now on, and open again if it was closed. One that no process deals with any more begins anew. The caller has locked the case. */
export async function raiseEmergency(tx: Tx, caseId: string, agencyCode: string): Promise<{ emergencyId: string; isNew: boolean }> {
  await reopenClosed(tx, caseId);
  const going = await openEmergencyOf(tx, caseId);
  const by = tx.actor.kind === 'person' ? tx.actor.userId : null;
  const emergencyId = going?.id ?? newId(tx.now.getTime());
  if (!going) {
    await tx.db.$executeRawUnsafe(
      `insert into emergency (id, case_id, raised_at, raised_by_id, raised_agency, responders) values ($1::uuid, $2::uuid, $3::timestamptz, $4::uuid, $5, '{}')`,
      emergencyId, caseId, tx.now, by, agencyCode,
    );
    await setUrgent(tx, caseId, true);
  }
  await noteStep(tx, { emergencyId, caseId, kind: 'raised', at: tx.now, detail: null, submissionId: null });
  return { emergencyId, isNew: !going || !(await processRuns(tx, caseId, 'emergency')) };
}

export interface NewStep {
  emergencyId: string;
  caseId: string;
  kind: 'raised' | 'called' | 'assessed' | 'checked' | 'convened' | 'measure' | 'closed';
  /** When it was done, which may be before it was written down. */
  at: Date;
  /** A code of the form: whom was called, how it stood. */
  detail: string | null;
  submissionId: string | null;
}

export async function noteStep(tx: Tx, step: NewStep): Promise<void> {
  const byId = tx.actor.kind === 'person' ? tx.actor.userId : null;
  await tx.db.emergencyStep.create({ data: { id: newId(tx.now.getTime()), ...step, byId, recordedAt: tx.now } });
}

const hourMs = 3_600_000;

/** Until the response has been set up, the coordinators see the case for so many hours. */
export async function showToCoordinators(tx: Tx, emergency: { id: string; caseId: string }, groups: readonly string[], hours: number): Promise<void> {
  const untilAt = new Date(tx.now.getTime() + hours * hourMs);
  for (const reader of groups) await grantAccess(tx, { caseId: emergency.caseId, reader, level: 'content', basis: 'emergency', basisId: emergency.id, untilAt });
}

export interface Assessment {
  track: Track;
  abuseKind: string | null;
  legalBasis: string;
  /** For how many hours those who respond see the case. */
  hours: number;
  responders: readonly string[];
  /** The line that the law names for suspected abuse. */
  statutoryGroup: string | null;
  by: Person;
  submissionId: string;
}

/** Sets up the response: who responds sees the case until then, each written down as told, with the basis of the law. */
export async function assessEmergency(tx: Tx, emergency: Emergency, input: Assessment): Promise<void> {
  const { caseId, id } = emergency;
  const untilAt = new Date(tx.now.getTime() + input.hours * hourMs);
  await tx.db.$executeRawUnsafe(
    `update emergency set track = $2, abuse_kind = $3, legal_basis = $4, share_until = $5::timestamptz, responders = $6::text[], statutory_group = $7 where id = $1::uuid`,
    id, input.track, input.abuseKind, input.legalBasis, untilAt, [...input.responders], input.statutoryGroup,
  );
  await noteStep(tx, { emergencyId: id, caseId, kind: 'assessed', at: tx.now, detail: input.track, submissionId: input.submissionId });
  const readers = new Set([...input.responders, ...(input.statutoryGroup === null ? [] : [input.statutoryGroup])]);
  for (const reader of readers) {
    await grantAccess(tx, { caseId, reader, level: 'content', basis: 'emergency', basisId: id, untilAt });
    const code = await agencyOfGroup(tx, reader);
    const statutory = reader === input.statutoryGroup;
    if (code !== null) await recordDisclosure(tx, { caseId, to: { kind: statutory ? 'authority' : 'agency', code }, purpose: 'emergency', items: scopeItems, legalBasis: statutory ? 'abuse_notice' : input.legalBasis, consentId: null, meetingId: null, submissionId: input.submissionId });
  }
}

/** Written down afterwards: what was told by telephone, to whom, on which basis. */
export async function noteTold(tx: Tx, caseId: string, submissionId: string, told: { agencyCode: string; items: readonly ScopeItem[]; legalBasis: string }): Promise<void> {
  await recordDisclosure(tx, { caseId, to: { kind: 'agency', code: told.agencyCode }, purpose: 'emergency', items: told.items, legalBasis: told.legalBasis, consentId: null, meetingId: null, submissionId });
}

/**
 * Ends it. Over: what it let be seen ends at once, and the case is urgent no longer. Going on in another process: what was opened
 * stays until its hour, the case stays urgent.
 */
export async function closeEmergency(tx: Tx, emergency: Emergency, outcome: Outcome, by: Person, submissionId: string): Promise<void> {
  const { caseId, id } = emergency;
  await tx.db.$executeRawUnsafe(`update emergency set outcome = $2, closed_at = $3::timestamptz, closed_by_id = $4::uuid where id = $1::uuid`, id, outcome, tx.now, by.userId);
  await noteStep(tx, { emergencyId: id, caseId, kind: 'closed', at: tx.now, detail: outcome, submissionId });
  if (outcome !== 'resolved') return;
  await endAccess(tx, { caseId, basis: 'emergency', basisId: id }, 'resolved');
  await setUrgent(tx, caseId, false);
}

export interface EmergencyLine {
  id: string;
  raisedAt: Date;
  raisedAgency: string;
  track: Track | null;
  legalBasis: string | null;
  shareUntil: Date | null;
  responders: string[];
  statutoryGroup: string | null;
  outcome: Outcome | null;
  closedAt: Date | null;
  steps: { kind: NewStep['kind']; detail: string | null; at: string; submissionId: string | null }[];
}

/** The emergencies of a case with what was done, newest first. */
export async function listEmergencies(tx: Tx, caseId: string): Promise<EmergencyLine[]> {
  return tx.db.$queryRawUnsafe<EmergencyLine[]>(
    `select e.id, e.raised_at as "raisedAt", e.raised_agency as "raisedAgency", e.track, e.legal_basis as "legalBasis", e.share_until as "shareUntil", e.responders, e.statutory_group as "statutoryGroup", e.outcome, e.closed_at as "closedAt",
       coalesce((select json_agg(json_build_object('kind', s.kind, 'detail', s.detail, 'at', s.at, 'submissionId', s.submission_id) order by s.at, s.id) from emergency_step s where s.emergency_id = e.id), '[]') as steps
     from emergency e where e.case_id = $1::uuid order by e.raised_at desc, e.id desc`,
    caseId,
  );
}
