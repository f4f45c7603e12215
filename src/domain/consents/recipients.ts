// Who has to hear of a withdrawal (T-P10-03): everybody who was told something under what was taken back, agencies and 受入先 alike.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';

export interface Recipients {
  /** Codes of agencies that were told, or could have looked, under what this withdrawal took back. */
  told: string[];
  /** Numbers of 受入先 (F15) that were told of the person under it. */
  places: string[];
  /** Codes of agencies that the consents still cover. */
  remaining: string[];
}

/** Lines (d) of the 提供記録 under the consents that the withdrawal $2 of the case $1 took back, all or in part, also those that they had replaced: never under one that still holds. */
const taken = `consent_end e join consent taken on taken.id = e.consent_id
       join consent c on c.case_id = taken.case_id and c.subject = taken.subject and consent_of_member(c.member_id, c.member_name, taken.member_id, taken.member_name)
         and (c.id = taken.id or ((c.place_name is null) = (taken.place_name is null) and not consent_holds(c.id, e.at)))
       join disclosure d on d.consent_id = c.id and d.to_kind in ('agency', 'place')
     where e.case_id = $1::uuid and e.submission_id = $2::uuid
       and (e.kind = 'withdrawn' or (d.to_kind = 'agency' and d.to_code = any(e.agencies)) or d.items && e.items or d.purpose = any(e.types))`;

/**
 * Read from the 提供記録 and the consents, also those that the one taken back had replaced. Who was told of an earlier withdrawal, and
 * has been told nothing since, is not told again.
 * @param withdrawalId the submission (F17)
 */
export async function recipientsOfWithdrawal(tx: Pick<Tx, 'db' | 'now'>, caseId: string, withdrawalId: string): Promise<Recipients> {
  const told = await tx.db.$queryRawUnsafe<{ kind: string; code: string }[]>(
    `select distinct d.to_kind as kind, d.to_code as code from ${taken}
       and not exists (select 1 from consent_end w where w.consent_id = c.id and w.kind = 'withdrawn' and w.submission_id <> $2::uuid) order by 1, 2`,
    caseId,
    withdrawalId,
  );
  const remaining = await tx.db.$queryRawUnsafe<{ code: string }[]>(
    `select distinct a.agency_code as code from consent c join consent_agency a on a.consent_id = c.id
     where c.case_id = $1::uuid and c.subject = 'self' and consent_holds(c.id, $2::timestamptz) and consent_agrees(c.id, a.agency_code) order by 1`,
    caseId,
    tx.now,
  );
  const codesOf = (kind: string): string[] => told.filter((one) => one.kind === kind).map(({ code }) => code);
  return { told: codesOf('agency'), places: codesOf('place'), remaining: remaining.map(({ code }) => code) };
}

/** A recipient as a process knows it: `agency:school_education`, `place:S-0032`. */
export const recipientKey = (kind: 'agency' | 'place', code: string): string => `${kind}:${code}`;

export interface Recipient {
  kind: 'agency' | 'place';
  name: string;
  contact: string | null;
  /** Kinds of content that they were told, and the last day of it; left out for somebody who does not see all of the case. */
  items: string[];
  lastOn: string | null;
}

async function placeOf(tx: Pick<Tx, 'db'>, no: string): Promise<{ name: string; contact: string | null } | null> {
  const place = await tx.db.resource.findUnique({ where: { no }, select: { name: true, contactRule: true } });
  return place && { name: place.name, contact: place.contactRule };
}

/**
 * Whom the task of T-P10-03 is about, and what they were told under what was taken back.
 * @param withdrawalId as the process knows it
 * @returns null where the task is about nobody of that kind
 */
export async function recipientOfTask(tx: Pick<Tx, 'db'>, caseId: string | null, taskId: string, withdrawalId: Json | undefined): Promise<Recipient | null> {
  const task = await tx.db.task.findUnique({ where: { id: taskId }, select: { item: true } });
  const [, kind, code] = /^(agency|place):(.+)$/.exec(typeof task?.item === 'string' ? task.item : '') ?? [];
  if (caseId === null || code === undefined || typeof withdrawalId !== 'string') return null;
  const who = kind === 'agency'
    ? await tx.db.agency.findUnique({ where: { code }, select: { name: true, contact: true } })
    : await placeOf(tx, code);
  if (!who) return null;
  const [told] = await tx.db.$queryRawUnsafe<{ items: string[] | null; lastOn: string | null }[]>(
    `with told as (select d.items, d.at from ${taken} and d.to_kind = $3 and d.to_code = $4 and (select b.everything from carry_bounds($1::uuid) b))
     select (select array_agg(distinct i order by i) from told, unnest(told.items) i) as items, (select to_char(max(told.at) at time zone 'Asia/Tokyo', 'YYYY-MM-DD') from told) as "lastOn"`,
    caseId, withdrawalId, kind, code,
  );
  return { kind: kind as Recipient['kind'], ...who, items: told?.items ?? [], lastOn: told?.lastOn ?? null };
}
