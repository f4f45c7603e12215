// What a process that deals with an exit has to know of a case, whichever process it came out of: ids and decisions only.
import type { Tx } from '../../base/db.js';
import type { Json } from '../../base/json.js';
import { inboxOfAgency, intakeGroupFor } from '../agencies.js';
import { partsNow } from '../case-roles.js';
import { caseOrigin } from '../cases.js';
import { consentStateOf } from '../consents/consents.js';
import { planDays, planEndsAt } from '../plans/clock.js';
import { planInForce } from '../plans/plan.js';

const stateWords = new Set(['full', 'partial', 'refused', 'incapable']);

/**
 * Where the case stands: its inboxes (`caseGroups`: who coordinates and who leads, else the agency that took it), its team and
 * plan, the state of the consent. `hasPlan`: a plan is in force.
 */
export async function caseFacts(tx: Tx, caseId: string): Promise<Record<string, Json>> {
  const origin = await caseOrigin(tx, caseId);
  const parts = await partsNow(tx, caseId);
  const plan = await planInForce(tx, caseId);
  const { state } = await consentStateOf(tx, caseId);
  const intakeGroup = await intakeGroupFor(tx, origin.agencyCode, origin.field);
  const groupOf = (role: string): string | null => parts.find((part) => part.role === role)?.groupKey ?? null;
  const coordinatorGroup = groupOf('coordinator') ?? plan?.coordinatorGroup ?? null;
  const leadGroup = groupOf('lead');
  const fallback = intakeGroup ?? (await inboxOfAgency(tx, origin.agencyCode)) ?? `grp.manager.${origin.agencyCode}`;
  const known = [coordinatorGroup, leadGroup].filter((key): key is string => key !== null);
  return {
    field: origin.field, agencyCode: origin.agencyCode, intakeGroup, coordinatorGroup, leadGroup: leadGroup ?? fallback,
    caseGroups: known.length > 0 ? known : [fallback],
    roleGroups: [...new Set(parts.filter(({ role }) => role !== 'coordinator').map(({ groupKey }) => groupKey))],
    hasPlan: plan !== null, planVersion: plan?.version ?? null, consentState: stateWords.has(state) ? state : 'unknown',
  };
}

/**
 * The dates of the plan in force for a process that did not come out of its monitoring: its last day (as it was extended, if it was), how
 * often that happened, and how often it is monitored. All null without a plan.
 */
export async function planDates(tx: Tx, caseId: string): Promise<Record<'monitorEvery' | 'planEndsAt' | 'planExtensions', Json>> {
  const days = await planDays(tx, caseId);
  if (!days) return { monitorEvery: null, planEndsAt: null, planExtensions: null };
  return { monitorEvery: days.monitorEvery, planEndsAt: planEndsAt(days).toISOString(), planExtensions: days.extensions === 0 ? null : days.extensions };
}
