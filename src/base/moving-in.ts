// While an invented town moves in, its clock stands in the past: the workers, whose clock does not, let everything wait until then.
// What says so is a lock of a session in Postgres, so that it is gone when whoever moved in is, however that was.
import pg from 'pg';
import type { Db } from './db.js';

const key = `hashtextextended('moving in', 0)`;
/** How long a worker may go by what it was told before, ms. */
const knownForMs = 1_000;

export interface MovingIn {
  /** The workers go on. */
  end(): Promise<void>;
}

/**
 * From here until `end`, or until this process is gone, no worker begins anything on this database. Resolves when all know.
 * @param onLost the connection that holds them back is gone
 * @throws Error when somebody else is moving in
 */
export async function startMovingIn(url: string, onLost: (error: Error) => void): Promise<MovingIn> {
  const client = new pg.Client({ connectionString: url, keepAlive: true, options: '-c lock_timeout=5000' });
  client.on('error', onLost);
  await client.connect();
  try {
    await client.query(`select pg_advisory_lock(${key})`);
  } catch (error) {
    await client.end();
    throw new Error('ほかの架空の世帯を入れている最中です。終わってから、もう一度実行してください。', { cause: error });
  }
  await new Promise((done) => void setTimeout(done, 2 * knownForMs));
  return { end: () => client.end() };
}

/** Asks, once a second at most for all who ask it, whether a town is moving in. */
export function watchMovingIn(db: Db): () => Promise<boolean> {
  let askedAtMs = -Infinity;
  let answer: Promise<boolean> = Promise.resolve(false);
  return () => {
    if (performance.now() - askedAtMs < knownForMs) return answer;
    askedAtMs = performance.now();
    answer = db.prisma.$queryRawUnsafe<{ free: boolean }[]>(`select pg_try_advisory_xact_lock_shared(${key}) as free`).then(([row]) => row?.free === false);
    return answer;
  };
}
