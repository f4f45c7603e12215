// Something that stops a run: a step that went wrong, or an action on nothing.

export class Incident extends Error {
  readonly code: string;
  readonly element: string | null;
  /** Of the instance it happened in. */
  readonly process: string | null;

  constructor(code: string, element: string | null, message: string, process: string | null = null) {
    super(message);
    this.name = 'Incident';
    this.code = code;
    this.element = element;
    this.process = process;
  }
}
