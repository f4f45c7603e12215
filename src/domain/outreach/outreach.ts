// アウトリーチ等を通じた継続的支援 (F06): slow work towards somebody who did not ask. Its stage and its attempts are rows that never
// change; as long as it runs there is a day on which it goes on.
import type { Tx } from '../../base/db.js';
import { newId } from '../../base/id.js';

export const startBases = ['consented', 'confidential'] as const;
export type StartBasis = (typeof startBases)[number];
/** 接点なし, 家族のみ, 手紙・ドア越し, 対面できる, 同行できる, つながった */
export const relationStages = ['none', 'family_only', 'letter_door', 'face_to_face', 'accompanied', 'connected'] as const;
export type RelationStage = (typeof relationStages)[number];
/** 不在, 応答なし, 家族に会えた, ドア越し・電話で話せた, 本人に会えた, 拒まれた */
export const attemptResults = ['absent', 'no_answer', 'family_met', 'answered', 'met', 'refused'] as const;
export type AttemptResult = (typeof attemptResults)[number];
export const endReasons = ['connected', 'handed_over', 'declined', 'no_contact', 'moved', 'died', 'emergency', 'other'] as const;
export type EndReason = (typeof endReasons)[number];

export interface Outreach {
  id: string;
  caseId: string;
  /** Towards whom: the 本人 or somebody of the household; null: a 本人 who is not registered. */
  clientId: string | null;
  startBasis: StartBasis;
  /** The consent, or the sitting of the 支援会議. */
  basisId: string | null;
  agencyCode: string;
  discoveredBy: string;
  stage: RelationStage;
  /** 職員二人で: there is a risk. */
  twoPersons: boolean;
  attemptLimit: number | null;
  /** As long as it runs there is one (outreach_next_day); null: it has ended. */
  nextContactOn: string | null;
  reviewOn: string;
  recheckOn: string;
  startedAt: Date;
  endedAt: Date | null;
  endReason: EndReason | null;
}

type Reader = Pick<Tx, 'db'>;
const columns = `id, case_id as "caseId", client_id as "clientId", start_basis as "startBasis", basis_id as "basisId", agency_code as "agencyCode", discovered_by as "discoveredBy", stage, two_persons as "twoPersons", attempt_limit as "attemptLimit",
  next_contact_on::text as "nextContactOn", review_on::text as "reviewOn", recheck_on::text as "recheckOn", started_at as "startedAt", ended_at as "endedAt", end_reason as "endReason"`;

export async function findOutreach(reader: Reader, id: string): Promise<Outreach | null> {
  const [row] = await reader.db.$queryRawUnsafe<Outreach[]>(`select ${columns} from outreach where id = $1::uuid`, id);
  return row ?? null;
}

/** The one that runs for the case; null where none does. */
export async function runningOutreach(reader: Reader, caseId: string): Promise<Outreach | null> {
  const [row] = await reader.db.$queryRawUnsafe<Outreach[]>(`select ${columns} from outreach where case_id = $1::uuid and ended_at is null`, caseId);
  return row ?? null;
}

/** Of a case, the newest first. */
export async function listOutreaches(reader: Reader, caseId: string): Promise<Outreach[]> {
  return reader.db.$queryRawUnsafe<Outreach[]>(`select ${columns} from outreach where case_id = $1::uuid order by started_at desc, id desc limit 50`, caseId);
}

/** The case of this number where the reader once carried an outreach of it and wrote of it themselves; null: none. */
export async function caseOfOwnOutreach(reader: Reader, caseNo: string): Promise<string | null> {
  const [row] = await reader.db.$queryRawUnsafe<{ id: string | null }[]>(`select outreach_case_of_mine($1) as id`, caseNo);
  return row?.id ?? null;
}

export interface NewOutreach {
  caseId: string;
  clientId: string | null;
  startBasis: StartBasis;
  basisId: string | null;
  agencyCode: string;
  discoveredBy: string;
  stage: RelationStage;
  submissionId: string;
  /** YYYY-MM-DD, the other two as well */
  nextContactOn: string;
  reviewOn: string;
  recheckOn: string;
}

/** Begins it, at a first stage. @throws when one runs already (the index outreach_one_running) */
export async function startOutreach(tx: Tx, input: NewOutreach): Promise<string> {
  const id = newId(tx.now.getTime());
  await tx.db.$executeRawUnsafe(
    `insert into outreach (id, case_id, start_basis, basis_id, agency_code, discovered_by, stage, review_on, recheck_on, started_at, client_id, next_contact_on) values ($1::uuid, $2::uuid, $3, $4::uuid, $5, $6, $7, $8::date, $9::date, $10::timestamptz, $11::uuid, $12::date)`,
    id, input.caseId, input.startBasis, input.basisId, input.agencyCode, input.discoveredBy, input.stage, input.reviewOn, input.recheckOn, tx.now, input.clientId, input.nextContactOn);
  await addStage(tx, { outreachId: id, caseId: input.caseId, submissionId: input.submissionId, stage: input.stage });
  return id;
}

export interface Agreed {
  twoPersons: boolean;
  attemptLimit: number;
  nextContactOn: string;
  reviewOn: string;
}

/** What the plan says, also a plan that was made anew. */
export async function planOutreach(tx: Tx, id: string, plan: Agreed): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `update outreach set two_persons = $2, attempt_limit = $3::int, next_contact_on = $4::date, review_on = $5::date where id = $1::uuid and ended_at is null`, id, plan.twoPersons, plan.attemptLimit, plan.nextContactOn, plan.reviewOn);
}

