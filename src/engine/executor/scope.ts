// What an expression sees: the instance's variables, the names of the multi-instance runs around it, and the clock.
import type { Json } from '../model.js';
import { evaluateCondition, evaluateFeel, ExpressionError, feelSource, type Scope } from '../expressions.js';
import type { Frame } from './elements.js';
import { fail, type Host } from './host.js';

/** Names and values for an expression evaluated in `frame` (null: outside every multi-instance activity). */
export function scopeOf(host: Host, frame: Frame | null, more: Scope = {}): Scope {
  const scope: Scope = { ...clockFunctions(host), ...host.variables };
  for (const run of outermostFirst(frame)) {
    const cut = run.executionId.lastIndexOf('_');
    const loop = host.loops[run.executionId.slice(0, cut)];
    if (!loop) continue;
    const index = Number(run.executionId.slice(cut + 1));
    scope['loopCounter'] = index;
    scope['nrOfInstances'] = loop.count ?? loop.items?.length ?? null;
    scope['nrOfCompletedInstances'] = loop.done;
    if (loop.variable !== null && loop.items) scope[loop.variable] = loop.items[index] ?? null;
  }
  return Object.assign(scope, more);
}

/** Position and element of the innermost multi-instance run. */
export function itemOf(host: Host, executionId: string): { index: number; item?: Json } | null {
  const cut = executionId.lastIndexOf('_');
  const loop = host.loops[executionId.slice(0, cut)];
  if (!loop) return null;
  const index = Number(executionId.slice(cut + 1));
  return loop.items ? { index, item: loop.items[index] ?? null } : { index };
}

function outermostFirst(frame: Frame | null): Frame[] {
  const frames: Frame[] = [];
  for (let at = frame; at; at = at.outer) frames.unshift(at);
  return frames;
}

function clockFunctions(host: Host): Scope {
  return {
    businessDays: (amount: unknown): string => {
      if (typeof amount !== 'number' || !Number.isInteger(amount) || amount < 0) throw new Error('businessDays(n) の n は 0 以上の整数です');
      const at = host.calendar.add(host.now, `${amount}BD`);
      host.reckoned.set(at.toISOString(), at);
      return at.toISOString();
    },
  };
}

/** Evaluates text of the diagram (FEEL if marked, else itself); what goes wrong ends the step. */
export function resolve(host: Host, nodeId: string, text: string, scope: () => Scope): Json {
  const source = feelSource(text);
  if (source === null) return text;
  return guarded(host, nodeId, () => evaluateFeel(source, scope()));
}

/** Evaluates a condition; what goes wrong ends the step. */
export function decide(host: Host, nodeId: string, condition: { text: string; language: string | null }, scope: Scope): boolean {
  return guarded(host, nodeId, () => evaluateCondition(condition.text, condition.language, scope));
}

/** Runs `work`; an expression that fails becomes the step's fault, named after the element. */
export function guarded<T>(host: Host, nodeId: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (host.fault) throw host.fault;
    const message = error instanceof Error ? error.message : 'expression failed';
    return fail(host, 'expression', nodeId, error instanceof ExpressionError ? message : `${nodeId}: ${message}`, error);
  }
}

/** Text, or null for an absent attribute or a null result. @throws the step's fault when it is anything else */
export function resolveString(host: Host, nodeId: string, text: string | null | undefined, scope: () => Scope): string | null {
  if (text === null || text === undefined) return null;
  const value = resolve(host, nodeId, text, scope);
  if (value === null) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return fail(host, 'expression', nodeId, `文字になる式が要ります: ${text.slice(0, 200)}`);
  return value;
}
