// Answered forms, kept exactly as they were accepted; drafts, which only their author reads; comments on tasks.
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import type { Json } from '../base/json.js';
import { Problem } from '../base/problem.js';
import type { ScopeItem } from './consents/consents.js';
import { agreedMembers, withinItems } from './records/items.js';
import type { Compartment, KeptAs, Placed } from './records/record.js';

export interface NewSubmission {
  id: string;
  /** null: filed without a task. */
  taskId: string | null;
  caseId: string | null;
  formKey: string;
  formSha256: string;
  /** The 帳票 that it is kept as; null where the form names none. */
  record: KeptAs | null;
  /** Where it is kept; as the record says if not given. */
  placed?: Placed | null;
  answers: Json;
  /** Paths of the answers that the form flags as confidential. */
  confidential: readonly string[];
  submittedById: string | null;
  agencyCode: string | null;
}

/** Keeps the answers and throws away everyone's drafts for the task. One statement. */
export async function storeSubmission(tx: Tx, input: NewSubmission): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `with d as (delete from draft where task_id = $2::uuid)
     insert into submission (id, task_id, case_id, form_key, form_sha256, answers, submitted_by_id, submitted_at, record, compartment, agency_code, sitting_id, confidential)
     values ($1::uuid, $2::uuid, $3::uuid, $4, $5, $6::jsonb, $7::uuid, $8::timestamptz, $9, $10, $11, $12::uuid, $13::text[])`,
    input.id,
    input.taskId,
    input.caseId,
    input.formKey,
    input.formSha256,
    JSON.stringify(input.answers),
    input.submittedById,
    tx.now,
    input.record?.key ?? null,
    input.placed?.compartment ?? input.record?.compartment ?? 'agency',
    input.agencyCode,
    input.placed?.sittingId ?? null,
    [...input.confidential],
  );
}

export interface SubmissionLine {
  id: string;
  caseId: string | null;
  record: string | null;
  formKey: string;
  taskId: string | null;
  submittedAt: Date;
  submittedById: string | null;
  submittedByName: string | null;
  agencyCode: string | null;
  compartment: Compartment;
}

const line = `s.id, s.case_id as "caseId", s.record, s.form_key as "formKey", s.task_id as "taskId", s.submitted_at as "submittedAt", s.submitted_by_id as "submittedById",
  u.name as "submittedByName", s.agency_code as "agencyCode", s.compartment`;
const mostLines = 500;

/** What was filed about a case, newest first. As a person reads, Postgres leaves out what they may not see. */
export async function listSubmissions(tx: Tx, caseId: string, record: string | null): Promise<SubmissionLine[]> {
  return tx.db.$queryRawUnsafe<SubmissionLine[]>(
    `select ${line} from submission s left join app_user u on u.id = s.submitted_by_id
     where s.case_id = $1::uuid and ($2::text is null or s.record = $2) order by s.submitted_at desc, s.id desc limit ${mostLines}`,
    caseId,
    record,
  );
}

interface Read extends SubmissionLine {
  answers: Record<string, Json>;
  items: ScopeItem[] | null;
}

/**
 * null when there is none that may be seen. Of one that may: without the confidential answers where the reader is not in on them, and
 * where their right names kinds of content, what is of these kinds (records/items.ts).
 */
export async function findSubmission(tx: Tx, id: string): Promise<(SubmissionLine & { answers: Record<string, Json> }) | null> {
  const [row] = await tx.db.$queryRawUnsafe<Read[]>(
    `select ${line}, shown_answers(s) as answers, answer_bounds(s) as items from submission s left join app_user u on u.id = s.submitted_by_id where s.id = $1::uuid`, id);
  if (!row) return null;
  const { items, ...found } = row;
  const members = items === null || found.caseId === null ? [] : await agreedMembers(tx, found.caseId);
  return { ...found, answers: withinItems(found.record, found.answers, { items, members }) };
}

/**
 * Saves what somebody has typed. `version`: the one last seen, null when there was none.
 * @throws Problem version_conflict when the same person has saved from elsewhere in the meantime
 */
export async function saveDraft(tx: Tx, taskId: string, userId: string, answers: Json, version: number | null): Promise<{ version: number; savedAt: Date }> {
  const [row] = await tx.db.$queryRawUnsafe<{ version: number; savedAt: Date }[]>(
    version === null
      ? `insert into draft (task_id, user_id, answers, version, saved_at) values ($1::uuid, $2::uuid, $3::jsonb, 1, $4::timestamptz)
         on conflict do nothing returning version, saved_at as "savedAt"`
      : `update draft set answers = $3::jsonb, version = version + 1, saved_at = $4::timestamptz
         where task_id = $1::uuid and user_id = $2::uuid and version = $5::int returning version, saved_at as "savedAt"`,
    taskId,
    userId,
    JSON.stringify(answers),
    tx.now,
    ...(version === null ? [] : [version]),
  );
  if (row) return row;
  const [current] = await tx.db.$queryRawUnsafe<{ version: number; savedAt: Date }[]>(
    `select version, saved_at as "savedAt" from draft where task_id = $1::uuid and user_id = $2::uuid`,
    taskId,
    userId,
  );
  throw new Problem('version_conflict', { extra: { version: current?.version ?? null, at: current?.savedAt.toISOString() ?? null } });
}

/** Throws somebody's draft away. @returns whether there was one */
export async function discardDraft(tx: Tx, taskId: string, userId: string): Promise<boolean> {
  return (await tx.db.$executeRawUnsafe(`delete from draft where task_id = $1::uuid and user_id = $2::uuid`, taskId, userId)) === 1;
}

export interface CommentRow {
  id: string;
  authorId: string;
  body: string;
  at: Date;
}

export async function addComment(tx: Tx, taskId: string, authorId: string, body: string): Promise<CommentRow> {
  const row = { id: newId(tx.now.getTime()), taskId, authorId, body, at: tx.now };
  await tx.db.taskComment.create({ data: row });
  return { id: row.id, authorId, body, at: row.at };
}
