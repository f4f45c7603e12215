import type { StepErrorCode } from './model.js';

/** A step that was refused or went wrong. Nothing of it may be kept: the instance stays as it was before. */
export class StepError extends Error {
  readonly code: StepErrorCode;
  /** The element as its author named it, where one is to blame. */
  readonly elementId: string | null;

  constructor(code: StepErrorCode, elementId: string | null, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StepError';
    this.code = code;
    this.elementId = elementId;
  }
}
