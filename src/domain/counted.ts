// What the domain has counted with the office calendar: moments that it told to processes, and those that it waits for itself. Kept with
// how they were counted, so that they are counted again when the calendar changes.
import { countAgain, howCounted, type Counted } from '../base/calendar.js';
import type { Tx } from '../base/db.js';
import { newId } from '../base/id.js';
import { mayHang, recount, type LeftReason, type Recount } from '../base/recount.js';

/**
 * A moment that goes to the case's processes. @param at the very instant that the calendar handed out
 * @returns it as an ISO instant
 */
export async function tellMoment(tx: Tx, caseId: string, at: Date): Promise<string> {
  const counted = howCounted(at);
  if (counted) await tx.db.countedMoment.create({ data: { id: newId(tx.now.getTime()), caseId, moment: at, counted: structuredClone(counted), at: tx.now } });
  return at.toISOString();
}

/** How the moments were counted that these cases' processes were told. */
export async function toldMoments(tx: Tx, caseNos: readonly string[]): Promise<(caseNo: string, at: Date) => Counted | null> {
  const rows = await tx.db.$queryRawUnsafe<{ caseNo: string; moment: Date; counted: Counted }[]>(
    `select c.case_no as "caseNo", m.moment, m.counted from counted_moment m join support_case c on c.id = m.case_id where c.case_no = any ($1::text[]) order by m.at, m.id`, [...caseNos]);
  const known = new Map(rows.map(({ caseNo, moment, counted }) => [`${caseNo} ${moment.toISOString()}`, counted]));
  return (caseNo, at) => known.get(`${caseNo} ${at.toISOString()}`) ?? null;
}

export interface MovedMoment {
  timerId: string;
  rule: string;
  fromDueAt: Date;
  toDueAt: Date;
}

export interface MomentChange {
  moved: MovedMoment[];
  left: { rule: string; reason: LeftReason }[];
}

/**
 * Says which of the moments that the domain waits for move (promised days, reminders of days of the law), and which stay. Changes nothing.
 * @param lock keep them as they are until the transaction ends
 */
export async function recountMoments(tx: Tx, change: Recount, lock: boolean): Promise<MomentChange> {
  const rows = await tx.db.$queryRawUnsafe<{ id: string; rule: string; dueAt: Date; counted: Counted | { at: string } | null }[]>(
    `select id, rule, due_at as "dueAt", counted from timer where kind = 'domain' and status = 'pending' order by id ${lock ? 'for no key update' : ''}`);
  const found: MomentChange = { moved: [], left: [] };
  for (const { id, rule, dueAt, counted } of rows) {
    if (counted === null) {
      if (mayHang(change, dueAt)) found.left.push({ rule, reason: 'unknown' });
      continue;
    }
    if ('at' in counted) continue;
    const verdict = recount(change, dueAt, (calendar) => countAgain(calendar, counted));
    if (verdict && 'left' in verdict) found.left.push({ rule, reason: verdict.left });
    else if (verdict) found.moved.push({ timerId: id, rule, fromDueAt: dueAt, toDueAt: verdict.to });
  }
  found.moved.sort((a, b) => a.fromDueAt.getTime() - b.fromDueAt.getTime());
  return found;
}

/** Writes what `recountMoments` found, in the same transaction. */
export async function moveMoments(tx: Tx, { moved }: Pick<MomentChange, 'moved'>): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `update timer t set due_at = n.due_at, claimed_until = null from jsonb_to_recordset($1::jsonb) as n(id uuid, due_at timestamptz) where t.id = n.id and t.status = 'pending'`,
    JSON.stringify(moved.map(({ timerId, toDueAt }) => ({ id: timerId, due_at: toDueAt }))));
}
