import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Proxy {
  port: number;
  /** Every connection breaks and new ones are refused. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** Stands between a client and a server on this machine, so that the server can "go away" for one client alone. */
export async function proxyTo(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let own = 0;
  let server: Server | null = null;
  const open = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server = createServer((client) => {
        const upstream = connect(port, '127.0.0.1');
        for (const socket of [client, upstream]) {
          sockets.add(socket);
          socket.on('error', () => {});
          socket.on('close', () => {
            sockets.delete(socket);
            client.destroy();
            upstream.destroy();
          });
        }
        client.pipe(upstream).pipe(client);
      });
      server.on('error', reject);
      server.listen(own, '127.0.0.1', () => {
        const address = server?.address();
        own = typeof address === 'object' && address ? address.port : own;
        resolve();
      });
    });
  const cut = (): Promise<void> =>
    new Promise((resolve) => {
      server?.close(() => resolve());
      if (!server) resolve();
      server = null;
      for (const socket of sockets) socket.destroy();
    });
  await open();
  return { port: own, cut, mend: open, close: cut };
}
