// Two API instances on one database. Every client alternates between them, so that nothing may live in one's memory.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import request, { type Response, type Test } from 'supertest';
import { openHttp, type Http } from '../../src/http/app.js';
import { testApp, type TestApp, type TestAppOptions } from '../support/app.js';
import { testPassword } from '../support/city.js';

export interface Client {
  get(path: string): Test;
  post(path: string, body?: unknown): Test;
  put(path: string, body?: unknown): Test;
  patch(path: string, body?: unknown): Test;
  delete(path: string): Test;
}

export interface Two {
  app: TestApp;
  http: Http;
  urls: readonly [string, string];
  /** Not signed in. */
  nobody: Client;
  /** Signed in at one instance, used at both. */
  as(login: string): Promise<Client & { userId: string; cookie: string }>;
  close(): Promise<void>;
}

async function listen(http: Http): Promise<{ server: Server; url: string }> {
  const server = createServer(http.express);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function clientOf(urls: readonly [string, string], cookie: string | null): Client {
  let turn = 0;
  const send = (method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, body?: unknown): Test => {
    turn += 1;
    const test = request(urls[(turn % 2) as 0 | 1])[method](path);
    if (cookie) void test.set('Cookie', cookie);
    return body === undefined ? test : test.send(body as object);
  };
  return {
    get: (path) => send('get', path),
    post: (path, body) => send('post', path, body),
    put: (path, body) => send('put', path, body),
    patch: (path, body) => send('patch', path, body),
    delete: (path) => send('delete', path),
  };
}

/** The session cookie of a response. */
export const cookieOf = (response: Response): string => String(response.get('Set-Cookie')?.[0] ?? '').split(';')[0]!;

export async function openTwo(options: TestAppOptions = {}): Promise<Two> {
  const app = await testApp(options);
  const second = await testApp({ ...options, database: app.database, deploy: [] });
  const https = [openHttp(app), openHttp(second)] as const;
  const [a, b] = await Promise.all([listen(https[0]), listen(https[1])]);
  const urls = [a.url, b.url] as const;
  return {
    app,
    http: https[0],
    urls,
    nobody: clientOf(urls, null),
    async as(login) {
      const response = await request(a.url).post('/api/session').send({ login, password: testPassword });
      if (response.status !== 201) throw new Error(`${login} could not sign in: ${JSON.stringify(response.body)}`);
      const cookie = cookieOf(response);
      return { ...clientOf(urls, cookie), cookie, userId: (response.body as { userId: string }).userId };
    },
    async close() {
      for (const { server } of [a, b]) await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
      await Promise.all(https.map((http) => http.close()));
      await second.close();
      await app.close();
    },
  };
}
