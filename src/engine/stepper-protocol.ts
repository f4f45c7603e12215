// What the step threads and their owner say to each other.
import type { CalendarData } from '../base/calendar.js';
import type { Refusal, StepErrorCode, StepInput, StepResult } from './model.js';

/** Definitions that a thread keeps compiled. The owner counts along, so that XML travels only when it is needed. */
export const definitionsPerThread = 200;

export interface StepOrder {
  definitionId: string;
  /** null: the thread has it */
  xml: string | null;
  input: Omit<StepInput, 'calendar'>;
  closedDays: CalendarData;
}

export type StepAnswer =
  | { kind: 'ready' }
  /** The diagram that came with the order is compiled; from here the wall time counts. Without one it counts at once. */
  | { kind: 'running' }
  | { kind: 'done'; result: StepResult }
  | { kind: 'refused'; code: StepErrorCode; elementId: string | null; message: string }
  | { kind: 'uncompilable'; refusals: Refusal[] }
  | { kind: 'broken'; message: string };
