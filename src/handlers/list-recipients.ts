import { recipientsOfWithdrawal } from '../domain/consents/recipients.js';
import { groupsOfAgencies } from '../domain/consents/tell.js';
import { textOf, type InsideHandler } from './handler.js';

/** Input `caseId`, `withdrawalId`. Hands back `recipientGroups`, inboxes of those told under what was withdrawn, `remainingGroups`, of those still covered, and `closedGroups`, of those told who no longer are. */
export const listRecipients: InsideHandler = {
  name: 'list_recipients',
  kind: 'inside',
  async run(tx, context) {
    const { told, remaining } = await recipientsOfWithdrawal(tx, textOf(context, 'caseId'), textOf(context, 'withdrawalId'));
    const recipientGroups = await groupsOfAgencies(tx, told);
    const remainingGroups = await groupsOfAgencies(tx, remaining);
    return { recipientGroups, remainingGroups, closedGroups: recipientGroups.filter((group) => !remainingGroups.includes(group)) };
  },
};
