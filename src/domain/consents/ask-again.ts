// What is to be done about a consent that is neither given nor refused: who is still thinking it over is asked again on the day that
// was agreed; where somebody can no longer judge, and a consent of theirs stands, somebody has to decide what becomes of it.
import type { Calendar } from '../../base/calendar.js';
import type { Tx } from '../../base/db.js';
import { partsNow } from '../case-roles.js';
import { findStandingFlag, raiseFlag } from '../flags/flags.js';
import { consentRules } from '../settings.js';
import { setTimer } from '../timers.js';
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

/** Who decides has so many days, and is reminded after as many again. */
const decideWithin = '10BD';
const againMs = 14 * 86_400_000;
const doubt = '判断困難：すでにある同意の扱いを決める（成年後見・日常生活自立支援事業、支援会議）';

/**
 * Somebody whose consent stands can no longer judge (判断困難, domain.md §3.5). What they agreed to while they could stays as it was
 * given, for as long as it was given: nobody else takes it back for them. Whether it should go on being used, who speaks for them from
 * now on and whether a 支援会議 is needed has to be decided: a flag stands on the case until somebody says what was, and those who
 * decide are told, and told again.
 */
export async function raiseDoubt(tx: Tx, calendar: Calendar, about: { caseId: string; agencyCode: string; byId: string }): Promise<void> {
  if (await findStandingFlag(tx, about.caseId, doubt)) return;
  const dueAt = calendar.add(tx.now, decideWithin);
  const flagId = await raiseFlag(tx, { caseId: about.caseId, kind: 'other', message: doubt, reviewOn: calendar.onDate(dueAt), raisedById: about.byId });
  await setTimer(tx, { rule: 'capacity_undecided', aboutId: flagId, caseId: about.caseId, dueAt });
  await tellWhoDecides(tx, about, 'consent_incapable');
}

/** Nobody has decided yet. */
export async function remindOfDoubt(tx: Tx, flagId: string): Promise<void> {
  const found = await tx.db.flag.findUnique({ where: { id: flagId }, select: { caseId: true, resolvedAt: true, case: { select: { agencyCode: true } } } });
  if (!found || found.resolvedAt !== null) return;
  await tellWhoDecides(tx, { caseId: found.caseId, agencyCode: found.case.agencyCode }, 'capacity_undecided');
  await setTimer(tx, { rule: 'capacity_undecided', aboutId: flagId, caseId: found.caseId, dueAt: new Date(tx.now.getTime() + againMs) });
}
