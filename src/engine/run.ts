// What one transaction of the engine works with.
import type { Calendar } from '../base/calendar.js';
import type { Tx } from '../base/db.js';
import type { OutboxEntry } from '../base/outbox.js';
import type { Definition, DefinitionCache } from './definitions.js';
import type { InstanceRow } from './instances.js';
import type { Json, Variables, Wait } from './model.js';
import type { Stepper } from './stepper.js';
import type { Closing, HistoryRow, NewMessage } from './write.js';

/** What a handler is told. `jobId` is the same at every attempt. */
export interface JobContext {
  instanceId: string;
  businessKey: string | null;
  elementId: string;
  jobId: string;
  input: Variables;
}

export type JobOutcome = { variables: Variables } | { bpmnError: string; message?: string };

/** The engine's view of the handlers: it knows their names and nothing else. */
export interface JobRunner {
  kind(handler: string): 'inside' | 'outside' | null;
  /** @throws whatever the handler throws, except BPMN errors, which are outcomes */
  runInside(tx: Tx, handler: string, context: JobContext): Promise<JobOutcome>;
}

export interface EngineDeps {
  definitions: DefinitionCache;
  stepper: Stepper;
  calendar: Calendar;
  jobs: JobRunner;
  /** Which of these keys are no group inbox. */
  unknownGroups(tx: Tx, keys: readonly string[]): Promise<string[]>;
  /** @throws Problem when one of these processes may not begin under its business key */
  mayBegin(tx: Tx, begun: readonly { businessKey: string; processKey: string }[]): Promise<void>;
  /** Keys of the processes of which one runs at a time for a business key. */
  oneAtATime: ReadonlySet<string>;
  /** Of such a process the instance that runs for this business key; null: it may begin. Locks what it asks about. */
  runsAlready(tx: Tx, processKey: string, businessKey: string): Promise<string | null>;
  /** Of which of these one that runs by itself becomes the child of a process that calls it, and which variables it takes over then. */
  takenByCall: ReadonlyMap<string, readonly string[]>;
  /** A message that would have begun a second one has gone to the one that runs. */
  joined(tx: Tx, instanceId: string): Promise<void>;
  /** Those of these business keys, of which a process has ended, for whose cases nobody has anything to do now. */
  unattended(tx: Tx, businessKeys: readonly string[]): Promise<string[]>;
}

/** One instance while the transaction works on it. */
export interface Node {
  row: InstanceRow;
  definition: Definition;
  isNew: boolean;
  expectedStepNo: number;
  waits: Map<string, Wait> | null;
  opened: Map<string, Wait>;
  closed: Map<string, Closing>;
  history: HistoryRow[];
  messages: NewMessage[];
  signals: { name: string; variables: Json }[];
  outbox: OutboxEntry[];
  endReason: string | null;
  cancelled: boolean;
}

export interface Run {
  tx: Tx;
  deps: EngineDeps;
  /** Handlers that failed inside before: they are left to the workers. */
  deferred: ReadonlySet<string>;
  nodes: Map<string, Node>;
  queue: (() => Promise<void>)[];
  steps: number;
  /** Children in the database whose call wait was called off. */
  cancelled: { parentId: string; executionId: string }[];
  /** Instances that got what would have begun a second one like them, by their id. */
  joined: Map<string, { id: string; processKey: string }>;
}

/** What the first step of a transaction is about, for the history. */
export interface Cause {
  type: string;
  data?: Json;
}
