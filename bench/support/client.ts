// A member of staff at the other end of HTTP: signs in, asks, and says what failed.
import { Agent, request } from 'node:http';

export interface Client {
  ask<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>;
  /** The same, and anything but success throws. */
  must<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** The same session over a connection of its own. */
  another(): Client;
  close(): void;
}

/** Signs in at `address`; one kept-alive connection. */
export async function signIn(address: string, login: string, password: string): Promise<Client> {
  const client = connect(address, { cookie: '' });
  await client.must('POST', '/api/session', { login, password });
  return client;
}

function connect(address: string, session: { cookie: string }): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = <T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = { ...(session.cookie ? { cookie: session.cookie } : {}), ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}) };
      const sent = request(`${address}${path}`, { method, agent, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const set = answer.headers['set-cookie']?.[0];
          if (set) session.cookie = set.slice(0, set.indexOf(';'));
          const received = Buffer.concat(chunks).toString('utf8');
          const isJson = /json/.test(answer.headers['content-type'] ?? '');
          resolve({ status: answer.statusCode ?? 0, body: (isJson && received ? JSON.parse(received) : received) as T });
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  const must = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await ask<T>(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return { ask, must, another: () => connect(address, session), close: () => agent.destroy() };
}
