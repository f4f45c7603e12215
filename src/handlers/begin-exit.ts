import { isUrgent, lockCase } from '../domain/cases.js';
import { exitKinds, noticeExit } from '../domain/exits/exits.js';
import { caseFacts, planDates } from '../domain/exits/facts.js';
import { optionalText, textOf, type InsideHandler } from './handler.js';

/**
 * Input `caseId`, `exitKind`, `origin` (`notice`, `monitoring`, `closure`), `exitId?` (its notice was filed), `planEndsAt?` (who began this knows the plan's dates). Hands back `exitId`,
 * `exitKind`, `exitOrigin`, `urgency`, and where the case stands: `field`,
 * `agencyCode`, `intakeGroup`, `coordinatorGroup`, `leadGroup`, `caseGroups`, `roleGroups`, `hasPlan`, `planVersion`, `consentState`; where they were not known `monitorEvery`, `planEndsAt`, `planExtensions`.
 */
export const beginExit: InsideHandler = {
  name: 'begin_exit',
  kind: 'inside',
  async run(tx, context) {
    const caseId = textOf(context, 'caseId');
    const said = textOf(context, 'exitKind');
    const kind = exitKinds.find((one) => one === said);
    if (!kind) throw new Error('input exitKind is none');
    await lockCase(tx, caseId);
    const exitId = optionalText(context, 'exitId') ?? (await noticeExit(tx, { caseId, kind, occurred: null, submissionId: null }));
    const known = optionalText(context, 'planEndsAt') !== null;
    return { ...(await caseFacts(tx, caseId)), ...(known ? {} : await planDates(tx, caseId)), urgency: (await isUrgent(tx, caseId)) ? 'urgent' : 'none', exitId, exitKind: kind, exitOrigin: textOf(context, 'origin') };
  },
};
