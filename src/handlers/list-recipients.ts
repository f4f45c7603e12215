import { seatOfAgency } from '../domain/agencies.js';
import { recipientKey, recipientsOfWithdrawal } from '../domain/consents/recipients.js';
import { groupsOfAgencies } from '../domain/consents/tell.js';
import { textOf, type InsideHandler } from './handler.js';

/** Input `caseId`, `withdrawalId`. Hands back `recipients`, agencies and 受入先 that were told under what was withdrawn (`recipientKey`), `recipientGroups`, the inboxes of these agencies, `remainingGroups`, of those still covered, and `closedGroups`, of those told who no longer are, with `agency:<code>` of each for what is asked of others in its stead. */
export const listRecipients: InsideHandler = {
  name: 'list_recipients',
  kind: 'inside',
  async run(tx, context) {
    const { told, places, remaining } = await recipientsOfWithdrawal(tx, textOf(context, 'caseId'), textOf(context, 'withdrawalId'));
    const recipientGroups = await groupsOfAgencies(tx, told);
    const remainingGroups = await groupsOfAgencies(tx, remaining);
    const recipients = [...told.map((code) => recipientKey('agency', code)), ...places.map((no) => recipientKey('place', no))];
    return { recipients, recipientGroups, remainingGroups, closedGroups: [...recipientGroups.filter((group) => !remainingGroups.includes(group)), ...told.filter((code) => !remaining.includes(code)).map(seatOfAgency)] };
  },
};
