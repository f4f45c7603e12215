// The instances of one run and what passes between them. All of it is JSON text between two actions.
import type { Calendar } from '../base/calendar.js';
import type { Action, Compiled, HistoryEntry, Json, StepResult, Thrown, Variables, Wait } from '../engine/model.js';
import { StepError } from '../engine/step-error.js';
import { step } from '../engine/step.js';
import { Incident } from './incident.js';
import type { Line, Tell } from './lines.js';

export interface Instance {
  id: number;
  processId: string;
  businessKey: string | null;
  /** The call activity that waits for this instance. */
  caller: { instanceId: number; executionId: string } | null;
  state: string | null;
  variables: Variables;
  waits: Wait[];
  ended: boolean;
  error: string | null;
  /** Elements that were told as entered, and how often. */
  entered: Record<string, number>;
}

/** `key` undefined: whoever waits for the name. */
export interface Message {
  name: string;
  key?: string | null;
  variables: Variables;
}

interface World {
  now: string;
  serial: number;
  instances: Instance[];
  /** Thrown and not yet delivered. */
  outbox: { from: number; thrown: Thrown }[];
  /** Nobody waited for them yet. */
  messages: Message[];
  /** How the main instance ended: told when nothing else can happen. */
  ending: Line | null;
}

export interface Play {
  /** JSON of World. */
  saved: string;
  main: Compiled;
  definitions: ReadonlyMap<string, Compiled>;
  calendar: Calendar;
  tell: Tell;
}

const maxInstances = 500;
const maxRounds = 5000;
/** A Monday morning in January: every run of a diagram has the same clock. */
const beginning = '2026-01-05T00:00:00.000Z';

export function openPlay(parts: Omit<Play, 'saved'>): Play {
  const world: World = { now: beginning, serial: 0, instances: [], outbox: [], messages: [], ending: null };
  return { ...parts, saved: JSON.stringify(world) };
}

const read = (play: Play): World => JSON.parse(play.saved) as World;

/** Runs a change on the world as read from its JSON, and writes it back: nothing survives an action but its JSON. */
function change(play: Play, run: (world: World) => void): void {
  const world = read(play);
  run(world);
  play.saved = JSON.stringify(world);
}

/** `process` on a line: only where it is not the one that is played. */
const whose = (instance: Instance): { process?: string } => (instance.id === 1 ? {} : { process: instance.processId });

/** Nothing is left that was not entered: what waits beside the flow (a boundary event, an event sub-process) is entered when it is caught. */
function tellPassage(play: Play, instance: Instance, { type, elementId }: HistoryEntry): void {
  const { entered } = instance;
  const times = entered[elementId] ?? 0;
  const tell = (event: 'entered' | 'left'): void => {
    entered[elementId] = (entered[elementId] ?? 0) + (event === 'entered' ? 1 : -1);
    play.tell({ event, element: elementId, ...whose(instance) });
  };
  if (type === 'entered' || ((type === 'caught' || type === 'fired') && times === 0)) tell('entered');
  else if (type === 'left' && times === 0) {
    tell('entered');
    tell('left');
  } else if ((type === 'left' || type === 'cancelled') && times > 0) tell('left');
}

function tellStep(play: Play, world: World, instance: Instance, result: StepResult): void {
  const process = whose(instance);
  for (const { elementId, kind, reason } of result.closed) play.tell({ event: 'closed', element: elementId, kind, reason, ...process });
  for (const entry of result.history) tellPassage(play, instance, entry);
  for (const { elementId, kind, dueAt, name, correlationKey, index, item } of result.opened) {
    const known = { ...(dueAt === undefined ? {} : { dueAt }), ...(name === undefined ? {} : { name }), ...(correlationKey == null ? {} : { correlationKey }), ...(index === undefined ? {} : { index }), ...(item === undefined ? {} : { item }) };
    play.tell({ event: 'opened', element: elementId, kind, ...known, ...process });
  }
  if (result.ended && instance.id === 1) world.ending = { event: 'ended', element: instance.processId, process: instance.processId, variables: result.variables, ...(result.error ? { error: result.error.code } : {}) };
}

function toIncident(error: unknown, instance: Instance): Incident {
  if (error instanceof StepError) return new Incident(error.code, error.elementId, error.message, whose(instance).process ?? null);
  return new Incident('bpmn', null, error instanceof Error ? error.message : String(error), whose(instance).process ?? null);
}

