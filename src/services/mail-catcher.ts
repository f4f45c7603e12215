// A real SMTP server that sends nothing on: it keeps each mail as a file and shows it on a page. For trying the system
// out and for installations without a mail server yet.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { Clock } from '../base/clock.js';
import { newId } from '../base/id.js';

export interface MailCatcherOptions {
  /** Where the mails are kept, one .eml file each. */
  folder: string;
  host: string;
  /** 0: any free one. */
  smtpPort: number;
  webPort: number;
  clock: Clock;
}

export interface MailCatcher {
  smtpPort: number;
  webPort: number;
  close(): Promise<void>;
}

interface Shown {
  id: string;
  at: string;
  to: string;
  subject: string;
  text: string;
}

const maxMailBytes = 10 * 1024 * 1024;
const maxShown = 200;

/**
 * @throws Error with code EADDRINUSE when a port is taken
 */
export async function startMailCatcher(options: MailCatcherOptions): Promise<MailCatcher> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const smtp = makeSmtp(options);
  const web = createServer((request, response) => {
    answer(options.folder, request, response).catch(() => send(response, 500, 'text/plain', 'メールを読めません'));
  });
  await listen(smtp.server, options.smtpPort, options.host);
  try {
    await listen(web, options.webPort, options.host);
  } catch (error) {
    await closed(smtp);
    throw error;
  }
  return {
    smtpPort: portOf(smtp.server.address()),
    webPort: portOf(web.address()),
    async close() {
      web.closeAllConnections();
      await Promise.all([closed(smtp), closed(web)]);
    },
  };
}

function makeSmtp({ folder, clock }: MailCatcherOptions): SMTPServer {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    size: maxMailBytes,
    onData(stream, _session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => void parts.push(part));
      stream.on('end', () => {
        if (stream.sizeExceeded) return done(Object.assign(new Error('too large'), { responseCode: 552 }));
        const at = clock.now();
        const name = `${at.toISOString().replace(/[:.]/g, '-')}_${newId(at.getTime())}.eml`;
        try {
          writeFileSync(join(folder, name), Buffer.concat(parts), { flag: 'wx', mode: 0o600 });
          done();
        } catch {
          done(Object.assign(new Error('cannot keep it'), { responseCode: 452 }));
        }
      });
    },
  });
  server.on('error', () => {}); // a client that hung up in the middle
  return server;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closed(server: { close(done: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address ? address.port : 0;
}

async function answer(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const one = /^\/mails\/([\w-]+\.eml)$/.exec(path)?.[1];
  if (path === '/') return send(response, 200, 'text/html', page(await readMails(folder)));
  if (path === '/mails.json') {
    return send(response, 200, 'application/json', JSON.stringify(await readMails(folder)));
  }
  if (one && readdirSync(folder).includes(one)) {
    return send(response, 200, 'text/plain', readFileSync(join(folder, one), 'utf8'));
  }
  send(response, 404, 'text/plain', '見つかりません');
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'`,
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

/** Newest first. */
async function readMails(folder: string): Promise<Shown[]> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.eml'));
  const newest = names.sort().reverse().slice(0, maxShown);
  return Promise.all(newest.map((name) => readMail(folder, name)));
}

async function readMail(folder: string, name: string): Promise<Shown> {
  const mail = await simpleParser(readFileSync(join(folder, name)));
  const to = Array.isArray(mail.to) ? mail.to.map(({ text }) => text).join(', ') : (mail.to?.text ?? '');
  const at = (mail.date ?? null)?.toISOString() ?? '';
  return { id: name, at, to, subject: mail.subject ?? '', text: mail.text ?? '' };
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const inJapan = new Intl.DateTimeFormat('ja-JP', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'Asia/Tokyo',
});

function page(mails: Shown[]): string {
  const rows = mails.map(
    (mail) => `<article><h2>${escaped(mail.subject)}</h2>
<p>${mail.at ? inJapan.format(new Date(mail.at)) : ''} ${escaped(mail.to)} <a href="/mails/${mail.id}">原文</a></p>
<pre>${escaped(mail.text)}</pre></article>`,
  );
  return `<!doctype html><html lang="ja"><meta charset="utf-8"><title>受け取ったメール</title>
<meta name="viewport" content="width=device-width">
<style>body{font:16px/1.7 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}
article{border-top:1px solid #888}pre{white-space:pre-wrap}h2{font-size:1.1rem}</style>
<h1>受け取ったメール(${mails.length} 件)</h1><p>ここに届いたメールは、外には送られません。</p>
${rows.join('\n') || '<p>まだありません。</p>'}</html>`;
}
