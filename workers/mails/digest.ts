import type { MailToSend } from '../../src/actions/claim-mails.js';
import { countText, footer, lines, type MailText } from './words.js';

/** The morning's mail: what waits, in one list. */
export function digestMail(mail: MailToSend, publicUrl: string): MailText {
  return {
    subject: `【つなぎ】${countText(mail)}`,
    text: `おはようございます。${countText(mail)}。

${lines(mail)}

${footer(publicUrl)}`,
  };
}
