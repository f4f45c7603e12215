import type { MailToSend } from '../../src/actions/claim-mails.js';
import { countText, footer, lines, type MailText } from './words.js';

/** A mail that does not wait for the morning. */
export function urgentMail(mail: MailToSend, publicUrl: string): MailText {
  return {
    subject: `【つなぎ・至急】${countText(mail)}`,
    text: `急ぎのお知らせです。${countText(mail)}。

${lines(mail)}

${footer(publicUrl)}`,
  };
}
