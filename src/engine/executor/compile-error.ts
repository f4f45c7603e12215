import type { Refusal } from '../model.js';

/** A diagram that cannot run. `refusals` name every rule and element found, not only the first. */
export class CompileError extends Error {
  readonly refusals: Refusal[];

  constructor(refusals: Refusal[]) {
    super(refusals.map((refusal) => `${refusal.rule} ${refusal.element ?? ''}: ${refusal.message}`).join('; '));
    this.name = 'CompileError';
    this.refusals = refusals;
  }
}