function act(play: Play, world: World, instance: Instance, action: Action): void {
  const definition = play.definitions.get(instance.processId) as Compiled;
  let result: StepResult;
  try {
    result = step(definition, { state: instance.state, variables: instance.variables, action, now: new Date(world.now), calendar: play.calendar, businessKey: instance.businessKey });
  } catch (error) {
    throw toIncident(error, instance);
  }
  Object.assign(instance, { state: result.state, variables: result.variables, waits: result.waits, ended: result.ended, error: result.error?.code ?? null });
  world.outbox.push(...result.thrown.map((thrown) => ({ from: instance.id, thrown })));
  tellStep(play, world, instance, result);
}

interface Begin {
  processId: string;
  variables: Variables;
  businessKey: string | null;
  caller: Instance['caller'];
  startElementId?: string | undefined;
}

/** A start event without a kind. (A condition says so in the diagram alone: it is taken for one, and begins at once.) */
export const isBlank = (definition: Compiled | undefined, { elementId, messageName }: Compiled['starts'][number]): boolean => {
  const info = definition?.elements.get(elementId);
  return messageName === null && info?.timer == null && info?.eventName == null;
};

function begin(play: Play, world: World, { startElementId, ...given }: Begin): void {
  if (world.serial >= maxInstances) throw new Incident('loop', null, `${maxInstances} を超える業務が始まりました`, given.processId);
  world.serial += 1;
  const instance: Instance = { id: world.serial, ...given, state: null, waits: [], ended: false, error: null, entered: {} };
  world.instances.push(instance);
  const starts = play.definitions.get(given.processId)?.starts ?? [];
  const chosen = startElementId ?? (starts.find((start) => isBlank(play.definitions.get(given.processId), start)) ?? starts.find(({ messageName }) => messageName === null) ?? starts[0])?.elementId;
  act(play, world, instance, { kind: 'start', ...(chosen === undefined ? {} : { startElementId: chosen }) });
}

const takesMessage = (wait: Wait, { name, key }: Message): boolean => wait.kind === 'message' && wait.name === name && (key === undefined || wait.correlationKey == null || wait.correlationKey === key);

function findCatch(world: World, message: Message): { instance: Instance; wait: Wait } | null {
  for (const instance of world.instances) {
    const wait = instance.waits.find((open) => takesMessage(open, message));
    if (wait) return { instance, wait };
  }
  return null;
}

/** To whoever waits; else it starts a process of the file; else it is kept. */
function deliver(play: Play, world: World, message: Message, businessKey: string | null): void {
  const open = findCatch(world, message);
  if (open) return act(play, world, open.instance, { kind: 'message', executionId: open.wait.executionId, variables: message.variables });
  for (const [processId, definition] of play.definitions) {
    const start = definition.starts.find(({ messageName }) => messageName === message.name);
    if (start) return begin(play, world, { processId, variables: message.variables, businessKey, caller: null, startElementId: start.elementId });
  }
  world.messages.push(message);
}

function broadcast(play: Play, world: World, name: string, variables: Variables, except: number | null): void {
  const listening = world.instances.filter(({ id, waits }) => id !== except && waits.some((wait) => wait.kind === 'signal' && wait.name === name)).map(({ id }) => id);
  for (const id of listening) {
    const instance = world.instances.find((one) => one.id === id);
    if (instance?.waits.some((wait) => wait.kind === 'signal' && wait.name === name)) act(play, world, instance, { kind: 'signal', name, variables });
  }
}

const isCalledHere = (play: Play, wait: Wait): boolean => wait.kind === 'call' && wait.call !== undefined && play.definitions.has(wait.call.processKey);

function startCalled(play: Play, world: World): boolean {
  for (const instance of world.instances) {
    for (const wait of instance.waits) {
      if (!isCalledHere(play, wait) || !wait.call) continue;
      if (world.instances.some(({ caller }) => caller?.instanceId === instance.id && caller.executionId === wait.executionId)) continue;
      begin(play, world, { processId: wait.call.processKey, variables: wait.call.variables, businessKey: wait.call.businessKey, caller: { instanceId: instance.id, executionId: wait.executionId } });
      return true;
    }
  }
  return false;
}

/** A called process whose call is gone: its waits are closed, and what it had entered is left. */
function cutOff(play: Play, child: Instance): void {
  for (const { elementId, kind } of child.waits) play.tell({ event: 'closed', element: elementId, kind, reason: 'cancelled', ...whose(child) });
  for (const [elementId, times] of Object.entries(child.entered)) for (let left = times; left > 0; left -= 1) play.tell({ event: 'left', element: elementId, ...whose(child) });
}

