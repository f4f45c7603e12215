// A connection to Postgres that counts: how many statements, and how long until their answers were there.
import pg from 'pg';
import { addTime } from './timings.js';

type Query = (this: pg.Client, ...args: unknown[]) => unknown;
// its overloads cannot be spelled out again; what goes in and comes out is left as it is
const query = pg.Client.prototype.query as unknown as Query;

/** For the `Client` option of a pool. */
export class TimedClient extends pg.Client {
  static {
    const timedQuery: Query = function timedQuery(...args) {
      const startedAt = performance.now();
      const count = (): void => addTime('sql', performance.now() - startedAt);
      const callback = args.at(-1);
      if (typeof callback === 'function') args[args.length - 1] = (...answer: unknown[]): unknown => (count(), (callback as (...all: unknown[]) => unknown)(...answer));
      const answer = query.apply(this, args);
      if (answer instanceof Promise) answer.then(count, count);
      return answer;
    };
    Object.defineProperty(this.prototype, 'query', { value: timedQuery });
  }
}
