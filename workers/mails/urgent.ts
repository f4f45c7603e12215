import type { MailToSend } from '../../src/actions/claim-mails.js';
import { footer, taskLines, type MailText } from './words.js';

/** A mail that does not wait for the morning. */
export function urgentMail(mail: MailToSend, publicUrl: string): MailText {
  return {
    subject: `【つなぎ・至急】仕事が${mail.count}件待っています`,
    text: `急ぎの仕事が ${mail.count} 件待っています。

${taskLines(mail.tasks, mail.count)}

${footer(publicUrl)}`,
  };
}
