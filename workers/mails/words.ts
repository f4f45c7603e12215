// How a mail says a day, an hour and a task. Case numbers, step names and due dates only: mail leaves the house.
import type { MailToSend } from '../../src/actions/claim-mails.js';
import { noticeText } from '../../src/domain/notice-words.js';

export interface MailText {
  subject: string;
  text: string;
}

const day = new Intl.DateTimeFormat('ja-JP', { timeZone: 'Asia/Tokyo', month: 'numeric', day: 'numeric', weekday: 'short' });
const hour = new Intl.DateTimeFormat('ja-JP', { timeZone: 'Asia/Tokyo', hour: 'numeric', minute: '2-digit' });

/** `11月24日(火) 17:15`, or that there is no date. */
export function dueText(dueAt: Date | null): string {
  if (!dueAt) return '期限なし';
  const parts = Object.fromEntries(day.formatToParts(dueAt).map((part) => [part.type, part.value]));
  return `期限 ${parts['month']}月${parts['day']}日(${parts['weekday']}) ${hour.format(dueAt)}`;
}

/** `仕事が 3 件待っています`, with notices where there are any. */
export function countText(mail: MailToSend): string {
  const told = mail.notices.length > 0 ? `お知らせが${mail.notices.length}件あります` : '';
  if (mail.count === 0) return told;
  return told ? `仕事が${mail.count}件待っています。${told}` : `仕事が${mail.count}件待っています`;
}

/** One line for each task and each notice, and how many more tasks there are. */
export function lines(mail: MailToSend): string {
  const told = mail.tasks.map((task) => `・${task.businessKey ?? '番号なし'} ${task.name ?? '仕事'} ${dueText(task.dueAt)}${task.escalated ? '【期限超過】' : ''}`);
  if (mail.count > mail.tasks.length) told.push(`・ほか ${mail.count - mail.tasks.length} 件`);
  for (const { businessKey, rule } of mail.notices) told.push(`・${businessKey ?? '番号なし'} ${noticeText(rule)}`);
  return told.join('\n');
}

/** Where to sign in, and that nobody reads answers. */
export function footer(publicUrl: string): string {
  return `${publicUrl.replace(/\/$/, '')}/

このメールは「つなぎ」が自動で送っています。返信はできません。
内容はサインインして確かめてください。相談者の情報はメールには書かれていません。
`;
}