/** It was looked at again: by the 支援会議 or the coordinator (`recheckOn`), or within the agency alone. */
export async function setReviews(tx: Tx, id: string, next: { reviewOn: string; recheckOn: string | null }): Promise<void> {
  await tx.db.$executeRawUnsafe(`update outreach set review_on = $2::date, recheck_on = coalesce($3::date, recheck_on) where id = $1::uuid and ended_at is null`, id, next.reviewOn, next.recheckOn);
}

export async function addStage(tx: Tx, row: { outreachId: string; caseId: string; submissionId: string; stage: RelationStage }): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `insert into outreach_stage (id, outreach_id, case_id, submission_id, number, stage, by_id, at)
     select $1::uuid, $2::uuid, $3::uuid, $4::uuid, coalesce(max(number), 0) + 1, $5, $6::uuid, $7::timestamptz from outreach_stage where outreach_id = $2::uuid`,
    newId(tx.now.getTime()), row.outreachId, row.caseId, row.submissionId, row.stage, tx.actor.kind === 'person' ? tx.actor.userId : null, tx.now);
  await tx.db.$executeRawUnsafe(`update outreach set stage = $2 where id = $1::uuid and ended_at is null`, row.outreachId, row.stage);
}

export interface Attempt {
  outreachId: string;
  caseId: string;
  submissionId: string;
  method: string;
  pairs: boolean;
  result: AttemptResult;
  /** The day that was said; null: nothing more is to come, the outreach is being closed */
  nextContactOn: string | null;
  heldAt: Date;
}

/** @returns which attempt it is */
export async function addAttempt(tx: Tx, attempt: Attempt): Promise<{ number: number }> {
  const [row] = await tx.db.$queryRawUnsafe<{ number: number }[]>(
    `insert into outreach_attempt (id, outreach_id, case_id, submission_id, number, method, pairs, result, next_contact_on, held_at, by_id, at)
     select $1::uuid, $2::uuid, $3::uuid, $4::uuid, coalesce(max(number), 0) + 1, $5, $6, $7, $8::date, $9::timestamptz, $10::uuid, $11::timestamptz from outreach_attempt where outreach_id = $2::uuid returning number`,
    newId(tx.now.getTime()), attempt.outreachId, attempt.caseId, attempt.submissionId, attempt.method, attempt.pairs, attempt.result, attempt.nextContactOn, attempt.heldAt,
    tx.actor.kind === 'person' ? tx.actor.userId : null, tx.now);
  return row!;
}

/** The day on which it goes on. */
export async function setNextContact(tx: Tx, id: string, day: string): Promise<void> {
  await tx.db.$executeRawUnsafe(`update outreach set next_contact_on = $2::date where id = $1::uuid and ended_at is null`, id, day);
}

export async function endOutreach(tx: Tx, id: string, reason: EndReason): Promise<void> {
  await tx.db.$executeRawUnsafe(`update outreach set ended_at = $2::timestamptz, end_reason = $3, next_contact_on = null where id = $1::uuid and ended_at is null`, id, tx.now, reason);
}

/** It rests on a consent from now on: the person has said yes. */
export async function restOnConsent(tx: Tx, id: string, consentId: string | null): Promise<void> {
  await tx.db.$executeRawUnsafe(`update outreach set start_basis = 'consented', basis_id = $2::uuid where id = $1::uuid and ended_at is null`, id, consentId);
}

export interface StageLine {
  stage: RelationStage;
  at: Date;
  byName: string | null;
}

export async function listStages(reader: Reader, outreachId: string): Promise<StageLine[]> {
  return reader.db.$queryRawUnsafe<StageLine[]>(`select s.stage, s.at, u.name as "byName" from outreach_stage s left join app_user u on u.id = s.by_id where s.outreach_id = $1::uuid order by s.number`, outreachId);
}

export interface AttemptLine {
  number: number;
  method: string;
  pairs: boolean;
  result: AttemptResult;
  nextContactOn: string | null;
  heldAt: Date;
  submissionId: string;
  byName: string | null;
}

export async function listAttempts(reader: Reader, outreachId: string): Promise<AttemptLine[]> {
  return reader.db.$queryRawUnsafe<AttemptLine[]>(
    `select a.number, a.method, a.pairs, a.result, a.next_contact_on::text as "nextContactOn", a.held_at as "heldAt", a.submission_id as "submissionId", u.name as "byName"
     from outreach_attempt a left join app_user u on u.id = a.by_id where a.outreach_id = $1::uuid order by a.number`, outreachId);
}

/** National report (F06 N): persons reached out to and attempts made, in a period of days (both included). */
export async function countOutreach(reader: Reader, from: string, to: string): Promise<{ persons: number; attempts: number }> {
  const [row] = await reader.db.$queryRawUnsafe<{ persons: number; attempts: number }[]>(
    `select (select count(distinct case_id)::int from outreach where (started_at at time zone 'Asia/Tokyo')::date <= $2::date and (ended_at is null or (ended_at at time zone 'Asia/Tokyo')::date >= $1::date)) as persons,
       (select count(*)::int from outreach_attempt where (held_at at time zone 'Asia/Tokyo')::date between $1::date and $2::date) as attempts`, from, to);
  return row!;
}
