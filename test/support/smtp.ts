import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { freePort } from '../../src/services/free-port.js';
import { waitFor } from './wait-for.js';

export interface TestSmtp {
  url: string;
  /** What has arrived, oldest first. */
  mails: ParsedMail[];
  /** Refuses each recipient with this answer until told otherwise (null: accepts). */
  refuseWith(answer: { code: number; message: string } | null): void;
  /** Waits until `count` mails have arrived. */
  arrived(count: number): Promise<ParsedMail[]>;
  /** Away: connections are refused. `start` brings it back on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A real SMTP server that keeps what it gets. */
export async function testSmtp(): Promise<TestSmtp> {
  const mails: ParsedMail[] = [];
  const port = await freePort();
  let refusal: { code: number; message: string } | null = null;
  const make = (): SMTPServer =>
    new SMTPServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      onRcptTo(_address, _session, done) {
        if (!refusal) return done();
        done(Object.assign(new Error(refusal.message), { responseCode: refusal.code }));
      },
      onData(stream, _session, done) {
        simpleParser(stream, (error, mail) => {
          if (!error) mails.push(mail);
          done(error);
        });
      },
    });
  let server: SMTPServer | null = null;
  const start = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server = make();
      server.on('error', reject);
      server.listen(port, '127.0.0.1', () => resolve());
    });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      if (!server) return resolve();
      server.close(() => resolve());
      server = null;
    });
  await start();
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    refuseWith: (answer) => void (refusal = answer),
    async arrived(count) {
      await waitFor(`${count} mails`, () => mails.length >= count);
      return mails;
    },
    stop,
    start,
  };
}
