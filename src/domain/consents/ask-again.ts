// What is to be done about a consent that is neither given nor refused: who is still thinking it over is asked again on the day that
// was agreed; where somebody can no longer judge, and a consent of theirs stands, somebody has to decide what becomes of it.
import type { Calendar } from '../../base/calendar.js';
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { intakeGroupFor } from '../agencies.js';
import { partsNow } from '../case-roles.js';
import { processRuns } from '../closing.js';
import { changeFlag, findStandingFlag, raiseFlag } from '../flags/flags.js';
import { mustDecideForCity } from '../plans/decisions.js';
import { caseOf, choiceAt, mustDayAt, refuseField, textAt } from '../records/answers.js';
import type { Filed, RecordKind, Told } from '../records/record.js';
import { cityClocks, consentRules } from '../settings.js';
import { callOffTimers, setTimer } from '../timers.js';
import { groupsOfAgencies, tellGroups } from './tell.js';

/** Who decides about consents, whoever coordinates the case, and who asked. */
async function tellWhoDecides(tx: Tx, { caseId, agencyCode }: { caseId: string; agencyCode: string }, rule: string): Promise<void> {
  const { officeGroups } = await consentRules(tx);
  const coordinators = (await partsNow(tx, caseId)).filter(({ role }) => role === 'coordinator').map(({ groupKey }) => groupKey);
  await tellGroups(tx, caseId, [...new Set([...officeGroups, ...coordinators, ...(await groupsOfAgencies(tx, [agencyCode]))])], rule);
}

/** @param day YYYY-MM-DD in Japan: brought to mind when the office opens on it */
export async function askAgainOn(tx: Tx, calendar: Calendar, about: { consentId: string; caseId: string; day: string }): Promise<void> {
  await setTimer(tx, { rule: 'consent_ask_again', aboutId: about.consentId, caseId: about.caseId, dueAt: calendar.openingOf(about.day) });
}

interface Said {
  caseId: string;
  agencyCode: string;
}

/** The day has come. Nothing happens where the person has answered meanwhile. */
export async function remindToAsk(tx: Tx, consentId: string): Promise<void> {
  const [found] = await tx.db.$queryRawUnsafe<Said[]>(
    `select c.case_id as "caseId", c.agency_code as "agencyCode" from consent c where c.id = $1::uuid and not exists (select 1 from consent o where o.case_id = c.case_id and o.subject = c.subject
       and o.member_name is not distinct from c.member_name and o.place_name is null and (o.recorded_at, o.id) > (c.recorded_at, c.id))`,
    consentId,
  );
  if (found) await tellWhoDecides(tx, found, 'consent_ask_again');
}

const doubt = '判断困難：すでにある同意の扱いを決める（成年後見・日常生活自立支援事業、支援会議）';

/** Asks who decides by a task (P10 from 「本人の判断が難しくなった」), as long as the case is open. null: it is closed. */
async function asking(tx: Tx, doubtId: string, caseId: string): Promise<Told | null> {
  const { status, ...found } = await tx.db.case.findUniqueOrThrow({ where: { id: caseId }, select: { field: true, agencyCode: true, status: true } });
  if (status === 'closed') return null;
  const coordinatorGroup = (await partsNow(tx, caseId)).find(({ role }) => role === 'coordinator')?.groupKey ?? null;
  return { kind: 'message', name: 'consent_doubted', variables: { caseId, doubtId, ...found, intakeGroup: await intakeGroupFor(tx, found.agencyCode, found.field), coordinatorGroup } };
}

/**
 * Somebody whose consent stands can no longer judge (判断困難, domain.md §3.5). What they agreed to while they could stays as it was
 * given, for as long as it was given: nobody else takes it back for them. Whether it should go on being used, who speaks for them from
 * now on and whether a 支援会議 is needed has to be decided: a flag stands on the case until it is, those who decide are told, and one of
 * them has a task with its day (T-P10-06). Said twice it is one question.
 */
