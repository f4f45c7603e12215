// What a worker process tells of itself, in the form that Prometheus reads.
import { createServer, type Server } from 'node:http';
import { Counter, Registry, collectDefaultMetrics } from 'prom-client';

export interface Figures {
  registry: Registry;
  /** Pieces of work done, by lane. */
  done: Counter<'lane'>;
  /** Rounds and pieces of work that failed, by lane. */
  failures: Counter<'lane'>;
  /** Times that work was done without the queue because it was away. */
  queueAway: Counter;
  /** Times that the queue was found emptied and was filled again. */
  queueLost: Counter;
  /** Reminders and escalations that nobody was left to read. */
  unheard: Counter;
}

/** A registry of its own for each worker, so that several can live in one process. */
export function openFigures(): Figures {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    done: new Counter({ name: 'tsunagi_worker_done_total', help: 'Pieces of work done', labelNames: ['lane'], registers }),
    failures: new Counter({ name: 'tsunagi_worker_failures_total', help: 'Rounds and pieces of work that failed', labelNames: ['lane'], registers }),
    queueAway: new Counter({ name: 'tsunagi_worker_queue_away_total', help: 'Times that work was done without the queue', registers }),
    queueLost: new Counter({ name: 'tsunagi_worker_queue_lost_total', help: 'Times that the queue was found emptied', registers }),
    unheard: new Counter({ name: 'tsunagi_worker_unheard_total', help: 'Notices that nobody was left to read', registers }),
  };
}

/** Serves `/metrics`. */
export async function serveFigures(figures: Figures, port: number, host: string): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    figures.registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': figures.registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}
