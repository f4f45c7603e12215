import type { RequestHandler } from 'express';
import type { Logger } from '../base/log.js';
import { requestIdOf } from './errors.js';

/** One line a request: its route's path, never its URL (a search text is personal), nor headers, nor bodies. */
export function accessLog(log: Logger): RequestHandler {
  return (req, res, next) => {
    const from = process.hrtime.bigint();
    res.once('finish', () => {
      const ms = Number((process.hrtime.bigint() - from) / 10_000n) / 100;
      log.info({ requestId: requestIdOf(res), method: req.method, route: res.locals.route as string | undefined, status: res.statusCode, ms, userId: res.locals.userId as string | undefined }, 'request');
    });
    next();
  };
}
