import { inboxOfAgency, intakeGroupFor } from '../domain/agencies.js';
import { caseOrigin, lockCase } from '../domain/cases.js';
import { raiseEmergency, showToCoordinators } from '../domain/emergencies/emergencies.js';
import { optionalText, textOf, type InsideHandler } from './handler.js';

/**
 * Input `caseId`, `agencyCode`, `emergencyId?` (its record was filed already), `groups` (coordinators), `hours`. Hands back
 * `emergencyId`, `emergencyIsNew` (false: one is going on, whose process goes on with it), `discovererGroup`, and `field` and `intakeGroup`
 * of the case.
 */
export const openEmergency: InsideHandler = {
  name: 'open_emergency',
  kind: 'inside',
  async run(tx, context) {
    const caseId = textOf(context, 'caseId');
    const agencyCode = textOf(context, 'agencyCode');
    const filed = optionalText(context, 'emergencyId');
    const { groups, hours } = context.input;
    if (!Array.isArray(groups) || typeof hours !== 'number') throw new Error('input groups and hours are a list and a number');
    await lockCase(tx, caseId);
    const { emergencyId, isNew } = filed === null ? await raiseEmergency(tx, caseId, agencyCode) : { emergencyId: filed, isNew: true };
    await showToCoordinators(tx, { id: emergencyId, caseId }, groups.filter((key): key is string => typeof key === 'string'), hours);
    const origin = await caseOrigin(tx, caseId);
    return { emergencyId, emergencyIsNew: isNew, discovererGroup: await inboxOfAgency(tx, agencyCode), field: origin.field, intakeGroup: await intakeGroupFor(tx, origin.agencyCode, origin.field) };
  },
};
