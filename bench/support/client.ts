// A member of staff at the other end of HTTP: signs in, asks, and says what failed.
import { Agent, request } from 'node:http';

export interface Client {
  ask<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>;
  /** The same, and anything but success throws. */
  must<T>(method: string, path: string, body?: unknown): Promise<T>;
  close(): void;
}

/** Signs in at `address`; one kept-alive connection. */
export async function signIn(address: string, login: string, password: string): Promise<Client> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let cookie = '';
  const ask = <T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = { ...(cookie ? { cookie } : {}), ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}) };
      const sent = request(`${address}${path}`, { method, agent, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const set = answer.headers['set-cookie']?.[0];
          if (set) cookie = set.slice(0, set.indexOf(';'));
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
  await must('POST', '/api/session', { login, password });
  return { ask, must, close: () => agent.destroy() };
}
