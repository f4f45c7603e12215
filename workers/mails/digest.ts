import type { MailToSend } from '../../src/actions/claim-mails.js';
import { footer, taskLines, type MailText } from './words.js';

/** The morning's mail: what waits, in one list. */
export function digestMail(mail: MailToSend, publicUrl: string): MailText {
  return {
    subject: `【つなぎ】仕事が${mail.count}件待っています`,
    text: `おはようございます。仕事が ${mail.count} 件待っています。

${taskLines(mail.tasks, mail.count)}

${footer(publicUrl)}`,
  };
}
