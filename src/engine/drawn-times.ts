// Drawn clocks counted again with another calendar: timers of processes that wait and have not fired. How each was counted was written
// down when it was armed; of those that an earlier version armed, the diagram says it where it says so in numbers.
import { countAgain, type Calendar, type Counted } from '../base/calendar.js';
import type { Tx } from '../base/db.js';
import { mayHang, recount, type Recount } from '../base/recount.js';
import type { DefinitionCache } from './definitions.js';
import type { Left } from './due-times.js';
import type { ElementInfo } from './model.js';

export interface MovedTimer {
  timerId: string;
  name: string;
  caseNo: string | null;
  fromDueAt: Date;
  toDueAt: Date;
}

interface Waiting {
  id: string;
  elementId: string;
  definitionId: string;
  caseNo: string | null;
  dueAt: Date;
  armedAt: Date;
  counted: Counted | null;
}

export interface DrawnChange {
  moved: (MovedTimer & { counted: Counted })[];
  left: Left[];
}

/** How moments were counted that processes of these cases were told as instants: by case number and instant (ISO). */
export type ToldMoments = (tx: Tx, caseNos: readonly string[]) => Promise<(caseNo: string, at: Date) => Counted | null>;

/**
 * Says which drawn timers move, and which stay. Changes nothing.
 * @param lock keep the timers as they are until the transaction ends
 */
export async function recountDrawn(tx: Tx, deps: { definitions: DefinitionCache; toldMoments: ToldMoments }, change: Recount, lock: boolean): Promise<DrawnChange> {
  const found: DrawnChange = { moved: [], left: [] };
  const waiting = (await waitingTimers(tx, lock)).filter(({ dueAt, counted }) => counted !== null || mayHang(change, dueAt));
  const told = await deps.toldMoments(tx, [...new Set(waiting.flatMap(({ counted, caseNo }) => (counted === null && caseNo !== null ? [caseNo] : [])))]);
  for (const timer of waiting) {
    const element = (await deps.definitions.byId(tx, timer.definitionId)).compiled.elements.get(timer.elementId);
    const name = element?.name ?? timer.elementId;
    const counted = timer.counted ?? (timer.caseNo === null ? null : told(timer.caseNo, timer.dueAt)) ?? asDrawn(element, timer, change.before);
    if (counted === null) {
      const reason = whyUncounted(element);
      if (reason !== null) found.left.push({ name, reason });
      continue;
    }
    const verdict = recount(change, timer.dueAt, (calendar) => countAgain(calendar, counted));
    if (verdict && 'left' in verdict) found.left.push({ name, reason: verdict.left });
    else if (verdict) found.moved.push({ timerId: timer.id, name, caseNo: timer.caseNo, fromDueAt: timer.dueAt, toDueAt: verdict.to, counted });
  }
  found.moved.sort((a, b) => a.fromDueAt.getTime() - b.fromDueAt.getTime());
  return found;
}

const inNumbers = /businessDays\((\d{1,4})\)|\b(\d{1,4})BD\b/g;

/** What the diagram says in numbers, if counting so from when it was armed comes out at its due time. */
function asDrawn(element: ElementInfo | undefined, { armedAt, dueAt }: Waiting, calendar: Calendar): Counted | null {
  for (const [, days, written] of element?.timer?.value.matchAll(inNumbers) ?? []) {
    const duration = `${days ?? written}BD`;
    if (calendar.add(armedAt, duration).getTime() === dueAt.getTime()) return { from: armedAt.toISOString(), by: 'add', duration };
  }
  return null;
}

/** null: its time hangs on no calendar (`P3M`). A date that was named is one; a drawn number of business days that does not fit has been forgotten. */
function whyUncounted(element: ElementInfo | undefined): 'said_day' | 'unknown' | null {
  const drawn = element?.timer;
  if (!drawn) return 'unknown';
  if (drawn.kind === 'date') return 'said_day';
  return /BD\b|^=/.test(drawn.value) ? 'unknown' : null;
}

async function waitingTimers(tx: Tx, lock: boolean): Promise<Waiting[]> {
  return tx.db.$queryRawUnsafe<Waiting[]>(
    `select t.id, t.element_id as "elementId", i.definition_id as "definitionId", i.business_key as "caseNo", t.due_at as "dueAt", t.created_at as "armedAt", t.counted
     from timer t join process_instance i on i.id = t.instance_id where t.kind = 'bpmn' and t.status = 'pending' and i.status in ('active', 'suspended') order by t.id ${lock ? 'for no key update of t' : ''}`,
  );
}

/** Writes what `recountDrawn` found, in the same transaction. */
export async function moveDrawn(tx: Tx, { moved }: Pick<DrawnChange, 'moved'>): Promise<void> {
  await tx.db.$executeRawUnsafe(
    `with n as (select * from jsonb_to_recordset($1::jsonb) as n(id uuid, due_at timestamptz, counted jsonb)),
       h as (insert into history_event (instance_id, step_no, at, type, element_id, execution_id, actor_id, data)
         select t.instance_id, i.step_no, $2::timestamptz, 'timer_due_changed', t.element_id, t.execution_id, $3::uuid, jsonb_build_object('from', t.due_at, 'to', n.due_at, 'calendar', true)
         from n join timer t on t.id = n.id join process_instance i on i.id = t.instance_id)
     update timer t set due_at = n.due_at, counted = n.counted, claimed_until = null from n where t.id = n.id and t.status = 'pending'`,
    JSON.stringify(moved.map(({ timerId, toDueAt, counted }) => ({ id: timerId, due_at: toDueAt, counted }))),
    tx.now,
    tx.actor.kind === 'person' ? tx.actor.userId : null,
  );
}