export async function raiseDoubt(tx: Tx, filed: Pick<Filed, 'calendar' | 'tell'>, about: { caseId: string; agencyCode: string; byId: string }): Promise<void> {
  if (await findStandingFlag(tx, about.caseId, doubt)) return;
  const dueAt = filed.calendar.add(tx.now, (await cityClocks(tx)).doubts.decideWithin);
  const flagId = await raiseFlag(tx, { caseId: about.caseId, kind: 'other', message: doubt, reviewOn: filed.calendar.onDate(dueAt), raisedById: about.byId });
  await tellWhoDecides(tx, about, 'consent_incapable');
  const told = await asking(tx, flagId, about.caseId);
  if (told) filed.tell(told);
  else await setTimer(tx, { rule: 'capacity_undecided', aboutId: flagId, caseId: about.caseId, dueAt });
}

/**
 * The day on which it is to be looked at again: who decides has the task again. Nobody works on a closed case: of that they are told, and
 * told again (city/clocks.json).
 */
export async function remindOfDoubt(tx: Tx, flagId: string, calendar: Calendar): Promise<Told[]> {
  const found = await tx.db.flag.findUnique({ where: { id: flagId }, select: { caseId: true, resolvedAt: true, case: { select: { agencyCode: true } } } });
  if (!found || found.resolvedAt !== null) return [];
  await tellWhoDecides(tx, { caseId: found.caseId, agencyCode: found.case.agencyCode }, 'capacity_undecided');
  const told = await asking(tx, flagId, found.caseId);
  if (told) return [told];
  await setTimer(tx, { rule: 'capacity_undecided', aboutId: flagId, caseId: found.caseId, dueAt: calendar.add(tx.now, (await cityClocks(tx)).doubts.againAfter) });
  return [];
}

const uses = ['keep', 'guardian', 'confidential'] as const;

/**
 * T-P10-06: what becomes of the consent. それまでの同意のまま settles it; where somebody has to be found who speaks for them, or a 支援会議 decides, it
 * is asked again on the day that is said. Whoever coordinates may say either of these: the one is their own work, the other asks the chair
 * whether a 支援会議 is due (P03). That the question is closed and the consent used on with nobody who speaks for them, the city decides
 * alone, as after a withdrawal (domain.md §3.1, §3.5).
 * @throws Problem form_invalid without that day, or for one that is not to come; not_city_decision
 */
async function decideUse(tx: Tx, filed: Filed): Promise<Record<string, Json>> {
  const { answers, calendar } = filed;
  const caseId = caseOf(filed);
  const consentUse = choiceAt(answers, 'consentUse', uses)!;
  if (consentUse === 'keep') await mustDecideForCity(tx, filed.by);
  const reason = textAt(answers, 'useReason');
  const reviewOn = consentUse === 'keep' ? null : mustDayAt(answers, 'reviewOn');
  if (reviewOn !== null && reviewOn <= calendar.onDate(tx.now)) refuseField('reviewOn', '明日より後の日にしてください。');
  const flagId = await findStandingFlag(tx, caseId, doubt);
  if (flagId !== null) {
    await callOffTimers(tx, flagId);
    await changeFlag(tx, { id: flagId, caseId }, reviewOn === null ? { resolve: true, reason } : { reviewOn, reason });
    if (reviewOn !== null) await setTimer(tx, { rule: 'capacity_undecided', aboutId: flagId, caseId, dueAt: calendar.openingOf(reviewOn) });
  }
  // where a 支援会議 is at work on the case already, it decides this too, and no second route begins
  return consentUse === 'confidential' && (await processRuns(tx, caseId, 'confidential_route')) ? { consentUse: 'confidential_running' } : {};
}

export const consentUse: RecordKind = {
  key: 'F10.capacity',
  title: '判断困難のときの同意の扱い',
  compartment: 'team',
  besideSittings: true,
  needs: [
    { at: 'consentUse', types: ['radio', 'select'], options: uses, required: true },
    { at: 'useReason', types: ['textarea'], required: true },
    { at: 'reviewOn', types: ['textfield'], required: true },
  ],
  project: decideUse,
};
