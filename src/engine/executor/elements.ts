// The door to bpmn-elements (the core of bpmn-engine, same author). Its objects are message brokers with symbols inside and
// its types leave out what an override needs, so this folder speaks to them through the few shapes below.
import type { Counted } from '../../base/calendar.js';
import * as Elements from 'bpmn-elements';
import * as Tasks from 'bpmn-elements/tasks';

/** Stored with every instance: the shape of the state belongs to this version. */
export const executorVersion = 'bpmn-elements@17.3.0/1';

export interface Content {
  id: string;
  type: string;
  executionId: string;
  index?: number;
  isRootScope?: boolean;
  isDefinitionScope?: boolean;
  isMultiInstance?: boolean;
  isSequenceFlow?: boolean;
  sequenceId?: string;
  targetId?: string;
  sourceId?: string;
  parent?: { id: string; executionId?: string; path?: unknown[] };
  inbound?: Content[];
  // what this folder adds to a message lives with it through save and load
  armed?: Armed;
  rearm?: Rearm;
  [key: string]: unknown;
}

/** What a waiting event keeps from the moment it was armed. */
export interface Armed {
  dueAt?: string;
  /** Where the due time hangs on the office calendar: how it was counted. */
  counted?: Counted;
  repeat?: number;
  interval?: string;
  /** conditional: has fired and must be seen false before it fires again */
  latched?: boolean;
}

/** What a non-interrupting boundary event hands to its next round. */
export interface Rearm {
  previousDueAt?: string;
  repeat?: number;
  interval?: string;
  latched?: boolean;
}

export interface Message {
  fields: { routingKey: string; redelivered?: boolean };
  content: Content;
  properties: Record<string, unknown>;
  ack(): void;
  readonly pending: boolean;
}

export interface Broker {
  publish(exchange: string, key: string, content?: unknown, properties?: unknown): void;
  subscribeTmp(exchange: string, key: string, handler: (key: string, message: Message) => void, options?: unknown): void;
  cancel(tag: string): void;
  getQueue(name: string): { queueMessage(fields: unknown, content?: unknown, properties?: unknown): void };
  getConsumer(tag: string): unknown;
}

export interface ActivityExecution {
  completed: boolean;
  source?: { executions?: ProcessExecution[] };
}

export interface Activity {
  id: string;
  type: string;
  status?: string;
  executionId?: string;
  broker: Broker;
  environment: RunEnvironment;
  execution?: ActivityExecution;
  isSubProcess?: boolean;
  eventDefinitions?: unknown[];
  attachedTo: Activity | null;
  inbound: { id: string }[];
  getApi(message: Message): { signal(message?: unknown): void; discard(): void };
  run(content: unknown): void;
  _continueRunMessage(key: string, message: Message): void;
}

export interface ProcessExecution {
  id: string;
  executionId: string;
  completed: boolean;
  environment: RunEnvironment;
  getActivities(): Activity[];
  getActivityById(id: string): Activity | undefined;
}

/** The environment of a scope: which run of which multi-instance sub-process it belongs to. */
export interface Frame {
  executionId: string;
  outer: Frame | null;
}

export interface RunEnvironment {
  options: { host: unknown; frame?: Frame; plainBrokers?: boolean };
  clone(overrides?: unknown): RunEnvironment;
}

export interface Definition {
  broker: Broker;
  run(): void;
  recover(state: unknown): Definition;
  resume(): void;
  getState(): unknown;
  getProcesses(): { id: string; status?: string; execution?: ProcessExecution }[];
}

type Constructor<T> = new (...args: unknown[]) => T;

// The package's own declarations describe its public use, not construction from outside: this is the one place that casts.
export const core = { ...Elements, SubProcessBehaviour: Tasks.SubProcessBehaviour } as unknown as Record<string, Constructor<unknown>> & {
  Environment: Constructor<RunEnvironment>;
  Definition: Constructor<Definition>;
  Activity: Constructor<Activity>;
  Context: (definition: unknown, environment: unknown) => unknown;
};

/** Behaviours keep their insides under registered symbols, the same in every copy of the package. */
const postponed = Symbol.for('postponed');
const elements = Symbol.for('elements');
const handlers = Symbol.for('messageHandlers');

/** What an activity is executing right now: its root, its event definitions, its multi-instance runs. */
export function executing(execution: ActivityExecution): Message[] {
  return [...(execution as unknown as Record<symbol, Set<Message>>)[postponed]!];
}

/** Tokens of a scope: activities that run and flows that carry a token. */
export function tokens(scope: ProcessExecution): Message[] {
  return [...(scope as unknown as Record<symbol, { postponed: Set<Message> }>)[elements]!.postponed];
}

export type InboundHandler = (key: string, message: Message) => void;

export interface Handlers {
  /** Takes tokens in. */
  onInbound: InboundHandler;
  /** Takes the activity from one stage of its run to the next. */
  onRunMessage: InboundHandler;
}

/** The handlers of an activity. They may be replaced: the package reads them each time that it begins to consume. */
export function handlersOf(activity: Activity): Handlers {
  return (activity as unknown as Record<symbol, Handlers>)[handlers]!;
}

/** A copy whose parents and inbound flows may be changed without changing the original. */
export function copyContent(content: Content, extend: Partial<Content> = {}): Content {
  const copy: Content = { ...content, ...extend };
  if (copy.parent) copy.parent = structuredClone(copy.parent);
  if (copy.inbound) copy.inbound = structuredClone(copy.inbound);
  return copy;
}
