// Sends one mail: claimed before, marked after. Killed in between, it is sent once more at most, under the same
// Message-ID.
import { createTransport } from 'nodemailer';
import { claimMails, listDueMails, type MailToSend } from '../src/actions/claim-mails.js';
import { markMail, type MailOutcome } from '../src/actions/mark-mail.js';
import type { System } from '../src/base/db.js';
import { reach } from '../src/base/fault-points.js';
import type { WorkerApp, Lane } from './lane.js';
import { digestMail } from './mails/digest.js';
import { urgentMail } from './mails/urgent.js';
import type { MailText } from './mails/words.js';

const system: System = { kind: 'system', name: 'mail' };
/** Longer than all the time limits of one delivery together. */
const leaseMs = 180_000;

/** Hands one mail to the mail server. @throws what nodemailer throws */
export type SendMail = (mail: { from: string; to: string; messageId: string } & MailText) => Promise<unknown>;

/** A pool of connections to the mail server, opened when first needed. */
export function openMailer(smtpUrl: string): { send: SendMail; close(): void } {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 3,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: (mail) => transport.sendMail({ ...mail, headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' } }),
    close: () => transport.close(),
  };
}

/** The server said 5xx to this recipient or this mail: it will say so again. Anything else may be better later. */
function outcomeOf(error: unknown): MailOutcome {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const words = [code, responseCode].filter((part) => typeof part === 'string' || typeof part === 'number').join(' ');
  const final = (code === 'EENVELOPE' || code === 'EMESSAGE') && typeof responseCode === 'number' && responseCode >= 500;
  return { result: final ? 'refused' : 'away', error: words || 'unknown' };
}

function textOf(mail: MailToSend, publicUrl: string): MailText {
  return mail.kind === 'urgent' ? urgentMail(mail, publicUrl) : digestMail(mail, publicUrl);
}

async function sendOne(app: WorkerApp, send: SendMail, mailId: string): Promise<void> {
  const mail = await claimMails(app, system, { mailId, leaseMs });
  if (!mail) return;
  let outcome: MailOutcome = { result: 'sent' };
  try {
    await send({ from: app.env.MAIL_FROM, to: mail.to, messageId: `<${mail.messageId}>`, ...textOf(mail, app.env.PUBLIC_URL) });
    reach('afterMailAccept', app.env);
  } catch (error) {
    outcome = outcomeOf(error);
  }
  const status = await markMail(app, system, { mailId, ...outcome });
  if (outcome.result !== 'sent') app.log[status === 'parked' ? 'error' : 'warn']({ mailId, status, error: outcome.error }, 'mail not sent');
}

/** Due mails, one queue job each. */
export function mailLane(app: WorkerApp, send: SendMail): Lane {
  return {
    name: 'mail',
    queue: 'mail',
    everyMs: 1_000,
    mostWaiting: 200,
    async find() {
      const ids = await listDueMails(app, system);
      return { jobs: ids.map((id) => ({ id: `mail-${id}`, ids: [id] })), more: false };
    },
    async run(ids) {
      for (const mailId of ids) await sendOne(app, send, mailId);
      return ids.length;
    },
  };
}
