// A connection to Postgres that counts its statements, how many and how long until their answers were there, and that
// sends BEGIN together with the first thing that every transaction says (who acts): one round trip less in each.
import pg from 'pg';
import { addTime } from './timings.js';

/** Says for one transaction who acts, and when: scope, user, groups, roles, agency, the application's now. Sent by base/db alone, always first. */
export const actorSql = `select set_config('app.scope', $1, true), set_config('app.user_id', $2, true), set_config('app.groups', $3, true), set_config('app.roles', $4, true), set_config('app.agency', $5, true), set_config('app.now', $6, true)`;

type Query = (this: CountingClient, ...args: unknown[]) => unknown;
// its overloads cannot be spelled out again; what goes in and comes out is left as it is
const query = pg.Client.prototype.query as unknown as Query;

interface Statement {
  text?: string;
  values?: string[];
}

/** For the `Client` option of a pool. */
export class CountingClient extends pg.Client {
  /** BEGIN was asked for and has not been sent yet. */
  private begins = false;

  static {
    const countedQuery: Query = function countedQuery(...args) {
      const [statement] = args as [Statement | undefined];
      if (statement?.text === 'BEGIN' && args.length === 1) {
        this.begins = true;
        return Promise.resolve({ command: 'BEGIN', rowCount: null, rows: [], fields: [] });
      }
      if (this.begins) {
        this.begins = false;
        if (statement?.text === actorSql && statement.values) return counted(this, [beginAs(statement.values)]);
        void counted(this, ['BEGIN']); // the connection keeps the order; if it is lost, the statement itself fails too
      }
      return counted(this, args);
    };
    Object.defineProperty(this.prototype, 'query', { value: countedQuery });
  }
}

/** Both in one message, so without parameters. */
const beginAs = (values: readonly string[]): string => `BEGIN; ${actorSql.replaceAll(/\$(\d)/g, (_, number: string) => pg.escapeLiteral(values[Number(number) - 1] ?? ''))}`;

function counted(client: CountingClient, args: unknown[]): unknown {
  const startedAt = performance.now();
  const count = (): void => addTime('sql', performance.now() - startedAt);
  const callback = args.at(-1);
  if (typeof callback === 'function') args[args.length - 1] = (...answer: unknown[]): unknown => (count(), (callback as (...all: unknown[]) => unknown)(...answer));
  const answer = query.apply(client, args);
  if (answer instanceof Promise) answer.then(count, count);
  return answer;
}
