import { agencyReader, grantAccess } from '../domain/access.js';
import { intakeGroupFor } from '../domain/agencies.js';
import { fields } from '../domain/cases.js';
import { openMemberCase } from '../domain/exits/exits.js';
import { textOf, type InsideHandler } from './handler.js';

/**
 * Input `caseId`, `field`. Opens a case for who is left of the household, taken by the same agency. Hands back `memberCaseId`,
 * `memberCaseNo`, `memberIntakeGroup`, for the message that starts P01 with it.
 */
export const openMemberCaseHandler: InsideHandler = {
  name: 'open_member_case',
  kind: 'inside',
  async run(tx, context) {
    const said = textOf(context, 'field');
    const field = fields.find((one) => one === said);
    if (!field) throw new Error('input field is none');
    const opened = await openMemberCase(tx, { caseId: textOf(context, 'caseId'), field }, context.calendar.onDate(tx.now));
    await grantAccess(tx, { caseId: opened.caseId, reader: agencyReader(opened.agencyCode), level: 'content', basis: 'intake', basisId: null });
    return { memberCaseId: opened.caseId, memberCaseNo: opened.caseNo, memberIntakeGroup: await intakeGroupFor(tx, opened.agencyCode, field) };
  },
};
