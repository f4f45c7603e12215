// The words that the engine and its callers share: a compiled definition, a wait, an action, the result of a step.
// Types only. engine/step.ts makes results, engine/instances.ts stores them.

import type { Counted } from '../base/calendar.js';

/** A value that survives JSON. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a process instance knows: ids and decisions, never people (design §2.3). */
export type Variables = Record<string, Json>;

/** What an instance can wait for. `user`: a person; `job`: a service task's handler; `call`: a child instance. */
export type WaitKind = 'user' | 'job' | 'timer' | 'message' | 'signal' | 'call' | 'conditional';

/**
 * A deadline as drawn (camunda:properties `dueIn`, `remindBefore`, `escalateAfter`). Durations are `nBD` (business days),
 * `nh` (clock hours), `nd` (calendar days) or an ISO 8601 duration; business days and hours are different units.
 */
export interface DeadlinePolicy {
  /** Time allowed from the moment the task opens, e.g. `5BD`, `2h`. */
  dueIn: string;
  /** How long before the due time to remind, e.g. [`1BD`]. */
  remindBefore: string[];
  /** After the due time, who is told: e.g. [{ after: '1BD', to: 'manager' }, { after: '3BD', to: 'grp.chair' }]. */
  escalateAfter: { after: string; to: string }[];
}

/** One thing that an instance waits for. `executionId` is unique within the instance and stable while the wait is open. */
export interface Wait {
  executionId: string;
  /** The id in the diagram as its author wrote it. */
  elementId: string;
  kind: WaitKind;
  /** Multi-instance: position and element value. */
  index?: number;
  item?: Json;
  /** kind timer: the instant it is due (ISO 8601, UTC) and what is left of a cycle (-1 = for ever). */
  dueAt?: string;
  repeat?: number;
  /** kind timer: how the instant was counted, where that hangs on the office calendar. */
  counted?: Counted;
  /** kind message: name and correlation key; kind signal: name; kind conditional: the condition. */
  name?: string;
  correlationKey?: string | null;
  /** kind user */
  task?: {
    name: string;
    formKey: string | null;
    assignee: string | null;
    candidateGroups: string[];
    priority: number;
    urgent: boolean;
    /** Its clock cannot be stopped (camunda:property `neverPaused`): what the law or a life sets runs on. */
    neverPaused: boolean;
    deadline: DeadlinePolicy | null;
  };
  /** kind job: the handler's name and what it is given */
  job?: { handler: string; input: Variables };
  /** kind call: the process to start and with which variables */
  call?: { processKey: string; version: number | null; variables: Variables; businessKey: string | null };
}

/** What may happen to an instance. Everything that acts on a wait names it by execution id. */
export type Action =
  | { kind: 'start'; startElementId?: string }
  /** A user task, a job or a child instance is done. Variables are merged into the instance's. */
  | { kind: 'complete'; executionId: string; variables?: Variables }
  /** A job or child instance ends in a BPMN error, which a boundary event may catch by its code. */
  | { kind: 'fail'; executionId: string; code: string; message?: string }
  | { kind: 'fire'; executionId: string }
  /** A message reaches one open catch of this instance. */
  | { kind: 'message'; executionId: string; variables?: Variables }
  /** A signal reaches all open catches of that name in this instance. */
  | { kind: 'signal'; name: string; variables?: Variables }
  /** Variables were changed from outside: conditional events look again. */
  | { kind: 'variables'; variables: Variables };

/** Something that left the instance and is meant for others. */
export interface Thrown {
  kind: 'message' | 'signal';
  elementId: string;
  name: string;
  correlationKey: string | null;
  businessKey: string | null;
  variables: Variables;
}

export interface HistoryEntry {
  type: 'entered' | 'left' | 'cancelled' | 'fired' | 'caught' | 'thrown' | 'ended';
  elementId: string;
  executionId: string | null;
}

export type ClosedReason = 'completed' | 'cancelled';

/** What a step came to. `state` is opaque; null once ended. */
export interface StepResult {
  state: string | null;
  variables: Variables;
  opened: Wait[];
  closed: { executionId: string; elementId: string; kind: WaitKind; reason: ClosedReason }[];
  /** All waits open after the step (opened ∪ those that stayed). */
  waits: Wait[];
  history: HistoryEntry[];
  thrown: Thrown[];
  ended: boolean;
  /** An error end event that nobody caught: the instance ended by it. A parent call activity fails with this code. */
  error: { code: string; elementId: string } | null;
}

/** Business days and opening hours, as data, so that a step stays a pure function (see base/calendar). */
export interface StepCalendar {
  /** The instant at which `amount` units after `from` are over. */
  add(from: Date, duration: string): Date;
}

export interface StepInput {
  /** null starts the instance (action must be `start`). */
  state: string | null;
  variables: Variables;
  action: Action;
  /** The only clock there is. */
  now: Date;
  calendar: StepCalendar;
  businessKey: string | null;
  /** `sliced` loads only what the step can touch and falls back to `full` where it cannot prove that. Default sliced. */
  context?: 'sliced' | 'full';
  limits?: Partial<StepLimits>;
}

export interface StepLimits {
  /** Activations of elements in one step. */
  perStep: number;
  /** Activations of one element over the life of the instance. */
  perElement: number;
  /** Wall time of one step, ms. */
  wallMs: number;
}

/** Why a step was refused or went wrong; nothing of it is kept. `code` is stable. */
export type StepErrorCode =
  | 'wait_not_open' // the execution id is not (or no longer) open: somebody was first
  | 'deadlock' // not ended and nothing left to wait for
  | 'loop' // activation limits
  | 'no_flow' // exclusive/inclusive gateway without a true condition and without default
  | 'expression' // FEEL failed or gave the wrong type
  | 'bpmn' // any other error out of the executor
  | 'timeout'; // the step took longer than limits.wallMs

/** A refusal at deploy time: the named rule and the element it is about. */
export interface Refusal {
  rule: string;
  element: string | null;
  message: string;
}

/** What is known of one element of a diagram: for inboxes, heat maps, "what happens next". */
export interface ElementInfo {
  id: string;
  type: string; // e.g. bpmn:UserTask
  name: string | null;
  lane: string | null;
  parentId: string | null; // enclosing sub-process
  attachedToId: string | null;
  /** camunda:properties of the element, as written */
  properties: Record<string, string>;
  outgoing: { id: string; name: string | null; targetId: string }[];
  /** type bpmn:UserTask: as written, not evaluated */
  formKey: string | null;
  candidateGroups: string | null;
  /** job handler (camunda:topic) or called process, as written */
  handler: string | null;
  calledElement: string | null;
  /** message/signal name for events, receive and send tasks */
  eventName: string | null;
  /** timer expression as written */
  timer: { kind: 'date' | 'duration' | 'cycle'; value: string } | null;
  cancelActivity: boolean | null;
}

/** A definition ready to run. `context` belongs to the executor; nobody else looks inside. Shared between instances. */
export interface Compiled {
  processId: string;
  name: string;
  executorVersion: string;
  elements: ReadonlyMap<string, ElementInfo>;
  /** start events: message name or null for the none start event */
  starts: readonly { elementId: string; messageName: string | null }[];
  context: unknown;
}
