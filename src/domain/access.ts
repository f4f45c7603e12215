// Who may see how much of a case. Rows, made and ended in the transaction of what they follow from: taking a consultation, an
// assignment, a consent, a seat in a meeting. Postgres itself reads them (case_reach) where content is read.
import type { Person, Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { Problem } from '../base/problem.js';

/** `exists`: number, step, due. `identity`: name, birth date, address, telephone. `content`: what was written. */
export type Level = 'exists' | 'identity' | 'content';
export const levels: readonly Level[] = ['exists', 'identity', 'content'];

/** What a right to see follows from (casework.md §3.3). */
export type Basis = 'intake' | 'assignment' | 'referral' | 'consent' | 'meeting' | 'plan' | 'emergency' | 'handover';

export interface Grant {
  caseId: string;
  /** A group's key, a user's id, or `agency:` and its code. */
  reader: string;
  level: Level;
  basis: Basis;
  /** The consent, meeting, referral … that it follows from. */
  basisId: string | null;
  /** Kinds of content that a consent covers (F10 scopeItems); null: all. */
  items?: readonly string[] | null;
  untilAt?: Date | null;
}

export const agencyReader = (code: string): string => `agency:${code}`;

/** Roles whose work is with cases: theirs is also what their agency reaches (app_case_readers in the database says the same). */
export const caseworkRoles = ['intakeWorker', 'sectionLead', 'coordinator', 'meetingConvenor', 'chair', 'director', 'outreachWorker', 'participationWorker', 'manager'] as const;

/** The names under which this person reaches cases. */
export function readersOf(person: Person): string[] {
  const works = caseworkRoles.some((role) => person.roles.includes(role));
  return [...person.groups, person.userId, ...(works ? [agencyReader(person.agencyCode)] : [])];
}

/** Gives a right, unless the same stands already (its end and its items are then brought to what is said now). */
export async function grantAccess(tx: Tx, grant: Grant): Promise<void> {
  const by = tx.actor.kind === 'person' ? tx.actor.userId : null;
  await tx.db.$executeRawUnsafe(
    `insert into case_access (id, case_id, reader, level, basis, basis_id, items, granted_by_id, from_at, until_at)
     values ($1::uuid, $2::uuid, $3, $4, $5, $6::uuid, $7::text[], $8::uuid, $9::timestamptz, $10::timestamptz)
     on conflict (case_id, reader, level, basis, coalesce(basis_id, '00000000-0000-0000-0000-000000000000')) where ended_at is null
     do update set until_at = excluded.until_at, items = excluded.items`,
    newId(tx.now.getTime()),
    grant.caseId,
    grant.reader,
    grant.level,
    grant.basis,
    grant.basisId,
    grant.items ? [...grant.items] : null,
    by,
    tx.now,
    grant.untilAt ?? null,
  );
}

/** Which rights are meant; what is not said is not asked. */
export interface Which {
  caseId: string;
  basis: Basis;
  basisId?: string;
  reader?: string;
  level?: Level;
}

/** Ends rights from this moment on; they stay on record. @returns how many ended */
export async function endAccess(tx: Tx, which: Which, reason: string): Promise<number> {
  return tx.db.$executeRawUnsafe(
    `update case_access set ended_at = $5::timestamptz, end_reason = $6
     where case_id = $1::uuid and basis = $2 and ended_at is null and ($3::uuid is null or basis_id = $3::uuid) and ($4::text is null or reader = $4) and ($7::text is null or level = $7)`,
    which.caseId,
    which.basis,
    which.basisId ?? null,
    which.reader ?? null,
    tx.now,
    reason,
    which.level ?? null,
  );
}

export interface Right {
  level: Level;
  basis: Basis;
  basisId: string | null;
  reader: string;
  items: string[] | null;
  fromAt: Date;
  untilAt: Date | null;
}

/** Why this person sees something of the case: every right that holds now, the furthest first. */
export async function rightsOf(tx: Tx, person: Person, caseId: string): Promise<Right[]> {
  const rows = await tx.db.$queryRawUnsafe<Right[]>(
    `select level, basis, basis_id as "basisId", reader, items, from_at as "fromAt", until_at as "untilAt" from case_access
     where case_id = $1::uuid and reader = any($2::text[]) and ended_at is null and from_at <= $3::timestamptz and (until_at is null or until_at > $3::timestamptz)
     order by from_at, id`,
    caseId,
    readersOf(person),
    tx.now,
  );
  return rows.toSorted((a, b) => levels.indexOf(b.level) - levels.indexOf(a.level));
}

/**
 * The right by which this person sees the case at least that far.
 * @throws Problem not_found when there is none: that the case is there is itself not theirs to know
 */
export async function mustReach(tx: Tx, person: Person, caseId: string, level: Level): Promise<Right> {
  const [furthest] = await rightsOf(tx, person, caseId);
  if (!furthest || levels.indexOf(furthest.level) < levels.indexOf(level)) throw new Problem('not_found');
  return furthest;
}
