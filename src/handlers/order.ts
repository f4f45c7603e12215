// What a process orders of the other processes of its case. They are other call trees, hence other locks: the order is left in
// the outbox, in the same transaction, and carried out after it (actions/steer-processes), or in it (actions/cascade).
import type { Tx } from '../base/db.js';
import { enqueue } from '../base/outbox.js';
import { lockCaseNo } from '../domain/cases.js';
import { treesRunning } from '../domain/closing.js';
import { textOf, type HandlerContext, type Variables } from './handler.js';

/** Leaves the order. The case is locked, so that the orders of one case have the order in which they were given. @throws Error on input that cannot be read */
export async function orderOf(tx: Tx, context: HandlerContext, what: 'hold' | 'resume' | 'stop' | 'close', more: { groups?: string[] } = {}): Promise<Variables> {
  const reason = textOf(context, 'reason');
  if (!/^[a-z][a-z0-9_]{0,59}$/.test(reason)) throw new Error('input reason is not a code');
  const order = { do: what, reason, instanceId: context.instanceId, only: keysOf(context, 'only'), except: keysOf(context, 'except') ?? [], unless: sayingsOf(context), ...more };
  const businessKey = await lockCaseNo(tx, textOf(context, 'caseId'));
  await enqueue(tx, [{ kind: 'processes.steer', payload: { businessKey, among: await treesRunning(tx, businessKey), ...order } }]);
  return {};
}

/** Input `unless`: names of variables with the text each would have; nothing: none. @throws Error when it is something else */
function sayingsOf(context: HandlerContext): Record<string, string> {
  const value = context.input['unless'] ?? {};
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.values(value).every((one) => typeof one === 'string')) throw new Error('input unless is no set of texts');
  return value as Record<string, string>;
}

/** Keys (of processes, of groups): a list, one alone, or nothing (null). @throws Error when it is something else */
export function keysOf(context: HandlerContext, name: string): string[] | null {
  const value = context.input[name] ?? null;
  if (value === null) return null;
  const keys = Array.isArray(value) ? value : [value];
  if (!keys.every((key): key is string => typeof key === 'string' && key !== '')) throw new Error(`input ${name} is no list of keys`);
  return keys;
}
