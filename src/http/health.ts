import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import { z } from 'zod';
import { asOutage } from '../base/db.js';
import { Outage } from '../base/problem.js';
import { timings } from '../base/timings.js';
import type { App } from '../app.js';
import { route, type Route } from './route.js';

export interface Metrics {
  registry: Registry;
  /** Times each request under its route's path, never its URL. */
  middleware: RequestHandler;
}

export function openMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const seconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  countParts(registry, 'tsunagi_part_seconds_total', 'Time spent in this part of requests', ({ ms }) => ms / 1000);
  countParts(registry, 'tsunagi_part_total', 'How often this part of requests ran', ({ count }) => count);
  return {
    registry,
    middleware: (req, res, next) => {
      const end = seconds.startTimer();
      res.once('finish', () => end({ method: req.method, route: (res.locals.route as string | undefined) ?? 'none', status: res.statusCode }));
      next();
    },
  };
}

/** One counter over base/timings, read when it is asked for. */
function countParts(registry: Registry, name: string, help: string, value: (sum: { count: number; ms: number }) => number): void {
  const collect = function collect(this: Counter<'part'>): void {
    this.reset();
    for (const [part, sum] of timings()) this.inc({ part }, value(sum));
  };
  registry.registerMetric(new Counter({ name, help, labelNames: ['part'], registers: [], collect }));
}

interface QueueState {
  waiting: number;
  oldestWaitingS: number;
}

/** What is written and not yet relayed. Rows that wait long mean that no worker runs. */
async function queueState(app: App): Promise<QueueState> {
  const [row] = await app.db.prisma.$queryRawUnsafe<{ waiting: number; oldest: Date | null }[]>(
    `select count(*)::int as waiting, min(created_at) as oldest from (select created_at from outbox where relayed_at is null order by id limit 10000) o`,
  );
  const oldest = row?.oldest ?? null;
  return { waiting: row?.waiting ?? 0, oldestWaitingS: oldest ? Math.max(0, Math.round((app.clock.now().getTime() - oldest.getTime()) / 1000)) : 0 };
}

const live = z.object({ status: z.literal('live') });
const ready = z.object({ status: z.literal('ready'), database: z.literal('up'), queue: z.object({ waiting: z.int(), oldestWaitingS: z.int() }) });

export function healthRoutes(metrics: Metrics): Route[] {
  return [
    route({
      method: 'get',
      path: '/health/live',
      action: 'meta.read',
      who: 'anyone',
      tag: 'health',
      summary: '動いているか',
      reply: live,
      handler: () => ({ status: 'live' as const }),
    }),
    route({
      method: 'get', path: '/api/meta', action: 'meta.read', who: 'anyone', tag: 'health', summary: 'この市は架空か（画面に掲げる一文）',
      reply: z.object({ invented: z.boolean(), banner: z.string().nullable() }),
      handler: ({ app }) => ({ invented: app.city.invented, banner: app.city.invented ? 'ここにある人・世帯・相談はすべて架空です。実在の人のことを入れないでください。' : null }),
    }),
    route({
      method: 'get',
      path: '/health/ready',
      action: 'meta.read',
      who: 'anyone',
      tag: 'health',
      summary: '使えるか（データベースと、配られるのを待つ行）',
      reply: ready,
      handler: async ({ app }) => {
        const queue = await queueState(app).catch((error: unknown) => {
          const cause = asOutage(error);
          throw cause instanceof Outage ? cause : new Outage('database', { cause: error });
        });
        return { status: 'ready' as const, database: 'up' as const, queue };
      },
    }),
    route({
      method: 'get',
      path: '/metrics',
      action: 'meta.read',
      who: 'anyone',
      tag: 'health',
      summary: '計測値（Prometheus）',
      media: 'text/plain; version=0.0.4; charset=utf-8',
      reply: z.string(),
      handler: () => metrics.registry.metrics(),
    }),
  ];
}
