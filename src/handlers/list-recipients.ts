import { recipientsOfWithdrawal } from '../domain/consents/recipients.js';
import { groupsOfAgencies } from '../domain/consents/tell.js';
import { textOf, type InsideHandler } from './handler.js';

/** Input `caseId`, `withdrawalId`. Hands back `recipientGroups`, inboxes of those told under what was withdrawn, and `remainingGroups`, of those still covered. */
export const listRecipients: InsideHandler = {
  name: 'list_recipients',
  kind: 'inside',
  async run(tx, context) {
    const { told, remaining } = await recipientsOfWithdrawal(tx, textOf(context, 'caseId'), textOf(context, 'withdrawalId'));
    return { recipientGroups: await groupsOfAgencies(tx, told), remainingGroups: await groupsOfAgencies(tx, remaining) };
  },
};