/** Called instances that ended tell their caller; those whose caller no longer waits are cancelled. */
function finishCalled(play: Play, world: World): boolean {
  for (const child of world.instances) {
    if (!child.caller) continue;
    const { instanceId, executionId } = child.caller;
    const parent = world.instances.find(({ id }) => id === instanceId);
    const waiting = parent?.waits.some((wait) => wait.executionId === executionId) ?? false;
    if (waiting && !child.ended) continue;
    world.instances = world.instances.filter((one) => one !== child);
    if (!waiting || !parent) cutOff(play, child);
    else if (child.error !== null) act(play, world, parent, { kind: 'fail', executionId, code: child.error });
    else act(play, world, parent, { kind: 'complete', executionId, variables: child.variables });
    return true;
  }
  return false;
}

function sendThrown(play: Play, world: World): boolean {
  const next = world.outbox.shift();
  if (!next) return false;
  const { thrown, from } = next;
  if (thrown.kind === 'signal') broadcast(play, world, thrown.name, thrown.variables, from);
  else deliver(play, world, { name: thrown.name, key: thrown.correlationKey, variables: thrown.variables }, thrown.businessKey);
  return true;
}

function sendKept(play: Play, world: World): boolean {
  const index = world.messages.findIndex((message) => findCatch(world, message) !== null);
  if (index === -1) return false;
  const [message] = world.messages.splice(index, 1) as [Message];
  deliver(play, world, message, null);
  return true;
}

function settle(play: Play, world: World): void {
  for (let round = 0; sendThrown(play, world) || finishCalled(play, world) || startCalled(play, world) || sendKept(play, world); round += 1) {
    if (round > maxRounds) throw new Incident('loop', null, '業務どうしのやりとりが終わりません');
  }
  world.instances = world.instances.filter(({ id, ended }) => id === 1 || !ended);
}

const settled = (play: Play, world: World): void => play.tell({ event: 'settled', waits: world.instances.flatMap(({ waits }) => waits.map(({ elementId }) => elementId)).sort() });

/** One action and everything that follows from it; then the line that says what is waited for. @throws Incident */
function perform(play: Play, run: (world: World) => void): void {
  change(play, (world) => {
    run(world);
    settle(play, world);
    if (world.ending && world.instances.every(({ ended }) => ended)) {
      play.tell(world.ending);
      world.ending = null;
    }
    settled(play, world);
  });
}

export const startMain = (play: Play, variables: Variables, startElementId?: string): void =>
  perform(play, (world) => begin(play, world, { processId: play.main.processId, variables, businessKey: null, caller: null, startElementId }));

export interface OpenWait {
  instanceId: number;
  wait: Wait;
}

/** Everything open that an action could name, in a stable order. The calls whose process runs here end by themselves. */
export const openWaits = (play: Play): OpenWait[] =>
  read(play).instances.flatMap(({ id, waits }) => waits.filter((wait) => !isCalledHere(play, wait)).map((wait) => ({ instanceId: id, wait })));

export const isOver = (play: Play): boolean => read(play).instances.every(({ ended }) => ended);

const later = (now: string, due: string | undefined): string => (due !== undefined && new Date(due) > new Date(now) ? new Date(due).toISOString() : now);

/** Acts on one open wait. Firing a timer moves the clock to its due time, if that is later. @throws Incident */
export function actOn(play: Play, { instanceId, wait }: OpenWait, action: { kind: 'complete' | 'message'; variables?: Variables | undefined } | { kind: 'fail'; code: string } | { kind: 'fire' }): void {
  perform(play, (world) => {
    if (action.kind === 'fire') world.now = later(world.now, wait.dueAt);
    const instance = world.instances.find(({ id }) => id === instanceId) as Instance;
    const { executionId } = wait;
    if (action.kind === 'fail') act(play, world, instance, { kind: 'fail', executionId, code: action.code });
    else if (action.kind === 'fire') act(play, world, instance, { kind: 'fire', executionId });
    else act(play, world, instance, { kind: action.kind, executionId, variables: action.variables ?? {} });
  });
}

export const sendMessage = (play: Play, message: Message): void => perform(play, (world) => deliver(play, world, message, null));

export const sendSignal = (play: Play, name: string, variables: Record<string, Json>): void => perform(play, (world) => broadcast(play, world, name, variables, null));
