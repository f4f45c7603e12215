import type { Tx } from './db.js';

/**
 * A part of a transaction that may fail without losing what was done before it: it is kept whole, or undone whole, with the locks on
 * rows that were taken in it and what it left in the outbox.
 * @throws whatever `work` throws, after it has been undone
 */
export async function attempt<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  const left = tx.left.length;
  await tx.db.$executeRawUnsafe('savepoint attempt');
  try {
    const value = await work();
    await tx.db.$executeRawUnsafe('release savepoint attempt');
    return value;
  } catch (error) {
    tx.left.length = left;
    await undo(tx, error);
    throw error;
  }
}

async function undo(tx: Tx, error: unknown): Promise<void> {
  try {
    await tx.db.$executeRawUnsafe('rollback to savepoint attempt');
    await tx.db.$executeRawUnsafe('release savepoint attempt');
  } catch {
    throw error; // the connection is gone, and the whole transaction with it
  }
}
