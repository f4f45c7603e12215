// The first answer to a request that carried an Idempotency-Key is given again to its repetitions.
//
// The key is written last, in the same transaction as the work: of several at once the unique key lets one commit, and
// the others roll back all they did and give the winner's answer. A request that was refused has changed nothing and
// leaves no key, so it may be tried again.
import { createHash } from 'node:crypto';
import type { Tx } from './db.js';
import { canonicalJson, type Json } from './json.js';
import { Problem } from './problem.js';

/** SHA-256 of what was asked; the order of members does not matter. */
export function hashRequest(action: string, request: unknown): string {
  return createHash('sha256').update(action).update('\n').update(canonicalJson(request)).digest('hex');
}

/** @returns false when the key is taken (by a request that has committed): roll back and use `findAnswer` */
export async function storeAnswer(tx: Tx, userId: string, key: string, requestHash: string, body: unknown): Promise<boolean> {
  const stored = await tx.db.$executeRawUnsafe(
    `insert into idempotency_key (user_id, key, request_hash, status, body, created_at)
     values ($1::uuid, $2, $3, 200, $4::jsonb, $5::timestamptz) on conflict do nothing`,
    userId,
    key,
    requestHash,
    JSON.stringify(body ?? null),
    tx.now,
  );
  return stored === 1;
}

/**
 * The answer that was given to this key, or null when there was none.
 * @throws Problem idempotency_mismatch when the key was used for another request
 */
export async function findAnswer(tx: Tx, userId: string, key: string, requestHash: string): Promise<{ body: Json } | null> {
  const [row] = await tx.db.$queryRawUnsafe<{ request_hash: string; body: Json }[]>(
    `select request_hash, body from idempotency_key where user_id = $1::uuid and key = $2`,
    userId,
    key,
  );
  if (!row) return null;
  if (row.request_hash !== requestHash) throw new Problem('idempotency_mismatch');
  return { body: row.body };
}

/** Forgets keys older than `before`; returns how many. */
export async function pruneAnswers(tx: Tx, before: Date): Promise<number> {
  return tx.db.$executeRawUnsafe(`delete from idempotency_key where created_at < $1::timestamptz`, before);
}
